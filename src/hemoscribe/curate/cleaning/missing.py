"""Missing sex, age, unit and range: by a named policy each, and counted whatever the policy.

A missing result is absent: nothing here, and nothing later, invents one.
"""

from __future__ import annotations

import polars as pl

from hemoscribe.curate.cleaning.rejection import Cleaned, part, together
from hemoscribe.knowledge import flag
from hemoscribe.records import RejectCode
from hemoscribe.settings import CurateSettings

COUNTED = ("sex", "age", "unit", "range", "time", "laboratory")
FILLED = "range_filled"
_TEXTS = pl.col("analyte", "comparator", "sex", "range_source")
_NUMBERS = pl.col("value", "age_years", "pregnant", "low", "high")


def count_missing(rows: pl.DataFrame) -> dict[str, int]:
    """Results without sex, age, printed unit, range, collection time, laboratory.

    ``range_filled`` counts the results whose range is ours.
    """
    counts = rows.select(
        pl.col("sex").is_null().sum().alias("sex"),
        pl.col("age_years").is_null().sum().alias("age"),
        pl.col("unit_inferred").sum().alias("unit"),
        (pl.col("low").is_null() & pl.col("high").is_null()).sum().alias("range"),
        pl.col("collected_at").is_null().sum().alias("time"),
        pl.col("laboratory").is_null().sum().alias("laboratory"),
        (pl.col("range_source") == "knowledge").sum().alias(FILLED),
    )
    return {name: int(counts[name].item()) for name in (*COUNTED, FILLED)}


def settle_missing(rows: pl.DataFrame, settings: CurateSettings) -> Cleaned:
    """Fill ranges from knowledge, then refuse what the policies do not accept."""
    rejects = []
    if settings.missing_range == "knowledge":
        rows = fill_ranges(rows)
    no_range = pl.col("low").is_null() & pl.col("high").is_null()
    policies = (
        ("missing_sex", settings.missing_sex, pl.col("sex").is_null(), "The patient's sex"),
        ("missing_age", settings.missing_age, pl.col("age_years").is_null(), "The patient's age"),
        ("missing_unit", settings.missing_unit, pl.col("unit_inferred"), "The unit"),
        ("missing_range", settings.missing_range, no_range, "The reference range"),
    )
    for name, policy, missing, what in policies:
        if policy == "reject":
            message = f"{what} is missing; `curate.{name}: keep` accepts that."
            rows, refused = part(rows, missing, RejectCode.MISSING_POLICY, message)
            rejects.append(refused)
    return rows, together(rejects)


def fill_ranges(rows: pl.DataFrame) -> pl.DataFrame:
    """Our range where the laboratory printed none; a printed range always stays as it is."""
    absent = rows.select(pl.col("low").is_null() & pl.col("high").is_null()).to_series()
    if not absent.any():
        return rows
    filled = flag(rows.filter(absent).select(_TEXTS.cast(pl.String), _NUMBERS), fill="knowledge")
    places = absent.arg_true()
    low, high = (rows[name].scatter(places, filled[name]) for name in ("low", "high"))
    ours = absent & (low.is_not_null() | high.is_not_null())
    source = pl.lit("knowledge", rows.schema["range_source"])
    return rows.with_columns(
        low, high, pl.when(ours).then(source).otherwise("range_source").alias("range_source")
    )
