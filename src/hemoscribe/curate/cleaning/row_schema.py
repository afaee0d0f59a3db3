"""The row schema, enforced: what breaks a rule becomes a reject that names the rule."""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy
import polars as pl
from dataframely.exc import SchemaError

from hemoscribe.curate.cleaning.rejection import ROW, Cleaned, refuse
from hemoscribe.curate.stream.coded import TextColumn
from hemoscribe.errors import StageError
from hemoscribe.records import CuratedResult, RejectCode, Result, no_rejects


class NumberedResult(Result):
    """A row on its way through the stage: the row schema and its number."""

    row = dy.UInt32(nullable=False)


_COLUMNS = CuratedResult.columns()


class WrittenNumbers(dy.Schema):
    """What steps may have changed in a row since it was found valid; texts are codes by then."""

    row = dy.UInt32(nullable=False)
    age_years = _COLUMNS["age_years"]
    value = _COLUMNS["value"]
    unit_inferred = _COLUMNS["unit_inferred"]
    low = _COLUMNS["low"]
    high = _COLUMNS["high"]


def require_columns(schema: pl.Schema, folder: object) -> None:
    """Raise StageError when the columns of a read folder are not the row schema's."""
    wanted = Result.create_empty().schema
    for name, dtype in wanted.items():
        if name not in schema:
            raise StageError(
                f"{folder}: results.parquet has no column `{name}`; run `hemoscribe read` again."
            )
        if schema[name] != dtype:
            raise StageError(
                f"{folder}: column `{name}` of results.parquet is {schema[name]} and must be "
                f"{dtype}; run `hemoscribe read` again."
            )


def validate(rows: pl.DataFrame, schema: type[dy.Schema] = NumberedResult) -> Cleaned:
    """Rows that hold to ``schema``; the others become rejects."""
    try:
        good, failure = schema.filter(rows)
    except SchemaError as error:
        raise StageError(f"The rows do not have the row schema's columns: {error}") from error
    if len(failure) == 0:
        return rows.select(schema.column_names()), no_rejects()
    rules = list(failure.counts())
    broken = failure.details().with_columns(
        pl.concat_str(
            [pl.when(pl.col(rule) == "invalid").then(pl.lit(rule)) for rule in rules],
            separator=", ",
            ignore_nulls=True,
        )
        .str.replace_all("|", ": ", literal=True)
        .alias("_rules")
    )
    message = pl.format("The row breaks the row schema ({}).", "_rules")
    # A reject has room for a missing name or value; a place it must have.
    return pl.DataFrame(good), refuse(
        broken.with_columns(pl.col(ROW).fill_null(0)), RejectCode.INVALID, message
    )


def plainly_valid(numbers: pl.DataFrame, texts: Mapping[str, TextColumn]) -> bool:
    """Whether a chunk holds to the row schema, told by its numbers and by each text once."""
    return WrittenNumbers.is_valid(numbers.select(WrittenNumbers.column_names())) and all(
        _holds(name, column) for name, column in texts.items()
    )


def _holds(name: str, column: TextColumn) -> bool:
    rules = _COLUMNS[name].validation_rules(pl.col(name))
    if not _COLUMNS[name].nullable and column.places.null_count():
        return False
    held = column.words.to_frame(name).select(pl.all_horizontal(True, *rules.values()).all())
    return bool(held.item())


def validate_written(rows: pl.DataFrame) -> Cleaned:
    """Rows whose numbers still hold to the schema after all steps; the others become rejects."""
    numbers = rows.select(WrittenNumbers.column_names())
    if WrittenNumbers.is_valid(numbers):
        return rows, no_rejects()
    good, _ = WrittenNumbers.filter(numbers)
    bad = rows.join(good.select(ROW), on=ROW, how="anti", maintain_order="left")
    message = "A number of the row broke the row schema on its way."
    stay = rows.join(good.select(ROW), on=ROW, how="semi", maintain_order="left")
    return stay, refuse(bad, RejectCode.INVALID, message)
