"""A patient's reports in time, whichever door they came through."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hemoscribe.engines import choose, facts, histories
from hemoscribe.errors import InputError, SettingsError, SourceError
from hemoscribe.records import Panel
from hemoscribe.sources import read_panels

LINES = """patient_id,report_id,collected_at,sex,age,analyte,value,unit
P1,R2,2026-03-02 08:00,F,54,Creatinine,160,umol/L
P1,R1,2026-03-01 08:00,F,54,Creatinine,70,umol/L
"""
OTHER = "P2,R3,2026-03-01 09:00,M,40,Creatinine,80,umol/L\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(LINES)
    return path


def test_of_one_patient_the_newest_report_comes_with_its_history(export: Path) -> None:
    chosen = choose(read_panels(export), export)
    assert chosen.panel.report_id == "R2"
    assert [one.report_id for one in chosen.earlier] == ["R1"]


def test_of_several_patients_none_is_taken_in_silence(export: Path) -> None:
    export.write_text(LINES + OTHER)
    panels = read_panels(export)
    with pytest.raises(SettingsError, match=r"3 reports.*R2 .*R1 .*R3 .*--report.*--all"):
        choose(panels, export)
    named = choose(panels, export, "R3")
    assert (named.panel.report_id, named.earlier) == ("R3", ())


def test_a_report_that_is_not_there_is_named_with_those_that_are(export: Path) -> None:
    with pytest.raises(SourceError, match=r"no report R9.*R2 .*R1 "):
        choose(read_panels(export), export, "R9")


def test_a_kept_report_is_an_earlier_one_and_the_same_report_is_not_its_own(export: Path) -> None:
    newest, first = read_panels(export)
    (alone,) = histories([newest], kept=[first, newest, replace(first, patient_id="P9")])
    assert alone.earlier == (first,)


def test_reports_of_nobody_named_have_no_kept_history() -> None:
    now = Panel.of([("Na", 140, "mmol/L")], collected_at="2026-03-02")
    kept = Panel.of([("Na", 120, "mmol/L")], collected_at="2026-03-01", report_id="other")
    (found,) = histories([now], kept=[kept])
    assert found.earlier == ()


def creatinine(value: float, day: int, **who: Any) -> Panel:
    results = [("Creatinine", value, "umol/L", 60, 110)]
    return Panel.of(results, collected_at=datetime(2026, 3, day, 8), report_id=f"R{day}", **who)


@pytest.mark.parametrize(
    ("then", "now", "joined"),
    [
        ({"sex": "M", "age": 74}, {"sex": "F", "age": 29}, False),
        ({"sex": "F", "age": 74}, {"sex": "F", "age": 29}, False),
        ({"sex": "F", "age": 29}, {"sex": "F", "age": 29}, True),
        ({"sex": "F"}, {"sex": "F", "age": 29}, True),
        ({"sex": "F", "age": 29}, {"sex": "F", "age": 25}, False),
        ({}, {"sex": "M", "age": 74}, True),
    ],
)
def test_a_number_is_one_person_where_sex_and_age_let_it_be(
    then: dict[str, Any], now: dict[str, Any], joined: bool
) -> None:
    for number in ("71", None):
        old = creatinine(60, 1, patient_id=number, **then)
        new = creatinine(150, 2, patient_id=number, **now)
        assert bool(histories([old, new])[1].earlier) == joined


def test_an_earlier_report_of_somebody_else_is_refused() -> None:
    new = creatinine(150, 2, patient_id="a", sex="F", age=29)
    for other in ({"patient_id": "b", "sex": "F", "age": 29}, {"sex": "M", "age": 74}):
        with pytest.raises(InputError, match="earlier: report R1 is of another patient than R2"):
            facts(new, earlier=[creatinine(60, 1, **other)])


def test_a_report_number_of_two_patients_is_refused_by_name() -> None:
    both = [creatinine(60, 1, patient_id=one) for one in ("a", "b")]
    with pytest.raises(SettingsError, match="report R1 is of several patients"):
        choose(both, "x.csv", "R1")


def test_a_report_of_ten_years_ago_counts_whether_its_age_is_then_or_todays() -> None:
    for age in (50, 60):
        old = replace(creatinine(60, 1, sex="F", age=age), collected_at=datetime(2016, 3, 1))
        new = creatinine(150, 2, sex="F", age=60)
        assert histories([old, new])[1].earlier == (old,)
