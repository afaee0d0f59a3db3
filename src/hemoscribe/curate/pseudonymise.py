"""Direct identifiers out: pseudonyms, shifted dates, coarser ages, site codes."""

from __future__ import annotations

from typing import Literal

import polars as pl

from hemoscribe.curate.patients import pseudonym

OLDEST_AGE_YEARS = 90
_WHOLE_YEARS_FROM = 2


def pseudonymise(
    rows: pl.DataFrame,
    patients: pl.DataFrame,
    key: bytes,
    *,
    laboratories: Literal["pseudonym", "keep"],
) -> pl.DataFrame:
    """``rows`` with pseudonyms for patients, reports and laboratories, and ``split`` and ``fold``.

    Every date of a patient moves by the same number of weeks, so weekdays, times of day and
    intervals stay. Ages are whole years (months under two years), and 90 from 90 on.

    Args:
        patients: what ``patients.place_all`` gave; every patient of ``rows`` is in it.
    """
    reports = rows.select("patient_id", "report_id").unique()
    reports = reports.with_columns(
        pl.Series(
            "_report",
            # The report's number belongs to its patient: two patients may each have a report "1".
            [pseudonym(key, "report", f"{who}\x00{what}") for who, what in reports.iter_rows()],
            pl.String,
        )
    )
    rows = rows.join(
        reports, on=["patient_id", "report_id"], how="left", maintain_order="left"
    ).join(patients, on="patient_id", how="left", maintain_order="left")
    if laboratories == "pseudonym":
        names = rows["laboratory"].drop_nulls().unique().to_list()
        codes = {name: pseudonym(key, "site", name)[:9] for name in names}
        rows = rows.with_columns(
            pl.col("laboratory").replace_strict(codes, default=None, return_dtype=pl.String)
        )
    return rows.with_columns(
        pl.col("pseudonym").alias("patient_id"),
        pl.col("_report").alias("report_id"),
        pl.col("collected_at") + pl.duration(days=pl.col("shift_days"), time_unit="us"),
        coarse_age().alias("age_years"),
    ).drop("pseudonym", "_report", "shift_days")


def coarse_age() -> pl.Expr:
    """Whole years from two years on, whole months before, at most 90."""
    age = pl.col("age_years")
    # One part in a million million: 3 months is stored as 0.25, one month as 0.08333...
    slack = 1e-9
    return (
        pl.when(age >= _WHOLE_YEARS_FROM)
        .then((age + slack).floor().clip(upper_bound=OLDEST_AGE_YEARS))
        .otherwise((age * 12 + slack).floor() / 12)
    )
