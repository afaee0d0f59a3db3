"""Which lines of a report are headings over columns, and their words as cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.cells import Cell, chunks, tokens
from hemoscribe.sources.printed.lines.value_texts import is_number

_RULE = re.compile(r"\s*[-_=]{2,}(?:\s+[-_=]{2,})*\s*")
RULE_GROUP = re.compile(r"[-_=]{2,}")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}")
_TIME = re.compile(r"\d{1,2}[:hH]\d{2}(?::\d{2})?")
LABEL = re.compile(r"^\s*(?P<label>[^:\d]{2,40}?)\s*:\s*(?=\S)")
_REQUEST = re.compile(r"[A-Z]*\d[\w/-]{3,}")
_SECTION = re.compile(r"[^\W\d][^\d:]{1,40}")
MAX_HEADING_LINES = 8
_SECTION_WORDS = 6


def is_date(text: str) -> bool:
    """Whether a text has the form of a numeric date."""
    return _DATE.fullmatch(text) is not None


def is_time(text: str) -> bool:
    """Whether a text has the form of a time of day."""
    return _TIME.fullmatch(text) is not None


def is_rule(line: str) -> bool:
    """Whether a line is nothing but strokes under headings."""
    return _RULE.fullmatch(line) is not None


def heading_lines(lines: Sequence[str], start: int) -> Iterator[str]:
    """The lines from ``start`` on that are headings over the same columns."""
    for number, line in enumerate(lines[start : start + MAX_HEADING_LINES]):
        if not line.strip() or not (_is_heading(line) or (not number and section_of(line))):
            return
        yield line


def section_of(line: str) -> str | None:
    """The section that a line names before the headings on it: ``HÉMATOLOGIE    Normes``."""
    first, *others = chunks(line) or [Cell("", 0, 0)]
    if not others or layout_words.heading(first.text) is not None:
        return None
    if _SECTION.fullmatch(first.text) is None or len(first.text.split()) > _SECTION_WORDS:
        return None
    cells = [cell for chunk in others for cell in _apart(chunk)]
    kinds = [layout_words.heading(cell.text) for cell in cells]
    dated = [is_date(cell.text) for cell in cells]
    whole = all(kind or date for kind, date in zip(kinds, dated, strict=True))
    return first.text if whole and any(kinds) else None


def _is_heading(line: str) -> bool:
    """Whether a line holds labels, dates, times, request numbers, headings or strokes alone."""
    if is_rule(line):
        return True
    label = LABEL.match(line)
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
    return _with_date(chunk, cells)


def _with_date(chunk: Cell, cells: list[Cell]) -> list[Cell]:
    """``Antériorité du 12/03/2023`` as a heading and a date; else the words as they are."""
    if len(cells) < 2 or not is_date(cells[-1].text.strip("()[]")):
        return cells
    end = len(chunk.text) - (chunk.end - cells[-1].start)
    words = chunk.text[:end].rstrip(" (:")
    for said in (words, words.rpartition(" ")[0]):
        if layout_words.heading(said) is not None:
            date = Cell(cells[-1].text.strip("()[]"), cells[-1].start, cells[-1].end)
            return [Cell(said, chunk.start, chunk.end), date]
    return cells


def named_cells(line: str) -> list[Cell]:
    """The headings of a line, where they stand."""
    label = LABEL.match(line)
    offset = label.end() if label is not None else 0
    cells = [
        Cell(cell.text, cell.start + offset, cell.end + offset)
        for chunk in chunks(line[offset:])
        for cell in _apart(chunk)
    ]
    return [cell for cell in cells if layout_words.heading(cell.text) is not None]
