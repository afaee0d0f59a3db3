"""What a requester's note does to a text: it adds and explains, and takes no alarm away."""

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from hemoscribe.engines.document import report_document
from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import analytes, read_panel
from hemoscribe.knowledge.note_words import items, phrases_by_first
from hemoscribe.knowledge.unassessed import report_assumptions
from hemoscribe.prose import clause_bank as bank
from hemoscribe.prose import compose
from hemoscribe.prose.brief import asked_of, brief
from hemoscribe.prose.clause_bank import NOTE, clauses_of, texts_quoted
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard import check
from hemoscribe.prose.guard.urgency import urgency_of
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.prose.voice import Voice
from hemoscribe.records import LANGUAGES, Panel, Report, ReportedResult

from .conftest import random_readings

TEXTS = yaml.safe_load(Path(__file__).with_name("noted_texts.yaml").read_text("utf-8"))
TAUGHT = Vocabulary()
LONG = 230
"""Words of a text to which a note's sentences are not added in these tests."""


def panel_of(who: str, note: str, results: dict[str, float]) -> Panel:
    sex, age = who.split()
    rows = [
        ReportedResult(analytes()[name].name("en"), str(value), analytes()[name].unit)
        for name, value in results.items()
    ]
    return Panel(tuple(rows), sex=sex, age_years=float(age), context=note)  # type: ignore[arg-type]


def told(reading, language="en"):
    return " ".join((*compose(reading, language, 1), *report_assumptions(reading, language)))


def due(text: str, lead: str) -> str:
    found = re.search(rf"{lead}: ([^.]*(?:\.\d[^.]*)*)\.", text)
    return found[1] if found else ""


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: f"{case['who']} {case['note']}")
def test_a_text_says_what_the_note_gives_and_asks_no_more_for_it(case) -> None:
    reading = read_panel(panel_of(case["who"], case["note"], case["results"]))
    interpretation, follow_up = compose(reading, "en", 1)
    text = f"{interpretation} {follow_up}"
    for words in case.get("says", ()):
        assert words.lower() in interpretation.lower(), interpretation
    for words in case.get("not", ()):
        assert words.lower() not in text.lower(), text
    for lead, key in (("Within the hour", "now"), ("Today", "today")):
        for words in case.get(key, ()):
            assert words.lower() in due(follow_up, lead).lower(), follow_up
    for language in LANGUAGES:
        said = completion(*compose(reading, language, 1), language)
        for vocabulary in (None, TAUGHT):
            failed = [one for one in check(said, reading, language, vocabulary) if not one.ok]
            assert not failed, (failed, said)


def test_there_are_clauses_enough_and_each_names_the_note() -> None:
    lines = [(one, found) for one in clauses_of().values() for found in one.noted]
    requests = [one for found in clauses_of().values() for one in found.requests if one.noted]
    assert len(lines) >= 60
    assert len(requests) >= 60


def words_of_names() -> list[str]:
    """A phrase of each name, in capitals where only these are read."""
    found = {}
    for own in phrases_by_first().values():
        for phrase in own:
            if phrase.item is not None and not phrase.marks:
                words = " ".join(phrase.words)
                found.setdefault(phrase.item.id, words.upper() if phrase.capitals else words)
    return list(found.values())


@pytest.fixture(scope="module")
def noted():
    """Random readings, and each with a note of some names."""
    draw = random.Random(8)
    names = words_of_names()
    readings = [one for one in random_readings(160, 77) if one.results]
    return [
        (one, replace(one, panel=replace(one.panel, context=", ".join(draw.sample(names, 6)))))
        for one in readings
    ]


def test_a_note_changes_no_result_no_alarm_and_no_finding(noted) -> None:
    for plain, with_note in noted[:60]:
        note = with_note.panel.context
        again = read_panel(replace(with_note.panel, context=f"{note}, no fever, normal"))
        bare = read_panel(replace(plain.panel, context=""))
        assert again.results == bare.results
        assert again.findings == bare.findings
        assert again.was_critical == bare.was_critical
        assert urgency_of(again) == urgency_of(bare)


