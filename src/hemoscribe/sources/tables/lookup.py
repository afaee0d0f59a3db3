"""A mapping's lookup: a table beside the export that says what its codes are.

OMOP's ``concept``, MIMIC's ``d_labitems`` or a laboratory's own list; delimited text, read by the
reader of CSV, plain or compressed.
"""

from __future__ import annotations

from typing import cast

import polars as pl

from hemoscribe.errors import SettingsError, SourceError
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.mapping import Lookup, Mapping
from hemoscribe.sources.tables.delimited import Layout, layouts, tables

_KEY = "key"
_GIVES = {
    "name": "reported_name",
    "unit": "reported_unit",
    "loinc": "loinc",
    "specimen": "specimen",
}
"""What a lookup gives -> the column of ``REPORTED`` that it fills."""


def lookup_table(mapping: Mapping, notices: Notices) -> pl.DataFrame | None:
    """``key`` and what the lookup gives for it; None without a lookup. Read once a reading.

    Raises:
        SettingsError: a column that the file has not, or a code that stands for two things.
    """
    lookup = mapping.lookup
    if lookup is None:
        return None
    place = ("lookup", lookup.file)
    if place not in notices.beside:
        notices.beside[place] = _read(lookup)
    return cast(pl.DataFrame, notices.beside[place])


def _read(lookup: Lookup) -> pl.DataFrame:
    try:
        export = exports([lookup.file])[0]
        layout = _layout(export, lookup)
        frame = pl.concat([table.frame for table in tables(export, layout)])
    except SourceError as error:
        raise SettingsError(f"`lookup.file`: {error}") from error
    wanted = {_KEY: lookup.key, **lookup.columns}
    table = frame.select(
        pl.col(f"c{layout.header.index(header)}").alias(name) for name, header in wanted.items()
    )
    table = table.filter(pl.col(_KEY).is_not_null()).unique(maintain_order=True)
    twice = table.filter(table[_KEY].is_duplicated())
    if twice.height:
        raise SettingsError(
            f"{lookup.file}: the code {twice[_KEY][0]!r} stands for two things in it; "
            "keep one line for each code."
        )
    return table


def _layout(export: Export, lookup: Lookup) -> Layout:
    """The header, which holds every column that the lookup names.

    Raises:
        SettingsError: no line does; names the first column that is missing.
    """
    wanted = [lookup.key, *lookup.columns.values()]
    first: Layout | None = None
    for layout in layouts(export):
        if set(wanted) <= set(layout.header):
            return layout
        first = first or layout
    header = first.header if first is not None else ()
    missing = next(name for name in wanted if name not in header)
    shown = ", ".join(header[:12])
    raise SettingsError(f"{lookup.file}: it has no column {missing!r}; its header is {shown}.")


def looked_up(rows: pl.DataFrame, table: pl.DataFrame | None, code: str) -> pl.DataFrame:
    """Rows with what the table says of their code, else of their name.

    The table's name is more telling than the code in the file; its unit, LOINC code and specimen
    stand where the file says none.

    Args:
        code: the column of codes in ``rows``, beside ``reported_name``.
    """
    if table is None:
        return rows
    keys = rows.select(pl.coalesce(code, "reported_name").alias(_KEY))
    found = keys.join(table, on=_KEY, how="left", maintain_order="left").drop(_KEY)
    given = []
    for part, column in _GIVES.items():
        if part not in found.columns:
            continue
        stated = rows[column] if column in rows.columns else None
        mine = found[part].cast(pl.String)
        first, second = (mine, stated) if part == "name" else (stated, mine)
        parts = [pl.lit(one) for one in (first, second) if one is not None]
        given.append(pl.select(pl.coalesce(parts).alias(column)).to_series())
    return rows.with_columns(given)
