"""A printed report as PDF with a text layer: a table in a proportional font, or typewriter lines.

Only the fonts that every PDF reader has are used, so texts are Windows cp1252.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hemoscribe.simulation.exporting.printout import Printout, Row
from hemoscribe.simulation.exporting.report_texts import (
    by_heading,
    cells,
    lines,
    title_block,
    words,
)

if TYPE_CHECKING:
    from fpdf import FPDF

_MADE = datetime(2024, 12, 31, tzinfo=UTC)
_ENCODING = "windows-1252"
_COLUMNS_MM = {"name": 72, "value": 26, "flag": 12, "unit": 28, "range": 44}
_LINE_MM = 5.0
_LINES_MM = 4.2

Draws = Callable[["FPDF", Printout, Row, Sequence[Row], str | None], None]


def write_tables(printout: Printout, folder: Path) -> int:
    """A PDF for each report, its results in the columns of a table, with a header on each page."""
    return _write(printout, folder, _table)


def write_lines(printout: Printout, folder: Path) -> int:
    """A PDF for each report, in the typewriter lines of the fixed-width text."""
    return _write(printout, folder, _lines)


def _write(printout: Printout, folder: Path, draw: Draws) -> int:
    files = 0
    for about, results, comment in printout.reports():
        page = _document(printout)
        page.add_page()
        draw(page, printout, about, results, comment)
        files += printout.write_bytes(folder, bytes(page.output()), about)
    return files


def _document(printout: Printout) -> FPDF:
    from fpdf import FPDF

    said = words()[printout.laboratory.language]

    class Report(FPDF):  # type: ignore[misc]  # its module is not followed
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font("Helvetica", size=8)
            text = said["page"].format(number=self.page_no(), pages="{nb}")
            self.cell(0, _LINE_MM, text, align="C")

    page = Report(format="A4")
    page.core_fonts_encoding = _ENCODING
    page.set_creation_date(_MADE)
    page.set_auto_page_break(auto=True, margin=18)
    return page


def _lines(
    page: FPDF, printout: Printout, about: Row, results: Sequence[Row], comment: str | None
) -> None:
    page.set_font("Courier", size=8.5)
    for line in lines(printout, about, results, comment):
        page.cell(0, _LINES_MM, line, new_x="LMARGIN", new_y="NEXT")


def _table(
    page: FPDF, printout: Printout, about: Row, results: Sequence[Row], comment: str | None
) -> None:
    laboratory = printout.laboratory
    said = words()[laboratory.language]
    page.set_font("Helvetica", "B", 13)
    page.cell(0, 8, laboratory.title, new_x="LMARGIN", new_y="NEXT")
    page.set_font("Helvetica", size=9)
    for line in title_block(laboratory, about):
        page.cell(0, _LINE_MM, line, new_x="LMARGIN", new_y="NEXT")
    titles = tuple(said["columns"].values())
    _header(page, titles)
    for title, rows in by_heading(laboratory, results).items():
        page.set_font("Helvetica", "B", 9)
        page.cell(0, _LINE_MM, title, new_x="LMARGIN", new_y="NEXT")
        page.set_font("Helvetica", size=9)
        for row in rows:
            if page.will_page_break(_LINE_MM):
                page.add_page()
                _header(page, titles)
                page.set_font("Helvetica", size=9)
            _cells(page, cells(printout, row))
    if comment:
        page.ln(_LINE_MM)
        page.set_font("Helvetica", "B", 9)
        page.cell(0, _LINE_MM, said["comment"], new_x="LMARGIN", new_y="NEXT")
        page.set_font("Helvetica", size=9)
        page.multi_cell(0, _LINE_MM, comment, new_x="LMARGIN", new_y="NEXT")
    page.ln(_LINE_MM)
    page.cell(0, _LINE_MM, said["signed"].format(doctor=about["doctor"]))


def _header(page: FPDF, titles: Sequence[str]) -> None:
    page.ln(2)
    page.set_font("Helvetica", "B", 9)
    _cells(page, titles)


def _cells(page: FPDF, texts: Sequence[str]) -> None:
    for text, (name, width) in zip(texts, _COLUMNS_MM.items(), strict=True):
        page.cell(width, _LINE_MM, text, align="R" if name == "value" else "L")
    page.ln(_LINE_MM)
