import json
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.errors import SettingsError, SourceError
from hemoscribe.records import Reject, Result
from hemoscribe.sources import read, read_folder, read_panels

GOOD = "patient,test,value,unit\nP1,K,4.1,mmol/L\nP1,Hb,abc,g/dL\n"


def test_a_folder_holds_rows_rejects_and_a_manifest(export, tmp_path):
    summary = read_folder(export(GOOD), tmp_path / "out")
    assert summary == {
        "files": 1, "reports": 1, "results": 1, "rejects": 1,
        "rejects_by_code": {"not_a_number": 1}, "notices": [], "skipped": False,
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "manifest.json", "rejects.parquet", "results.parquet",
    ]  # fmt: skip
    Result.validate(pl.read_parquet(tmp_path / "out" / "results.parquet"))
    Reject.validate(pl.read_parquet(tmp_path / "out" / "rejects.parquet"))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["stage"], {**manifest["summary"], "skipped": False}) == ("read", summary)


def test_the_same_input_is_not_read_again(export, tmp_path):
    path = export(GOOD)
    read_folder(path, tmp_path / "out")
    before = (tmp_path / "out" / "results.parquet").stat().st_mtime_ns
    read_folder(path, tmp_path / "out")
    assert (tmp_path / "out" / "results.parquet").stat().st_mtime_ns == before


def test_of_a_folder_what_is_no_export_is_said_and_the_rest_is_read(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(GOOD)
    (folder / "readme.md").write_text("hello\n")
    summary = read_folder(folder, tmp_path / "out")
    assert (summary["files"], summary["results"], summary["rejects"]) == (2, 1, 1)
    assert any("readme.md" in notice for notice in summary["notices"])
    rejects = pl.read_parquet(tmp_path / "out" / "rejects.parquet")
    assert rejects.filter(pl.col("code") == "unreadable")["source"].to_list() == ["readme.md"]


BAD = {
    "no such file": None,
    "it is empty": b"",
    "no column for what was measured": b"a,b,c\n1,2,3\n",
    "no result in it can be read. Line 2": b"patient,test,value,unit\nP1,Hb,abc,g/dL\n",
    "holds NUL bytes": b"patient,test\x00,value\n",
    "it is a damaged PDF": b"%PDF-1.7",
    "it is an image": b"\x89PNG\r\n",
    "damaged": b"\x1f\x8b\x08\x00\x00",
    "no result in it can be read": b"patient,test,value,unit\n",
}


@pytest.mark.parametrize("sentence", BAD)
def test_bad_input_is_one_sentence_and_leaves_nothing_behind(tmp_path: Path, sentence: str):
    path = tmp_path / "in.csv"
    content = BAD[sentence]
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_folder(path, tmp_path / "out")
    message = str(caught.value)
    assert sentence in message
    assert "in.csv" in message
    assert "\n" not in message
    assert caught.value.exit_code == 3
    assert [p.name for p in tmp_path.iterdir() if p.name not in ("in.csv", "home")] == []


def test_a_failed_read_leaves_the_old_output_as_it_was(export, tmp_path):
    out = tmp_path / "out"
    read_folder(export(GOOD), out)
    before = (out / "manifest.json").read_bytes()
    with pytest.raises(SourceError):
        read_folder(export("a,b\n1,2\n", "other.csv"), out)
    assert (out / "manifest.json").read_bytes() == before


def test_a_directory_with_nothing_readable_names_the_first_file(tmp_path):
    (tmp_path / "notes.txt").write_text("hello\n")
    with pytest.raises(SourceError, match=r"notes\.txt"):
        read(tmp_path)


def test_an_unknown_format_lists_those_there_are(export):
    with pytest.raises(SettingsError, match="csv-long, csv-wide"):
        read(export(GOOD), format="excel")
    with pytest.raises(SourceError, match="it is not NHANES"):
        read(export(GOOD), format="nhanes")


def test_panels_state_every_result_as_the_file_does(export):
    text = (
        "patient,report,sex,age,test,value,unit,low,high,flag,comment,status\n"
        'P1,R1,F,54,Hb,"10,2",g/dL,12,16,L,note,F\nP1,R1,F,54,Hb,abc,g/dL,,,,,\n'
        "P2,R2,M,30,K,4.1,mmol/L,,,,,\n"
    )
    first, second = read_panels(export(text))
    assert (first.report_id, first.patient_id, first.sex, first.age_years) == ("R1", "P1", "F", 54)
    assert [result.value for result in first.results] == ["10,2", "abc"]
    assert (first.results[0].low, first.results[0].flag, first.results[0].comment) == (
        "12",
        "L",
        "note",
    )
    assert second.results[0].analyte == "K"


def test_a_single_report_needs_no_patient(export):
    (panel,) = read_panels(export("test,value,unit\nHb,10.2,g/dL\nK,4.1,mmol/L\n"))
    assert [(r.analyte, r.value, r.unit) for r in panel.results] == [
        ("Hb", "10.2", "g/dL"),
        ("K", "4.1", "mmol/L"),
    ]


def test_what_cannot_be_taken_apart_is_a_reject_of_the_panel_and_no_result(export):
    (panel,) = read_panels(export("test,value,unit\nHb,10.2,g/dL\nK,4,1,mmol/L\n"))
    assert [result.analyte for result in panel.results] == ["Hb"]
    assert [(reject["place"], reject["code"]) for reject in panel.rejects] == [
        ("line 3", "unreadable")
    ]
