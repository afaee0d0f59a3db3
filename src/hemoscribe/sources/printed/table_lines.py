"""The results of a line that stands under headings: one per column that holds something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hemoscribe.sources.printed.cells import (
    Cell,
    PrintedResult,
    clean_name,
    is_number,
    is_range,
    limits,
    tokens,
    value_and_flag,
)
from hemoscribe.sources.printed.headings import Column, Columns
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit

_AN_EARLIER_RESULT = "It stands under a heading of earlier results that has no date."


@dataclass(frozen=True, slots=True)
class Placed:
    """A result, the number of its column (from 1), and what stands over the column."""

    result: PrintedResult
    number: int
    column: Column
    refusal: str | None = None


def under(columns: Columns, line: str) -> list[Placed] | None:
    """What a line says under these columns; None where it is no line of the table."""
    cells = tokens(line)
    named = _name(cells, columns)
    if not named or named == len(cells) or _is_prose(line, cells[named]):
        return None
    name = clean_name(line[: cells[named - 1].end])
    found: dict[Column, list[Cell]] = {}
    for cell in cells[named:]:
        found.setdefault(columns.of(cell), []).append(cell)
    texts = {
        column: line[group[0].start : group[-1].end].strip() for column, group in found.items()
    }
    unit, flag, span = (_one(texts, kind) for kind in ("unit", "flag", "range"))
    if not any(map(str.isalpha, name)) or not _fits(columns, texts, name, unit, span):
        return None
    return list(_placed(columns, texts, name, unit, flag, span))


def _is_prose(line: str, first: Cell) -> bool:
    """Whether a line is words with single spaces, which run under the columns by chance."""
    return "  " not in line.strip() and not is_number(first.text)


def _name(cells: Sequence[Cell], columns: Columns) -> int:
    """How many of the first cells are the name: those before the columns, and words run over."""
    count = sum(cell.start < columns.name_end - 1 and not _is_value(cells, n, columns)
                for n, cell in enumerate(cells))  # fmt: skip
    first = columns.columns[0]
    ends_in_column = [n for n, cell in enumerate(cells) if columns.of(cell) == first]
    numbers = [n for n in ends_in_column if n > 0 and is_number(cells[n].text)]
    if numbers and all(_follows(cells, n) for n in range(count, numbers[0])):
        return max(count, numbers[0])
    return count


def _is_value(cells: Sequence[Cell], n: int, columns: Columns) -> bool:
    """Whether a cell before the first column is a number that hangs over its left edge."""
    cell = cells[n]
    return (
        n > 0
        and is_number(cell.text)
        and cell.end > columns.name_end
        and cell.start - cells[n - 1].end > 1
    )


def _follows(cells: Sequence[Cell], n: int) -> bool:
    return n > 0 and cells[n].start - cells[n - 1].end == 1 and not is_number(cells[n].text)


def _one(texts: dict[Column, str], kind: str) -> str | None:
    return " ".join(text for column, text in texts.items() if column.kind == kind) or None


def _fits(
    columns: Columns, texts: dict[Column, str], name: str, unit: str | None, span: str | None
) -> bool:
    """Whether a line is of the table: its values are, or its unit or its range is one."""
    values = [text for column, text in texts.items() if column.kind in ("value", "earlier")]
    if not values and not (unit or span):
        return False
    return (
        any(map(is_number, values))
        or is_analyte(name)
        or (unit is not None and is_unit(unit))
        or (span is not None and is_range(span))
    )


def _placed(
    columns: Columns,
    texts: dict[Column, str],
    name: str,
    unit: str | None,
    flag: str | None,
    span: str | None,
) -> list[Placed]:
    low, high = limits(span)
    known = span is not None or unit is not None
    number = 0
    placed = []
    for column in columns.columns:
        if column.kind not in ("value", "earlier"):
            continue
        number += 1
        alone = len(columns.values()) == 1 and column.kind == "value"
        if column not in texts and not alone:
            continue
        value, own = value_and_flag(texts[column]) if column in texts else (None, None)
        result = PrintedResult(name, value, own or flag, unit, low, high, known)
        refusal = _AN_EARLIER_RESULT if column.kind == "earlier" else None
        placed.append(Placed(result, number, column, refusal))
    return placed
