"""The stays of eICU's patient.csv: whose each is, and when it begins on its patient's own time.

Within a hospital stay ``hospitaladmitoffset`` tells how far two units' admissions lie apart. Of two
hospital stays only the years of discharge are known: they follow each other in that order, a year
apart, which is further than any rule looks back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from hemoscribe.sources.patients import ages_years, sexes

MAX_MINUTES = 5_000_000  # ten years: no stay is longer
_PERSON = "uniquepid"


def stays(patient: pl.DataFrame, rules: Mapping[str, Any]) -> pl.DataFrame:
    """One row per stay in a unit.

    Args:
        patient: the columns ``patient`` and ``stay`` of ``eicu.yaml`` as text.

    Returns:
        patientunitstayid, uniquepid, hospitalid, wardid, sex, age_years, begins.
    """
    placed = _read(patient, rules)
    order = ["year", "patienthealthsystemstayid", "visit", "patientunitstayid"]
    placed = placed.sort(order, nulls_last=True, maintain_order=True)
    placed = placed.with_columns(
        count=pl.struct("person", "stay")
        .is_first_distinct()
        .cast(pl.Int64)
        .cum_sum()
        .over("person")
    )
    nth = pl.col("count").first().over("person", "stay") - 1
    first_day = pl.lit(rules["first_day"]).str.to_datetime("%Y-%m-%d", time_unit="us")
    later = (pl.col("from_unit").first().over("person", "stay") - pl.col("from_unit")).fill_null(0)
    return placed.select(
        "patientunitstayid", _PERSON, "hospitalid", "wardid", "sex", "age_years",
        begins=first_day
        + pl.duration(days=nth * rules["days_between_stays"], minutes=later),
    )  # fmt: skip


def _read(patient: pl.DataFrame, rules: Mapping[str, Any]) -> pl.DataFrame:
    """The stays with sex, age, what they are placed by, and whose hospital stay each is of."""
    age = patient["age"].str.replace(rules["age_over"], str(rules["age_over_years"]), literal=True)
    year, visit, minutes = (
        pl.col(column).cast(pl.Int64, strict=False)
        for column in ("hospitaldischargeyear", "unitvisitnumber", "hospitaladmitoffset")
    )
    read = patient.with_columns(
        sex=sexes(patient["gender"]),
        age_years=ages_years(age),
        year=year,
        visit=visit,
        from_unit=pl.when(minutes.abs() < MAX_MINUTES).then(minutes),
    )
    # a unit's stay without its offset has no place beside the others of its hospital stay
    placed = pl.when(pl.col("from_unit").is_not_null()).then("patienthealthsystemstayid")
    return read.with_columns(
        person=pl.coalesce(_PERSON, "patientunitstayid"),
        stay=pl.coalesce(placed, "patientunitstayid"),
    )
