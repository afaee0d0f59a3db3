"""One line per curated report: what the checks across patients need, and no result values."""

from __future__ import annotations

import polars as pl

PANEL = "panel"


def list_reports(rows: pl.DataFrame) -> pl.DataFrame:
    """Report, patient, side, fold, sex, age, laboratory, results, true year, and panel hash.

    ``rows`` are pseudonymised but for ``true_year``. Two reports have the same panel hash when they
    hold the same analytes with the same values, in whatever order.
    """
    one_result = pl.struct("analyte", "value", "comparator").hash(seed=0)
    return rows.group_by("patient_id", "report_id", maintain_order=True).agg(
        *(
            pl.col(name).first()
            for name in ("split", "fold", "sex", "age_years", "laboratory", "true_year")
        ),
        pl.len().alias("results"),
        one_result.bitwise_xor().alias(PANEL),
    )
