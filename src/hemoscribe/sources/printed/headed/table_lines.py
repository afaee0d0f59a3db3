"""The results of a line that stands under headings: one per column that holds something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hemoscribe.sources.printed.headed.headings import Column, Columns
from hemoscribe.sources.printed.lines.cells import Cell, chunks, tokens
from hemoscribe.sources.printed.lines.earlier_values import earlier_cell
from hemoscribe.sources.printed.lines.names_on_lines import name_and_method
from hemoscribe.sources.printed.lines.one_line import completed, flag_before, results_of
from hemoscribe.sources.printed.lines.range_texts import (
    is_known_unit,
    is_range,
    limits,
    range_and_unit,
    said_unit,
)
from hemoscribe.sources.printed.lines.value_texts import (
    is_code,
    is_flag,
    is_number,
    value_and_flag,
    with_signs,
)
from hemoscribe.sources.printed.parts import PrintedResult
from hemoscribe.sources.tables.analyte_names import is_analyte

AN_EARLIER_RESULT = "It stands under a heading of earlier results that has no date."
_OUT_OF_PLACE = "Its numbers stand under headings that do not fit them."
_OUTSIDE = "A"


@dataclass(frozen=True, slots=True)
class Placed:
    """A result, the number of its column (from 1), and what stands over the column."""

    result: PrintedResult
    number: int
    column: Column
    refusal: str | None = None


@dataclass(slots=True)
class _Beside:
    """What a line says once for all its values."""

    name: str
    unit: str | None
    flag: str | None
    span: str | None
    method: str | None


def under(columns: Columns, line: str) -> list[Placed] | None:
    """What a line says under these columns; None where it is no line of the table."""
    if not columns.values():
        return None
    line = with_signs(line)
    cells = tokens(line)
    named = _name(cells, columns)
    if not named or named == len(cells) or _is_prose(line, cells[named]):
        return None
    if _holds_a_value(cells[:named]):
        return None
    found: dict[Column, list[Cell]] = {}
    for cell in cells[named:]:
        found.setdefault(columns.of(cell), []).append(cell)
    texts = {
        column: line[group[0].start : group[-1].end].strip() for column, group in found.items()
    }
    beside = _beside(line[: cells[named - 1].end], texts)
    if not any(map(str.isalpha, beside.name)) or not _fits(texts, beside):
        return None
    outside = [
        column for column, group in found.items()
        if column.outside is not None and group[0].middle >= column.outside
    ]  # fmt: skip
    placed = _placed(columns, texts, beside, outside)
    if any(one.refusal == _OUT_OF_PLACE or _is_unread(one.result) for one in placed):
        return _in_order(columns, line, placed)
    return _with_one_unit(placed)


def _is_unread(result: PrintedResult) -> bool:
    """Whether a value begins with a number and is none: ``58 %  3,8 G/L``."""
    text = result.value or ""
    return bool(text) and not is_number(text) and is_number(tokens(text)[0].text)


def _with_one_unit(placed: list[Placed]) -> list[Placed]:
    """The unit that one cell alone has is that of the values beside it too."""
    units = {one.result.unit for one in placed if one.result.unit is not None}
    if len(units) != 1 or any(one.result.second for one in placed):
        return placed
    [unit] = units
    return [
        replace(one, result=replace(one.result, unit=unit)) if one.result.unit is None else one
        for one in placed
    ]


def _in_order(columns: Columns, line: str, placed: list[Placed]) -> list[Placed]:
    """A line that is shifted under its headings, by the order of what stands on it; else as it was.

    What stands under other days' headings is left out of it, so none of it is taken for today's.
    """
    today = [column for column in columns.values() if column.date is None]
    if len(today) != 1:
        return placed
    others = [
        chunk.start for chunk in chunks(line)
        if (column := columns.of(chunk)).kind == "earlier" or column.date is not None
    ]  # fmt: skip
    found = results_of(line[: min(others, default=len(line))])
    if len(found) != 1:
        return placed
    [result] = found
    whole = is_known_unit(result.unit) if result.unit is not None else result.has_range
    if result.rest or result.earlier or not whole or not is_analyte(result.name):
        return placed
    if not is_number(result.value or ""):
        return placed
    kept = [replace(one, result=result, refusal=None) if one.column == today[0] else one
            for one in placed]  # fmt: skip
    return kept if result.second is not None else _with_one_unit(kept)


def _holds_a_value(cells: Sequence[Cell]) -> bool:
    """Whether what stands before the columns has a value: the line keeps to no headings."""
    return any(
        is_number(cell.text)
        and not is_code(cell.text)
        and (cell.start - before.end > 1 or before.text.endswith(("..", ":")))
        for before, cell in pairwise(cells)
    )


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
        and not is_code(cell.text)
        and cell.end > columns.name_end
        and cell.start - cells[n - 1].end > 1
    )


def _follows(cells: Sequence[Cell], n: int) -> bool:
    return n > 0 and cells[n].start - cells[n - 1].end == 1 and not is_number(cells[n].text)


def _one(texts: dict[Column, str], kind: str) -> str | None:
    return " ".join(text for column, text in texts.items() if column.kind == kind) or None


def _beside(name: str, texts: dict[Column, str]) -> _Beside:
    """The name, unit, flag and range of a line, a unit beside the range or under it apart."""
    name, mark = flag_before(name)
    said, method = name_and_method(name)
    unit, flag, span, stated = (_one(texts, kind) for kind in ("unit", "flag", "range", "method"))
    if unit is not None and flag is None and is_flag(unit):
        unit, flag = None, unit  # no result of blood is in litres or henries
    if unit is not None and not is_known_unit(unit):
        unit, flag, span = _unit_apart(unit, flag, span)
    if span is not None and not is_range(span) and (both := range_and_unit(span)) is not None:
        span, unit = both[0], unit or both[1]
    return _Beside(said, unit, flag or mark, span, stated or method)


def _unit_apart(
    text: str, flag: str | None, span: str | None
) -> tuple[str | None, str | None, str | None]:
    """(unit, flag, range) of a cell under the heading of units that holds more than a unit."""
    first, _, after = text.partition(" ")
    if flag is None and is_flag(first) and after.strip() and is_known_unit(after.strip()):
        return after.strip(), first, span
    if span is None and (both := range_and_unit(text)) is not None:
        return both[1], flag, both[0]
    return said_unit(text) or text, flag, span


def _fits(texts: dict[Column, str], beside: _Beside) -> bool:
    """Whether a line is of the table: its values are, or its unit or its range is one."""
    values = [text for column, text in texts.items() if column.kind in ("value", "earlier")]
    if not values and not (beside.unit or beside.span):
        return False
    return (
        any(map(is_number, values))
        or is_analyte(beside.name)
        or (beside.unit is not None and is_known_unit(beside.unit))
        or (beside.span is not None and is_range(beside.span))
    )


def _placed(
    columns: Columns, texts: dict[Column, str], beside: _Beside, outside: Sequence[Column]
) -> list[Placed]:
    number = 0
    placed = []
    alone = len(columns.values()) == 1
    for column in columns.columns:
        if column.kind not in ("value", "earlier"):
            continue
        number += 1
        if column.kind == "earlier":
            if column in texts:
                placed.append(_earlier(texts[column], number, column, beside))
            continue
        if column not in texts and not alone:
            continue
        flag = beside.flag if alone or column.date is None else None  # of today's value
        result = _result(texts.get(column), replace(beside, flag=flag), marked=column in outside)
        refusal = None if _in_place(column, texts) else _OUT_OF_PLACE
        placed.append(Placed(result, number, column, refusal))
    return placed


def _result(text: str | None, beside: _Beside, *, marked: bool) -> PrintedResult:
    """The result of a cell: a value, with its flag and, where nothing else has it, its unit."""
    value, own = value_and_flag(text) if text is not None else (None, None)
    if value is not None and "/" in value and is_known_unit(value) and beside.unit is None:
        beside, value = replace(beside, unit=value), None  # its unit stands there, and no value
    low, high = limits(beside.span)
    known = beside.span is not None or beside.unit is not None
    result = PrintedResult(
        beside.name, value, own or beside.flag, beside.unit, low, high, known, method=beside.method
    )
    if value is not None and own is None and not is_number(value):
        result = _with_its_unit(result, value)
    if marked and result.flag is None:
        result = replace(result, flag=_OUTSIDE)
    return result


def _with_its_unit(result: PrintedResult, text: str) -> PrintedResult:
    """``4,12 T/L`` or ``58 %  3,8 G/L`` under the heading of results; words stay as they are."""
    first = tokens(text)[0]
    if not is_number(first.text):
        return result
    value, flag = value_and_flag(first.text)
    bare = replace(result, value=value, flag=flag, unit=None, low=None, high=None)
    found = completed(bare, text[first.end :])
    if not found.known or found.rest or found.unit is None or not is_known_unit(found.unit):
        return result
    unit = result.unit
    if unit is not None and "".join(unit.split()) != "".join(found.unit.split()):
        return result
    if found.has_range and result.has_range:
        return result
    flag = found.flag or result.flag
    if found.second is not None and not found.second.has_range:
        second = replace(found.second, low=result.low, high=result.high)
        return replace(found, flag=flag, second=second)
    if not found.has_range:
        found = replace(found, low=result.low, high=result.high)
    return replace(found, flag=flag)


def _earlier(text: str, number: int, column: Column, beside: _Beside) -> Placed:
    """What stands under a heading of earlier results: of its own day, where that is printed."""
    value = earlier_cell(text)
    low, high = limits(beside.span)
    shown = value.value if value else text
    unit = (value.unit if value else None) or beside.unit
    result = PrintedResult(beside.name, shown, None, unit, low, high, known=True)
    if value is None or value.date is None:
        return Placed(result, number, column, AN_EARLIER_RESULT)
    return Placed(result, number, replace(column, date=value.date, time=None))


def _in_place(column: Column, texts: dict[Column, str]) -> bool:
    """Whether no number of the line stands where none belongs: under units, flags or methods."""
    valued = column in texts
    kinds = {other.kind for other in texts}
    for other, text in texts.items():
        apart = ("unit", "flag") if valued else ("unit", "flag", "method")
        if other.kind not in apart or not any(is_number(cell.text) for cell in tokens(text)):
            continue
        with_range = valued and "range" not in kinds and range_and_unit(text) is not None
        if other.kind != "unit" or not (is_known_unit(text) or with_range):
            return False
    return not valued or not _several(texts[column])


def _several(text: str) -> bool:
    """Whether a cell holds two numbers that are not one, such as a value and an earlier one."""
    parts = chunks(text)
    return sum(is_number(part.text) for part in parts) > 1
