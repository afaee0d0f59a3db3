"""Printed ranges as other laboratories would print them, so that the model reads them.

A model trained on one laboratory's limits learns them by heart and ignores what is printed. On the
training side each limit moves by a random share of the range's width, alike for all results of an
analyte within one report. The value, and so the patient, is never touched.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import polars as pl

from hemoscribe.knowledge import linear_conversion

_COARSE_SHARE = 0.4  # of limits are printed with two significant digits, the rest with three


def jitter_ranges(rows: pl.DataFrame, *, share: float, seed: int) -> pl.DataFrame:
    """Move ``low`` and ``high`` by up to ``share`` of the range's width (one-sided: of the limit).

    New limits are round numbers in the reported unit, as a laboratory would print them; low stays
    below high and neither passes below zero unless the old one did. Deterministic for a seed and
    the rows' order.
    """
    if share <= 0 or rows.is_empty():
        return rows
    random = np.random.default_rng(seed)
    draws = zip(
        random.uniform(-share, share, size=(rows.height, 2)).tolist(),
        (random.random(rows.height) < _COARSE_SHARE).tolist(),
        strict=True,
    )
    columns = rows.select("analyte", "unit", "reported_unit", "low", "high").iter_rows()
    lows, highs = [], []
    for (analyte, unit, reported, low, high), (moves, coarse) in zip(columns, draws, strict=True):
        conversion = _conversion(analyte, reported or unit)
        moved = [_printed(limit, conversion, coarse=coarse) for limit in _moved(low, high, *moves)]
        if None not in moved and moved[0] >= moved[1]:
            moved = [low, high]
        lows.append(moved[0])
        highs.append(moved[1])
    changed = pl.col("low").is_not_null() | pl.col("high").is_not_null()
    return rows.with_columns(
        pl.Series("low", lows, dtype=pl.Float64),
        pl.Series("high", highs, dtype=pl.Float64),
        pl.when(changed)
        .then(pl.lit("laboratory"))
        .otherwise(pl.col("range_source"))
        .alias("range_source"),
    )


def _moved(
    low: float | None, high: float | None, move_low: float, move_high: float
) -> tuple[float | None, float | None]:
    if low is not None and high is not None:
        width = high - low
        moved = low + move_low * width
        return (max(moved, 0.0) if low >= 0 else moved), high + move_high * width
    if high is not None:
        return None, high * (1 + move_high)
    if low is not None:
        return low * (1 + move_low), None
    return None, None


@lru_cache(maxsize=4096)
def _conversion(analyte: str, unit: str) -> tuple[float, float]:
    return linear_conversion(analyte, unit)


def _printed(limit: float | None, conversion: tuple[float, float], *, coarse: bool) -> float | None:
    """The limit rounded to two or three significant digits of the reported unit."""
    if not limit:
        return limit
    scale, offset = conversion
    reported = (limit - offset) / scale
    if reported == 0:
        return limit
    digits = 2 if coarse else 3
    rounded = round(reported, digits - 1 - math.floor(math.log10(abs(reported))))
    return rounded * scale + offset
