"""What is made of a printed range: a limit it lacks is ours, one that cannot be is refused.

A laboratory that prints one limit of an analyte that has two says nothing of the other side: a
leukocyte count of 30 beside "from 4" is not normal. A range of another line, of another age or of
0 to 0 is no range of the result. Both are settled here for every door (``flag_arrays``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from hemoscribe.knowledge.analytes import Analyte, analytes, load_yaml
from hemoscribe.knowledge.printed_limits import Bools, Floats
from hemoscribe.knowledge.range_table import range_table

_ENOUGH = 1 / 3  # of the width of ours, that a range completed by ours has to have
_HALF = 2.0  # a printed lower limit this many times under ours, and this share of our width:
_FAR_UNDER = 0.3
_BESIDE = 0.1  # of our width: a range that lies further beside ours shares nothing with it
_UNLIKE = 0.35  # of our width: a limit that is another one than ours
_ROUNDING = 1e-9

Where = tuple[npt.NDArray[np.int32 | np.int64], ...]
"""Codes of analyte, sex, pregnancy and age band (``RangeTable``)."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Printed limits that count, NaN for none; of which results a limit is to be ours, and where a
    side that matters has none, printed or ours."""

    low: Floats
    high: Floats
    refused: Bools
    fill_low: Bools
    fill_high: Bools
    open: Bools


@dataclass(frozen=True, slots=True)
class _Sides:
    """By analyte: whether a result on that side means something, and how far a range may reach."""

    low_means: Bools
    high_means: Bools
    none_expected: Bools
    reach: Floats  # NaN: never compared
    beside: Bools  # whether a range that lies wholly beside ours cannot be
    of_age: Bools  # whether a child's is another than that of adults


@cache
def _sides() -> _Sides:
    lists: dict[str, Any] = load_yaml("sides.yaml")
    known = list(analytes().values())
    odd = {one for name in lists if name != "reach" for one in lists[name]} - {
        one.id for one in known
    }
    assert not odd, f"sides.yaml names no analytes: {sorted(odd)}"
    skipped = set(lists["not_compared"])
    reaches = [
        np.nan if one.id in skipped else float(lists["reaches"].get(one.id, lists["reach"]))
        for one in known
    ]
    return _Sides(
        _of_all([_has_low(one) and one.id not in lists["upper_only"] for one in known]),
        _of_all([_has_high(one) and one.id not in lists["lower_only"] for one in known]),
        _of_all([one.id in lists["none_expected"] for one in known]),
        np.array([*reaches, np.nan]),
        _of_all([one.id not in lists["beside"] and one.id not in skipped for one in known]),
        _of_all([one.id in lists["of_age"] for one in known]),
    )


@cache
def never_low() -> Bools:
    """By the code of an analyte: whether a low result says nothing but that there is none of it."""
    lists: dict[str, Any] = load_yaml("sides.yaml")
    return _of_all([one in lists["never_low"] for one in analytes()])


def _of_all(marks: list[bool]) -> Bools:
    return np.array([*marks, False])  # the last: no analyte of ours


def _has_low(analyte: Analyte) -> bool:
    rows = [row for row in analyte.ranges if not row.pregnant]
    return not rows or any(row.low is not None and row.low != 0 for row in rows)


def _has_high(analyte: Analyte) -> bool:
    rows = [row for row in analyte.ranges if not row.pregnant]
    return not rows or any(row.high is not None for row in rows)


def settle(where: Where, low: Floats, high: Floats) -> Settled:
    """What counts of printed limits, canonical, NaN for none."""
    never = np.zeros(len(low), dtype=np.bool_)
    printed = ~(np.isnan(low) & np.isnan(high))
    if not printed.any():
        return Settled(low, high, never, never, never, never)
    sides, code = _sides(), where[0]
    table = range_table()
    own = table.outer.low[where], table.outer.high[where]
    refused = printed & _cannot_be(where, low, high)
    low = np.where(refused, np.nan, low)
    high = np.where(refused, np.nan, high)
    # nothing measured is below zero: where ours is above it, zero is no limit
    low = np.where((low <= 0) & (own[0] > 0) & sides.low_means[code] & ~np.isnan(high), np.nan, low)
    no_low, no_high = np.isnan(low), np.isnan(high)
    lacks_low = no_low & ~no_high & sides.low_means[code]
    lacks_high = no_high & ~no_low & sides.high_means[code]
    enough = _ENOUGH * np.nan_to_num(own[1] - own[0])
    fill_low = lacks_low & (high - own[0] > enough)
    fill_high = lacks_high & (own[1] - low > enough)
    own_known = ~np.isnan(own[0]) | ~np.isnan(own[1])
    one_sided_low = own_known & np.isnan(own[0])
    one_sided_high = own_known & np.isnan(own[1])
    is_open = (lacks_low & ~fill_low & ~one_sided_low) | (lacks_high & ~fill_high & ~one_sided_high)
    return Settled(low, high, refused, fill_low, fill_high, is_open)


def _cannot_be(where: Where, low: Floats, high: Floats) -> Bools:
    """Which printed ranges are none of this analyte and patient."""
    sides, code, table = _sides(), where[0], range_table()
    none_expected = sides.none_expected[code] & (high == 0)
    nothing = (high == 0) & ~(low < 0) | (np.abs(high - low) <= _ROUNDING * np.abs(high))
    ours = table.widest_low[where], table.widest_high[where]
    width = np.where(
        np.isnan(ours[0]), ours[1], np.where(np.isnan(ours[1]), ours[0], ours[1] - ours[0])
    )
    with np.errstate(invalid="ignore"):
        reach = sides.reach[code]
        too_wide = (high - ours[1] > reach * width) | (ours[0] - low > reach * width)
        under = (low > 0) & (low * _HALF < ours[0]) & (ours[0] - low > _FAR_UNDER * width)
        under &= sides.beside[code]
        beside = (ours[0] - high > _BESIDE * width) | (low - ours[1] > _BESIDE * width)
        beside &= sides.beside[code]
    another = _of_adults(where, low, high, ours) & sides.of_age[code]
    return np.asarray((nothing & ~none_expected) | too_wide | under | beside | another)


def _of_adults(where: Where, low: Floats, high: Floats, own: tuple[Floats, Floats]) -> Bools:
    """Which ranges of children are nearer to that of adults than to ours of their age."""
    table, (code, _, _, band) = range_table(), where
    child = band < table.adult_band
    if not child.any():
        return child
    adults = [
        (table.outer.low[code, sex, 0, -1], table.outer.high[code, sex, 0, -1]) for sex in (0, 1)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        width = own[1] - np.where(np.isnan(own[0]), 0.0, own[0])
        from_own = _distance((low, high), own) / width
        from_adult = np.fmin(*(_distance((low, high), adult) for adult in adults)) / width
        return np.asarray(child & (from_own > _UNLIKE) & (from_adult < from_own / 2))


def _distance(left: tuple[Floats, Floats], right: tuple[Floats, Floats]) -> Floats:
    """The larger distance of the limits that both ranges have; NaN where they share none."""
    return np.asarray(np.fmax(np.abs(left[0] - right[0]), np.abs(left[1] - right[1])))
