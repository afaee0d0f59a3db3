"""What the rules say last: what was assumed, what could not be assessed; and nothing denies it."""

from __future__ import annotations

from typing import Any

import pytest

from hemoscribe.knowledge import analytes, read_panel
from hemoscribe.knowledge.unassessed import unassessed
from hemoscribe.prose import claims, completion, compose
from hemoscribe.prose.guard import check
from hemoscribe.prose.left_open import caveats
from hemoscribe.prose.prompt import writing_prompt
from hemoscribe.prose.unread import with_unread, without_unread
from hemoscribe.records import LANGUAGES, Language, Panel, Reading

COUNT = [("Hb", 12.5, "g/dL"), ("MCV", 75, "fL"), ("Platelets", 210, "G/L"), ("WBC", 6, "G/L")]
METABOLIC = [
    ("Sodium", 140, "mmol/L"), ("Potassium", 4.1, "mmol/L"), ("Creatinine", 95, "umol/L"),
    ("Urea", 7.5, "mmol/L"), ("Glucose", 5.0, "mmol/L"), ("Calcium", 2.3, "mmol/L"),
]  # fmt: skip
LIVER = [
    ("ALT", 25, "U/L"), ("AST", 24, "U/L"), ("ALP", 70, "U/L"), ("GGT", 300, "U/L"),
    ("Bilirubin", 10, "umol/L"),
]  # fmt: skip
THYROID = [("TSH", 9, "mU/L"), ("FT4", 15, "pmol/L")]
HORMONES = [("FSH", 50, "U/L"), ("Ferritin", 20, "ug/L")]
PANELS = {
    "count": COUNT, "metabolic": METABOLIC, "liver": LIVER, "thyroid": THYROID,
    "hormones": HORMONES, "all": [*COUNT, *METABOLIC, *LIVER, *THYROID, *HORMONES],
}  # fmt: skip
PATIENTS: list[dict[str, Any]] = [
    {"age": age, "sex": sex} for age in (None, 0.02, 0.6, 6, 15, 40, 85) for sex in (None, "F", "M")
]


def degraded() -> list[Reading]:
    """Usual panels: of every age and sex, whole, with a value as a bound, and with one unread."""
    readings = []
    for results in PANELS.values():
        for patient in PATIENTS:
            readings.append(read_panel(Panel.of(results, **patient)))
            for place, (name, value, unit) in enumerate(results[:3]):
                for changed in ((name, f">{value / 2}", unit), (name, value, "furlong")):
                    panel = [*results[:place], changed, *results[place + 1 :]]
                    readings.append(read_panel(Panel.of(panel, **patient)))
    return readings


READINGS = degraded()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_denies_or_calls_normal_what_could_not_be_assessed(language: Language) -> None:
    normal = 0
    for seed, reading in enumerate(READINGS):
        if not reading.results:
            continue
        interpretation, follow_up = compose(reading, language, seed % 7)
        text = completion(interpretation, follow_up, language)
        open_findings = {one.finding for one in unassessed(reading)}
        unjudged = {one.analyte for one in reading.results if one.flag is None}
        for claim in claims(text, language):
            assert not (claim.denied and claim.finding in open_findings), text
            if claim.kind == "whole_normal" and not claim.denied:
                normal += 1
                assert reading.whole, text
                assert not unjudged, text
            if claim.kind == "direction" and claim.analytes and not claim.denied:
                assert not set(claim.analytes[:1]) & unjudged, text
        wrong = [one.message for one in check(text, reading, language) if not one.ok]
        assert not wrong, (text, wrong)
    assert normal >= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_result_without_a_flag_is_told_with_its_reason(language: Language) -> None:
    for reading in READINGS:
        unjudged = [one for one in reading.results if one.flag is None]
        if not 0 < len(unjudged) <= 3 or len(unjudged) == len(reading.results):
            continue
        text = " ".join((compose(reading, language, 0)[0], caveats(reading, language)))
        for result in unjudged:
            name = analytes()[result.analyte].name(language)
            assert name.casefold() in text.casefold(), (name, text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "As the limit lies within what the value leaves open, creatinine (>98 umol/L) could",
        ),
        (
            "fr",
            "La limite se situant dans ce que la valeur laisse ouvert, il n'est pas possible "
            "d'interpréter la créatinine",
        ),
    ],
)
def test_a_bound_that_its_range_cannot_judge_is_not_said_to_have_no_range(
    language: Language, text: str
) -> None:
    reading = read_panel(
        Panel.of([("Creatinine", ">98", "umol/L"), ("Sodium", 140, "mmol/L")], sex="M", age=50)
    )
    for seed in range(12):
        words = compose(reading, language, seed)
        assert "intervalle de référence" not in words[0]
        assert "reference range" not in words[0]
    assert text in caveats(reading, language)
    prompt = writing_prompt(reading, language=language, track="assisted").text
    assert "Not classified" not in prompt
    assert "Non classés" not in prompt
    assert "Without range" not in prompt
    assert "Sans limites" not in prompt


def test_the_rules_own_sentences_are_taken_off_again() -> None:
    for reading in READINGS[::9]:
        for language in LANGUAGES:
            own = compose(reading, language, 0)[0]
            whole = with_unread(own, reading, language)
            assert whole.endswith(caveats(reading, language))
            assert without_unread(whole, reading, language) == own


def test_no_age_is_said_and_nothing_is_closed_on_it() -> None:
    normal = [("Sodium", 140, "mmol/L"), ("Potassium", 4.1, "mmol/L")]
    unknown = read_panel(Panel.of(normal, sex="F"))
    known = read_panel(Panel.of(normal, sex="F", age=40))
    assert "No age is stated, so that the limits and criteria of adults were used." in caveats(
        unknown, "en"
    )
    assert not caveats(known, "en")
    assert "age" in compose(unknown, "en", 0)[1]
    for seed in range(12):
        assert "further test" not in compose(unknown, "en", seed)[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_that_denies_what_could_not_be_assessed_is_withheld(language: Language) -> None:
    reading = read_panel(Panel.of([("Hb", 12.5, "g/dL"), ("Platelets", 250, "G/L")], age=50))
    denial = {
        "en": "Platelets within range. No anemia.",
        "fr": "Plaquettes normales. Pas d'anémie.",
    }
    follow_up = {"en": "Compare with earlier results.", "fr": "Comparer aux antériorités."}
    text = completion(denial[language], follow_up[language], language)
    found = {one.code: one.ok for one in check(text, reading, language)}
    assert not found["findings"]
    woman = read_panel(Panel.of([("Hb", 12.5, "g/dL"), ("Platelets", 250, "G/L")], age=50, sex="F"))
    assert {one.code: one.ok for one in check(text, woman, language)}["findings"]


@pytest.mark.parametrize(
    ("language", "text", "ok"),
    [
        ("en", "Creatinine is not raised.", False),
        ("fr", "La créatinine n'est pas élevée.", False),
        ("en", "Sodium is not raised.", True),
    ],
)
def test_a_draft_may_not_deny_a_direction_that_nobody_could_tell(
    language: Language, text: str, ok: bool
) -> None:
    reading = read_panel(
        Panel.of([("Creatinine", 95, "umol/L"), ("Sodium", 140, "mmol/L")], age=50)
    )
    follow_up = {"en": "Compare with earlier results.", "fr": "Comparer aux antériorités."}
    checks = check(completion(text, follow_up[language], language), reading, language)
    assert {one.code: one.ok for one in checks}["directions"] is ok
