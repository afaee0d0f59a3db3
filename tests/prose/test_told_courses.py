"""Courses in words: histories of many kinds, alike in both languages, and what the guard does."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from hemoscribe.engines.interpreter import composed
from hemoscribe.knowledge import read_panel
from hemoscribe.knowledge.movements import movements
from hemoscribe.prose import compose
from hemoscribe.prose.guard.check import check
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.prose.told_courses import told_courses
from hemoscribe.prose.voice import Voice, sentence
from hemoscribe.records import LANGUAGES, Panel, Reading, ReportedResult

AT = datetime(2026, 3, 2, 8)
HISTORIES = yaml.safe_load((Path(__file__).parent / "courses.yaml").read_text("utf-8"))
BY_NAME = {one["name"]: one for one in HISTORIES}
TOLD = [one for one in HISTORIES if one["en"]]
every_history = pytest.mark.parametrize("history", HISTORIES, ids=lambda one: one["name"])


def panel(text: str, days: float = 0, **who: Any) -> Panel:
    results = []
    for one in text.split(";"):
        name, value, unit = one.strip().rsplit(" ", 2)
        results.append(ReportedResult(name, value, unit, None, None))
    known: dict[str, Any] = {"sex": "F", "age_years": 60.0, **who}
    at = AT - timedelta(days=days)
    return Panel(tuple(results), collected_at=at, report_id=f"r{days}", **known)


def reading_of(history: dict[str, Any]) -> Reading:
    who = history["who"]
    before = [
        panel(text, days, **{**who, **history.get("was", {})})
        for days, text in history["before"].items()
    ]
    return read_panel(panel(history["now"], **who), earlier=before)


def sentences(reading: Reading, language: Any) -> list[str]:
    return [sentence(one) for one in told_courses(reading, Voice(language, 0))]


def test_there_are_members_and_counter_members() -> None:
    assert len(HISTORIES) >= 30
    assert 20 <= len(TOLD) <= len(HISTORIES) - 9
    assert all(bool(one["en"]) == bool(one["fr"]) for one in HISTORIES)


@every_history
def test_a_history_is_told_so(history: dict[str, Any]) -> None:
    reading = reading_of(history)
    for language in LANGUAGES:
        assert sentences(reading, language) == history[language]


@every_history
def test_both_languages_tell_the_same_and_the_guard_lets_it_by(history: dict[str, Any]) -> None:
    reading = reading_of(history)
    for language in LANGUAGES:
        told, asked = composed(reading, language)
        assert all(one in told for one in history[language])
        text = completion(told, asked, language)
        failed = [one for one in check(text, reading, language) if not one.ok]
        assert not failed, (text, failed)
        assert "cured" not in text
        assert "guéri" not in text


@every_history
def test_the_words_of_a_model_need_not_know_the_course(history: dict[str, Any]) -> None:
    """What stands in the prompt and in the examples holds no sentence on earlier results."""
    reading = reading_of(history)
    for language in LANGUAGES:
        told, _ = compose(reading, language, 1)
        assert not any(one in told for one in history[language])


INVENTED = {
    "en": [
        "Creatinine rose from 80 to 220 umol/L in 14 months.",
        "Creatinine fell from 131 umol/L last year.",
        "Hemoglobin has risen since last year.",
        "Hemoglobin rose from 131 to 9.8 g/dL.",
        "Platelets have fallen since last month.",
    ],
    "fr": [
        "La créatinine passe de 80 à 220 umol/L en 14 mois.",
        "La créatinine a baissé depuis l'an dernier.",
        "L'hémoglobine est en hausse depuis l'an dernier.",
        "Les plaquettes ont baissé depuis le mois dernier.",
    ],
}
HELD = {
    "en": [
        "Creatinine rose from 131 to 220 umol/L in 14 months.",
        "Hemoglobin fell from 11.5 to 9.8 g/dL in 14 months.",
    ],
    "fr": [
        "La créatinine passe de 131 à 220 umol/L en 14 mois.",
        "L'hémoglobine passe de 11,5 à 9,8 g/dL en 14 mois.",
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["invented", "held"])
def test_a_draft_may_tell_the_course_that_is_held_and_no_other(language: Any, kind: str) -> None:
    reading = reading_of(BY_NAME["the kidney declines over three reports"])
    told, asked = compose(reading, language, 0)
    for said in (INVENTED if kind == "invented" else HELD)[language]:
        text = completion(f"{told} {said}", asked, language)
        codes = {one.code for one in check(text, reading, language, Vocabulary()) if not one.ok}
        wrong = codes & {"numbers", "directions"}
        assert bool(wrong) == (kind == "invented"), (said, codes)


ASKED = [
    ("an iron deficiency is corrected", "three months shows", "contrôle dans trois mois dira"),
    ("potassium is back within a day", "the next sample shows", "le prochain prélèvement dira"),
    ("platelets fall within range", "within three months", "dans les trois mois"),
    ("platelets vary within range", None, None),
    ("anemia too long ago", None, None),
]


@pytest.mark.parametrize(("name", "en", "fr"), ASKED)
def test_a_report_within_range_is_not_closed_where_it_was_not(
    name: str, en: str | None, fr: str | None
) -> None:
    reading = reading_of(BY_NAME[name])
    for language, asked in (("en", en), ("fr", fr)):
        for seed in range(6):
            _, follow_up = compose(reading, language, seed)  # type: ignore[arg-type]
            if asked is None:
                assert "month" not in follow_up
                assert "mois" not in follow_up
            else:
                assert asked in follow_up, follow_up


def test_a_few_courses_are_told_and_the_most_severe_first() -> None:
    now = "Potassium 6.9 mmol/L; Hemoglobin 7.0 g/dL; Urea 40 mmol/L; ALT 900 U/L; CRP 200 mg/L"
    was = "Potassium 4.1 mmol/L; Hemoglobin 13.0 g/dL; Urea 6 mmol/L; ALT 20 U/L; CRP 2 mg/L"
    found = movements(read_panel(panel(now), earlier=[panel(was, 20)]))
    assert [one.now.analyte for one in found][:1] == ["potassium"]
    assert len(found) == 3


def test_an_alarm_is_not_followed_by_what_is_within_range() -> None:
    now = "Potassium 6.9 mmol/L; Platelets 165 G/L"
    before = [panel("Platelets 260 G/L", 100), panel("Platelets 380 G/L", 200)]
    found = movements(read_panel(panel(now), earlier=before))
    assert not [one for one in found if one.kind == "within"]
    calm = movements(read_panel(panel("Platelets 165 G/L"), earlier=before))
    assert [one.kind for one in calm] == ["within"]


def test_a_result_that_the_rules_doubt_has_no_course() -> None:
    """A mean cell volume that moved within days is a mix-up first."""
    now, was = "MCV 101 fL; Hemoglobin 9.0 g/dL", "MCV 78 fL; Hemoglobin 13.5 g/dL"
    doubted = movements(read_panel(panel(now), earlier=[panel(was, 2)]))
    assert "mcv" not in {one.now.analyte for one in doubted}
    later = movements(read_panel(panel(now), earlier=[panel(was, 200)]))
    assert "mcv" in {one.now.analyte for one in later}


AGE = [
    ("uremic pattern, nothing before", None, True),
    ("uremic pattern, high for months", 200, False),
]


@pytest.mark.parametrize(("name", "days", "asks"), AGE)
def test_earlier_creatinine_is_asked_for_only_where_none_is_held(
    name: str, days: int | None, asks: bool
) -> None:
    now = "Creatinine 480 umol/L; Urea 32 mmol/L; Hemoglobin 9.4 g/dL; MCV 90 fL"
    before = [panel("Creatinine 470 umol/L", days)] if days else []
    reading = read_panel(panel(now), earlier=before)
    assert ("earlier creatinine" in compose(reading, "en", 0)[1]) == asks, name
    assert ("créatinine antérieure" in compose(reading, "fr", 0)[1]) == asks, name
    assert "recent or old is to be told" not in compose(reading, "en", 0)[0]


LASTS = [
    ("Platelets 620 G/L; CRP 2 mg/L; Ferritin 60 ug/L", "Platelets 640 G/L", "as it has lasted",
     "comme elle dure"),
    ("ALT 48 U/L", "ALT 50 U/L", "as it persists", "comme l'anomalie persiste"),
    ("Lymphocytes 0.8 G/L; Leukocytes 5 G/L", "Lymphocytes 0.7 G/L", "as it persists",
     "comme elle persiste"),
]  # fmt: skip


@pytest.mark.parametrize(("now", "was", "en", "fr"), LASTS)
def test_what_lasts_is_not_asked_whether_it_lasts(now: str, was: str, en: str, fr: str) -> None:
    for days, lasting in ((120, True), (40, False)):
        reading = read_panel(panel(now), earlier=[panel(was, days)])
        for language, said in (("en", en), ("fr", fr)):
            text = " ".join(compose(reading, language, 0))  # type: ignore[arg-type]
            assert (said in text.casefold()) == lasting, text
            if lasting:
                assert "if it persists" not in text
                assert "si elle persiste" not in text


@pytest.mark.parametrize(
    ("was", "days", "new"),
    [("13.4", 20, True), ("13.4", 40, False), ("11.4", 20, False), ("12.1", 20, True)],
)
def test_an_anemia_that_is_new_is_told_so(was: str, days: int, new: bool) -> None:
    now = "Hemoglobin 9.8 g/dL; MCV 90 fL"
    reading = read_panel(panel(now), earlier=[panel(f"Hemoglobin {was} g/dL", days)])
    assert ("set in within a month" in compose(reading, "en", 0)[0]) == new
    assert ("installée en moins d'un mois" in compose(reading, "fr", 0)[0]) == new
