"""One report out of an export, and the same patient's earlier ones."""

from pathlib import Path

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources.choice import choose_panel

LINES = """patient_id,report_id,collected_at,sex,age,analyte,value,unit
P1,R1,2026-03-01 08:00,F,54,Creatinine,70,umol/L
P1,R2,2026-03-02 08:00,F,54,Creatinine,160,umol/L
P2,R3,2026-03-01 09:00,M,40,Creatinine,80,umol/L
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(LINES)
    return path


def test_the_first_report_when_none_is_named(export: Path) -> None:
    panel, earlier = choose_panel(export)
    assert (panel.report_id, earlier) == ("R1", ())


def test_a_named_report_comes_with_the_patients_earlier_ones_only(export: Path) -> None:
    panel, earlier = choose_panel(export, report_id="R2")
    assert panel.report_id == "R2"
    assert [one.report_id for one in earlier] == ["R1"]


def test_a_report_that_is_not_there_is_named_with_some_that_are(export: Path) -> None:
    with pytest.raises(SourceError, match=r"no report R9.*R1, R2, R3"):
        choose_panel(export, report_id="R9")
