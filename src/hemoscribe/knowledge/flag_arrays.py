"""The flags of values, on arrays: against their laboratory's range, else against ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hemoscribe.knowledge.printed_limits import (
    Bools,
    Floats,
    OtherUnits,
    at_most,
    below,
    equal,
    in_other_units,
)
from hemoscribe.knowledge.range_table import Limits, range_table

SEX_CODES = {"F": 0, "M": 1}
SIGN_CODES = {"<": -2, "<=": -1, ">=": 1, ">": 2}
_ANY_SEX = 2
_AT_ONCE = 16_384
FLAG_NAMES = (None, "LL", "L", "N", "H", "HH")
_NONE, _LL, _L, _N, _H, _HH = range(6)


@dataclass(frozen=True, slots=True)
class FlagArrays:
    """Limits (NaN for none), where ours were filled in, indices into ``FLAG_NAMES``, alarms."""

    low: Floats
    high: Floats
    filled: Bools
    flags: npt.NDArray[np.int64]
    critical: Bools


def flag_arrays(
    code: npt.NDArray[np.int32],
    value: Floats,
    sign: npt.NDArray[np.int8],
    low: Floats,
    high: Floats,
    sex: npt.NDArray[np.int32],
    age_years: Floats,
    pregnant: npt.NDArray[np.int32],
    *,
    other_unit: OtherUnits | None = None,
    fill: bool = True,
    critical: tuple[float | None, float | None] = (None, None),
) -> FlagArrays:
    """What ``flag`` computes, on arrays: codes of analytes, comparators and sexes; NaN for null.

    Args:
        critical: critical limits in place of ours, on the sides that are not None.
    """
    parts = []
    for first in range(0, max(len(code), 1), _AT_ONCE):  # small enough for a processor's cache
        here = slice(first, first + _AT_ONCE)
        parts.append(
            _flag_part(
                code[here],
                value[here],
                sign[here],
                low[here],
                high[here],
                sex[here],
                age_years[here],
                pregnant[here],
                other_unit=None if other_unit is None else other_unit.within(here.start, here.stop),
                fill=fill,
                critical=critical,
            )
        )
    if len(parts) == 1:
        return parts[0]
    return FlagArrays(
        np.concatenate([part.low for part in parts]),
        np.concatenate([part.high for part in parts]),
        np.concatenate([part.filled for part in parts]),
        np.concatenate([part.flags for part in parts]),
        np.concatenate([part.critical for part in parts]),
    )


def _flag_part(
    code: npt.NDArray[np.int32],
    value: Floats,
    sign: npt.NDArray[np.int8],
    low: Floats,
    high: Floats,
    sex: npt.NDArray[np.int32],
    age_years: Floats,
    pregnant: npt.NDArray[np.int32],
    *,
    other_unit: OtherUnits | None,
    fill: bool,
    critical: tuple[float | None, float | None],
) -> FlagArrays:
    table = range_table()
    band = np.searchsorted(table.age_breaks, age_years, side="right") - 1
    band = np.where(np.isnan(age_years), len(table.age_breaks), np.maximum(band, 0))
    where = (code, sex, pregnant, band)
    own_low, own_high = table.outer.low[where], table.outer.high[where]
    compared = _Compared(sign == -2, sign == -1, sign == 1, sign == 2)
    filled = np.zeros(len(code), dtype=np.bool_)
    if fill:
        absent = np.isnan(low) & np.isnan(high)
        printed = _printed_limits(table.outer, where, other_unit)
        varies = absent & table.varies[where]
        if varies.any():
            inner = _printed_limits(table.inner, where, other_unit)
            absent &= ~(varies & _between(value, compared, printed, inner))
        low, high = np.where(absent, printed[0], low), np.where(absent, printed[1], high)
        filled = absent & ~(np.isnan(low) & np.isnan(high))
    expected = ~np.isnan(age_years) & ~below(value, own_low) & ~below(own_high, value)
    ranged = ~np.isnan(own_low) & ~np.isnan(own_high)
    spared = expected & ranged & ~table.own_critical[code, band]
    unranged = np.isnan(low) & np.isnan(high)
    alarm_low, alarm_high = table.critical_low[code, band], table.critical_high[code, band]
    dangerous = table.absolute_low[code, band], table.absolute_high[code, band]
    alarm_low = np.where(
        unranged | np.isnan(alarm_low), np.fmax(alarm_low, dangerous[0]), alarm_low
    )
    alarm_high = np.where(
        unranged | np.isnan(alarm_high), np.fmin(alarm_high, dangerous[1]), alarm_high
    )
    flags, alarms = _flags(
        value,
        compared,
        low,
        high,
        _in_place(critical[0], np.where(spared, np.nan, alarm_low)),
        _in_place(critical[1], np.where(spared, np.nan, alarm_high)),
    )
    return FlagArrays(low, high, filled, flags, alarms)


def _in_place(own: float | None, ours: Floats) -> Floats:
    return ours if own is None else np.full_like(ours, own)


def _between(
    value: Floats,
    compared: _Compared,
    outer: tuple[Floats, Floats],
    inner: tuple[Floats, Floats],
) -> Bools:
    """Which values are not called the same by all limits that may apply."""
    none = np.full(len(value), np.nan)
    by_outer, _ = _flags(value, compared, *outer, none, none)
    by_inner, _ = _flags(value, compared, *inner, none, none)
    return np.asarray(by_outer != by_inner)


def _printed_limits(
    table: Limits, where: tuple[npt.NDArray[np.int32 | np.int64], ...], other: OtherUnits | None
) -> tuple[Floats, Floats]:
    """Limits, canonical, as the report of each value prints them in its unit."""
    low, high = table.printed_low[where], table.printed_high[where]
    if other is not None:
        there = tuple(index[other.places] for index in where)
        limits = in_other_units(table.low[there], table.high[there], other)
        low[other.places], high[other.places] = limits
    return low, high


def flag_codes(analyte: str, comparator: str | None, sex: str | None) -> tuple[int, int, int]:
    """The codes of ``flag_arrays`` for an analyte, a comparator and a sex."""
    codes = range_table().codes
    return (
        codes.get(analyte, len(codes)),
        SIGN_CODES.get(comparator or "", 0),
        SEX_CODES.get(sex or "", _ANY_SEX),
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """Which values were printed with which comparator."""

    less: Bools
    at_most: Bools
    at_least: Bools
    more: Bools


def _flags(
    value: Floats,
    compared: _Compared,
    low: Floats,
    high: Floats,
    critical_low: Floats,
    critical_high: Floats,
) -> tuple[npt.NDArray[np.int64], Bools]:
    """Indices into ``_FLAG_NAMES``, and which values are critical."""
    smaller = compared.less | compared.at_most
    greater = compared.more | compared.at_least
    no_low, no_high = np.isnan(low), np.isnan(high)
    zero_low = low <= 0  # nothing measured is below it: "<5" with limits of 0 and 10 is normal
    under, over = below(value, low), below(high, value)
    is_low = (under & ~greater) | (compared.less & equal(value, low))
    is_low &= ~(smaller & zero_low)
    is_high = (over & ~smaller) | (compared.more & equal(value, high))
    inside_smaller = smaller & (no_low | zero_low) & ~over
    inside_greater = greater & no_high & ~under
    inside = ~smaller & ~greater | inside_smaller | inside_greater
    known = ~np.isnan(value)
    ranged, unranged = known & ~(no_low & no_high), known & no_low & no_high
    code = np.select([ranged & is_low, ranged & is_high, ranged & inside], [_L, _H, _N], _NONE)
    too_low = ~greater & at_most(value, critical_low)
    too_high = ~smaller & at_most(critical_high, value)
    code = np.where(too_low & ((code == _L) | unranged), _LL, code)
    code = np.where(too_high & ((code == _H) | unranged), _HH, code)
    return code, too_low | too_high
