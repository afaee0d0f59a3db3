"""One line per curated report: what the checks across patients need, and no result values."""

from __future__ import annotations

import polars as pl

PANEL = "panel"
PER_REPORT = ("patient_id", "sex", "age_years", "laboratory", "true_year")


def list_reports(rows: pl.DataFrame) -> pl.DataFrame:
    """One line per report: patient, sex, age, laboratory, results, true year, and panel hash.

    Two reports have the same panel hash when they hold the same analytes with the same values, in
    whatever order.
    """
    return (
        rows.with_columns(pl.struct("analyte", "value", "comparator").hash(seed=0).alias(PANEL))
        .group_by("report_id", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in PER_REPORT),
            pl.len().alias("results"),
            pl.col(PANEL).bitwise_xor(),
        )
    )
