"""Columns of a printed table: where its headings, its dates or the rule under them stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.headed.heading_lines import (
    LABEL,
    RULE_GROUP,
    heading_lines,
    is_date,
    is_time,
    named_cells,
    section_of,
)
from hemoscribe.sources.printed.lines.cells import Cell, tokens

_REQUEST = re.compile(r"[A-Z]*\d[\w/-]{3,}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: value, unit, range, flag, method, site or earlier.

    Of a value: when and for which request; from ``outside`` on its values are out of range.
    """

    kind: str
    start: int
    end: int
    date: str | None = None
    time: str | None = None
    request: str | None = None
    outside: int | None = None

    @property
    def collected(self) -> str | None:
        """When the sample was taken, as printed; None where the heading has no date."""
        return self.date and f"{self.date} {self.time or ''}".strip()


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table in their order, and the section that its headings name beside them."""

    columns: tuple[Column, ...]
    section: str | None = None

    @property
    def name_end(self) -> int:
        """Names stand before this character."""
        return self.columns[0].start

    def values(self) -> list[Column]:
        """The columns that hold results."""
        return [column for column in self.columns if column.kind == "value"]

    def of(self, cell: Cell) -> Column:
        """The column a cell stands under: the one whose ground its middle is on."""
        for column, following in zip(self.columns, self.columns[1:], strict=False):
            if cell.middle < (column.end + following.start) / 2:
                return column
        return self.columns[-1]

    @property
    def complete(self) -> bool:
        """Whether they say where results, units and ranges stand."""
        return {"value", "unit", "range"} <= {column.kind for column in self.columns}


def find_columns(lines: Sequence[str], start: int) -> tuple[Columns, int] | None:
    """(columns, lines they take) where the headings of a table begin at ``start``; else None.

    Columns without one of values say where ranges and earlier results stand, at most.
    """
    block = list(heading_lines(lines, start))
    if not block:
        return None
    dated = [cell for line in block for cell in tokens(line) if is_date(cell.text)]
    named = [cell for line in block for cell in named_cells(line)]
    kinds = {layout_words.heading(cell.text) for cell in named}
    section = section_of(block[0])
    if [layout_words.heading(cell.text) for cell in named].count("name") > 1:
        return Columns((), section), len(block)  # results side by side
    if "result" not in kinds and dated and all(_is_earlier(cell, named) for cell in dated):
        return _guides(block, named, section)
    ruled = next((line for line in block if len(RULE_GROUP.findall(line)) > 1), None)
    if not (dated and (ruled or kinds & {"unit", "range"})) and not (
        "result" in kinds and kinds & {"unit", "range", "flag", "method"}
    ):
        return _guides(block, named, section)
    if ruled is not None:
        columns = _under_rule(ruled, named)
    else:
        columns = _under_words(dated, named, undated="result" in kinds)
    columns = [_described(column, block) for column in columns]
    if not any(column.kind == "value" for column in columns):
        return _guides(block, named, section)
    return Columns(tuple(columns), section), len(block)


def _is_earlier(date: Cell, named: Sequence[Cell]) -> bool:
    """Whether a date stands at or under a heading of earlier results."""
    over = [cell for cell in named if cell.start < date.end and cell.end > date.start]
    return any(layout_words.heading(cell.text) == "earlier" for cell in over)


def _guides(
    block: Sequence[str], named: Sequence[Cell], section: str | None
) -> tuple[Columns, int] | None:
    """Columns of what stands beside values that have no heading: ranges and earlier results."""
    kinds = {layout_words.heading(cell.text) for cell in named}
    beside = section is not None or len(named) > 1 or (named and named[0].start > _MARGIN)
    if not kinds & {"range", "earlier"} or "result" in kinds or not beside:
        return None
    columns = [
        Column(layout_words.heading(cell.text) or "", cell.start, cell.end)
        for cell in sorted(named, key=lambda one: one.start)
    ]
    described = (_described(one, block, keep=True) for one in columns if one.kind != "name")
    return Columns(tuple(described), section), len(block)


_MARGIN = 20


def _under_rule(rule: str, named: Sequence[Cell]) -> list[Column]:
    """Each stroke is a column; what stands over it says which."""
    spans = [(match.start(), match.end()) for match in RULE_GROUP.finditer(rule)]
    columns = []
    for start, end in spans:
        over = [cell for cell in named if cell.start < end and cell.end > start]
        kinds = [kind for cell in over if (kind := layout_words.heading(cell.text))]
        kind = next((kind for kind in kinds if kind != "result"), "value")
        if kind != "name":
            columns.append(Column(kind, start, end))
    return columns


def _under_words(dated: Sequence[Cell], named: Sequence[Cell], *, undated: bool) -> list[Column]:
    """Each date and each heading is a column; of headings over one another, the widest counts."""
    columns = [Column("value", cell.start, cell.end) for cell in dated]
    for cell in named:
        kind = layout_words.heading(cell.text) or ""
        if kind == "result" and not undated:
            continue
        outside = cell.start if layout_words.is_out_of_range(cell.text) else None
        kind = "value" if kind == "result" else kind
        columns.append(Column(kind, cell.start, cell.end, outside=outside))
    merged: list[Column] = []
    for column in sorted(columns, key=lambda one: one.start):
        if column.kind == "name":
            continue
        if merged and column.outside is not None and merged[-1].kind == "value":
            boundary = (merged[-1].end + column.start) // 2
            merged[-1] = replace(merged[-1], end=column.end, outside=boundary)
        elif merged and column.start < merged[-1].end:
            kind = merged[-1].kind if column.kind == "value" else column.kind
            both = replace(merged[-1], kind=kind, end=max(merged[-1].end, column.end))
            merged[-1] = both
        else:
            merged.append(column)
    return merged


def _described(column: Column, block: Sequence[str], *, keep: bool = False) -> Column:
    """A value's column with the date, time and request number that stand over it."""
    if column.kind not in ("value", "earlier"):
        return column
    for line in block:
        label = LABEL.match(line)
        kind = layout_words.row_label(label["label"]) if label is not None else None
        offset = label.end() if label is not None else 0
        for cell in tokens(line[offset:]):
            start, end = cell.start + offset, cell.end + offset
            if start >= column.end or end <= column.start:
                continue
            if is_date(cell.text):
                column = replace(column, date=cell.text)
            elif is_time(cell.text):
                column = replace(column, time=cell.text)
            elif kind == "request" and _REQUEST.fullmatch(cell.text):
                column = replace(column, request=cell.text)
    if column.kind == "earlier" and column.date is not None and not keep:
        return replace(column, kind="value")
    return column
