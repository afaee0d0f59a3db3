"""The line under a header that holds units: ``Hb;K`` and below it ``g/dL;mmol/L``.

Such a line has units where results would stand, and no number anywhere; it is part of the header,
never a result. It may also name the columns that the line above leaves empty (merged cells).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from hemoscribe.errors import SourceError
from hemoscribe.files import package_yaml
from hemoscribe.knowledge.printed import read_number
from hemoscribe.sources.exports import Export
from hemoscribe.sources.lines import sample_text
from hemoscribe.sources.stated_ranges import same_unit
from hemoscribe.sources.tables.analyte_names import is_unit
from hemoscribe.sources.tables.delimited import Layout, split_line
from hemoscribe.sources.tables.headers import fold

_BRACKETS = re.compile(r"^[(\[{]\s*(.*?)\s*[)\]}]$")
_DIGIT = re.compile(r"\d")
Units = Mapping[int, str]
"""By position of the column."""


@dataclass(frozen=True)
class UnitRow:
    """Units by position, and the layout whose header ends with that line."""

    layout: Layout
    units: Units


@cache
def _words(name: str) -> frozenset[str]:
    words = package_yaml(__package__, "unit_rows.yaml")[name]
    return frozenset(fold(word) or word for word in words)


def _is(name: str, text: str) -> bool:
    return (fold(text) or text.strip()) in _words(name)


def _is_unit(text: str) -> bool:
    return is_unit(text) and read_number(text).number is None  # 7 is a unit of UCUM


def unit_row(
    export: Export, layout: Layout, measured: Collection[int], *, encoding: str | None = None
) -> UnitRow | None:
    """The line under the header, if it holds units.

    Args:
        measured: the positions where results stand.
    """
    lines = sample_text(export, encoding).split("\n")
    if layout.header_line >= len(lines):
        return None
    cells = [cell.strip() for cell in split_line(lines[layout.header_line], layout.delimiter)]
    cells += [""] * (len(layout.header) - len(cells))
    if any(cells[len(layout.header) :]):
        return None
    units: dict[int, str] = {}
    known = unknown = 0
    for position, cell in enumerate(cells[: len(layout.header)]):
        text = _BRACKETS.sub(r"\1", cell)
        if position not in measured:
            if _DIGIT.search(cell) and not _is_unit(text):
                return None
        elif text and not _is("without", text) and not _is("labels", text):
            if _DIGIT.search(text) and not _is_unit(text):
                return None
            known, unknown = known + _is_unit(text), unknown + (not _is_unit(text))
            units[position] = text
    labelled = any(_is("labels", cell) for cell in cells)
    if not (known or labelled) or unknown > known:
        return None
    names = tuple(
        name or ("" if at in measured else cells[at]) for at, name in enumerate(layout.header)
    )
    return UnitRow(layout.with_line(names), units)


def agreed(export: Export, header: str, above: str | None, below: str | None) -> str | None:
    """The unit of a column from its header and the line under it.

    Raises:
        SourceError: the two differ.
    """
    if above and below and not same_unit(above, below):
        raise SourceError(
            export.name,
            f"the header of {header!r} says {above} and the line under it {below}",
            remedy="Say its unit in a file given with --mapping (`analytes:`).",
        )
    return above or below
