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

_PERSON = "uniquepid"


def stays(patient: pl.DataFrame, rules: Mapping[str, Any]) -> pl.DataFrame:
    """One row per stay in a unit.

    Args:
        patient: the columns ``patient`` and ``stay`` of ``eicu.yaml`` as text.

    Returns:
        patientunitstayid, uniquepid, hospitalid, wardid, sex, age_years, begins.
    """
    age = patient["age"].str.replace(rules["age_over"], str(rules["age_over_years"]), literal=True)
    unit = pl.col("patientunitstayid")
    number = {
        name: pl.col(column).cast(pl.Int64, strict=False)
        for name, column in (
            ("year", "hospitaldischargeyear"), ("visit", "unitvisitnumber"),
            ("from_unit", "hospitaladmitoffset"),
        )
    }  # fmt: skip
    placed = patient.with_columns(
        sex=sexes(patient["gender"]), age_years=ages_years(age), **number
    ).with_columns(
        person=pl.coalesce(_PERSON, unit),
        # without its offset a unit's stay cannot be placed beside the others of its hospital stay
        stay=pl.coalesce(
            pl.when(pl.col("from_unit").is_not_null()).then("patienthealthsystemstayid"), unit
        ),
    )
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