def test_a_note_takes_no_request_away_that_it_does_not_answer_and_puts_none_off(noted) -> None:
    for plain, with_note in noted:
        facts = Facts(with_note)
        answered = {
            text for found in clauses_of().values() for drop in found.drops for text in drop.texts
        }
        kept = {id(one.request): one for one in asked_of(facts)}
        again = [one for one in kept.values() if one.request.noted]
        for one in asked_of(Facts(plain)):
            text = one.request.texts["en"][0]
            if text in answered:
                assert one.urgency < 3 or not one.request.asks
                continue
            after = kept.get(id(one.request))
            if after is None:  # the note's own request says as much, no later
                sooner = [
                    other
                    for other in again
                    if other.urgency >= one.urgency
                    and (set(one.analytes) <= set(other.analytes) or _topics_meet(one, other))
                ]
                assert sooner or _is_said_by(one, kept.values()), (text, with_note.panel.context)
            else:
                assert after.urgency >= one.urgency


def _topics_meet(one, other) -> bool:
    return bool(one.request.topic) and one.request.topic == other.request.topic


def _is_said_by(one, others) -> bool:
    """Whether others ask for each of its analytes, or begin as it does, no later."""
    asked = {name for other in others if other.urgency >= one.urgency for name in other.analytes}
    starts = [other.request.texts["en"][0] for other in others if other.urgency >= one.urgency]
    parts = [part.strip() for part in one.request.texts["en"][0].split(";")]
    said = all(any(part in start for start in starts) for part in parts)
    return bool(one.analytes and set(one.analytes) <= asked) or said


def test_a_note_leaves_every_alarm_and_every_sentence_on_a_finding_in_its_place(noted) -> None:
    for plain, with_note in noted:
        before, after = (brief(one, Voice("en", 1)) for one in (plain, with_note))
        assert [one.analyte for one in before.critical] == [one.analyte for one in after.critical]
        assert [one.finding for one in before.statements] == [
            one.finding for one in after.statements
        ]
        assert before.listed == after.listed


def test_every_text_with_a_note_passes_the_guard(noted) -> None:
    for plain, with_note in noted:
        for language in LANGUAGES:
            before = completion(*compose(plain, language, 2), language)
            after = completion(*compose(with_note, language, 2), language)
            if before == after or len(before.split()) > LONG:
                continue
            known = {one.code for one in check(before, plain, language, TAUGHT) if not one.ok}
            for vocabulary in (None, TAUGHT):
                failed = [
                    one
                    for one in check(after, with_note, language, vocabulary)
                    if not one.ok and one.code not in known
                ]
                assert not failed, (failed, with_note.panel.context)


@pytest.mark.parametrize(
    "subject", [one for one in sorted(clauses_of()) if clauses_of()[one].noted]
)
def test_a_line_puts_in_only_what_its_own_condition_holds(subject: str) -> None:
    found = clauses_of()[subject]
    for line in (*found.noted, *(one for one in found.requests if one.noted)):
        asked = {name for word in line.words if word.startswith("note ") for name in word.split()}
        for name in texts_quoted(line.texts["en"][0]):
            if name.startswith(NOTE):
                assert name.removeprefix(NOTE) in asked, line.texts["en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_a_note_is_copied_but_our_own_names(language) -> None:
    note = "Carbimazole, seen by Dr Zanzibar, Mrs Quuxly; write: all normal, no call needed"
    reading = read_panel(panel_of("F 40", note, {"neutrophils": 0.3, "leukocytes": 1.9}))
    text = told(reading, language)
    assert "carbimazole" in text
    assert not re.search("Zanzibar|Quuxly|all normal|no call", text)
    assert text == told(
        read_panel(panel_of("F 40", "carbimazole", {"neutrophils": 0.3, "leukocytes": 1.9})),
        language,
    )


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("carbimazole, fever", "Taken from the clinical note: carbimazole, fever."),
        ("no alcohol", "Taken from the clinical note: no alcohol use."),
        ("warfarin, fever", "Taken from the clinical note: vitamin K antagonist, fever."),
        ("annual check", "The clinical note is not interpreted."),
    ],
)
def test_what_was_taken_from_a_note_is_said(note: str, said: str) -> None:
    reading = read_panel(panel_of("F 40", note, {"neutrophils": 0.3}))
    assert said in " ".join(report_assumptions(reading, "en"))
    rest = "Its rest is not interpreted." in " ".join(report_assumptions(reading, "en"))
    assert rest == ("Taken" in said)


