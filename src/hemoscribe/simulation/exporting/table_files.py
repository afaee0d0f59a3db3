"""A laboratory's printed rows as delimited text: one result per line, or one report per line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import polars as pl

from hemoscribe.simulation.exporting.printout import Printout
from hemoscribe.simulation.laboratory import Laboratory
from hemoscribe.simulation.other_fluids import fluids, specimen

T = TypeVar("T")
_KEY = pl.concat_str("analyte", "fluid", separator=" of ", ignore_nulls=True)  # null: of blood


def write_long(printout: Printout, folder: Path) -> int:
    """A file with one result per line."""
    return printout.write_text(folder, _csv(long_table(printout), printout.laboratory))


def write_wide(printout: Printout, folder: Path) -> int:
    """A file with one report per line."""
    return printout.write_text(folder, _csv(wide_table(printout), printout.laboratory))


def _csv(table: pl.DataFrame, laboratory: Laboratory) -> str:
    return table.write_csv(separator=laboratory.delimiter, line_terminator=laboratory.newline)


def long_table(printout: Printout) -> pl.DataFrame:
    """One result per line, under the laboratory's headers."""
    laboratory, rows, comments = printout.laboratory, printout.rows, printout.comments
    columns = columns_of(printout)
    stated = len(columns) > len(laboratory.columns)
    names = _by_key(rows, lambda analyte, fluid: _name(laboratory, analyte, fluid, stated))
    codes = _by_key(rows, lambda analyte, fluid: None if fluid else laboratory.code(analyte))
    specimens = _by_key(rows, lambda analyte, fluid: specimen(analyte, fluid, laboratory.language))
    first = pl.col("report").is_first_distinct()
    commented = pl.lit(True) if laboratory.comments_on == "every_row" else first
    written = pl.col("report").replace_strict(dict(comments), default=None, return_dtype=pl.String)
    printed = rows.select(
        "report",
        "value",
        "unit",
        "low",
        "high",
        analyte=_KEY.replace_strict(names, return_dtype=pl.String),
        loinc=_KEY.replace_strict(codes, return_dtype=pl.String),
        specimen=_KEY.replace_strict(specimens, return_dtype=pl.String),
        range=_ranges(laboratory),
        flag=pl.col("flag").replace_strict(
            dict(laboratory.flags or {}), default=None, return_dtype=pl.String
        ),
        status=pl.col("status").replace_strict(
            dict(laboratory.statuses or {}), default=None, return_dtype=pl.String
        ),
        comment=pl.when(commented).then(written),
    ).join(printout.who, on="report", maintain_order="left")
    return printed.select(pl.col(field).alias(header) for header, field in columns)


def columns_of(printout: Printout) -> list[tuple[str, str]]:
    """The columns of a line per result: with the specimen where some are of another fluid."""
    laboratory = printout.laboratory
    columns = [(column[0], column[1]) for column in laboratory.columns]
    if laboratory.specimen_header and printout.rows["fluid"].count():
        after = [field for _, field in columns].index("analyte") + 1
        columns.insert(after, (laboratory.specimen_header, "specimen"))
    return columns


def _by_key(rows: pl.DataFrame, said: Callable[[str, str | None], T]) -> dict[str, T]:
    """What is said of each analyte of each fluid."""
    found = rows.select("analyte", "fluid", _KEY.alias("key")).unique()
    return {key: said(analyte, fluid) for analyte, fluid, key in found.iter_rows()}


def _name(laboratory: Laboratory, analyte: str, fluid: str | None, stated: bool = False) -> str:
    """What is measured, with its fluid unless that is stated beside it."""
    name = laboratory.name(analyte)
    if fluid is None or stated:
        return name
    patterns = laboratory.fluid_names
    pattern = patterns[list(fluids()).index(fluid) % len(patterns)]
    return pattern.format(name=name, fluid=fluids()[fluid].words(laboratory.language).short)


def _ranges(laboratory: Laboratory) -> pl.Expr:
    before, middle, after = _pieces(laboratory.range)
    low, high = pl.col("low"), pl.col("high")
    both = pl.concat_str(pl.lit(before), low, pl.lit(middle), high, pl.lit(after))
    return (
        pl.when(low.is_not_null() & high.is_not_null())
        .then(both)
        .when(high.is_not_null())
        .then(pl.concat_str(pl.lit("< "), high))
        .when(low.is_not_null())
        .then(pl.concat_str(pl.lit("> "), low))
    )


def _pieces(pattern: str) -> tuple[str, str, str]:
    before, _, rest = pattern.partition("{low}")
    middle, _, after = rest.partition("{high}")
    return before, middle, after


def wide_table(printout: Printout) -> pl.DataFrame:
    """One report per line, a column per analyte, and per analyte of another fluid."""
    laboratory, comments = printout.laboratory, printout.comments
    rows = printout.rows.with_columns(key=_KEY)
    order: Sequence[str] = rows.select("key", "position").unique().sort("position")["key"].to_list()
    headers = _by_key(rows, lambda analyte, fluid: _header(laboratory, analyte, fluid))
    table = rows.pivot(on="key", index="report", values="value", on_columns=order)
    joined = printout.who.join(table, on="report", maintain_order="left")
    written = pl.col("report").replace_strict(dict(comments), default=None, return_dtype=pl.String)
    return joined.select(
        *(pl.col(field).alias(header) for header, field in laboratory.columns),
        *(pl.col(key).alias(headers[key]) for key in order),
        written.alias(laboratory.comment_header),
    )


def _header(laboratory: Laboratory, analyte: str, fluid: str | None) -> str:
    unit = laboratory.unit(analyte)
    name = _name(laboratory, analyte, fluid)
    return laboratory.wide_header.format(name=name, unit=unit) if unit else name
