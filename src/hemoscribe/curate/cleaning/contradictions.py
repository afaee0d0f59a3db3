"""Two different values for one analyte of one specimen."""

from __future__ import annotations

from typing import Literal

import polars as pl

from hemoscribe.curate.cleaning.rejection import ROW, Cleaned, refuse, together
from hemoscribe.curate.cleaning.same_specimen import (
    SAME_SPECIMEN,
    shared_by_several,
    with_specimen_report,
)
from hemoscribe.records import RejectCode, no_rejects

ContradictionPolicy = Literal["reject_all", "keep_first", "keep_last"]

_CONVERSION_TOLERANCE = 0.005
"""Share by which laboratories' conversion factors differ (17.1 and 17.104 for bilirubin)."""


def settle_contradictions(rows: pl.DataFrame, *, policy: ContradictionPolicy) -> Cleaned:
    """At most one value under one name for each specimen.

    The same value printed in two units is a duplicate, a corrected value supersedes the others, and
    what is left contradicts itself and goes by ``policy``. The same analyte under two names (two
    methods) is no contradiction.
    """
    keyed = with_specimen_report(rows)
    keys = SAME_SPECIMEN
    group = shared_by_several(keyed, keys)
    if group.is_empty():
        return rows, no_rejects()
    corrected = pl.col("status") == "corrected"
    group = group.with_columns(
        pl.col(ROW).min().over(keys).alias("_first"),
        pl.col(ROW).max().over(keys).alias("_last"),
        corrected.sum().over(keys).alias("_corrections"),
        _half_last_digit().alias("_rounding"),
    ).with_columns(_is_first_in_another_unit(keys).alias("_same"))
    superseded = group.filter((pl.col("_corrections") == 1) & ~corrected)
    group = group.filter(pl.col("_corrections") != 1)
    reprinted = group.filter(pl.col("_same"))
    open_question = shared_by_several(group.filter(~pl.col("_same")), keys)
    kept = {"keep_first": "_first", "keep_last": "_last"}.get(policy)
    if kept is not None:
        open_question = open_question.filter(pl.col(ROW) != pl.col(kept))
    what_now = {
        "reject_all": "none of them can be trusted",
        "keep_first": "the first was kept",
        "keep_last": "the last was kept",
    }[policy]
    undated = pl.col("collected_at").is_null()
    rejects = together(
        [
            refuse(
                superseded,
                RejectCode.SUPERSEDED,
                "A corrected result of the same specimen replaced this one.",
            ),
            refuse(
                reprinted,
                RejectCode.DUPLICATE,
                pl.format(
                    "The same result of the same specimen stands in row {} in another unit.",
                    pl.col("_first") + 1,
                ),
            ),
            refuse(
                open_question,
                RejectCode.CONTRADICTION,
                pl.format(
                    "The same {} has different results of {}{}; " + what_now + ".",
                    pl.when(undated).then(pl.lit("report")).otherwise(pl.lit("specimen")),
                    "reported_name",
                    pl.when(undated)
                    .then(pl.lit(", and no time tells them apart"))
                    .otherwise(pl.lit("")),
                ),
            ),
        ]
    )
    refused = pl.concat([frame.select(ROW) for frame in (superseded, reprinted, open_question)])
    return rows.join(refused, on=ROW, how="anti", maintain_order="left"), rejects


def _half_last_digit() -> pl.Expr:
    """Half a unit of the reported number's last digit, in the canonical unit."""
    text = pl.col("reported_value").cast(pl.String).str.replace(",", ".", literal=True)
    number = text.str.extract(r"(\d+(?:\.\d+)?)").cast(pl.Float64, strict=False)
    decimals = text.str.extract(r"\d+\.(\d+)").str.len_chars().fill_null(0)
    half = 0.5 * pl.lit(10.0).pow(-decimals.cast(pl.Float64))
    scale = (pl.col("value") / number).abs()
    return pl.when(number > 0).then(half * scale).otherwise(0.0)


def _is_first_in_another_unit(keys: tuple[str, ...]) -> pl.Expr:
    """Whether a row is the group's first one again: another unit, equal but for rounding."""
    first_value = pl.col("value").first().over(keys)
    first_unit = pl.col("reported_unit").first().over(keys)
    first_comparator = pl.col("comparator").first().over(keys)
    rounding = pl.col("_rounding") + pl.col("_rounding").first().over(keys)
    tolerance = rounding + _CONVERSION_TOLERANCE * first_value.abs()
    return (
        (pl.col(ROW) != pl.col("_first"))
        & pl.col("reported_unit").ne_missing(first_unit)
        & pl.col("comparator").eq_missing(first_comparator)
        & ((pl.col("value") - first_value).abs() <= tolerance)
    )
