"""Hostile tables: delimited text that never ends, spreadsheets that lie about themselves."""

import time
from pathlib import Path

import pytest

from .conftest import (
    HEADER,
    MAIN_NAMESPACE,
    ROW,
    SHEET,
    Hostile,
    check,
    data,
    laughs,
    long_line,
    read_hostile,
    sheet,
    sheet_rows,
    text,
    workbook,
)

CASES = {
    # Delimited text
    "nul in csv": Hostile(data((HEADER + ROW + "1,2\x00,F\n").encode()), says="NUL"),
    "10 MB line": Hostile(text(HEADER + ROW + long_line("1,") + "\n"), rows=1, rejects=1),
    "a quote that never closes": Hostile(
        text(HEADER + ROW + '1,"' + "aaaaaaaaaaa\n" * 100_000), rows=1, rejects=1
    ),
    "numbers that are none": Hostile(
        text(HEADER + ROW + "".join(
            f"1,2024-01-0{n},F,54,Hb,{value},g/dL,12,16,\n"
            for n, value in enumerate(("NaN", "Infinity", "-inf", "1e400", "9" * 100_000), start=3)
        )),
        rows=1, rejects=5,
    ),
    "100,000 columns": Hostile(
        text(",".join(f"c{n}" for n in range(100_000)) + "\n" + "1," * 99_999 + "1\n")
    ),
    "100,000 columns beside ours": Hostile(
        text(HEADER.strip() + "".join(f",c{n}" for n in range(100_000)) + "\n" + ROW * 2),
    ),
    "the same column 1,000 times": Hostile(
        text("patient_id," + "value," * 1_000 + "analyte\n" + "1," + "4," * 1_000 + "Hb\n")
    ),
    "the header again": Hostile(text(HEADER + ROW + HEADER + ROW.replace("02", "03")), rows=2),
    "not utf-8": Hostile(data(HEADER.encode() + ROW.encode() + b"\xff\xfe\xfa,\xc3\x28\n"), rows=1),
    "half a utf-16": Hostile(data((HEADER + ROW).encode("utf-16") + b"\x00\xd8\x41"), rows=1),
    "binary": Hostile(data(bytes(range(256)) * 500)),
    "empty": Hostile(data(b"")),
    "a header alone": Hostile(text(HEADER)),
    # Spreadsheets
    "a lying dimension": Hostile(
        data(workbook({SHEET: sheet(sheet_rows(), "A1:XFD1048576")})), rows=1, name="e.xlsx"
    ),
    "a row at the end of the sheet": Hostile(
        data(workbook({SHEET: sheet(sheet_rows(1, 1_048_576))})), rows=1, name="e.xlsx"
    ),
    "laughs in a sheet": Hostile(
        data(workbook({SHEET: laughs("worksheet", MAIN_NAMESPACE)})), name="e.xlsx"
    ),
    "a workbook without sheets": Hostile(
        data(workbook({"xl/workbook.xml": b"<workbook/>"})), name="e.xlsx"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_hostile_file_is_refused_or_rejected(
    case: Hostile, place: Path, capsys: pytest.CaptureFixture[str]
):
    began = time.monotonic()
    check(case, read_hostile(case, place, capsys))
    assert time.monotonic() - began < 20
