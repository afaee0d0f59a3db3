"""One line per curated report: what the checks across patients need, and no result values."""

from __future__ import annotations

import polars as pl

PANEL = "panel"
ABNORMAL = "abnormal"
THREE_VALUES = "three_values"
_THREE = ("hemoglobin", "platelets", "creatinine")
SAME_COMMENT = "same_comment"
LONG_COMMENT_LETTERS = 80
PER_REPORT = ("patient_id", "sex", "age_years", "laboratory", "true_year")


def list_reports(rows: pl.DataFrame) -> pl.DataFrame:
    """One line per report: patient, sex, age, laboratory, results, true year, and panel hash.

    Two reports have the same panel hash when they hold the same analytes with the same values, in
    whatever order; the same comment hash when a long comment has the same words; the same abnormal
    hash when the same analytes are low or high (0: none is).
    """
    beyond = (
        pl.when(pl.col("value") < pl.col("low"))
        .then(-1)
        .when(pl.col("value") > pl.col("high"))
        .then(1)
    )
    reports = (
        rows.with_columns(
            pl.struct("analyte", "value", "comparator").hash(seed=0).alias(PANEL),
            pl.when(beyond.is_not_null())
            .then(pl.struct("analyte", beyond.alias("beyond")).hash(seed=0))
            .alias(ABNORMAL),
            three=pl.col("analyte").cast(pl.String).is_in(_THREE),
        )
        .group_by("report_id", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in PER_REPORT),
            pl.len().alias("results"),
            pl.col(PANEL).bitwise_xor(),
            pl.col(ABNORMAL).bitwise_xor().fill_null(0),
            pl.when(pl.col("three").sum() == len(_THREE))
            .then(pl.col(PANEL).filter("three").bitwise_xor())
            .alias(THREE_VALUES),
            pl.col("comment").drop_nulls().first(),
        )
    )
    return reports.with_columns(_same_comment()).drop("comment")


def _same_comment() -> pl.Expr:
    """A hash of a long comment's letters: equal whatever its numbers, case and punctuation."""
    letters = pl.col("comment").str.to_lowercase().str.replace_all(r"[^\p{L}]+", " ")
    long = letters.str.len_chars() >= LONG_COMMENT_LETTERS
    return pl.when(long).then(letters.hash(seed=0)).alias(SAME_COMMENT)
