"""Reports in another file than their results: joined, or named."""

import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, read_panels
from hemoscribe.sources.fhir import bulk
from hemoscribe.sources.intake import read_all


def observation(name: str, value: float | None = 4.1, **more: object) -> dict:
    quantity = {} if value is None else {"valueQuantity": {"value": value, "unit": "mmol/L"}}
    return {
        "resourceType": "Observation", "id": name, "status": "final", "code": {"text": "Potassium"},
        "subject": {"reference": f"Patient/{name}"}, "effectiveDateTime": "2024-03-04",
        **quantity, **more,
    }  # fmt: skip


def report(name: str, *results: str, status: str = "final", **more: object) -> dict:
    references = [{"reference": f"Observation/{one}"} for one in results]
    return {
        "resourceType": "DiagnosticReport", "id": name, "status": status, "result": references,
        **more,
    }  # fmt: skip


def written(folder: Path, **files: list[dict]) -> Path:
    """A bulk export: a file for each type of resource."""
    folder.mkdir(exist_ok=True)
    for name, resources in files.items():
        text = "".join(f"{json.dumps(one)}\n" for one in resources)
        (folder / f"{name}.ndjson").write_text(text)
    return folder


def named(rejects: pl.DataFrame) -> list[tuple[str, str, int]]:
    return rejects.select("message", "reported_value", "results").rows()


REPORTS = [
    report("r1", "a", "b", conclusion="Hypokalaemia."),
    report("r2", "c", status="entered-in-error"),
    report("r3", "d", status="cancelled", conclusion="Wrong patient."),
    report("r4", "e", status="preliminary"),
]


def test_conclusion_and_state_come_from_the_file_beside(tmp_path):
    last = observation("e")
    del last["status"]
    results = [observation(name) for name in "abcdf"] + [last]
    folder = written(tmp_path / "in", DiagnosticReport=REPORTS, Observation=results)
    rows, rejects = read(folder)
    assert rejects.height == 0
    assert rows.sort("patient_id").select("patient_id", "comment", "status").rows() == [
        ("a", "Hypokalaemia.", "final"),
        ("b", "Hypokalaemia.", "final"),
        ("c", None, "cancelled"),
        ("d", "Wrong patient.", "cancelled"),
        ("e", None, "preliminary"),
        ("f", None, "final"),
    ]
    alone, _ = read(folder / "Observation.ndjson")
    assert alone.equals(rows)
    assert {panel.results[0].comment for panel in read_panels(folder)} == {
        "Hypokalaemia.", "Wrong patient.", None,
    }  # fmt: skip


def test_several_files_of_each_type_and_archives_are_joined_too(tmp_path):
    files = {
        "1.DiagnosticReport": REPORTS[:1], "2.DiagnosticReport": REPORTS[1:],
        "1.Observation": [observation(name) for name in "abc"],
        "2.Observation": [observation("d"), observation("e")],
    }  # fmt: skip
    folder = written(tmp_path / "in", **files)
    rows, rejects = read(folder)
    assert (rows["status"] == "cancelled").sum() == 2
    assert named(rejects) == []
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    assert read(path)[0].equals(rows)


def test_a_report_whose_results_are_not_read_is_named(tmp_path):
    reports = [
        report("r1", "a", conclusion="Joined."),
        report("r2", "x", conclusion="Of nothing here."),
        report("r3", "y", status="entered-in-error"),
        report("r4", "z"),
        report("r5", conclusion="Without results."),
        {**report("", "a", conclusion="Without a number."), "id": None},
    ]
    folder = written(tmp_path / "in", DiagnosticReport=reports, Observation=[observation("a")])
    rows, rejects = read(folder)
    assert rows["comment"].to_list() == ["Joined."]
    none_read = "none of its results is read here, so what it says stands at none of them."
    assert sorted(named(rejects)) == [
        ("DiagnosticReport/r2: " + none_read, "Of nothing here.", 0),
        ("DiagnosticReport/r3: " + none_read, "entered-in-error", 0),
        ("DiagnosticReport/r5: " + none_read, "Without results.", 0),
        ("DiagnosticReport: it could not be looked up beside its results, so what it says stands "
         "at none of them.", "Without a number.", 0),
    ]  # fmt: skip
    assert read(folder / "Observation.ndjson")[1].height == 0


def test_a_conclusion_whose_only_result_is_refused_is_named(tmp_path):
    folder = written(
        tmp_path / "in",
        DiagnosticReport=[report("r1", "a", conclusion="See the film."), REPORTS[0]],
        Observation=[observation("a", None, valueRatio={}), observation("b")],
    )
    _, rejects = read(folder)
    assert rejects["results"].to_list() == [1]  # r1 and the last stand at b or a
    folder = written(
        tmp_path / "other",
        DiagnosticReport=[report("r9", "a", conclusion="See the film.")],
        Observation=[observation("a", None, valueRatio={}), observation("b")],
    )
    _, rejects = read(folder)
    assert rejects["reported_value"].to_list()[-1] == "See the film."


