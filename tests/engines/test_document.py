"""The document of a report: its keys, what is shown, and a panel there and back."""

import json
from datetime import datetime

import pytest

from hemoscribe.engines.document import panel_document, panel_from_document, report_document
from hemoscribe.knowledge import read_panel
from hemoscribe.records import Check, Language, Panel, Report, ReportedResult

PANEL = Panel(
    results=(
        ReportedResult("Hb", "8.9", "g/dL", "12.0", "16.0", flag="L", comment="checked"),
        ReportedResult("Potassium", "7.1", "mmol/L"),
        ReportedResult("Creatinine", "80", "umol/L", "45", "84"),
        ReportedResult("Moonlight", "1", "g/L"),
    ),
    sex="F",
    age_years=54,
    collected_at=datetime(2026, 11, 20, 8, 15),
    report_id="R1",
    patient_id="P1",
    laboratory="Parc",
    context="Tired.",
)


def report(language: Language = "en", **changes: object) -> Report:
    fields = {
        "reading": read_panel(PANEL),
        "language": language,
        "interpretation": "A.",
        "follow_up": "B.",
        "written_by": "model",
        "checks": (Check("numbers", ok=True, message=""),),
        "model": "m",
        "engine": "e",
        "seconds": 1.23456,
        "probabilities": (
            {"low": 0.9, "normal": 0.09, "high": 0.01},
            {"low": 0.1, "normal": 0.8, "high": 0.1},
            None,
        ),
        **changes,
    }
    return Report(**fields)  # type: ignore[arg-type]


def test_the_document_is_json_as_it_stands():
    document = report_document(report(), id="x")
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_agreement_is_the_likeliest_reading_against_the_rules():
    hemoglobin, potassium, creatinine = report_document(report())["results"]
    assert hemoglobin["agrees"] is True
    assert potassium["agrees"] is False
    assert potassium["critical"]
    assert creatinine["agrees"] is None
    assert creatinine["reading"] is None


def test_a_report_without_a_second_reading_has_none():
    document = report_document(report(probabilities=()))
    assert {result["agrees"] for result in document["results"]} == {None}


def test_what_was_not_recognised_is_in_the_document():
    [reject] = report_document(report())["rejects"]
    assert reject["reported_name"] == "Moonlight"
    assert reject["message"]


@pytest.mark.parametrize(("language", "value"), [("en", "8.9"), ("fr", "8,9")])
def test_the_language_decides_names_and_marks(language: Language, value: str):
    document = report_document(report(language))
    assert document["results"][0]["shown"]["value"] == value
    assert document["results"][0]["name"] == {"en": "Hemoglobin", "fr": "Hémoglobine"}[language]


def test_a_withheld_draft_is_kept_apart():
    document = report_document(report(draft="Wrong.", written_by="composer"))
    assert document["withheld"] is True
    assert document["draft"] == "Wrong."
    assert document["interpretation"] == "A."
    assert report_document(report())["draft"] is None


def test_every_finding_has_its_criterion_and_source():
    findings = report_document(report())["findings"]
    assert findings
    for finding in findings:
        assert finding["criterion"]
        assert all(finding["source"])
        assert set(finding["evidence"]) <= {"hemoglobin", "potassium", "creatinine"}


def test_a_panel_comes_back_from_json():
    assert panel_from_document(json.loads(json.dumps(panel_document(PANEL)))) == PANEL
    bare = Panel(results=())
    assert panel_from_document(json.loads(json.dumps(panel_document(bare)))) == bare
