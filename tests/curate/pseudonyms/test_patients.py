from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hemoscribe.curate.pseudonyms.patients import hashes, keyed_hash, place, place_all, pseudonym
from hemoscribe.settings import CurateSettings

KEY = bytes(range(32))
numbers = st.text(min_size=1, max_size=20)


@given(st.lists(numbers, unique=True, min_size=1, max_size=30), st.randoms(), numbers)
def test_whatever_the_order_or_number_of_patients_each_has_one_place(patients, random, another):
    placed = place_all(patients, KEY, CurateSettings())
    shuffled = list({*patients, another})
    random.shuffle(shuffled)
    again = place_all(shuffled, KEY, CurateSettings())
    rows = {row["patient_id"]: row for row in again.iter_rows(named=True)}
    for row in placed.iter_rows(named=True):
        assert rows[row["patient_id"]] == row


@given(st.lists(numbers, unique=True, min_size=1, max_size=20), st.binary(min_size=32, max_size=32))
def test_many_patients_are_placed_as_one_is(patients, key):
    settings = CurateSettings(train_share=0.5, validation_share=0.3)
    for row in place_all(patients, key, settings).iter_rows(named=True):
        alone = place(key, row.pop("patient_id"), train_share=0.5, validation_share=0.3)
        assert tuple(row.values()) == (alone.pseudonym, alone.split, alone.fold, alone.shift_days)


@given(st.lists(st.text(), max_size=20), st.binary(min_size=32, max_size=32))
def test_hashes_are_hmac_sha256(values, key):
    assert hashes(key, "report", values) == [keyed_hash(key, "report", value) for value in values]


@given(numbers)
def test_a_place_is_whole(number):
    placed = place(KEY, number)
    assert placed.shift_days % 7 == 0
    assert -104 * 7 <= placed.shift_days <= -7
    assert (placed.fold is None) == (placed.split == "test")
    assert placed.fold is None or 0 <= placed.fold < 5
    assert number not in placed.pseudonym or len(number) < 3


def test_another_key_places_and_names_otherwise():
    names = {place(bytes([byte]) * 32, "123").pseudonym for byte in range(20)}
    assert len(names) == 20
    assert len({place(bytes([byte]) * 32, "123").split for byte in range(20)}) > 1


def test_the_shares_are_what_was_asked_for():
    placed = place_all((str(number) for number in range(20_000)), KEY, CurateSettings())
    shares = {side: count / 20_000 for side, count in Counter(placed["split"]).items()}
    assert abs(shares["train"] - 0.70) < 0.01
    assert abs(shares["validation"] - 0.15) < 0.01
    assert abs(shares["test"] - 0.15) < 0.01
    folds = Counter(placed["fold"].drop_nulls())
    assert max(folds.values()) / min(folds.values()) < 1.06


def test_every_purpose_has_pseudonyms_of_its_own():
    assert pseudonym(KEY, "patient", "1")[1:] != pseudonym(KEY, "report", "1")[1:]


def test_places_are_pinned_for_ever():
    """A changed value here moves patients between sides of every split already made."""
    placed = [place(KEY, str(number)) for number in range(12)]
    assert [p.split[:2] for p in placed] == PINNED_SIDES
    assert [p.fold for p in placed] == PINNED_FOLDS
    assert placed[0].pseudonym == PINNED_PSEUDONYM


PINNED_SIDES = ["tr", "tr", "tr", "te", "te", "tr", "tr", "tr", "tr", "tr", "tr", "te"]
PINNED_FOLDS = [4, 2, 0, None, None, 1, 3, 0, 4, 1, 1, None]
PINNED_PSEUDONYM = "P88a37f117e4112c224738134"
