import gzip
import lzma
import zipfile
from pathlib import Path

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import exports as module
from hemoscribe.sources.exports import exports
from hemoscribe.stages import write_manifest

TEXT = b"patient_id,analyte,value,unit\nP1,Hb,10.2,g/dL\n"


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
def test_compression_is_recognised_by_content_not_by_name(tmp_path: Path, compress):
    path = tmp_path / "results.csv"
    path.write_bytes(compress(TEXT))
    (export,) = exports([path])
    assert export.open().read() == TEXT


def test_zip_members_are_read_as_streams_and_never_leave_the_archive(tmp_path: Path):
    path = tmp_path / "results.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.csv", TEXT)
        archive.writestr("folder/inside.csv", TEXT)
    found = exports([path])
    assert [export.name for export in found] == [
        "results.zip/../../outside.csv",
        "results.zip/folder/inside.csv",
    ]
    assert [export.open().read() for export in found] == [TEXT, TEXT]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_gives_its_regular_files_in_order_without_hidden_ones_and_links(tmp_path: Path):
    for name in ("b.csv", "a.csv", ".hidden.csv"):
        (tmp_path / name).write_bytes(TEXT)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.csv").write_bytes(TEXT)
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    assert [export.name for export in exports([tmp_path])] == ["a.csv", "b.csv", "sub/c.csv"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(TEXT)[:25], "damaged"),
        (lzma.compress(TEXT)[:-9], "damaged"),
        (b"PK\x03\x04 not a zip", "damaged zip"),
    ],
    ids=["gzip", "xz", "zip"],
)
def test_a_damaged_archive_is_one_sentence_with_its_name(tmp_path: Path, content: bytes, reason):
    path = tmp_path / "results.bin"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=rf"results\.bin.*{reason}"):
        exports([path])[0].open().read()


def test_what_expands_beyond_reason_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "FREE_EXPANSION_BYTES", 1_000_000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(20_000_000)))
    stream = exports([path])[0].open()
    with pytest.raises(SourceError, match="expands to more than 300 times"):
        stream.read()


def test_missing_empty_and_void_sources_say_what_to_do(tmp_path: Path):
    (tmp_path / "empty.csv").touch()
    (tmp_path / "void").mkdir()
    for name, sentence in (
        ("none.csv", "no such file"),
        ("empty.csv", "it is empty"),
        ("void", "no file in this folder"),
    ):
        with pytest.raises(SourceError, match=sentence):
            exports([tmp_path / name])


def test_the_output_of_another_stage_is_no_export(tmp_path: Path):
    (tmp_path / "results.parquet").write_bytes(b"x")
    write_manifest(tmp_path, stage="curate", inputs={}, settings={}, summary={})
    with pytest.raises(SourceError, match="output of `hemoscribe curate`"):
        exports([tmp_path])
