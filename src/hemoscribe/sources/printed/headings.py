"""Columns of a printed table: where its headings, its dates or the rule under them stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.cells import Cell, chunks, is_number, tokens

_RULE = re.compile(r"\s*[-_=]{2,}(?:\s+[-_=]{2,})*\s*")
_RULE_GROUP = re.compile(r"[-_=]{2,}")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}")
_TIME = re.compile(r"\d{1,2}[:hH]\d{2}(?::\d{2})?")
_LABEL = re.compile(r"^\s*(?P<label>[^:\d]{2,40}?)\s*:\s*(?=\S)")
_REQUEST = re.compile(r"[A-Z]*\d[\w/-]{3,}")
MAX_HEADING_LINES = 8


@dataclass(frozen=True, slots=True)
class Column:
    """A column: value, unit, range, flag or earlier; of a value, when and for which request."""

    kind: str
    start: int
    end: int
    date: str | None = None
    time: str | None = None
    request: str | None = None

    @property
    def collected(self) -> str | None:
        """When the sample was taken, as printed; None where the heading has no date."""
        return self.date and f"{self.date} {self.time or ''}".strip()


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table in their order, and the character where the first of them begins."""

    columns: tuple[Column, ...]

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


def is_date(text: str) -> bool:
    """Whether a text has the form of a numeric date."""
    return _DATE.fullmatch(text) is not None


def is_time(text: str) -> bool:
    """Whether a text has the form of a time of day."""
    return _TIME.fullmatch(text) is not None


def is_rule(line: str) -> bool:
    """Whether a line is nothing but strokes under headings."""
    return _RULE.fullmatch(line) is not None


def find_columns(lines: Sequence[str], start: int) -> tuple[Columns, int] | None:
    """(columns, lines they take) where the headings of a table begin at ``start``; else None."""
    block = list(_heading_lines(lines, start))
    if not block:
        return None
    dated = [cell for line in block for cell in tokens(line) if is_date(cell.text)]
    named = [cell for line in block for cell in _named(line)]
    kinds = {layout_words.heading(cell.text) for cell in named}
    ruled = next((line for line in block if len(_RULE_GROUP.findall(line)) > 1), None)
    if not (dated and (ruled or kinds & {"unit", "range"})) and not (
        "result" in kinds and kinds & {"unit", "range", "flag"}
    ):
        return None
    if ruled is not None:
        columns = _under_rule(ruled, dated, named)
    else:
        columns = _under_words(dated, named, undated="result" in kinds)
    columns = [_described(column, block) for column in columns]
    if not any(column.kind == "value" for column in columns):
        return None
    return Columns(tuple(columns)), len(block)


def _heading_lines(lines: Sequence[str], start: int) -> Iterator[str]:
    for line in lines[start : start + MAX_HEADING_LINES]:
        if not line.strip() or not _is_heading(line):
            return
        yield line


def _is_heading(line: str) -> bool:
    """Whether a line holds labels, dates, times, request numbers, headings or strokes alone."""
    if is_rule(line):
        return True
    label = _LABEL.match(line)
    if label is not None and layout_words.row_label(label["label"]) is None:
        return False
    body = line[label.end() :] if label is not None else line
    kind = layout_words.row_label(label["label"]) if label is not None else None
    parts = [cell for chunk in chunks(body) for cell in _apart(chunk)]
    return bool(parts) and all(
        is_date(cell.text)
        or is_time(cell.text)
        or layout_words.heading(cell.text) is not None
        or layout_words.row_label(cell.text) is not None
        or (kind == "request" and _REQUEST.fullmatch(cell.text) is not None)
        for cell in parts
    )


def _apart(chunk: Cell) -> list[Cell]:
    """Words of a heading as one cell; dates and numbers, which one space may keep apart, each."""
    if (
        layout_words.heading(chunk.text) is not None
        or layout_words.row_label(chunk.text) is not None
    ):
        return [chunk]
    cells = [
        Cell(cell.text, chunk.start + cell.start, chunk.start + cell.end)
        for cell in tokens(chunk.text)
    ]
    split = next((at for at, cell in enumerate(cells) if not is_number(cell.text[:1])), None)
    if split is not None and split + 1 < len(cells):
        tail = Cell(chunk.text[cells[split].start - chunk.start :], cells[split].start, chunk.end)
        if layout_words.heading(tail.text) is not None:
            return [*cells[:split], tail]
    return cells


def _named(line: str) -> list[Cell]:
    label = _LABEL.match(line)
    offset = label.end() if label is not None else 0
    cells = [
        Cell(cell.text, cell.start + offset, cell.end + offset)
        for chunk in chunks(line[offset:])
        for cell in _apart(chunk)
    ]
    return [cell for cell in cells if layout_words.heading(cell.text) is not None]


def _under_rule(rule: str, dated: Sequence[Cell], named: Sequence[Cell]) -> list[Column]:
    """Each stroke is a column; what stands over it says which."""
    spans = [(match.start(), match.end()) for match in _RULE_GROUP.finditer(rule)]
    columns = []
    for start, end in spans:
        over = [cell for cell in named if cell.start < end and cell.end > start]
        kinds = [kind for cell in over if (kind := layout_words.heading(cell.text))]
        kind = next((kind for kind in kinds if kind != "result"), "value")
        if kind != "name":
            columns.append(Column(kind, start, end))
    del dated
    return columns


def _under_words(dated: Sequence[Cell], named: Sequence[Cell], *, undated: bool) -> list[Column]:
    """Each date and each heading is a column; of headings over one another, the widest counts."""
    columns = [Column("value", cell.start, cell.end) for cell in dated]
    for cell in named:
        kind = layout_words.heading(cell.text) or ""
        if kind == "result" and not undated:
            continue
        columns.append(Column("value" if kind == "result" else kind, cell.start, cell.end))
    merged: list[Column] = []
    for column in sorted(columns, key=lambda one: one.start):
        if column.kind == "name":
            continue
        if merged and column.start < merged[-1].end:
            kind = merged[-1].kind if column.kind == "value" else column.kind
            both = replace(merged[-1], kind=kind, end=max(merged[-1].end, column.end))
            merged[-1] = both
        else:
            merged.append(column)
    return merged


def _described(column: Column, block: Sequence[str]) -> Column:
    """A value's column with the date, time and request number that stand over it."""
    if column.kind not in ("value", "earlier"):
        return column
    for line in block:
        label = _LABEL.match(line)
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
    if column.kind == "earlier" and column.date is not None:
        return replace(column, kind="value")
    return column
