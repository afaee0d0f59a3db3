"""Held courses: what two results show is said, and the second result is not asked for again."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hemoscribe.engines.interpreter import composed
from hemoscribe.knowledge import read_panel
from hemoscribe.knowledge.overlay import load_overlay
from hemoscribe.prose.guard.check import check
from hemoscribe.prose.prompt import completion
from hemoscribe.records import LANGUAGES, Panel, Reading, ReportedResult

AT = datetime(2026, 3, 2, 8)
OWN = (
    'version: "1"\ncritical:\n'
    "  - {id: K, analyte: potassium, high: 7.0, approved_by: Dr A. Martin, date: 2026-03-01}\n"
)
UNITS = {
    "Troponin T": ("ng/L", None, "14"),
    "Troponin I": ("ng/L", None, "34"),
    "hCG": ("IU/L", None, None),
    "Creatinine": ("umol/L", None, None),
    "ALT": ("U/L", "7", "35"),
    "AST": ("U/L", "7", "35"),
    "Hemoglobin": ("g/L", None, None),
    "Platelets": ("G/L", "150", "400"),
    "Potassium": ("mmol/L", "3.5", "5.1"),
    "Sodium": ("mmol/L", "135", "145"),
    "Glucose": ("mmol/L", "3.9", "6.1"),
    "INR": (None, "0.8", "1.2"),
    "PT": ("s", "11", "15"),
}


def panel(text: str, hours: float = 0, **patient: Any) -> Panel:
    stated = []
    for one in text.split(";"):
        name, _, value = one.strip().rpartition(" ")
        unit, low, high = UNITS[name]
        stated.append(ReportedResult(name, value, unit, low, high))
    known: dict[str, Any] = {"sex": "F", "age_years": 60.0, **patient}
    at = AT - timedelta(hours=hours)
    return Panel(tuple(stated), collected_at=at, report_id=f"r{hours}", **known)


def reading(text: str, *before: tuple[float, str], **patient: Any) -> Reading:
    known = {name: value for name, value in patient.items() if name != "context"}
    earlier = [panel(one, hours, **known) for hours, one in before]
    return read_panel(panel(text, **patient), earlier=earlier)


def both(found: Reading) -> dict[str, str]:
    """Language -> the whole text in lower case, which the guard lets pass."""
    texts = {}
    for language in LANGUAGES:
        told, asked = composed(found, language)
        verdicts = check(completion(told, asked, language), found, language)
        assert all(one.ok for one in verdicts), [one for one in verdicts if not one.ok]
        texts[language] = f"{told} | {asked}".casefold()
    return texts


def holds(text: dict[str, str], en: str, fr: str) -> bool:
    en, fr = en.casefold(), fr.casefold()
    assert (en.casefold() in text["en"]) == (fr in text["fr"]), text
    return en in text["en"]


RISES = ("has risen from", "en ascension depuis")
FALLS = ("has fallen from", "baisse depuis")
STAYS = ("stays close to", "reste proche de")
AGAIN = ("troponin again on a second sample", "troponine de contrôle sur un second prélèvement")
SECOND = ("a second value one to three hours later", "un second dosage une à trois heures")


@pytest.mark.parametrize("name", ["Troponin T", "Troponin I"])
@pytest.mark.parametrize(
    ("now", "hours", "before", "course"),
    [
        ("60", 2, "8", RISES),
        ("60", 1, "<5", RISES),
        ("60", 3, "45", RISES),
        ("900", 3, "300", RISES),
        ("60", 47, "20", RISES),
        ("60", 2, "160", FALLS),
        ("60", 6, "80", FALLS),
        ("300", 24, "2000", FALLS),
        ("60", 2, "61", STAYS),
        ("60", 1, "58", STAYS),
        ("60", 12, "66", STAYS),
        ("800", 3, "790", STAYS),
        ("60", 2, None, None),
        ("60", 0.5, "61", None),  # too soon to tell
        ("60", 49, "61", None),
        ("60", 900, "20", None),
        ("60", 2, "<70", None),  # it may have risen
    ],
)
def test_a_held_course_of_troponin(
    name: str, now: str, hours: float, before: str | None, course: tuple[str, str] | None
) -> None:
    if name == "Troponin I" and now == "60":
        now, before = "90", {"61": "92", "58": "88", "66": "95", "45": "60"}.get(before, before)
        before = {"80": "130", "160": "260", "20": "45", "<70": "<88"}.get(before, before)
    held = [(hours, f"{name} {before}")] if before else []
    text = both(reading(f"{name} {now}", *held))
    for one in (RISES, FALLS, STAYS):
        assert holds(text, *one) == (one == course), text
    asked = holds(text, *AGAIN)
    assert asked == (not before or not 1 <= hours <= 48), text
    if before and 1 <= hours <= 48 and course:
        assert not holds(text, *SECOND), text


REVIEW = ("less than expected", "moins qu'attendu")
ON = ("as in a pregnancy that goes on", "comme dans une grossesse évolutive")
ENDS = ("a failing pregnancy is likely", "un arrêt de la grossesse est probable")
HCG_AGAIN = ("hCG again to see its course", "hCG de contrôle pour en voir l'évolution")


@pytest.mark.parametrize(
    ("now", "hours", "before", "course"),
    [
        ("1200", 48, "1150", REVIEW),
        ("1200", 48, "1200", REVIEW),
        ("1200", 48, "760", REVIEW),
        ("1200", 48, "2000", REVIEW),
        ("1200", 72, "1150", REVIEW),
        ("1200", 120, "800", REVIEW),
        ("1200", 48, "600", ON),
        ("1200", 48, "730", ON),
        ("300", 40, "120", ON),
        ("1200", 48, "3100", ENDS),
        ("1200", 24, "3100", ENDS),
        ("120", 200, "3100", ENDS),
        ("1200", 6, "1150", None),
        ("1200", 900, "1150", None),
        ("1200", 48, None, None),
    ],
)
def test_a_held_course_of_hcg(
    now: str, hours: float, before: str | None, course: tuple[str, str] | None
) -> None:
    held = [(hours, f"hCG {before}")] if before else []
    text = both(reading(f"hCG {now}", *held, age_years=30.0))
    for one in (REVIEW, ON, ENDS):
        assert holds(text, *one) == (one == course), text
    assert holds(text, *HCG_AGAIN) == (course is None), text
    today = text["en"].partition(" | ")[2].startswith("today")
    assert today == (course != ON), text


@pytest.mark.parametrize("patient", [{"age_years": 70.0}, {"age_years": 6.0}, {"sex": "M"}])
def test_a_course_of_hcg_is_no_pregnancy_of_a_child_a_man_or_after_menopause(
    patient: dict[str, Any],
) -> None:
    for before in ("1150", "600", "3100"):
        text = both(reading("hCG 1200", (48, f"hCG {before}"), **patient))
        assert not any(holds(text, *one) for one in (REVIEW, ON, ENDS)), text


@pytest.mark.parametrize(
    ("now", "before", "falls"),
    [
        ("180", [(48, "400"), (216, "80")], True),
        ("180", [(48, "400")], True),
        ("180", [(24, "240")], True),
        ("220", [(72, "900")], True),
        ("140", [(300, "400")], True),
        ("130", [(48, "190"), (24, "160")], True),
        ("180", [(48, "200")], False),
        ("180", [(400, "400")], False),
        ("180", [(9600, "182")], False),
        ("70", [(48, "400")], False),  # within its limits again
        ("180", [(48, "<20")], False),
        ("180", [], False),
    ],
)
def test_a_creatinine_that_falls_has_no_category(
    now: str, before: list[tuple[float, str]], *, falls: bool
) -> None:
    found = reading(f"Creatinine {now}", *((h, f"Creatinine {v}") for h, v in before), sex="M")
    ids = {one.id for one in found.findings}
    assert ("creatinine_falling" in ids) == falls
    assert not (falls and ids & {"ckd_stage", "chronic_kidney_disease"})
    text = both(found)
    assert holds(text, "no category of filtration", "aucune catégorie de filtration") == falls
    assert not (falls and holds(text, "eGFR category", "catégorie G"))


def test_an_injury_that_recovers_is_told_as_one() -> None:
    text = both(reading("Creatinine 180", (48, "Creatinine 400"), (120, "Creatinine 80")))
    assert holds(text, "an injury that recovers", "une atteinte en récupération")


@pytest.mark.parametrize("name", ["ALT", "AST"])
@pytest.mark.parametrize(
    ("now", "hours", "before", "recedes"),
    [
        ("45", 144, "4500", True),
        ("90", 144, "4500", True),
        ("300", 72, "4500", True),
        ("150", 600, "360", True),
        ("45", 144, "300", False),
        ("45", 1000, "4500", False),
        ("400", 72, "450", False),
        ("45", 0, None, False),
    ],
)
def test_transaminases_that_fall_after_an_acute_injury(
    name: str, now: str, hours: float, before: str | None, *, recedes: bool
) -> None:
    held = [(hours, f"{name} {before}")] if before else []
    text = both(reading(f"{name} {now}", *held))
    assert holds(text, "an acute injury that recedes", "atteinte aiguë en régression") == recedes
    assert not (recedes and holds(text, "steatosis", "stéatose"))


@pytest.mark.parametrize(
    ("now", "hours", "before", "inr", "first"),
    [
        ("81", 72, "125", "4.6", "now"),
        ("90", 24, "120", "6.0", "now"),
        ("81", 72, "125", None, "today"),
        ("100", 160, "130", None, "today"),
        ("95", 48, "125", "1.1", "today"),
        ("126", 48, "152", None, "today"),  # within range, yet far below the last one
        ("126", 48, "140", None, None),
        ("100", 48, "105", None, None),
        ("100", 400, "130", None, None),
        ("100", 0, None, None, None),
    ],
)
def test_a_fall_of_hemoglobin_in_days_is_a_bleeding_first(
    now: str, hours: float, before: str | None, inr: str | None, first: str | None
) -> None:
    held = [(hours, f"Hemoglobin {before}")] if before else []
    text = both(reading(f"Hemoglobin {now}" + (f"; INR {inr}" if inr else ""), *held))
    told = holds(text, "bleeding is to be ruled out first", "un saignement est à éliminer d'abord")
    assert told == (first is not None), text
    asked = text["en"].partition(" | ")[2]
    if first:
        assert asked.startswith("within the hour: look for bleeding" if first == "now" else "today")


@pytest.mark.parametrize(
    ("now", "hours", "before", "named"),
    [
        ("160", 168, "380", True),
        ("180", 120, "390", True),
        ("155", 239, "320", True),
        ("70", 192, "260", True),
        ("160", 168, "300", False),
        ("160", 300, "380", False),
        ("160", 0, None, False),
        ("390", 168, "200", False),
    ],
)
def test_heparin_is_named_where_platelets_fall_by_half(
    now: str, hours: float, before: str | None, *, named: bool
) -> None:
    held = [(hours, f"Platelets {before}")] if before else []
    text = both(reading(f"Platelets {now}", *held))
    assert holds(text, "eparin", "héparine") == named, text
    assert holds(text, "4Ts", "score 4T") == named, text


@pytest.mark.parametrize(
    ("now", "hours", "before", "en", "fr"),
    [
        ("Potassium 4.2", 24, "Potassium 6.9", "high (6.9 mmol/L) on 2026-03-01; 4.2 mmol/L now",
         "haute (6,9 mmol/L) le 01/03/2026 ; 4,2 mmol/L ce jour"),
        ("Potassium 4.2; Sodium 140", 2, "Potassium 6.9", "on 2026-03-02 at 06:00",
         "le 02/03/2026 à 06 h 00"),
        ("Potassium 4.2", 160, "Potassium 2.3", "low (2.3 mmol/L)", "basse (2,3 mmol/L)"),
        ("Potassium 3.2", 24, "Potassium 6.9", "high (6.9 mmol/L)", "haute (6,9 mmol/L)"),
        ("Glucose 5.0", 24, "Glucose 1.9", "low (1.9 mmol/L)", "basse (1,9 mmol/L)"),
        ("Hemoglobin 130", 72, "Hemoglobin 60", "low (60 g/L)", "basse (60 g/L)"),
        ("Platelets 200", 72, "Platelets 8", "low (8 G/L)", "basse (8 G/L)"),
        ("Sodium 138", 120, "Sodium 115", "low (115 mmol/L)", "basse (115 mmol/L)"),
        ("Potassium 4.2", 24, "Potassium 4.4; Potassium 6.9", "high (6.9", "haute (6,9"),
        ("INR 1.0", 48, "INR 8.0", "high (8.0)", "haute (8,0)"),
        ("Potassium 6.9", 24, "Potassium 4.0", "", ""),
        ("Potassium 5.4", 24, "Potassium 6.9", "", ""),  # still high: the finding tells it
        ("Potassium 6.8", 24, "Potassium 6.9", "", ""),
        ("Potassium 4.2", 170, "Potassium 6.9", "", ""),
        ("Potassium 4.2", 24, "Potassium 5.6", "", ""),
        ("Sodium 140", 24, "Potassium 6.9", "", ""),
        ("Potassium 4.2", 24, "Sodium 140", "", ""),
    ],
)  # fmt: skip
def test_an_earlier_critical_value_is_told(
    now: str, hours: float, before: str, en: str, fr: str
) -> None:
    text = both(reading(now, (hours, before)))
    if en:
        assert en.casefold() in text["en"], text
        assert fr.casefold() in text["fr"], text
        assert "No further test".casefold() not in text["en"], text
        assert "no additional test".casefold() not in text["en"], text
    assert holds(text, "was critical", ": valeur critique") == bool(en), text


def test_an_earlier_value_is_critical_by_the_laboratory_s_own_limit(tmp_path: Path) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text(OWN, "utf-8")
    before = panel("Potassium 6.9", 24)
    found = read_panel(panel("Potassium 4.2"), earlier=[before], overlay=load_overlay(path))
    assert not found.was_critical
    assert reading("Potassium 4.2", (24, "Potassium 6.9")).was_critical


@pytest.mark.parametrize(
    ("note", "inr", "age", "en", "fr"),
    [
        ("warfarin, mechanical mitral valve", "1.0", 60.0, "below the target", "sous la cible"),
        ("sous AVK, cible 2-3", "1.6", 60.0, "below the target", "sous la cible"),
        ("sous AVK, cible 2-3", "2.4", 60.0, "within the target", "dans la cible"),
        ("warfarin", "3.8", 60.0, "above the target", "au-dessus de la cible"),
        ("warfarin, mechanical valve", "2.4", 60.0, "mechanical valve makes", "mécanique rend"),
        ("no anticoagulant, jaundice", "4.8", 60.0, "liver failure and a lack of vitamin K",
         "une insuffisance hépatique et un manque de vitamine K"),
        ("pas d'anticoagulant, ictère", "2.1", 60.0, "liver failure", "insuffisance hépatique"),
        ("", "5.9", 4.0, "in a child, liver failure", "chez l'enfant, une insuffisance hépatique"),
        ("bruises", "2.2", 9.0, "in a child, liver failure", "chez l'enfant, une insuffisance"),
        ("apixaban", "1.0", 60.0, "INR and prothrombin time do not", "L'INR et le temps"),
        ("apixaban", "1.7", 60.0, "does not measure its effect", "n'en mesure pas l'effet"),
        ("LMWH", "1.0", 60.0, "INR and prothrombin time do not", "L'INR et le temps"),
        ("anticoagulated for AF", "1.0", 60.0, "set against its target", "rapporter à sa cible"),
    ],
)  # fmt: skip
def test_an_inr_is_read_with_the_anticoagulant_of_the_note(
    note: str, inr: str, age: float, en: str, fr: str
) -> None:
    text = both(reading(f"INR {inr}", age_years=age, context=note))
    assert en.casefold() in text["en"], text
    assert fr.casefold() in text["fr"], text
    for said in ("whole panel", "No further test", "no additional test", "No complement"):
        assert said.casefold() not in text["en"], text
    if "warfarin" in note or "AVK, cible" in note:
        assert not holds(text, "which anticoagulant", "l'anticoagulant pris"), text


@pytest.mark.parametrize(
    ("note", "en", "fr"),
    [
        ("sous AVK", "INR tells its effect", "l'INR qui en dit l'effet"),
        ("apixaban", "do not measure the effect", "ne mesurent pas l'effet"),
        ("LMWH", "do not measure the effect", "ne mesurent pas l'effet"),
        ("anticoagulated", "without its class", "sans en préciser la classe"),
    ],
)
def test_a_prothrombin_time_tells_no_more(note: str, en: str, fr: str) -> None:
    text = both(reading("PT 12", context=note))
    assert holds(text, en, fr)
    assert "No further test".casefold() not in text["en"]
    assert "whole panel".casefold() not in text["en"]


@pytest.mark.parametrize("note", ["", "fever", "no anticoagulant", "arrêt de la warfarine"])
def test_a_normal_inr_stays_normal_where_no_anticoagulant_is_named(note: str) -> None:
    found = reading("INR 1.0", context=note)
    assert not found.findings
    assert holds(both(found), "range", "référence")


@pytest.mark.parametrize("pregnant", [False, True])
def test_a_blood_count_that_is_held_is_not_asked_for(pregnant: bool) -> None:
    results = [("Hemoglobin", "125", "g/L"), ("WBC", "7", "G/L"), ("Platelets", "250", "G/L")]
    stated = [ReportedResult(*one) for one in [*results, ("Ferritin", "8", "ug/L")]]
    for held in (stated, stated[3:]):
        found = read_panel(
            Panel(tuple(held), sex="F", age_years=30.0, pregnant=pregnant, collected_at=AT)
        )
        asked = holds(both(found), "ull blood count, to look for anemia", "recherche d'une anémie")
        assert asked == (len(held) == 1)
