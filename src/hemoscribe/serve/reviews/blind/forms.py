"""One expert's form: a spreadsheet to fill (.csv, .xlsx) and a page to read and print (.html)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from hemoscribe.pages import style, templates_of
from hemoscribe.records import Language
from hemoscribe.serve.reviews.blind.scale import (
    BEST,
    COLUMNS,
    RATINGS,
    WORST,
    choices,
    header,
    scale,
)

if TYPE_CHECKING:
    from jinja2 import Template

_WIDTHS = {"report": 60, "comment": 60, "remark": 30}
_FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True)
class Line:
    """One result as the form shows it; ``direction`` is low, high or None."""

    name: str
    value: str
    unit: str
    range: str
    direction: str | None


class Shown(Protocol):
    """What a form shows of an item."""

    @property
    def code(self) -> str:
        """Its code, which says nothing."""
        ...

    @property
    def patient(self) -> str:
        """Sex and age in words."""
        ...

    @property
    def results(self) -> tuple[Line, ...]:
        """The report's results."""
        ...

    @property
    def comment(self) -> str:
        """The comment to be rated."""
        ...

    @property
    def language(self) -> Language:
        """The comment's language."""
        ...


def _rows(items: Sequence[Shown], rater: str) -> list[list[str]]:
    """A row per item, in the order of ``COLUMNS``; what is to be filled is empty."""
    return [
        [
            item.code,
            _plain(f"{item.patient} {_in_a_line(item)}"),
            _plain(item.comment),
            *[""] * (len(COLUMNS) - 4),
            rater,
        ]
        for item in items
    ]


def _in_a_line(item: Shown) -> str:
    words = scale()["page"]
    return "; ".join(
        f"{line.name} {line.value}"
        + (f" {line.unit}" if line.unit else "")
        + (f" [{line.range}]" if line.range else "")
        + (f" {words[line.direction][item.language]}" if line.direction else "")
        for line in item.results
    )


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f" {text}" if text.startswith(_FORMULA) else text


def csv_form(items: Sequence[Shown], rater: str, language: Language) -> bytes:
    """The form as CSV that Excel opens in columns: semicolons in French, and a byte-order mark."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";" if language == "fr" else ",")
    table.writerow([header(column, language) for column in COLUMNS])
    table.writerows(_rows(items, rater))
    return out.getvalue().encode("utf-8-sig")


def xlsx_form(items: Sequence[Shown], rater: str, language: Language) -> bytes:
    """The form as a workbook whose cells offer what may be chosen."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = rater
    sheet.append([header(column, language) for column in COLUMNS])
    for row in _rows(items, rater):
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B2"
    offered = {rating: [str(step) for step in range(WORST, BEST + 1)] for rating in RATINGS}
    offered |= {kind: choices(kind, language) for kind in ("sign", "guess")}
    for number, column in enumerate(COLUMNS, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTHS.get(column, 14)
        for cell in sheet[letter][1:]:
            cell.alignment = Alignment(wrap_text=column in _WIDTHS, vertical="top")
            if column in ("report", "comment"):
                cell.data_type = "s"
        if column in offered:
            rule = DataValidation(type="list", formula1=f'"{",".join(offered[column])}"')
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}{len(items) + 1}")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def html_form(items: Sequence[Shown], rater: str, language: Language) -> str:
    """The form as one page, to read beside the spreadsheet or to print and fill by hand."""
    return _template().render(
        items=items,
        rater=rater,
        language=language,
        scale=scale(),
        ratings=RATINGS,
        steps=range(WORST, BEST + 1),
        signs=choices("sign", language),
        guesses=choices("guess", language),
        css=style(),
    )


@cache
def _template() -> Template:
    return templates_of("hemoscribe.serve").get_template("blind.html.j2")
