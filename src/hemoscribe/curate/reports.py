"""One line per curated report: what the checks across patients need, and few result values."""

from __future__ import annotations

import polars as pl

PANEL = "panel"
ABNORMAL = "abnormal"
THREE_VALUES = "three_values"
REMEMBERED = "three_values_remembered"
_THREE = ("hemoglobin", "platelets", "creatinine")
REMEMBERED_DIGITS = 2
"""Significant digits of a value as somebody remembers it: 13, 240, 0.9."""

COMMENT = "long_comment"
LONG_COMMENT_LETTERS = 80
PER_REPORT = ("patient_id", "sex", "age_years", "laboratory", "true_year", "collected_at")


def list_reports(rows: pl.DataFrame) -> pl.DataFrame:
    """One line per report: patient, sex, age, laboratory, times, results, hashes, long comment.

    Two reports have the same panel hash when they hold the same analytes with the same values, in
    whatever order; the same abnormal hash when the same analytes are low or high (0: none is); the
    same hash of three values when hemoglobin, platelets and creatinine are the same, and the same
    remembered one when they are to two significant digits. A report with any of the three missing
    or twice has neither. The comment is kept as text where it is long: equal ones share memory.

    Args:
        rows: scrubbed, dates as they are written; ``true_year`` beside them.
    """
    beyond = (
        pl.when(pl.col("value") < pl.col("low"))
        .then(-1)
        .when(pl.col("value") > pl.col("high"))
        .then(1)
    )
    rows = rows.with_columns(
        pl.struct("analyte", "value", "comparator").hash(seed=0).alias(PANEL),
        pl.when(beyond.is_not_null())
        .then(pl.struct("analyte", beyond.alias("beyond")).hash(seed=0))
        .alias(ABNORMAL),
    )
    reports = rows.group_by("report_id", maintain_order=True).agg(
        *(pl.col(name).first() for name in PER_REPORT),
        pl.len().alias("results"),
        pl.col(PANEL).bitwise_xor(),
        pl.col(ABNORMAL).bitwise_xor().fill_null(0),
        pl.col("comment").drop_nulls().first().alias(COMMENT),
    )
    long = pl.col(COMMENT).str.len_chars() >= LONG_COMMENT_LETTERS
    reports = reports.with_columns(pl.when(long).then(COMMENT).alias(COMMENT))
    return reports.join(_three_values(rows), on="report_id", how="left", maintain_order="left")


def _three_values(rows: pl.DataFrame) -> pl.DataFrame:
    """``report_id`` and the two hashes of the reports that have each of the three once."""
    three = rows.filter(pl.col("analyte").cast(pl.String).is_in(_THREE))
    remembered = pl.col("value").round_sig_figs(REMEMBERED_DIGITS)
    return (
        three.select(
            "report_id",
            "analyte",
            pl.col(PANEL).alias(THREE_VALUES),
            pl.struct("analyte", remembered).hash(seed=0).alias(REMEMBERED),
        )
        .group_by("report_id")
        .agg(
            pl.len().alias("_found"),
            pl.col("analyte").n_unique().alias("_different"),
            pl.col(THREE_VALUES, REMEMBERED).bitwise_xor(),
        )
        .filter(pl.col("_found") == len(_THREE), pl.col("_different") == len(_THREE))
        .drop("_found", "_different")
    )
