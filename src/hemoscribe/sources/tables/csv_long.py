"""Long CSV: one result per line, columns known by their header (``headers.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from hemoscribe.sources.batches import Batch, Notices, reject_frame, reported_frame
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.tables.context import Surroundings
from hemoscribe.sources.tables.delimited import LINE, Layout, layouts, tables
from hemoscribe.sources.tables.headers import Headers, understand
from hemoscribe.sources.tables.specimen_column import of_blood
from hemoscribe.sources.tables.spreadsheet_damage import undamaged
from hemoscribe.sources.tables.unit_rows import Units, agreed, unit_row

_MEASURED = ("value", "low", "high", "range")
_POINT_OF_THREE, _COMMA_OF_THREE = r"\d\.\d{3}", r"\d,\d{3}"
_ONE_POINT = r"((?:^|[^\d.,])[1-9]\d{0,2})\.(\d{3})($|[^\d.,])"
_ONE_COMMA = r"((?:^|[^\d.,])\d{1,3}),(\d{3})($|[^\d.,])"
_GROUPING_COMMA = r"((?:^|[^\d.,])[1-9]\d{0,2}),(\d{3})($|[^\d.,])"


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
    """The reported rows of a long CSV, block by block."""
    found = _find(export, mapping)
    assert found is not None, "recognises() comes first"
    layout, headers, unit = found
    say_what_is_ignored(export.name, headers, mapping, notices)
    surroundings = Surroundings(export.name, headers, mapping, notices)
    judge = SpecimenJudge(export.name, mapping, notices)
    for table in tables(export, layout, encoding=mapping.encoding):
        reported = _reported(export.name, table.frame, surroundings)
        if unit is not None:
            reported = reported.with_columns(pl.col("reported_unit").fill_null(unit))
        reported, damaged = undamaged(export.name, reported)
        reported, of_others = of_blood(judge, reported)
        rejects = reject_frame([*table.rejects, *damaged, *of_others])
        yield Batch(reported, rejects, trimmed=True)


def _reported(name: str, frame: pl.DataFrame, surroundings: Surroundings) -> pl.DataFrame:
    around = surroundings.read(frame)
    column = surroundings.column
    low = frame.select(
        pl.coalesce(pl.lit(column(frame, "low")), pl.lit(column(frame, "range"))).alias("low")
    ).to_series()
    value = column(frame, "value")
    mark = decimal_mark(value, surroundings.mapping)
    results = pl.DataFrame(
        {
            "reported_name": column(frame, "analyte"),
            "loinc": column(frame, "loinc"),
            "reported_value": in_decimal(value, mark),
            "reported_unit": column(frame, "unit"),
            "reported_low": in_decimal(low, mark),
            "reported_high": in_decimal(column(frame, "high"), mark),
            "reported_flag": column(frame, "flag"),
            "place": frame.select(pl.format("line {}", pl.col(LINE))).to_series(),
        }
    )
    joined = pl.concat([around, results], how="horizontal")
    columns: dict[str, pl.Expr] = {name: pl.col(name) for name in joined.columns}
    return reported_frame(
        {**mapped_analytes(columns, surroundings.mapping), "source": pl.lit(name)}, joined
    )


def decimal_mark(texts: pl.Series, mapping: Mapping) -> str | None:
    """The decimal mark of a column: the mapping's, or the one that only decimals can explain.

    ``1,234`` alone says nothing; ``4,5`` or ``0,250`` elsewhere in the column says comma, ``4.5``
    says point. None where the column says neither, or both.
    """
    if mapping.decimal is not None or not texts.str.contains(",", literal=True).any():
        return mapping.decimal
    comma, point = (
        texts.str.contains(rf"\d{mark}(?:\d{{1,2}}|\d{{4,}})(?:\D|$)|(?:^|\D)0{mark}\d").any()
        for mark in (",", r"\.")
    )
    return None if comma == point else ("," if comma else ".")


def in_decimal(texts: pl.Series, mark: str | None) -> pl.Series:
    """``1,234`` as ``1.234`` where the column's mark is a comma, as ``1234`` where a point.

    Beside decimal commas a point before three digits groups thousands: ``1.234`` is ``1234`` then.
    A text may hold two numbers: ``150,000-400,000``.
    """
    if mark is None:
        return texts
    if mark == "," and texts.str.contains(_POINT_OF_THREE).any():
        texts = _replaced(texts, _ONE_POINT, "${1}${2}${3}")
    if not texts.str.contains(_COMMA_OF_THREE).any():
        return texts
    if mark == ",":
        return _replaced(texts, _ONE_COMMA, "${1}.${2}${3}")
    return _replaced(texts, _GROUPING_COMMA, "${1}${2}${3}")


def _replaced(texts: pl.Series, pattern: str, by: str) -> pl.Series:
    """Twice, because the sign between two numbers is part of one match alone."""
    return texts.str.replace_all(pattern, by).str.replace_all(pattern, by)


def mapped_analytes(columns: dict[str, pl.Expr], mapping: Mapping) -> dict[str, pl.Expr]:
    """The names, codes and units that a mapping file gives, over those of the file."""
    named = mapping.analytes
    if not named:
        return columns
    keys = list(named)
    name = columns["reported_name"]
    unit = name.replace_strict(
        keys, [analyte.unit for analyte in named.values()], default=None, return_dtype=pl.String
    )
    loinc = name.replace_strict(
        keys, [analyte.loinc for analyte in named.values()], default=None, return_dtype=pl.String
    )
    known = name.replace_strict(
        keys, [analyte.name for analyte in named.values()], default=None, return_dtype=pl.String
    )
    return {
        **columns,
        "reported_name": pl.coalesce(known, name),
        "loinc": pl.coalesce(loinc, columns["loinc"]),
        "reported_unit": pl.coalesce(columns["reported_unit"], unit),
    }


def say_what_is_ignored(name: str, headers: Headers, mapping: Mapping, notices: Notices) -> None:
    """Name the columns that are not read, and why."""
    if headers.identifiers:
        names = ", ".join(headers.names[position] for position in headers.identifiers)
        notices.say(f"{name}: columns that identify a person are not read: {names}.")
    left = [headers.names[p] for p in headers.others if headers.names[p] not in mapping.ignore]
    if left:
        notices.say(f"{name}: columns that are not known are not read: {', '.join(left)}.")
    if headers.repeated:
        names = ", ".join(headers.names[position] for position in headers.repeated)
        notices.say(f"{name}: columns that repeat the meaning of another are not read: {names}.")
