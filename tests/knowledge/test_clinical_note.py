"""What a note says: names that are there, and those that are denied, past or of others."""

from pathlib import Path
from time import perf_counter

import pytest
import yaml

from hemoscribe.knowledge.analytes import references
from hemoscribe.knowledge.clinical_note import MOST_READ, note_of_panel, read_note
from hemoscribe.knowledge.note_scopes import units_of
from hemoscribe.knowledge.note_words import groups, items, phrases_by_first
from hemoscribe.records import LANGUAGES, Panel

TABLE = yaml.safe_load(Path(__file__).with_name("notes_read.yaml").read_text("utf-8"))
READ = [tuple(part.strip() for part in row.rsplit("|", 1)) for row in TABLE["read"]]


def told(note: str) -> list[str]:
    return [one.id for one in read_note(note).told]


def test_the_table_is_long_enough() -> None:
    assert len(READ) >= 150
    assert len(TABLE["nothing"]) >= 60


@pytest.mark.parametrize(("note", "names"), READ)
def test_what_a_note_says_is_there(note: str, names: str) -> None:
    assert sorted(told(note)) == sorted(one.strip() for one in names.split(","))
    assert told(note.upper()) == told(note)


@pytest.mark.parametrize("note", TABLE["nothing"])
def test_what_is_denied_past_planned_asked_or_of_another_is_not_there(note: str) -> None:
    assert told(note) == []


@pytest.mark.parametrize("name", [one for one in items() if one not in ("siadh",)])
def test_every_name_is_read_by_itself_and_not_where_it_is_denied(name: str) -> None:
    word = _a_word_of(name)
    assert name in told(word) or any(one.of == name for one in read_note(word).items), word
    assert not told(f"mother: {word}")
    if word.split()[0] not in ("not", "non", "pas"):
        assert not told(f"no {word}")
        assert not told(f"pas de {word}")
        assert not told(f"{word}: no")


def _a_word_of(name: str) -> str:
    found = [
        phrase
        for own in phrases_by_first().values()
        for phrase in own
        if phrase.item is not None and phrase.item.id == name and not phrase.marks
    ]
    phrase = min(found, key=lambda one: (one.capitals, len(one.words)))
    words = " ".join(phrase.words)
    return words.upper() if phrase.capitals else words


def test_every_group_has_its_sources() -> None:
    assert {source for group in groups().values() for source in group.source} <= set(references())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_is_told_in_both_languages_by_a_name_of_its_own(language: str) -> None:
    names = [one.bare_name(language) for one in items().values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("note", "sex", "age", "names"),
    [
        ("pregnant", "F", 30.0, ["pregnancy"]),
        ("pregnant", "M", 30.0, []),
        ("pregnant", "F", 4.0, []),
        ("enceinte", None, None, ["pregnancy"]),
        ("alcohol", "M", 12.0, []),
        ("alcohol", "M", 40.0, ["alcohol"]),
    ],
)
def test_a_name_that_the_patient_contradicts_is_not_read(
    note: str, sex: str | None, age: float | None, names: list[str]
) -> None:
    panel = Panel((), sex=sex, age_years=age, context=note)  # type: ignore[arg-type]
    assert [one.id for one in note_of_panel(panel).told] == names


def test_a_class_goes_unsaid_beside_its_drug() -> None:
    assert told("on a statin (atorvastatin)") == ["atorvastatin"]


def test_what_is_denied_is_known_and_what_is_there_wins() -> None:
    assert read_note("no alcohol").denied == {"alcohol"}
    assert read_note("no fever yesterday; fever today").denied == frozenset()
    assert told("no fever yesterday; fever today") == ["fever"]


@pytest.mark.parametrize(
    "note", ["no fever, ", "a, ", "carbimazole ", "? ", "mother ", "no ", "stopped, or ", "à é "]
)
def test_a_long_note_is_read_in_time_of_its_length_and_up_to_a_bound(note: str) -> None:
    long = (note * 100_000)[:100_000]
    started = perf_counter()
    read_note.__wrapped__(long)
    assert perf_counter() - started < 2.0
    assert told("x" * MOST_READ + " carbimazole") == []


def test_a_note_is_read_in_microseconds() -> None:
    note = "Femme sous carbimazole depuis 6 semaines, fièvre à 39, pas de saignement"
    read_note.__wrapped__(note)
    times = []
    for _ in range(50):
        started = perf_counter()
        read_note.__wrapped__(note)
        times.append(perf_counter() - started)
    assert min(times) < 500e-6  # 35 us on an idle core


def test_a_number_may_stand_in_a_phrase() -> None:
    assert any("after_stopped" in one.marks for one in units_of("cancer il y a 12 ans"))
