"""A laboratory's printed rows as delimited text: one result per line, or one report per line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from hemoscribe.simulation.exporting.printout import Printout
from hemoscribe.simulation.laboratory import Laboratory


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
    names = {analyte: laboratory.name(analyte) for analyte in rows["analyte"].unique()}
    codes = {analyte: laboratory.code(analyte) for analyte in rows["analyte"].unique()}
    first = pl.col("report").is_first_distinct()
    commented = pl.lit(True) if laboratory.comments_on == "every_row" else first
    written = pl.col("report").replace_strict(dict(comments), default=None, return_dtype=pl.String)
    printed = rows.select(
        "report",
        "value",
        "unit",
        "low",
        "high",
        analyte=pl.col("analyte").replace_strict(names, return_dtype=pl.String),
        loinc=pl.col("analyte").replace_strict(codes, return_dtype=pl.String),
        range=_ranges(laboratory),
        flag=pl.col("flag").replace_strict(
            dict(laboratory.flags or {}), default=None, return_dtype=pl.String
        ),
        status=pl.col("status").replace_strict(
            dict(laboratory.statuses or {}), default=None, return_dtype=pl.String
        ),
        comment=pl.when(commented).then(written),
    ).join(printout.who, on="report", maintain_order="left")
    return printed.select(pl.col(field).alias(header) for header, field in laboratory.columns)


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
    """One report per line, a column per analyte."""
    laboratory, rows, comments = printout.laboratory, printout.rows, printout.comments
    order: Sequence[str] = (
        rows.select("analyte", "position").unique().sort("position")["analyte"].to_list()
    )
    table = rows.pivot(on="analyte", index="report", values="value", on_columns=order)
    joined = printout.who.join(table, on="report", maintain_order="left")
    written = pl.col("report").replace_strict(dict(comments), default=None, return_dtype=pl.String)
    return joined.select(
        *(pl.col(field).alias(header) for header, field in laboratory.columns),
        *(pl.col(analyte).alias(_header(laboratory, analyte)) for analyte in order),
        written.alias(laboratory.comment_header),
    )


def _header(laboratory: Laboratory, analyte: str) -> str:
    unit = laboratory.unit(analyte)
    name = laboratory.name(analyte)
    return laboratory.wide_header.format(name=name, unit=unit) if unit else name
