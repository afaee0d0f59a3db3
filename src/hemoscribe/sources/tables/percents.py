"""Values that hold their own per cent: ``42%`` is 42 in the unit ``%``."""

from __future__ import annotations

import polars as pl

_WITH_PERCENT = r"^(.*\d)\s*%$"
_UNITS = ("%", "pct", "percent", "pour cent")


def without_percent(reported: pl.DataFrame) -> pl.DataFrame:
    """Rows whose values end in ``%`` with that as their unit; of another unit they stay."""
    value, unit = pl.col("reported_value"), pl.col("reported_unit")
    if not reported["reported_value"].str.contains("%", literal=True).any():
        return reported
    is_percent = value.str.contains(_WITH_PERCENT) & (
        unit.is_null() | unit.str.to_lowercase().is_in(_UNITS)
    )
    return reported.with_columns(
        pl.when(is_percent).then(value.str.extract(_WITH_PERCENT)).otherwise(value).name.keep(),
        pl.when(is_percent).then(unit.fill_null("%")).otherwise(unit).name.keep(),
    )
