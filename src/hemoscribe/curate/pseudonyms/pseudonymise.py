"""Direct identifiers out: pseudonyms, shifted dates, coarser ages, site codes."""

from __future__ import annotations

import polars as pl

from hemoscribe.curate.cleaning.rejection import ROW
from hemoscribe.curate.pseudonyms.patients import pseudonym, pseudonyms
from hemoscribe.curate.pseudonyms.policies import policies
from hemoscribe.curate.stream.runs import run_starts, stable_order
from hemoscribe.records import SPLITS

OLDEST_AGE_YEARS = 90
_WHOLE_YEARS_FROM = 2


def site_code(key: bytes, laboratory: str) -> str:
    """A laboratory's code."""
    return pseudonym(key, "site", laboratory)[:9]


def author_code(key: bytes, author: str) -> str:
    """The code of who wrote a comment."""
    return pseudonym(key, "author", author)[:9]


def blur(rows: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    """``rows`` with shifted dates and coarse ages.

    Every date of a patient moves by the same number of weeks, so weekdays, times of day and
    intervals stay. Ages are whole years (months under two years), and 90 from 90 on.

    Args:
        patients: what ``patients.place_all`` gave; ``patient_id`` of ``rows`` is a row of it.
    """
    shift = patients["shift_days"].gather(rows["patient_id"])
    dated = [name for name in policies()["shifted"] if name in rows.columns]
    return rows.with_columns(
        pl.col(dated) + pl.duration(days=pl.lit(shift), time_unit="us"),
        coarse_age().alias("age_years"),
    )


def number_reports(
    rows: pl.DataFrame, patients: pl.DataFrame, key: bytes
) -> tuple[pl.DataFrame, pl.Series]:
    """``rows`` in their final order, with numbers for ``report_id``, and the reports' pseudonyms.

    The order is that of patient, time, report pseudonym and ``row``. A report's number belongs to
    its patient: two patients may each have a report "1".
    """
    rows = rows if rows[ROW].is_sorted() else rows.sort(ROW)
    rows = rows[stable_order(rows, "patient_id", "collected_at")]
    starts = run_starts(rows, ("patient_id", "collected_at", "report_id"))
    run = starts.cum_sum() - 1
    runs = rows.select("patient_id", "collected_at", "report_id").filter(starts)
    reports = runs.select("patient_id", "report_id").unique(maintain_order=True)
    owners = patients["patient_id"].gather(reports["patient_id"])
    names = pseudonyms(
        key,
        "report",
        [f"{who}\x00{what}" for who, what in zip(owners, reports["report_id"], strict=True)],
    )
    reports = reports.with_row_index("_number").with_columns(names.alias("_name"))
    runs = runs.join(reports, on=["patient_id", "report_id"], how="left", maintain_order="left")
    rows = rows.with_columns(runs["_number"].gather(run).alias("report_id"))
    order = runs.select(
        pl.arg_sort_by("patient_id", "collected_at", "_name", maintain_order=True)
    ).to_series()
    if not order.is_sorted():  # two reports of one time stand in the order of their pseudonyms
        rank = order.arg_sort().gather(run).alias("_rank")
        rows = rows.with_columns(rank).sort("_rank", maintain_order=True).drop("_rank")
    return rows, names


def take_sides(rows: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    """``rows`` with their patients' sides (as codes) and folds."""
    owners = rows["patient_id"]
    sides = patients["split"].cast(pl.Enum(SPLITS)).gather(owners)
    return rows.with_columns(sides.alias("split"), patients["fold"].gather(owners).alias("fold"))


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
