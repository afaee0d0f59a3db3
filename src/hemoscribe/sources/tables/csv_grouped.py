"""Grouped CSV: a column for each date, or columns grouped under analytes (``column_groups.py``)."""

from __future__ import annotations

from collections.abc import Iterator

from hemoscribe.sources.batches import Batch, Notices
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.tables.column_groups import GroupedLayout, spread, values
from hemoscribe.sources.tables.date_groups import find_dates
from hemoscribe.sources.tables.delimited import Table, tables
from hemoscribe.sources.tables.long_rows import LongRows
from hemoscribe.sources.tables.name_groups import find_names
from hemoscribe.sources.tables.section_headings import Sections, sections_above
from hemoscribe.sources.tables.title_lines import one_patient, titles
from hemoscribe.sources.tables.unread_columns import say_unnamed, say_what_is_ignored


def recognises(export: Export, mapping: Mapping) -> bool:
    """Whether a header has dates over columns of results, or analytes over groups of columns."""
    return _find(export, mapping) is not None


def _find(export: Export, mapping: Mapping) -> GroupedLayout | None:
    return find_dates(export, mapping) or find_names(export, mapping)


def read(export: Export, mapping: Mapping, notices: Notices) -> Iterator[Batch]:
    """The reported rows of a grouped CSV, block by block; an empty cell is no result.

    Raises:
        SourceError: as ``csv_long.read``.
    """
    grouped = _find(export, mapping)
    assert grouped is not None, "recognises() comes first"
    headers = grouped.headers
    say_what_is_ignored(export.name, headers, mapping, notices)
    above = titles(export, grouped.layout, encoding=mapping.encoding)
    sections = Sections(export.name, grouped.shared)
    under = sections_above(export, grouped.layout, encoding=mapping.encoding)
    rows = LongRows(export.name, headers, mapping, notices, above)
    for table in tables(export, grouped.layout, encoding=mapping.encoding):
        one_patient(export.name, table.frame, grouped.shared, above)
        say_unnamed(export.name, table.frame, headers, notices, grouped.positions)
        frame, headings = sections.read(table.frame, values(table.frame, grouped))
        results = spread(frame, grouped, headings, under)
        yield rows.batch(Table(results, [*table.rejects, *sections.lines]))