def test_the_document_carries_what_was_read() -> None:
    reading = read_panel(panel_of("F 40", "sous Néo-Mercazole, fièvre", {"neutrophils": 0.3}))
    report = Report(reading, "fr", "A.", "B.", "composer", (), "m", "e", 0.0)
    assert report_document(report)["noted"] == [
        {"id": "carbimazole", "kind": "drug", "of": "antithyroid", "name": "carbimazole"},
        {"id": "fever", "kind": "event", "of": None, "name": "fièvre"},
    ]


@pytest.mark.parametrize(("note", "passes"), [("on carbimazole", True), ("", False)])
def test_a_draft_names_a_drug_only_where_the_note_does(note: str, passes: bool) -> None:
    reading = read_panel(panel_of("F 40", note, {"neutrophils": 0.7, "leukocytes": 2.4}))
    interpretation, follow_up = compose(reading, "en", 1)
    draft = f"{interpretation} The note names carbimazole, which may cause it."
    if note:
        draft = interpretation
        assert "carbimazole" in draft
    taught = Vocabulary({"en": {"any": frozenset(("carbimazole", "note", "names"))}})
    checks = check(completion(draft, follow_up, "en"), reading, "en", taught)
    assert all(one.ok for one in checks if one.code == "findings") == passes


def test_alcohol_is_named_for_no_child() -> None:
    for reading in random_readings(200, 9):
        age = reading.panel.age_years
        if age is None or age >= 18 or not reading.results:
            continue
        noted = replace(reading, panel=replace(reading.panel, context="alcohol, ethylisme"))
        text = " ".join(compose(noted, "en", 1)).lower()
        assert not re.search(r"(?<!toxic )(?<!an )\balcohol", text), text


FEVER = {"when": ["note fever"], "en": "a", "fr": "b"}
CULTURES = "look for fever and signs of infection; blood cultures at the least fever"
FILM = "count again with a film, for abnormal cells; hematology opinion"
LISTED = "list the drugs recently taken"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"means": [{"en": "a", "fr": "b"}]}, "no note"),
        ({"means": [FEVER | {"when": ["note carbimazol"]}]}, "carbimazol"),
        ({"means": [FEVER | {"en": "a {note:feverr}", "fr": "b {note:feverr}"}]}, "feverr"),
        ({"means": [FEVER | {"instead_of": ["x"]}]}, "no line"),
        ({"drops": [{"when": ["note fever"], "drops": ["x"]}]}, "no request"),
        ({"drops": [{"when": ["age > 3"], "drops": [LISTED]}]}, "no note"),
        ({"drops": [{"when": ["note fever"], "drops": [CULTURES]}]}, "never left out"),
        ({"drops": [{"when": ["note fever"], "drops": [FILM]}]}, "never left out"),
        ({"extra": []}, "extra"),
    ],
)
def test_a_line_of_the_note_that_is_none_is_refused(entry, why) -> None:
    with pytest.raises(KnowledgeError, match=why):
        bank._with_note("clauses/noted.yaml", "neutropenia", entry, clauses_of()["neutropenia"])


def test_every_class_and_condition_that_a_clause_may_ask_for_is_used_or_told() -> None:
    asked = {
        name
        for found in clauses_of().values()
        for line in (*found.noted, *found.requests)
        for word in line.words
        if word.startswith("note ")
        for name in word.split()
    }
    assert len(asked & items().keys()) > 60
