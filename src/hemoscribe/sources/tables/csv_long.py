"""Long CSV: one result per line, columns known by their header (``headers.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator

from hemoscribe.sources.batches import Batch, Notices
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.tables.delimited import Layout, layouts, tables
from hemoscribe.sources.tables.headers import Headers, understand
from hemoscribe.sources.tables.long_rows import LongRows
from hemoscribe.sources.tables.title_lines import one_patient, titles
from hemoscribe.sources.tables.unit_rows import Units, agreed, unit_row
from hemoscribe.sources.tables.unread_columns import say_what_is_ignored

_MEASURED = ("value", "low", "high", "range")


def recognises(export: Export, mapping: Mapping) -> bool:
    """Whether a header names what was measured (or its LOINC code) and the value."""
    return _find(export, mapping) is not None


def _find(export: Export, mapping: Mapping) -> tuple[Layout, Headers, str | None] | None:
    """(layout, header, the unit of every value); the unit where a line under the header says it."""
    for layout in layouts(export, encoding=mapping.encoding, delimiter=mapping.delimiter):
        headers = understand(layout.header, mapping.columns)
        if headers.is_long:
            measured = [headers.columns[c] for c in _MEASURED if c in headers.columns]
            below = unit_row(export, layout, measured, encoding=mapping.encoding)
            if below is None:
                return layout, headers, None
            return below.layout, headers, _unit_of_all(export, headers, below.units)
    return None


def _unit_of_all(export: Export, headers: Headers, units: Units) -> str | None:
    """The unit that stands under the value, and under its limits if it does there."""
    unit = None
    for position in units:
        unit = agreed(export, headers.names[position], unit, units[position])
    return unit


def read(export: Export, mapping: Mapping, notices: Notices) -> Iterator[Batch]:
    """The reported rows of a long CSV, block by block.

    Raises:
        SourceError: the file states several patients above tables of their own, or dates that
            cannot be read.
    """
    found = _find(export, mapping)
    assert found is not None, "recognises() comes first"
    layout, headers, unit = found
    say_what_is_ignored(export.name, headers, mapping, notices)
    above = titles(export, layout, encoding=mapping.encoding)
    rows = LongRows(export.name, headers, mapping, notices, above, unit)
    for table in tables(export, layout, encoding=mapping.encoding):
        one_patient(export.name, table.frame, headers, above)
        yield rows.batch(table)
