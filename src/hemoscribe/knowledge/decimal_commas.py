"""What a comma before three digits marks, decimals or thousands, and when nothing tells.

Works on rows that hold one option each (``recognise`` makes them): value and limits converted by
the option, the analyte's plausible limits, and its usual ones.
"""

from __future__ import annotations

import polars as pl

from hemoscribe.knowledge.usual_limits import LOOSE

_FAR = 10.0  # a value this many times outside the usual range is not near it


def _plausible(name: str) -> pl.Expr:
    return pl.col(name).is_between(pl.col("plausible_low"), pl.col("plausible_high"))


def _near(name: str) -> pl.Expr:
    """Whether a value is of the order of the analyte's ranges; zero is near every range."""
    value = pl.col(name)
    low, high = pl.col("usual_low").fill_null(0.0), pl.col("usual_high").fill_null(float("inf"))
    return (value == 0) | value.is_between(low / _FAR, high * _FAR)


def _limits_within(factor: float, read: str = "") -> pl.Expr:
    """Whether printed limits, where there are any, are within a factor of the analyte's own."""
    low, high = pl.col(f"{read}low"), pl.col(f"{read}high")
    own_low, own_high = pl.col("usual_low"), pl.col("usual_high")
    low_fits = (low == 0) | low.is_between(own_low / factor, own_low * factor)
    high_fits = high.is_between(own_high / factor, own_high * factor)
    return low_fits.fill_null(True) & high_fits.fill_null(True)


def decimal_or_thousands(rows: pl.DataFrame) -> pl.DataFrame:
    """ "1,234" is 1.234 or 1234: the one that is plausible, else the one near the ranges.

    Where that leaves both, ``two_readings`` is true. Limits beside it are read the same way.
    """
    either = pl.col("alternative").is_not_null()
    decimal, thousands = _plausible("value"), _plausible("alternative")
    near_decimal, near_thousands = _near("value"), _near("alternative")
    as_decimal = decimal & (~thousands | (near_decimal & ~near_thousands))
    as_thousands = thousands & (~decimal | (near_thousands & ~near_decimal))
    by_value = either & (as_decimal | as_thousands)
    rows = _limits_read(rows, by_value.fill_null(False), as_thousands.fill_null(False))
    return rows.with_columns(
        two_readings=(either & decimal & thousands & ~as_decimal & ~as_thousands).fill_null(False),
        value=pl.when(either & as_thousands).then(pl.col("alternative")).otherwise(pl.col("value")),
    )


def _limits_read(rows: pl.DataFrame, by_value: pl.Expr, as_thousands: pl.Expr) -> pl.DataFrame:
    """Limits such as "1,500-7,500" read as the value beside them is, else as they fit the analyte.

    Where neither decides, there are none: a range a thousand times too low or high is worse.

    Args:
        by_value: whether the value beside them decides, and ``as_thousands`` how.
    """
    either = pl.col("other_low").is_not_null() | pl.col("other_high").is_not_null()
    decimal, thousands = _limits_within(LOOSE), _limits_within(LOOSE, "other_")
    grouped = pl.when(by_value).then(as_thousands).otherwise(thousands & ~decimal)
    plain = pl.when(by_value).then(~as_thousands).otherwise(decimal & ~thousands)
    return rows.with_columns(
        pl.when(either & grouped)
        .then(pl.col(f"other_{name}"))
        .when(~either | plain)
        .then(pl.col(name))
        .alias(name)
        for name in ("low", "high")
    )
