"""A laboratory's printed rows as an Excel workbook, as a laboratory system or a person saves it.

Numbers are numbers and times are dates, as Excel keeps them; patient and report numbers are text,
so that their leading zeros stay. Above the header stand a title and an empty line.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.simulation.exporting.printout import Printout
from hemoscribe.simulation.exporting.table_files import columns_of, long_table, wide_table
from hemoscribe.simulation.laboratory import Laboratory

_SAVED = datetime(2024, 12, 31)
_ZIP_TIME = (2024, 12, 31, 0, 0, 0)
_AS_TEXT = ("patient_id", "report_id", "age")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def write_long(printout: Printout, folder: Path) -> int:
    """A workbook with one result per line."""
    fields = dict(columns_of(printout))
    return printout.write_bytes(
        folder, _workbook(long_table(printout), fields, printout.laboratory)
    )


def write_wide(printout: Printout, folder: Path) -> int:
    """A workbook with one report per line."""
    fields = {column[0]: column[1] for column in printout.laboratory.columns}
    return printout.write_bytes(
        folder, _workbook(wide_table(printout), fields, printout.laboratory)
    )


def _workbook(table: pl.DataFrame, fields: Mapping[str, str], laboratory: Laboratory) -> bytes:
    """``fields``: what each header is a column of; one of an analyte is none of them."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.created = _SAVED
    sheet = book.create_sheet(laboratory.sheet)
    sheet.append([laboratory.title])
    sheet.append([])
    sheet.append(table.columns)
    for row in table.iter_rows():
        sheet.append(
            [
                _cell(value, fields.get(header), laboratory)
                for header, value in zip(table.columns, row, strict=True)
            ]
        )
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_clock(buffer.getvalue())


def _cell(text: Any, field: str | None, laboratory: Laboratory) -> Any:
    """A cell as Excel types it: a date, a number, or text."""
    if not isinstance(text, str) or field in _AS_TEXT:
        return text
    if field == "collected_at":
        return datetime.strptime(text, laboratory.date)
    if field == "birth_date":
        return datetime.strptime(text, laboratory.birth_date)
    if field in (None, "value", "low", "high"):
        try:
            return float(text.replace(laboratory.decimal, "."))
        except ValueError:
            return text
    return text


def _without_clock(data: bytes) -> bytes:
    """The same workbook with the times of saving taken out, so that a seed gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(out, "w") as fixed:
        for name in book.namelist():
            part = book.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(rb"\g<1>" + _SAVED.isoformat().encode() + b"Z", part)
            fixed.writestr(zipfile.ZipInfo(name, _ZIP_TIME), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