def test_two_reports_of_one_result_both_speak(tmp_path):
    reports = [
        report("r1", "a", conclusion="First."), report("r2", "a", conclusion="Second."),
        report("r3", "b", status="entered-in-error"), report("r4", "b", conclusion="Again."),
    ]  # fmt: skip
    results = [observation("a"), observation("b")]
    rows, rejects = read(written(tmp_path / "in", DiagnosticReport=reports, Observation=results))
    said = [("First. Second.", "final"), ("Again.", "cancelled")]
    assert (rows.select("comment", "status").rows(), rejects.height) == (said, 0)
    entries = [{"resource": resource} for resource in (*reports, *results)]
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}))
    assert read(path)[0].select("comment", "status").rows() == said


def test_a_report_alone_in_its_document_is_named(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(observation("a")))
    (tmp_path / "r.json").write_text(json.dumps(report("r1", "a", conclusion="Low.")))
    _, rejects = read(tmp_path)
    (said,) = named(rejects)
    assert said[0].startswith("DiagnosticReport/r1: none of its results is in the document")
    assert said[1:] == ("Low.", 0)


def test_what_is_held_is_bounded_and_the_rest_named(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_REFERENCES", 2)
    reports = [report(f"r{at}", f"o{at}", conclusion=f"Comment {at}.") for at in range(4)]
    results = [observation(f"o{at}") for at in range(4)]
    folder = written(tmp_path / "in", DiagnosticReport=reports, Observation=results)
    rows, rejects = read(folder)
    assert rows["comment"].to_list() == ["Comment 0.", "Comment 1.", None, None]
    assert rejects["reported_value"].to_list() == ["Comment 2.", "Comment 3."]
    written(folder, DiagnosticReport=[*reports, report("r9", "o1", status="cancelled")])
    with pytest.raises(SourceError, match="withdrawn reports of more than 2 results"):
        read(folder)


def test_panels_in_other_files_pass_on_what_they_state(tmp_path):
    def group(name: str, *members: str, **more: object) -> dict:
        held = [{"reference": f"Observation/{one}"} for one in members]
        return {**observation(name, None, hasMember=held), "code": {"text": "Panel"}, **more}

    panels = [
        group("p1", "a", note=[{"text": "Haemolysed."}], status="preliminary"),
        group("p2", "p3"), group("p3", "b"), group("p4", "c", code={"text": "Urinalysis"}),
        group("p5", "gone", note=[{"text": "Lost."}]),
    ]  # fmt: skip
    undated = [{**observation(name), "effectiveDateTime": None} for name in "abcd"]
    gone = report("r1", "p2", status="cancelled", effectiveDateTime="2024-05-06")
    files = {"1.Observation": panels, "2.Observation": undated, "DiagnosticReport": [gone]}
    rows, rejects = read(written(tmp_path / "in", **files))
    times = rows["collected_at"].dt.strftime("%m-%d")
    assert rows.with_columns(times).select("patient_id", "status", "comment").rows() == [
        ("a", "preliminary", "Haemolysed."), ("b", "cancelled", None), ("d", "final", None),
    ]  # fmt: skip
    assert times.to_list() == ["03-04", "03-04", None]
    assert rejects.select("code", "reported_value").rows() == [
        ("other_specimen", "4.1"), ("unreadable", "Lost."),
    ]  # fmt: skip


def test_folders_of_one_reading_do_not_speak_for_each_other(tmp_path):
    withdrawn = observation("p", None, hasMember=[{"reference": "Observation/a"}])
    withdrawn["status"] = "entered-in-error"
    for name, resources in (("one", [withdrawn, observation("a", 4.1)]), ("two", [])):
        folder = tmp_path / "in" / name
        folder.mkdir(parents=True)
        lines = [json.dumps(one) for one in resources or [observation("a", 4.2), observation("b")]]
        (folder / "results.ndjson").write_text("\n".join(lines) + "\n")
    rows, _ = read(tmp_path / "in")
    assert rows.select("value", "status").rows() == [
        (4.1, "cancelled"), (4.2, "final"), (4.1, "final"),
    ]  # fmt: skip


def test_reports_that_say_little_are_held_to_a_bound_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_REFERENCES", 4)
    reports = [report(f"r{at}", f"o{at}", effectiveDateTime="2024-05-06") for at in range(4)]
    results = [{**observation(f"o{at}"), "effectiveDateTime": None} for at in range(4)]
    folder = written(tmp_path / "in", DiagnosticReport=reports, Observation=results)
    rows, _, notices = read_all([folder])
    assert rows["collected_at"].null_count() == 2
    assert any("Reports of 2 results are more than" in one for one in notices.sentences)
    fluid = report("r9", "o1", code={"text": "Urinalysis"})
    written(folder, DiagnosticReport=[*reports, *(fluid | {"id": f"u{at}"} for at in range(3))])
    with pytest.raises(SourceError, match="withdrawn reports of more than 4 results"):
        read(folder)
