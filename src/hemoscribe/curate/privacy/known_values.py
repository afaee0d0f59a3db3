"""How many patients are found alone by somebody who knows three of their values, and the month.

Hemoglobin, platelets and creatinine are on most reports, and a patient tells them, exactly from the
printed report or rounded from memory. The attack is on the rows as they are written: their dates
are moved, so who knows the true month must take every report that may have been moved from it. The
same search in rows whose dates had not been moved says what moving them gains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hemoscribe.curate.privacy.generalisation import Period
from hemoscribe.curate.pseudonyms.patients import MAX_SHIFT_WEEKS
from hemoscribe.curate.stream.report_lines import REMEMBERED, THREE_VALUES

TRUE_MONTH = "true_month"
_MONTH: Final = "1mo"
_DAYS_OF_A_SHIFT: Final = (7, 7 * MAX_SHIFT_WEEKS)
_LONGEST_DAYS: Final = {None: 1, "month": 31, "quarter": 92, "year": 366}
_DAYS: Final = 1 << 20
"""More days than there are in all dates of the rows."""
_MIXED: Final = pl.lit(0x9E3779B97F4A7C15, pl.UInt64)


@dataclass(frozen=True, slots=True)
class FoundByThree:
    """Shares of patients whom three values of one report find alone, that is, of no other patient.

    Attributes:
        alone: by the values and nothing else.
        moved: by the values and the true month, in the rows as written: what somebody can do who
            knows roughly when, and not by how much a patient's dates were moved.
        unmoved: the same in rows whose dates had not been moved.
        written: by the values and the month as written: what somebody can do who also knows by how
            much the patient's dates were moved.
        patients: who have a dated report with all three.
    """

    alone: float
    moved: float
    unmoved: float
    written: float
    patients: int


def true_months(reports: pl.DataFrame, patients: pl.DataFrame) -> pl.Series:
    """The first day of the month in which each report was really collected.

    Args:
        reports: ``patient_id`` is a place in ``patients``, ``collected_at`` as it is written.
        patients: what ``patients.place_all`` gave.
    """
    shift = patients["shift_days"].gather(reports["patient_id"])
    return reports.select(
        (pl.col("collected_at") - pl.duration(days=pl.lit(shift), time_unit="us"))
        .dt.truncate(_MONTH)
        .cast(pl.Date)
    ).to_series()


def find_by_three(
    reports: pl.DataFrame, *, remembered: bool, period: Period | None = None
) -> FoundByThree:
    """Search for every report by its three values, exact or ``remembered`` to two digits.

    Args:
        reports: one line per report, with ``TRUE_MONTH``; ``collected_at`` as it is written.
        period: of which only the first day is written; None: times are whole.
    """
    values = REMEMBERED if remembered else THREE_VALUES
    known = reports.select(
        "patient_id",
        pl.col(values).alias("values"),
        pl.col("collected_at").cast(pl.Date).alias("day"),
        TRUE_MONTH,
    ).drop_nulls(["values", TRUE_MONTH])
    alone, patients = found_alone(known, pl.col("values"))
    unmoved, _ = found_alone(known, _values_in(pl.col(TRUE_MONTH)))
    written, _ = found_alone(known, _values_in(pl.col("day")))
    moved = alone if period == "none" else _found_in_time(known, _LONGEST_DAYS[period])
    return FoundByThree(alone, moved, unmoved, written, patients)


def found_alone(reports: pl.DataFrame, known: pl.Expr) -> tuple[float, int]:
    """(share of patients with a report whose ``known`` no other patient has, patients)."""
    pairs = reports.select("patient_id", known.alias("known")).unique()
    patients = pairs["patient_id"].n_unique()
    if not patients:
        return 0.0, 0
    alone = pairs.filter(pl.col("known").is_unique())["patient_id"].n_unique()
    return alone / patients, patients


def _values_in(day: pl.Expr) -> pl.Expr:
    """One number for three values and the month of ``day``; without a day, for the values."""
    month = day.dt.year().cast(pl.UInt64) * 12 + day.dt.month().cast(pl.UInt64)
    return pl.col("values") ^ (month.fill_null(0) * _MIXED)


def _found_in_time(known: pl.DataFrame, period_days: int) -> float:
    """Share found alone among the reports of the same values that may be of the true month.

    A report is written 1 to 104 weeks before its day, so in one list by values and day, those that
    may be of a month stand together: the patient is found when all of these are the patient's.
    """
    if known.is_empty():
        return 0.0
    month = pl.col(TRUE_MONTH)
    shortest, longest = _DAYS_OF_A_SHIFT
    numbers = known.select(
        pl.col("patient_id").rank("dense").cast(pl.Int64).alias("patient"),
        (pl.col("values").rank("dense").cast(pl.Int64) * _DAYS).alias("values"),
        pl.col("day").to_physical().cast(pl.Int64),
        (month.to_physical().cast(pl.Int64) - longest - (period_days - 1)).alias("first"),
        (month.dt.month_end().to_physical().cast(pl.Int64) - shortest).alias("last"),
    )
    base = numbers.select(pl.min_horizontal("day", "first").min()).item()
    numbers = numbers.with_columns(
        (pl.col(name) - base + pl.col("values")).alias(name) for name in ("day", "first", "last")
    ).sort("day", "patient")
    patient, values, day = (_array(numbers, name) for name in ("patient", "values", "day"))
    other = (patient[1:] != patient[:-1]) | (values[1:] != values[:-1])
    run = np.r_[0, np.cumsum(other)]
    begin = np.searchsorted(day, _array(numbers, "first"), side="left")
    end = np.searchsorted(day, _array(numbers, "last"), side="right")
    alone = run[begin] == run[end - 1]
    return len(np.unique(patient[alone])) / len(np.unique(patient))


def _array(frame: pl.DataFrame, name: str) -> NDArray[Any]:
    return frame[name].to_numpy()
