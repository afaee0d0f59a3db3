"""The same result more than once: reprinted in a later report, or exported twice."""

from __future__ import annotations

from typing import Literal

import polars as pl

from hemoscribe.curate.cleaning.rejection import ROW, Cleaned, refuse
from hemoscribe.curate.cleaning.same_specimen import shared_by_several
from hemoscribe.records import RejectCode, no_rejects

_UNDATED_REPORT = "_undated_report"
_KEYS = ("patient_id", "collected_at", _UNDATED_REPORT, "analyte", "value", "comparator")


def drop_duplicates(rows: pl.DataFrame, *, keep: Literal["keep_first", "keep_last"]) -> Cleaned:
    """One row of each patient, time, analyte and value; undated results are compared by report."""
    keyed = rows.with_columns(
        pl.when(pl.col("collected_at").is_null()).then(pl.col("report_id")).alias(_UNDATED_REPORT)
    )
    copies = shared_by_several(keyed, _KEYS)
    if copies.is_empty():
        return rows, no_rejects()
    kept = pl.col(ROW).min() if keep == "keep_first" else pl.col(ROW).max()
    copies = copies.with_columns(kept.over(_KEYS).alias("_kept"))
    copies = copies.filter(pl.col(ROW) != pl.col("_kept"))
    rejects = refuse(
        copies,
        RejectCode.DUPLICATE,
        pl.format("The same result of the same time stands in row {}.", pl.col("_kept") + 1),
    )
    return rows.join(copies.select(ROW), on=ROW, how="anti", maintain_order="left"), rejects
