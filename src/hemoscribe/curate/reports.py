"""One line per curated report: what the checks across patients need, and no result values."""

from __future__ import annotations

import polars as pl

PANEL = "panel"
SAME_COMMENT = "same_comment"
LONG_COMMENT_LETTERS = 80
PER_REPORT = ("patient_id", "sex", "age_years", "laboratory", "true_year")


def list_reports(rows: pl.DataFrame) -> pl.DataFrame:
    """One line per report: patient, sex, age, laboratory, results, true year, and panel hash.

    Two reports have the same panel hash when they hold the same analytes with the same values, in
    whatever order; the same comment hash when a long comment has the same words.
    """
    reports = (
        rows.with_columns(pl.struct("analyte", "value", "comparator").hash(seed=0).alias(PANEL))
        .group_by("report_id", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in PER_REPORT),
            pl.len().alias("results"),
            pl.col(PANEL).bitwise_xor(),
            pl.col("comment").drop_nulls().first(),
        )
    )
    return reports.with_columns(_same_comment()).drop("comment")


def _same_comment() -> pl.Expr:
    """A hash of a long comment's letters: equal whatever its numbers, case and punctuation."""
    letters = pl.col("comment").str.to_lowercase().str.replace_all(r"[^\p{L}]+", " ")
    long = letters.str.len_chars() >= LONG_COMMENT_LETTERS
    return pl.when(long).then(letters.hash(seed=0)).alias(SAME_COMMENT)
