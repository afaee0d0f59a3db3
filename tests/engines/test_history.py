"""A patient's reports in time, whichever door they came through."""

from dataclasses import replace
from pathlib import Path

import pytest

from hemoscribe.engines import choose, histories
from hemoscribe.errors import SettingsError, SourceError
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
