"""The small readers under the guard: phrases, times in hours, courses, urgency."""

from datetime import datetime

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.prose.claims import reflected
from hemoscribe.prose.compose import compose
from hemoscribe.prose.extraction import claims
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.check import check
from hemoscribe.prose.guard.delays import latest_said
from hemoscribe.prose.guard.phrases import Phrases, plain
from hemoscribe.prose.guard.urgency import LATEST_HOURS, latest_hours, urgency_of
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.records import LANGUAGES, Panel, ReportedResult


@pytest.mark.parametrize(
    ("phrase", "text", "stands"),
    [
        ("no call", "there is no call for it", True),
        ("no call", "no, call at once", False),
        ("infect*", "an infectious cause", True),
        ("*statin", "give atorvastatin", True),
        ("*statin", "statins", False),
        ("as ... seen in", "as is quite often seen in them", True),
        ("as ... seen in", "as a b c d e seen in", False),
        ("no further|other test*", "no other tests", True),
        ("d'origine", "D’ORIGINE virale", True),
        ("prééclampsie", "PREECLAMPSIE", True),
    ],
)
def test_a_phrase_is_found_word_by_word(phrase, text, stands):
    words = [
        plain(one) for one in text.replace(",", " , ").replace("’", " ").replace("'", " ").split()
    ]
    assert Phrases([phrase]).within(words) is stands


@pytest.mark.parametrize(
    ("language", "text", "hours"),
    [
        ("en", "repeat within 24 hours", 24),
        ("en", "repeat in 24 to 48 hours", 48),
        ("en", "in two weeks", 336),
        ("en", "in a fortnight", 336),
        ("en", "tomorrow", 24),
        ("en", "next week", 168),
        ("en", "within the month", 730),
        ("en", "over three months", 2190),
        ("en", "in a few days", 72),
        ("en", "in the coming weeks", 504),
        ("en", "in two years", 17532),
        ("en", "at the next antenatal visit", 4400),
        ("en", "in due course", 4400),
        ("en", "without delay", None),
        ("en", "no later than today", None),
        ("en", "urine sodium", None),
        ("fr", "sous 24 heures", 24),
        ("fr", "sous 24 h", 24),
        ("fr", "dans 48h", 48),
        ("fr", "dans quinze jours", 360),
        ("fr", "sous huitaine", 168),
        ("fr", "dans une dizaine de jours", 240),
        ("fr", "dans dix-huit mois", 13140),
        ("fr", "dans un mois", 730),
        ("fr", "demain", 24),
        ("fr", "à distance", 4400),
        ("fr", "lors d'un prochain bilan", 4400),
        ("fr", "au prochain contrôle trimestriel", 4400),
        ("fr", "sans attendre", None),
        ("fr", "natriurèse", None),
    ],
)
def test_a_time_is_read_in_hours(language, text, hours):
    words = [plain(one) for one in text.replace("'", " ").replace("-", " ").split()]
    assert latest_said(words, language) == hours


def test_the_more_urgent_the_sooner():
    assert sorted(LATEST_HOURS.values(), reverse=True) == list(LATEST_HOURS.values())


def test_a_follow_up_may_wait_as_long_as_what_it_is_about(make_panel):
    reading = read_panel(
        make_panel("Potassium 7.2 mmol/L 3.5-5.1", "Vitamin_D 10 ng/mL 30-80", "ALT 20 U/L 5-40")
    )
    facts = Facts(reading)
    assert urgency_of(reading) == 3
    assert latest_hours(facts, ("potassium",)) == LATEST_HOURS[3]
    assert latest_hours(facts, ("vitamin_d",)) > LATEST_HOURS[2]
    assert latest_hours(facts, ("vitamin_d", "potassium")) == LATEST_HOURS[3]
    assert latest_hours(facts, ()) == LATEST_HOURS[3], "what is about nothing is about the worst"


@pytest.mark.parametrize("language", LANGUAGES)
def test_antibodies_are_named_by_the_composer_and_missed_by_the_guard_where_they_are_not(language):
    panel = Panel(
        (
            ReportedResult("TSH", "38", "mU/L", "0.4", "4.0"),
            ReportedResult("Free T4", "6.1", "pmol/L", "12", "22"),
            ReportedResult("Anti-TPO antibodies", "876", "IU/mL", None, "34"),
        ),
        sex="F",
        age_years=46.0,
    )
    reading = read_panel(panel)
    for seed in range(6):
        text = completion(*compose(reading, language, seed), language)
        assert "tpo_antibodies" in reflected(text, reading, language), text
        assert all(one.ok for one in check(text, reading, language)), text
    bare = {
        "en": ("Overt hypothyroidism.", "Clinical context."),
        "fr": ("Hypothyroïdie patente.", "Contexte clinique."),
    }[language]
    said = check(completion(*bare, language), reading, language)
    (message,) = [one.message for one in said if one.code == "omissions"]
    assert "TPO" in message
    assert "TSH" not in message


def at(day: int, value: str) -> Panel:
    results = (
        ReportedResult("Creatinine", value, "umol/L", "62", "106"),
        ReportedResult("Hemoglobin", "14.1", "g/dL", "13.0", "17.0"),
    )
    return Panel(
        results,
        sex="M",
        age_years=60.0,
        patient_id="P",
        report_id=str(day),
        collected_at=datetime(2024, 5, day, 8),
    )


COURSES = [
    ("en", "Creatinine is high and has risen since the last report.", "230", True),
    ("en", "Creatinine is high and has fallen since the last report.", "230", False),
    ("en", "Creatinine is high, up from 90 umol/L.", "230", True),
    ("en", "Creatinine is high, up from 120 umol/L.", "230", False),
    ("en", "Creatinine is high and stable.", "230", False),
    ("en", "Creatinine is within range and unchanged.", "92", True),
    ("en", "Hemoglobin is within range and unchanged.", "92", True),
    ("en", "Hemoglobin is within range and rising.", "92", False),
    ("fr", "Créatinine élevée, passée de 90 à 230 µmol/L.", "230", True),
    ("fr", "Créatinine élevée, passée de 150 à 230 µmol/L.", "230", False),
    ("fr", "Créatinine élevée, en nette diminution.", "230", False),
    ("fr", "Créatinine élevée, en aggravation.", "230", True),
    ("fr", "Créatinine dans les limites, stable.", "92", True),
    ("fr", "Créatinine dans les limites, améliorée.", "92", False),
]


@pytest.mark.parametrize(("language", "text", "value", "holds"), COURSES)
def test_a_course_is_told_where_the_reading_holds_it(language, text, value, holds):
    for earlier, told in (([at(2, "90")], holds), ([], False)):
        reading = read_panel(at(4, value), earlier=earlier)
        said = check(completion(text, "-", language), reading, language, Vocabulary())
        wrong = {one.code for one in said if not one.ok} & {"directions", "numbers"}
        assert bool(wrong) is not told, said


def test_a_range_of_hours_is_no_result_and_a_limit_said_as_a_value_is_none(make_panel):
    kinds = [one.kind for one in claims("Repeat CRP in 24 to 48 hours.", "en")]
    assert "number" not in kinds
    reading = read_panel(make_panel("Ferritin 5 ug/L 15-150"))
    for text, ok in (
        ("Ferritin 5 ug/L.", True),
        ("Ferritin 15 ug/L.", False),
        ("Ferritin 5 ug/L (15-150).", True),
        ("Ferritin below 15 ug/L.", True),
        ("Ferritin under the limit of 15 ug/L.", True),
    ):
        said = check(text, reading, "en")
        assert next(one.ok for one in said if one.code == "numbers") is ok, text
