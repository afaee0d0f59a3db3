"""What an overlay decides in a reading: for whom it is, and never towards silence."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.knowledge.overlay import load_overlay
from hemoscribe.overlay_record import Circumstances, Scope
from hemoscribe.records import Panel, Reading, ReportedResult

SIGNED = "approved_by: Dr A. Martin, date: 2026-03-01"


def overlaid(folder: Path, entries: str, panel: Panel) -> Reading:
    path = folder / "overlay.yaml"
    path.write_text(f'version: "1"\n{entries}'.replace("SIGNED", SIGNED), encoding="utf-8")
    return read_panel(panel, overlay=load_overlay(path))


def potassium(value: str, **patient) -> Panel:
    stated = {"sex": "F", "age_years": 60.0, "ward": "Dialysis", **patient}
    return Panel((ReportedResult("Potassium", value, "mmol/L", "3.5", "5.1"),), **stated)


K = "critical:\n  - {id: K, analyte: potassium, high: %s, SIGNED}\n"
BOTH = K % "6.0" + "  - {id: D, analyte: potassium, high: 7.0, ward: Dialysis, SIGNED}\n"


@pytest.mark.parametrize(
    ("entries", "value", "patient", "flag", "critical", "by"),
    [
        (K % "6.0", "6.2", {}, "HH", True, ["K"]),  # ours would not: 6.5
        (K % "6.0", "5.9", {}, "H", False, []),
        (K % "6.0", "6.0", {}, "HH", True, ["K"]),
        (K % "7.0", "6.8", {}, "H", False, ["K"]),  # ours would
        (K % "7.0", "2.4", {}, "LL", True, []),  # the side it does not state is the published one
        (K % "6.0", ">6.0", {}, "HH", True, ["K"]),
        (K % "6.0", "<6.5", {}, None, False, []),
        (BOTH, "6.8", {}, "H", False, ["D"]),  # the ward's before the house's
        (BOTH, "6.8", {"ward": "Surgery"}, "HH", True, ["K"]),
        (BOTH, "6.8", {"ward": "  DIALYSIS "}, "H", False, ["D"]),
        (BOTH, "6.8", {"ward": None}, "HH", True, ["K"]),  # a ward that nobody stated is no ward
    ],
)
def test_a_critical_limit_of_the_laboratorys_own_decides(
    tmp_path, entries, value, patient, flag, critical, by
):
    reading = overlaid(tmp_path, entries, potassium(value, **patient))
    (result,) = reading.results
    assert (result.flag, result.critical) == (flag, critical)
    decided = [one for one in reading.overruling.decisions if one.outcome == "decided"]
    assert [one.entry.id for one in decided] == by


def test_an_entry_that_nobody_can_tell_the_reach_of_is_said_not_to_be_assessed(tmp_path):
    reading = overlaid(tmp_path, BOTH, potassium("6.8", ward=None))
    (one,) = [one for one in reading.overruling.decisions if one.outcome == "not_assessed"]
    assert (one.entry.id, one.unknown) == ("D", ("ward",))
    # and where it would change nothing, nothing is said
    reading = overlaid(tmp_path, BOTH, potassium("4.2", ward=None))
    assert reading.overruling.decisions == ()


@pytest.mark.parametrize(
    ("ages", "age", "unsettled"),
    [
        ((18.0, 130.0), 60.0, ()),
        ((18.0, 130.0), 17.9, None),
        ((18.0, 130.0), None, ()),  # a patient of unknown age is an adult
        ((0.0, 18.0), None, None),
        ((65.0, 130.0), None, ("age",)),
        ((16.0, 50.0), None, ("age",)),
        ((0.0, 28 / 365.25), 27 / 365.25, ()),
        ((0.0, 28 / 365.25), 28 / 365.25, None),
    ],
)
def test_an_age_in_an_entry(ages, age, unsettled):
    assert Scope(ages=ages).unsettled(Circumstances(age_years=age)) == unsettled


@pytest.mark.parametrize(
    ("method", "instrument", "value", "flag"),
    [
        ("CLIA", None, "25", "L"),
        ("clia", "Alinity", "25", "L"),
        ("ELISA", None, "25", "N"),
        (None, None, "25", "N"),
    ],
)
def test_a_decision_limit_of_a_method(tmp_path, method, instrument, value, flag):
    panel = Panel(
        (
            ReportedResult(
                *("Ferritin", value, "ug/L", "10", "150"), method=method, instrument=instrument
            ),
        ),
        sex="F",
        age_years=40.0,
    )
    entry = "decision:\n  - {id: F, analyte: ferritin, low: 30, unit: ug/L, method: CLIA, SIGNED}\n"
    reading = overlaid(tmp_path, entry, panel)
    (result,) = reading.results
    assert result.flag == flag
    assert result.low == (30 if flag == "L" else 10)
    assert result.high == 150
    outcomes = [one.outcome for one in reading.overruling.decisions]
    assert outcomes == {"CLIA": ["decided"], "clia": ["decided"], "ELISA": []}.get(
        method or "", ["not_assessed"]
    )


def test_a_decision_limit_is_what_findings_are_found_by(tmp_path):
    panel = Panel((ReportedResult("Ferritin", "25", "ug/L", "10", "150"),), sex="F", age_years=40.0)
    entry = "decision:\n  - {id: F, analyte: ferritin, low: 30, unit: ug/L, SIGNED}\n"
    found = {one.id for one in overlaid(tmp_path, entry, panel).findings}
    assert found == {one.id for one in read_panel(panel).findings} | {"iron_deficiency"}


HIDING = "decision:\n  - {id: D, analyte: %s, %s: %s, unit: %s, age: [18, null], SIGNED}\n"


@pytest.mark.parametrize(
    ("analyte", "side", "limit", "name", "value", "unit"),
    [
        ("troponin_t", "high", "5000", "Troponin T", "900", "ng/L"),
        ("lipase", "high", "2000", "Lipase", "1500", "U/L"),
        ("inr", "high", "4.9", "INR", "4.6", "1"),
        ("sodium", "low", "125", "Sodium", "127", "mmol/L"),
        ("potassium", "high", "6.4", "Potassium", "6.2", "mmol/L"),
        ("hemoglobin", "low", "7.1", "Hemoglobin", "7.5", "g/dL"),
        ("creatinine", "high", "350", "Creatinine", "340", "umol/L"),
        ("bilirubin_total", "high", "240", "Total bilirubin", "230", "umol/L"),
        ("crp", "high", "290", "CRP", "250", "mg/L"),
        ("tsh", "high", "60", "TSH", "50", "mU/L"),
        ("platelets", "low", "40", "Platelets", "55", "10*9/L"),
        ("neutrophils", "low", "0.6", "Neutrophils", "0.7", "10*9/L"),
    ],
)
def test_a_decision_limit_hides_nothing_that_wants_acting_on(
    tmp_path, analyte, side, limit, name, value, unit
):
    panel = Panel((ReportedResult(name, value, unit),), sex="M", age_years=60.0)
    reading = overlaid(tmp_path, HIDING % (analyte, side, limit, f'"{unit}"'), panel)
    plain = read_panel(panel)
    assert plain.results[0].flag not in ("N", None)
    assert reading.results[0].flag == plain.results[0].flag
    assert [one.id for one in reading.findings] == [one.id for one in plain.findings]
    assert [one.outcome for one in reading.overruling.decisions] == ["kept"]


def test_a_finding_of_no_hurry_follows_the_laboratorys_own_limit(tmp_path):
    result = ReportedResult("Fasting glucose", "5.8", "mmol/L", "3.9", "5.5")
    panel = Panel((result,), sex="M", age_years=60.0)
    assert "prediabetes" in {one.id for one in read_panel(panel).findings}
    reading = overlaid(tmp_path, HIDING % ("glucose_fasting", "high", "6.0", "mmol/L"), panel)
    assert reading.results[0].flag == "N"
    assert reading.findings == ()
    assert "prediabetes" in {one.id for one in reading.overruling.silenced}


@pytest.mark.parametrize(
    ("value", "critical", "outcomes"),
    [("6.8", True, ["not_assessed"]), ("7.6", True, ["decided"]), ("5.9", False, [])],
)
def test_an_age_that_nobody_stated_takes_no_alarm_back(tmp_path, value, critical, outcomes):
    entry = "critical:\n  - {id: A, analyte: potassium, high: 7.5, age: [18, null], SIGNED}\n"
    reading = overlaid(tmp_path, entry, potassium(value, age_years=None))
    assert reading.results[0].critical is critical
    assert [one.outcome for one in reading.overruling.decisions] == outcomes
    if "not_assessed" in outcomes:
        assert reading.overruling.decisions[0].unknown == ("age",)
    stated = overlaid(tmp_path, entry, potassium(value, age_years=60.0))
    assert stated.results[0].critical is (value == "7.6")


@pytest.mark.parametrize(
    ("en", "fr"),
    [
        ("Phone without delay.", "Téléphoner sans délai."),
        ("Do not wait to call.", "Ne pas attendre pour appeler."),
        ("Call now, do not postpone the call.", "Appeler, ne pas différer l'appel."),
        ("Phone at once and note who took the call.", "Appeler, sans tarder, le médecin."),
        ("Critical: never forget to phone.", "Critique : ne jamais oublier d'appeler."),
        ("Call the nurse, not the fax.", "Appeler l'infirmière et non le secrétariat."),
    ],
)
def test_an_alarm_in_the_laboratorys_words_is_taken(tmp_path, en, fr):
    entry = f'alarm:\n  - {{id: A, en: "{en}", fr: "{fr}", SIGNED}}\n'
    assert overlaid(tmp_path, entry, potassium("7.2")).overruling.decisions


SILENCE = "silenced:\n  - {id: S, finding: anemia, grade: [mild, moderate], SIGNED}\n"


def count(hemoglobin: str, *more: ReportedResult) -> Panel:
    first = ReportedResult("Hemoglobin", hemoglobin, "g/dL", "12", "16")
    return Panel((first, *more), sex="F", age_years=40.0)


def test_a_silenced_finding_is_not_told_and_is_said_to_be_silenced(tmp_path):
    reading = overlaid(tmp_path, SILENCE, count("11.5"))
    assert [one.id for one in reading.findings] == []
    assert [one.id for one in reading.overruling.silenced] == ["anemia"]
    assert reading.results[0].flag == "L"  # the result is what it was


def test_two_silences_that_overlap_are_one(tmp_path):
    entries = (
        "silenced:\n  - {id: A, finding: anemia, grade: mild, ward: Oncology, SIGNED}\n"
        "  - {id: B, finding: anemia, grade: mild, age: [18, null], SIGNED}\n"
    )
    panel = replace(count("11.5"), ward="Oncology")
    reading = overlaid(tmp_path, entries, panel)
    assert reading.findings == ()
    assert [one.entry.id for one in reading.overruling.decisions] == ["A"]


def test_a_finding_that_rests_on_a_critical_result_is_never_silenced(tmp_path):
    grave = "critical:\n  - {id: H, analyte: hemoglobin, low: 9, unit: g/dL, SIGNED}\n" + SILENCE
    reading = overlaid(tmp_path, grave, count("8.9"))
    assert [(one.id, one.urgency) for one in reading.findings] == [("anemia", 3)]
    assert reading.overruling.silenced == ()
    kept = [one.entry.id for one in reading.overruling.decisions if one.outcome == "kept"]
    assert kept == ["S"]


def test_another_grade_than_the_one_that_is_silenced_is_told(tmp_path):
    reading = overlaid(tmp_path, SILENCE, count("7.5"))
    assert [one.grade for one in reading.findings if one.id == "anemia"] == ["severe"]


def test_only_the_entries_that_were_of_consequence_are_kept(tmp_path):
    entries = SILENCE + BOTH
    reading = overlaid(tmp_path, entries, count("11.5"))
    assert [one.id for one in reading.overruling.overlay.entries] == ["S"]


PHONE = (
    "phone:\n  - {id: A, who: the ward, SIGNED}\n"
    "  - {id: B, ward: Dialysis, who: the unit, SIGNED}\n"
    "  - {id: C, ward: Dialysis, analyte: potassium, who: the nephrologist, SIGNED}\n"
)


@pytest.mark.parametrize(
    ("value", "ward", "called"),
    [("7.1", "Dialysis", ["C"]), ("7.1", "Surgery", ["A"]), ("5.5", "Dialysis", [])],
)
def test_the_narrowest_phone_rule_is_followed(tmp_path, value, ward, called):
    reading = overlaid(tmp_path, PHONE, potassium(value, ward=ward))
    decided = [one for one in reading.overruling.decisions if one.outcome == "decided"]
    assert [one.entry.id for one in decided] == called


def test_an_unread_critical_result_is_phoned_by_the_rule_for_all(tmp_path):
    panel = potassium("4.2")
    panel = Panel(
        (*panel.results, ReportedResult("Mystery", "9", "mmol/L", flag="HH")), ward="Dialysis"
    )
    reading = overlaid(tmp_path, PHONE, panel)
    assert [one.entry.id for one in reading.overruling.decisions] == ["B"]


def test_without_an_overlay_nothing_is_said_of_one():
    assert read_panel(potassium("6.8")).overruling is None


def test_an_entry_says_who_and_when(tmp_path):
    (one,) = overlaid(tmp_path, K % "6.0", potassium("6.2")).overruling.decisions
    assert (one.entry.approved_by, one.entry.date) == ("Dr A. Martin", date(2026, 3, 1))
    assert one.entry.line == 3
    assert one.before[1] == 6.5
