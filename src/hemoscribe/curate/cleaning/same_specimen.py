"""Which results belong to the same specimen.

Records carry no specimen number, so a specimen is a patient's collection time. Where no time of day
was recorded (no time at all, or midnight to the second) several specimens may share a date, and the
report decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SPECIMEN_REPORT = "_specimen_report"
RESULT_IN_REPORT = ("patient_id", "report_id", "collected_at", "analyte")
SAME_SPECIMEN = (
    "patient_id",
    "laboratory",
    "collected_at",
    SPECIMEN_REPORT,
    "analyte",
    "reported_name",
)


def with_specimen_report(rows: pl.DataFrame) -> pl.DataFrame:
    """``rows`` with the report where it tells specimens apart, null where the time does."""
    time_of_day_known = pl.col("collected_at").dt.time() != pl.time(0, 0, 0)
    return rows.with_columns(
        pl.when(time_of_day_known.fill_null(value=False))
        .then(pl.lit(None, pl.String))
        .otherwise(pl.col("report_id"))
        .alias(SPECIMEN_REPORT)
    )


def may_concern_each_other(rows: pl.DataFrame) -> pl.Series:
    """Whether a row's patient, time and analyte may be another row's too.

    True for every row that is, and by chance for a few that are not. Only these can be duplicates
    of each other, contradict, correct or cancel each other.
    """
    # Arithmetic on codes finds them several times as fast as hashing the rows.
    key = [pl.col(name).to_physical().cast(pl.UInt64, wrap_numerical=True) for name in _ONE_MEASURE]
    mixed = pl.lit(0, pl.UInt64)
    for number, factor in zip(key, _ODD_FACTORS, strict=True):
        mixed = mixed + number.fill_null(1) * factor
    return rows.select(mixed.is_duplicated()).to_series()


_ONE_MEASURE = ("patient_id", "collected_at", "analyte")
_ODD_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)


def shared_by_several(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The rows whose ``keys`` are those of another row as well, in their order."""
    # Hashes find the few candidates eight times as fast as grouping all rows by their texts.
    candidates = rows.filter(rows.select(keys).hash_rows().is_duplicated())
    if candidates.is_empty():
        return candidates
    return candidates.filter(pl.len().over(keys) > 1)
