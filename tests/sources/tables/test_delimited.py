import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hemoscribe.errors import SourceError
from hemoscribe.sources.exports import exports
from hemoscribe.sources.lines import blocks, encoding_of, sample_text
from hemoscribe.sources.tables import delimited as module
from hemoscribe.sources.tables.delimited import layouts, tables


def read(path: Path, data: bytes, chunk_bytes: int = 1 << 20, encoding: str | None = None):
    """(rows, rejects): rows as (line, cells...)."""
    path.write_bytes(data)
    (export,) = exports([path])
    layout = next(layouts(export, encoding=encoding))
    rows, rejects = [], []
    for table in tables(export, layout, chunk_bytes=chunk_bytes, encoding=encoding):
        columns = ["line", *layout.columns]
        rows += table.frame.select(columns).rows()
        rejects += [(reject["place"], reject["message"]) for reject in table.rejects]
    return rows, rejects


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("cp1252"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with BOM", "cp1252", "utf-16", "utf-16-le without BOM", "utf-16-be"],
)
def test_every_usual_encoding_is_recognised(tmp_path: Path, encode):
    text = "patient;analyse;unité\n0012;Hémoglobine;µmol/L\n"
    rows, rejects = read(tmp_path / "x.csv", encode(text))
    assert rows == [(2, "0012", "Hémoglobine", "µmol/L")]
    assert rejects == []


def test_an_accent_after_megabytes_of_plain_text_is_still_cp1252(tmp_path: Path):
    plain = b"P1;Hb;10\n" * 200_000
    rows, _ = read(tmp_path / "x.csv", b"a;b;c\n" + plain + "P1;Créatinine;80\n".encode("cp1252"))
    assert rows[-1] == (200_002, "P1", "Créatinine", "80")


def test_a_mapping_may_name_an_older_encoding(tmp_path: Path):
    rows, _ = read(tmp_path / "x.csv", "a;b\nClé;1\n".encode("cp850"), encoding="cp850")
    assert rows == [(2, "Clé", "1")]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_and_blank_lines(tmp_path: Path, newline: str):
    data = newline.join(["a,b", "1,2", "", "3,4"]).encode()
    rows, _ = read(tmp_path / "x.csv", data)
    assert rows == [(2, "1", "2"), (4, "3", "4")]


def test_a_record_over_several_lines_keeps_the_place_of_what_follows(tmp_path: Path):
    rows, _ = read(tmp_path / "x.csv", b'a,b\n1,"two\nlines"\n3,4\n')
    assert rows == [(2, "1", "two\nlines"), (4, "3", "4")]


def test_too_many_fields_cost_one_line_and_are_said(tmp_path: Path):
    rows, rejects = read(tmp_path / "x.csv", b"a,b\n1,2,3\n4,5\n6,7,,\n")
    assert rows == [(3, "4", "5"), (4, "6", "7")]
    assert rejects == [("line 2", "The line has 3 fields and the header 2.")]


def test_a_stray_quote_is_text_and_an_open_one_costs_its_line(tmp_path: Path):
    rows, rejects = read(tmp_path / "x.csv", b'a,b\n1,5" tube\n2,"open\n3,4\n5,6\n')
    assert rows == [(2, "1", '5" tube'), (4, "3", "4"), (5, "5", "6")]
    assert rejects == [("line 3", "A quote is opened and never closed.")]


def test_nul_bytes_and_endless_lines_are_refused_with_their_line(tmp_path: Path):
    with pytest.raises(SourceError, match=r"x\.csv, line 300002: it holds NUL bytes"):
        read(tmp_path / "x.csv", b"a,b\n" + b"1,2\n" * 300_000 + b"1,\x00\n")
    with pytest.raises(SourceError, match=r"x\.csv, line 3: a line is longer than"):
        read(tmp_path / "x.csv", b"a,b\n1,2\n1," + b"x" * 3_000_000)


def test_a_quote_that_swallows_the_file_costs_a_bounded_number_of_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data = b'a,b\n1,2\n3,"open\n' + b"5,6\n" * 400_000
    rows, rejects = read(tmp_path / "x.csv", data)
    assert len(rows) == 400_001
    assert [place for place, _ in rejects] == ["line 3"]
    monkeypatch.setattr(module, "MAX_TORN_RECORDS", 0)
    with pytest.raises(SourceError, match="line 3: too many quotes are opened"):
        read(tmp_path / "x.csv", data)


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"]), max_size=8
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=12),
    chunk_bytes=st.integers(1, 60),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_the_csv_module_writes_is_read_back(tmp_path: Path, rows, chunk_bytes, delimiter):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["first column", "second", "third"])
    writer.writerows(rows)
    found, rejects = read(tmp_path / "x.csv", text.getvalue().encode(), chunk_bytes)

    def clean(cell: str) -> str | None:
        return cell.strip(" \t\r\n\u00a0\ufeff") or None

    expected = [tuple(map(clean, row)) for row in rows]
    assert [row[1:] for row in found] == [row for row in expected if any(row)]
    assert rejects == []


def test_blocks_lose_no_byte(tmp_path: Path):
    path = tmp_path / "x.csv"
    data = b'a,b\n"x\n\n y",1\n2,3\n"z""z",4'
    path.write_bytes(data)
    (export,) = exports([path])
    for size in (1, 2, 3, 7, 100):
        assert b"".join(block.data for block in blocks(export, chunk_bytes=size)) == data
    assert encoding_of(export) == ("utf-8", 0)
    assert sample_text(export).startswith("a,b\n")
