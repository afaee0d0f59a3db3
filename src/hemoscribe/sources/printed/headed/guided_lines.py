"""Lines under headings that name no column of values: what stands under earlier results apart."""

from __future__ import annotations

from dataclasses import replace

from hemoscribe.sources.printed.headed.headings import Columns
from hemoscribe.sources.printed.lines.cells import chunks
from hemoscribe.sources.printed.lines.earlier_values import earlier_cell
from hemoscribe.sources.printed.lines.value_texts import with_signs
from hemoscribe.sources.printed.parts import EarlierValue

_HANGS_OVER_CHARACTERS = 3


def today_of(columns: Columns, line: str) -> tuple[str, tuple[EarlierValue, ...]] | None:
    """(a line without what stands under headings of earlier results, that); None: unclear."""
    line = with_signs(line)
    if all(column.kind != "earlier" for column in columns.columns):
        return line, ()
    found: list[EarlierValue] = []
    end = len(line)
    for chunk in reversed(chunks(line)):
        column = columns.of(chunk)
        if column.kind != "earlier" or chunk.middle < column.start - _HANGS_OVER_CHARACTERS:
            break
        value = earlier_cell(chunk.text)
        if value is None:
            return None
        found.insert(0, replace(value, date=value.date or column.date))
        end = chunk.start
    return line[:end].rstrip(), tuple(found)
