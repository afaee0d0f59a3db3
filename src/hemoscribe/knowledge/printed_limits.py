"""Limits as reports print them: comparing with them, and rounding ours in a laboratory's unit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge.analytes import linear_conversion

RELATIVE_TOLERANCE = 1e-9
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_PUBLISHED_DIGITS = 4  # a limit with no more significant digits stands as it was published
_WIDTH_DIGITS = 2  # else a range's width is printed with these


def below(left: Floats, right: Floats) -> Bools:
    """Whether left is under right by more than the rounding of a conversion."""
    return np.asarray(left - right < -_rounding(left, right))


def at_most(left: Floats, right: Floats) -> Bools:
    """Whether left is under right or, but for the rounding of a conversion, equal to it."""
    return np.asarray(left - right <= _rounding(left, right))


def equal(left: Floats, right: Floats) -> Bools:
    """Whether two numbers differ by no more than the rounding of a conversion."""
    return np.asarray(np.abs(left - right) <= _rounding(left, right))


def _rounding(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.maximum(np.abs(left), np.abs(right)) * RELATIVE_TOLERANCE)


def as_printed(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Limits as a laboratory prints them once they are converted to its unit.

    A published calcium limit of 2.10 mmol/L is 8.4 mg/dL on paper, not 8.416: a limit with more
    than four significant digits is rounded to the decimals that give the range's width (one-sided:
    the limit) two. Both arrays are in one unit per element, NaN for no limit.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.where(np.isnan(low), np.abs(high), np.abs(high - np.where(low == high, 0, low)))
        width = np.where(np.isnan(high), np.abs(low), width)
        step = _power_of_ten(width, _WIDTH_DIGITS)
    return _rounded(low, step), _rounded(high, step)


def _power_of_ten(number: Floats, digits: int) -> Floats:
    """The factor that makes integers of numbers with ``digits`` significant digits."""
    exponent = digits - 1 - np.floor(np.log10(number))
    return np.asarray(10.0 ** np.where(np.isfinite(exponent), np.maximum(exponent, 0), 0))


def _rounded(limit: Floats, step: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = _PUBLISHED_DIGITS - 1 - np.floor(np.log10(np.abs(limit)))
    fine = 10.0 ** np.where(np.isfinite(exponent), exponent, 0)
    published = equal(np.round(limit * fine) / fine, limit)
    return np.where(published, limit, np.round(limit * step) / step)


@dataclass(frozen=True, slots=True)
class OtherUnits:
    """Which values were reported in another unit: canonical = scale * reported + offset."""

    places: npt.NDArray[np.int64]
    scale: Floats
    offset: Floats

    def within(self, first: int, last: int) -> OtherUnits | None:
        """Those of the values from ``first`` to before ``last``, counted from there; None without.

        ``places`` are in order.
        """
        start, stop = np.searchsorted(self.places, (first, last))
        if start == stop:
            return None
        here = slice(start, stop)
        return OtherUnits(self.places[here] - first, self.scale[here], self.offset[here])


def other_units(rows: pl.DataFrame) -> OtherUnits | None:
    """The rows that lack a printed limit and are not in the canonical unit; None without any."""
    if "reported_unit" not in rows.columns:
        return None
    numbered = rows.select(
        "analyte", "reported_unit", place=pl.int_range(pl.len(), dtype=pl.Int64)
    ).filter(
        (rows["low"].is_null() | rows["high"].is_null() | (rows["low"] <= 0))
        & (rows["reported_unit"] != rows["unit"])
    )
    if numbered.is_empty():
        return None
    distinct = numbered.select("analyte", "reported_unit").unique()
    pairs = [unit_scale(*pair) for pair in distinct.iter_rows()]
    scales = distinct.with_columns(
        pl.Series("scale", [scale for scale, _ in pairs], dtype=pl.Float64),
        pl.Series("offset", [offset for _, offset in pairs], dtype=pl.Float64),
    )
    joined = numbered.join(
        scales, on=["analyte", "reported_unit"], how="left", maintain_order="left"
    )
    return OtherUnits(*(joined[name].to_numpy() for name in ("place", "scale", "offset")))


@lru_cache(maxsize=8192)
def unit_scale(analyte: str, unit: str | None) -> tuple[float, float]:
    """As ``linear_conversion``; a unit that is missing or unknown counts as the canonical one."""
    if unit is None:
        return 1.0, 0.0
    try:
        return linear_conversion(analyte, unit)
    except KnowledgeError:
        return 1.0, 0.0


def in_other_units(low: Floats, high: Floats, other: OtherUnits) -> tuple[Floats, Floats]:
    """Canonical limits of the values at ``other.places``, as their reports print them."""
    reported = ((limit - other.offset) / other.scale for limit in (low, high))
    printed = as_printed(*reported)
    return (
        printed[0] * other.scale + other.offset,
        printed[1] * other.scale + other.offset,
    )
