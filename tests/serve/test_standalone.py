"""A report as one file: everything in it, nothing from elsewhere, nothing the model can inject."""

import re
from pathlib import Path

import pytest

from hemoscribe.engines import report_document
from hemoscribe.knowledge import read_panel
from hemoscribe.records import Check, Panel, Report, ReportedResult
from hemoscribe.serve.standalone import write_report_page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_holds_the_report_and_asks_for_nothing(tmp_path: Path, language) -> None:
    reading = read_panel(
        Panel(
            sex="F",
            age_years=54,
            results=(
                ReportedResult("Potassium", "7.1", "mmol/L", "3.5", "5.1"),
                ReportedResult("Sodium", "139", "mmol/L", "136", "145"),
            ),
        )
    )
    report = Report(
        reading=reading,
        language=language,
        interpretation="<script>alert(1)</script> text",
        follow_up="next",
        written_by="model",
        checks=(Check("second_reading", False, "look at potassium"),),
        model="m",
        engine="e",
        seconds=0.5,
    )
    path = tmp_path / "report.html"
    write_report_page(report_document(report), path)
    text = path.read_text(encoding="utf-8")
    assert ("7.1" if language == "en" else "7,1") in text
    assert "look at potassium" in text
    assert "<script" not in text
    assert not re.search(r'(src|href)="(?!#)', text)
    assert "url(http" not in text
