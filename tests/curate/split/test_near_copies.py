"""Copies of a comment across sides: planted ones are found, a laboratory's habits are not."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.curate.split.near_copies import (
    BANDS,
    LEAST_SIMILAR,
    ROWS_OF_A_BAND,
    connected,
    find_near_copies,
    minima,
)
from hemoscribe.errors import InputError

STORY = (
    "Pancytopénie découverte au retour d'un séjour au Sénégal, myélogramme prévu jeudi. "
    "Rate palpable à quatre travers de doigt, ictère modéré depuis une semaine."
)
ONE_WORD_CHANGED = STORY.replace("jeudi", "lundi")
SENTENCES_TURNED = (
    "Rate palpable à quatre travers de doigt, ictère modéré depuis une semaine ! "
    "PANCYTOPÉNIE découverte au retour d'un séjour au Sénégal : myélogramme prévu jeudi."
)
SENTENCE_ADDED = (
    f"{STORY} Frottis relu par deux biologistes, schizocytes absents, haptoglobine basse."
)
OTHER = (
    "Thrombopénie connue depuis l'enfance chez une patiente suivie pour maladie de Willebrand, "
    "pas de saignement récent, contrôle inutile avant l'intervention."
)
STANDING = (
    "Les résultats ci-dessus ont été vérifiés sur un second tube prélevé le même jour.",
    "Toute hémolyse peut élever le potassium et la lactate déshydrogénase de façon marquée.",
    "Une carence martiale doit faire rechercher une cause de saignement chez tout adulte.",
)


@pytest.fixture
def reports():
    """``reports((patient, split, fold, comment), ...)``, one report each, and filler patients."""

    def make(*told):
        filler = [
            (1000 + number, ("train", "test")[number % 2], None, STANDING[number % len(STANDING)])
            for number in range(60)
        ]
        return pl.DataFrame(
            [*filler, *told],
            schema={
                "patient_id": pl.UInt32,
                "split": pl.String,
                "fold": pl.Int8,
                "long_comment": pl.String,
            },
            orient="row",
        )

    return make


@pytest.mark.parametrize(
    "copy",
    [
        STORY,
        ONE_WORD_CHANGED,
        SENTENCES_TURNED,
        SENTENCE_ADDED,
        f"{STANDING[0]} {STORY} {STANDING[1]}",
        STORY.replace("quatre", "4").upper(),
    ],
)
def test_a_copy_on_another_side_is_found(reports, copy):
    found = find_near_copies(
        reports((1, "train", 2, STORY), (2, "test", None, copy), (3, "train", 1, OTHER)),
        policy="keep",
    )
    assert found.count == 1
    [(one, two)] = found.examples
    assert one == ("train, fold 2", STORY)
    assert two == ("test", copy)


def test_a_short_comment_with_a_word_changed_is_found(reports):
    """80 letters are 12 words: runs of four words would hide this copy."""
    short = "Blastes circulants chez un jeune maçon portugais, transfert immédiat vers la greffe."
    found = find_near_copies(
        reports((1, "train", 0, short), (2, "test", None, short.replace("jeune", "vieux"))),
        policy="keep",
    )
    assert found.count == 1


def test_one_side_one_patient_and_other_words_are_no_leak(reports):
    for told in (
        [(1, "train", 2, STORY), (2, "train", 2, ONE_WORD_CHANGED)],
        [(1, "test", None, STORY), (1, "test", None, ONE_WORD_CHANGED)],
        [(1, "train", 2, STORY), (2, "test", None, OTHER)],
    ):
        assert find_near_copies(reports(*told), policy="fail").count == 0


def test_two_folds_are_two_sides(reports):
    told = [(1, "train", 2, STORY), (2, "train", 3, ONE_WORD_CHANGED)]
    assert find_near_copies(reports(*told), policy="keep").count == 1


def test_standing_sentences_in_any_mixture_are_no_leak(reports):
    told = [
        (patient, ("train", "test")[patient % 2], None, f"{STANDING[a]} {STANDING[b]}")
        for patient, (a, b) in enumerate([(0, 1), (0, 1), (1, 0), (2, 0), (0, 2), (2, 1), (2, 1)])
    ]
    assert find_near_copies(reports(*told), policy="fail").count == 0


def test_what_little_is_added_to_standing_sentences_is_no_leak(reports):
    told = [
        (patient, split, None, f"{STANDING[0]} À revoir mardi.")
        for patient, split in enumerate(("train", "test"))
    ]
    assert find_near_copies(reports(*told), policy="fail").count == 0


def test_a_sentence_with_one_word_that_changes_for_many_patients_is_a_habit(reports):
    towns = ["Lyon", "Lille", "Nantes", "Brest", "Tours", "Dijon", "Metz", "Reims"]
    text = (
        "Échantillon reçu du centre de {} dans un délai compatible avec toutes les analyses faites."
    )
    told = [
        (patient, ("train", "test")[patient % 2], None, text.format(town))
        for patient, town in enumerate(towns)
    ]
    assert find_near_copies(reports(*told[:5]), policy="keep").count == 1
    assert find_near_copies(reports(*told), policy="fail").count == 0


def test_many_planted_copies_are_each_found_and_counted_once(reports):
    """Of 200 texts of random words, each with one word changed: all, and none of the others."""
    random = np.random.default_rng(5)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    words = np.array(["".join(random.choice(letters, 6)) for _ in range(3000)])
    told = []
    for number in range(200):
        text = random.choice(words, 16, replace=False)
        copy = text.copy()
        copy[random.integers(16)] = "autrement"
        told += [(number, "train", 1, " ".join(text)), (500 + number, "test", None, " ".join(copy))]
        told += [(5000 + number, "test", None, " ".join(random.choice(words, 16)))]
    assert find_near_copies(reports(*told), policy="keep").count == 200


def test_the_build_fails_where_the_setting_says_so(reports):
    told = [(1, "train", 2, STORY), (2, "test", None, ONE_WORD_CHANGED)]
    with pytest.raises(InputError, match="1 long comments"):
        find_near_copies(reports(*told), policy="fail")


def test_without_long_comments_there_is_nothing(reports):
    nothing = reports().with_columns(pl.lit(None, pl.String).alias("long_comment"))
    assert find_near_copies(nothing, policy="fail") == find_near_copies(
        nothing.clear(), policy="fail"
    )


def _sets(shared, left, right, seed):
    random = np.random.default_rng(seed)
    words = random.integers(0, 2**64, shared + left + right, dtype=np.uint64)
    one, two = words[: shared + left], np.r_[words[:shared], words[shared + left :]]
    return np.concatenate([one, two]), np.array([0, len(one)])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(0, 40), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_equal_minima_estimate_the_jaccard_index(shared, left, right, seed):
    count = 400
    words, starts = _sets(shared, left, right, seed)
    equal = sum(one == two for one, two in (minima(words, starts, n) for n in range(count)))
    index = shared / (shared + left + right)
    # Five standard errors of a share, and one hash for the smallest of shares.
    assert abs(equal / count - index) <= 5 * np.sqrt(index * (1 - index) / count) + 1 / count


def test_the_bands_let_no_more_through_than_their_formula_says():
    """At the threshold 1 - (1 - 0.8^4)^16 of the pairs meet in a band: 0.9998."""
    missed = (1 - LEAST_SIMILAR**ROWS_OF_A_BAND) ** BANDS
    assert missed < 0.0003
    for (shared, left, right), chance in {(16, 2, 2): 1 - missed, (6, 7, 7): 0.12}.items():
        met = 0
        for seed in range(100):
            words, starts = _sets(shared, left, right, seed)
            rows = [minima(words, starts, n) for n in range(BANDS * ROWS_OF_A_BAND)]
            equal = np.array([one == two for one, two in rows]).reshape(BANDS, ROWS_OF_A_BAND)
            met += equal.all(axis=1).any()
        assert abs(met - 100 * chance) <= 5 * np.sqrt(100 * chance * (1 - chance)) + 1


@settings(max_examples=60)
@given(
    st.integers(1, 40).flatmap(
        lambda number: st.tuples(
            st.just(number),
            st.lists(st.tuples(st.integers(0, number - 1), st.integers(0, number - 1))),
        )
    )
)
def test_what_hangs_together_is_one_group_by_its_first(drawn):
    number, pairs = drawn
    first = list(range(number))
    for _ in range(number):  # the slow way: until nothing changes
        for left, right in pairs:
            first[left] = first[right] = min(first[left], first[right])
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    assert connected(left, right, number).tolist() == first


def test_a_long_chain_is_one_group():
    steps = np.random.default_rng(3).permutation(50_000)
    assert set(connected(steps[:-1], steps[1:], 50_000)) == {0}
