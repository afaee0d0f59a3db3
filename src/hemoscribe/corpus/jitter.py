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

_COARSE_SHARE = 0.7  # of ranges have a width of two significant digits, the rest of three


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
        scale, offset = _conversion(analyte, reported or unit)
        old = [None if limit is None else (limit - offset) / scale for limit in (low, high)]
        new = _printed(_moved(old[0], old[1], *moves), digits=2 if coarse else 3)
        lows.append(None if new[0] is None else new[0] * scale + offset)
        highs.append(None if new[1] is None else new[1] * scale + offset)
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


def _printed(
    limits: tuple[float | None, float | None], *, digits: int
) -> tuple[float | None, float | None]:
    """Both limits with as many decimals as give the range's width that many digits."""
    low, high = limits
    width = abs((high or 0.0) - (low or 0.0))
    if width == 0:
        return limits
    decimals = digits - 1 - math.floor(math.log10(width))
    return (
        None if low is None else round(low, decimals),
        None if high is None else round(high, decimals),
    )
