"""Rows of ``REPORTED`` that a data set's reader refuses, as rejects that tell whose they were."""

from __future__ import annotations

import polars as pl

from hemoscribe.records import RejectCode, no_rejects, report_number


def refused_rows(reported: pl.DataFrame, code: RejectCode | pl.Expr, why: pl.Expr) -> pl.DataFrame:
    """One reject a row.

    Args:
        why: the sentence, over the columns of ``reported``.
    """
    return reported.select(
        source="source",
        place="place",
        code=code if isinstance(code, pl.Expr) else pl.lit(str(code)),
        message=why,
        results=pl.lit(1, dtype=pl.UInt32),
        reported_name=pl.coalesce("reported_name", "loinc"),
        reported_value="reported_value",
        reported_unit="reported_unit",
        reported_flag="reported_flag",
        patient_id="patient_id",
        report_id=report_number(),
    ).cast(no_rejects().schema)
