"""Progress of reading: bytes of all bytes on a terminal, and nothing where nobody looks."""

import gzip
import sys

import pytest

from hemoscribe.cli.main import main
from hemoscribe.cli.read_progress import bytes_read
from hemoscribe.sources import read_folder
from hemoscribe.sources.formats import FORMATS

TEXT = "patient,test,value,unit\n" + "P1,K,4.1,mmol/L\n" * 50_000


def test_every_byte_of_every_file_is_told_once(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(TEXT)
    (folder / "b.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    told: dict[str, int] = {}

    def watch(path, offset):
        told[path.name] = max(offset, told.get(path.name, 0))

    read_folder(folder, tmp_path / "out", watch=watch)
    assert told == {path.name: path.stat().st_size for path in folder.iterdir()}


def test_a_bar_on_a_terminal_and_none_elsewhere(tmp_path, monkeypatch, capsys):
    path = tmp_path / "a.csv"
    path.write_text(TEXT)
    with bytes_read([path]) as watch:
        assert watch is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with bytes_read([path]) as watch:
        assert watch is not None
        watch(path, 100)
    assert capsys.readouterr().out == ""


def test_the_help_names_every_format(capsys):
    with pytest.raises(SystemExit):
        main(["read", "--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in FORMATS)


def test_a_suggested_mapping_goes_where_it_is_asked(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("Pat,What,Num,U\nA1,Hb,13.1,g/dL\nA1,K,4.1,mmol/L\n")
    with pytest.raises(SystemExit) as done:
        main(["read", "--suggest-mapping", str(path), "--out", str(tmp_path / "m.yaml")])
    assert done.value.code == 0
    assert "columns:" in (tmp_path / "m.yaml").read_text()
    with pytest.raises(SystemExit):
        main(["read", "--suggest-mapping", str(path)])
    assert "columns:" in capsys.readouterr().out


def test_what_is_missing_is_said(tmp_path, capsys):
    with pytest.raises(SystemExit) as done:
        main(["read", str(tmp_path)])
    assert done.value.code == 2
    assert "--out is missing" in capsys.readouterr().err
