import gzip
import json
import zipfile
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
        "rejects_by_code": {"not_a_number": 1}, "unread": [], "notices": [], "skipped": False,
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
    (folder / "letter.dat").write_text("hello\n")
    summary = read_folder(folder, tmp_path / "out")
    assert (summary["files"], summary["results"], summary["rejects"]) == (2, 1, 1)
    assert any("letter.dat" in notice for notice in summary["notices"])
    assert summary["unread"] == ["letter.dat"]
    rejects = pl.read_parquet(tmp_path / "out" / "rejects.parquet")
    assert rejects.filter(pl.col("code") == "unreadable")["source"].to_list() == ["letter.dat"]


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


# Files that are no export or are damaged, and what is said of each.
NO_EXPORTS = {
    "letter.dat": (b"hello\n", "no column for what was measured"),
    "garbage.bin": (b"ab\x00cd\x00\x00\n", "NUL bytes"),
    "empty.csv": (b"", "no column for what was measured"),
    "broken.pdf": (b"%PDF-1.7 broken", "damaged PDF"),
    "broken.xlsx": (b"PK\x03\x04broken", "damaged zip. Export it again."),
    "broken.csv.gz": (b"\x1f\x8bbroken", "cannot be decompressed. Export it again."),
    "broken.csv.xz": (b"\xfd7zXZ\x00broken", "cannot be decompressed. Export it again."),
    "old.xls": (b"\xd0\xcf\x11\xe0junk", "Save it as .xlsx or CSV"),
    "photo.png": (b"\x89PNG\r\n", "an image"),
    "photo.jpg": (b"\xff\xd8\xffjunk", "an image"),
    "store.db": (b"SQLite format 3\x00", "a database"),
    "bad.json": (b"{bad json", "a JSON document"),
    "other.json": (b'{"a": 1}', "a JSON document"),
    "other.xml": (b'<?xml version="1.0"?><a/>', "an XML document"),
    "other.parquet": (b"PAR1junk", "is damaged. Fetch it again."),
    "other.xpt": (b"HEADER RECORD*******", "a SAS transport file"),
    "prices.csv": (b"item,price\nbread,2\n", "no column for what was measured"),
    "page.html": (b"<html><body>hello</body></html>", "no column for what was measured"),
    "sub/folder/notes.txt": (b"call the ward\n", "no column for what was measured"),
    "script.py": (b"import os\nprint(1)\n", "no column for what was measured"),
}
BYSTANDERS = [
    "README", "README.txt", "readme.md", "notes.md", "LICENSE-ODbL.md", "Thumbs.db", "desktop.ini",
    ".DS_Store", "._a.csv", "~$a.xlsx", ".~lock.a.ods#", "SHA256SUMS", "a.csv.sha256", "a.csv.md5",
    "MD5SUMS.txt", "a.lock", "a.csv.part", "checksums.txt", ".git/config", "a.csv.asc",
]  # fmt: skip


def _folder(tmp_path, files):
    folder = tmp_path / "in"
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("name", NO_EXPORTS)
def test_one_file_that_is_not_read_stops_no_folder(tmp_path, name):
    data, said = NO_EXPORTS[name]
    folder = _folder(tmp_path, {"a.csv": GOOD.encode(), name: data, "z.csv": GOOD.encode()})
    summary = read_folder(folder, tmp_path / "out")
    assert (summary["files"], summary["results"], summary["unread"]) == (3, 2, [name])
    assert [one for one in summary["notices"] if name in one and said in one]
    rejects = pl.read_parquet(tmp_path / "out" / "rejects.parquet")
    [reject] = rejects.filter(source=name).to_dicts()
    assert (reject["code"], reject["results"]) == ("unreadable", 0)
    assert said.casefold() in reject["message"].casefold()
    rows, _ = read(folder)
    assert len(rows) == 2
    panels = read_panels(folder)
    assert all(any(name in one for one in panel.notices) for panel in panels)


def test_a_folder_of_nothing_but_such_files_is_an_error(tmp_path):
    files = {name: data for name, (data, _) in NO_EXPORTS.items()}
    folder = _folder(tmp_path, files)
    for door in (read, read_panels, lambda path: read_folder(path, tmp_path / "out")):
        with pytest.raises(SourceError):
            door(folder)
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_damaged_further_on_is_read_so_far_and_that_is_said(tmp_path):
    lines = "".join(f"P{n},K,4.{n % 10},mmol/L\n" for n in range(200_000))
    whole = gzip.compress(f"patient,test,value,unit\n{lines}".encode())
    folder = _folder(tmp_path, {"a.csv": GOOD.encode(), "cut.csv.gz": whole[: len(whole) // 2]})
    summary = read_folder(folder, tmp_path / "out")
    assert summary["unread"] == ["cut.csv.gz"]
    assert any("not to its end" in one and "cut.csv.gz" in one for one in summary["notices"])
    with pytest.raises(SourceError, match="damaged"):
        read(folder / "cut.csv.gz")


def test_bystanders_are_named_in_one_line_and_read_by_nobody(tmp_path):
    folder = _folder(tmp_path, {"a.csv": GOOD.encode(), **dict.fromkeys(BYSTANDERS, b"hello\n")})
    summary = read_folder(folder, tmp_path / "out")
    assert (summary["files"], summary["results"], summary["unread"]) == (1, 1, [])
    [notice] = summary["notices"]
    assert notice.startswith("Left alone, as they are no exports: ")
    assert f"and {len(BYSTANDERS) - 12} more" in notice
    with pytest.raises(SourceError, match="no export in this folder"):
        read(_folder(tmp_path / "other", {"README.md": b"hello\n"}))


@pytest.mark.parametrize("name", ["labs.csv", "lock_results.csv", "readings.csv", "sums.csv"])
def test_an_export_is_no_bystander(tmp_path, name):
    assert len(read(_folder(tmp_path, {name: GOOD.encode()}))[0]) == 1


def test_a_zip_is_read_as_a_folder_is(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", GOOD)
        archive.writestr("letter.dat", "hello\n")
        archive.writestr("README.md", "hello\n")
    summary = read_folder(path, tmp_path / "out")
    assert (summary["results"], summary["unread"]) == (1, ["export.zip/letter.dat"])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.dat", "hello\n")
    with pytest.raises(SourceError, match=r"letter\.dat"):
        read(path)


def test_a_file_that_the_user_names_is_an_error_among_others_too(tmp_path):
    folder = _folder(tmp_path, {"a.csv": GOOD.encode(), "letter.dat": b"hello\n"})
    with pytest.raises(SourceError, match=r"letter\.dat"):
        read([folder / "a.csv", folder / "letter.dat"])
