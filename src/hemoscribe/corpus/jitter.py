"""Printed ranges as other laboratories would print them, so that the model reads them.

A model trained on one laboratory's limits learns them by heart and ignores what is printed. On the
training side each limit moves by a random share of the range's width, alike for all results of an
analyte within one report. The value, and so the patient, is never touched.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.knowledge import linear_conversion

FAR_FACTORS = (3.0, 30.0)
"""By how much the limits of a far result are multiplied or divided."""
_COARSE_SHARE = 0.7  # of ranges have a width of two significant digits, the rest of three


def jitter_ranges(
    rows: pl.DataFrame, *, share: float, seed: int, far_share: float = 0.0
) -> pl.DataFrame:
    """Move ``low`` and ``high`` by up to ``share`` of the range's width (one-sided: of the limit).

    ``far_share`` of the results get limits many times lower or higher, within ``FAR_FACTORS``: a
    value ten times its limit is too rare to be learnt from patients, and must not be misread.

    New limits are round numbers in the reported unit, as a laboratory would print them; low stays
    below high and neither passes below zero unless the old one did. Deterministic for a seed and
    the rows' order.
    """
    if (share <= 0 and far_share <= 0) or rows.is_empty():
        return rows
    random = np.random.default_rng(seed)
    draws = zip(
        random.uniform(-share, share, size=(rows.height, 2)).tolist(),
        (random.random(rows.height) < _COARSE_SHARE).tolist(),
        _factors(rows.height, far_share, random).tolist(),
        strict=True,
    )
    columns = rows.select("analyte", "unit", "reported_unit", "low", "high").iter_rows()
    lows, highs = [], []
    for (analyte, unit, reported, low, high), (moves, coarse, factor) in zip(
        columns, draws, strict=True
    ):
        scale, offset = _conversion(analyte, reported or unit)
        old = [None if limit is None else (limit - offset) / scale for limit in (low, high)]
        far = [None if limit is None else limit * factor for limit in old]
        new = _printed(_moved(far[0], far[1], *moves), digits=2 if coarse else 3)
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


def _factors(
    count: int, far_share: float, random: np.random.Generator
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Shape (count,): by how much each result's limits are multiplied, 1 for most."""
    far = random.random(count) < far_share
    low, high = map(math.log, FAR_FACTORS)
    factors = np.exp(random.uniform(low, high, size=count))
    divided = random.random(count) < 0.5
    return np.where(far, np.where(divided, 1 / factors, factors), 1.0)


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
