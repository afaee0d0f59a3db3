"""Flags: each value against its laboratory's range, else against ours by sex, age and pregnancy.

What is done where sex or age is not stated is in ``knowledge.applicable``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.knowledge.analytes import Analyte, analytes
from hemoscribe.knowledge.applicable import applicable, covers, critical_limits
from hemoscribe.knowledge.printed_limits import (
    Bools,
    Floats,
    OtherUnits,
    as_printed,
    below,
    equal,
    in_other_units,
    other_units,
)

_SEX_CODES = {"F": 0, "M": 1}
_SIGN_CODES = {"<": -2, "<=": -1, ">=": 1, ">": 2}
_ANY_SEX = 2


@dataclass(frozen=True, slots=True)
class _Limits:
    """Canonical limits, and the same as a report in the canonical unit prints them."""

    low: Floats
    high: Floats
    printed_low: Floats
    printed_high: Floats


@dataclass(frozen=True, slots=True)
class _Table:
    """Limits by analyte, sex (F, M, unknown), pregnancy (no, yes) and age band (last: unknown).

    ``inner`` is what is normal for all whom a patient of unknown sex or age may be; it ``varies``
    from ``outer`` where these have limits of their own.
    """

    codes: dict[str, int]
    age_breaks: Floats
    outer: _Limits
    inner: _Limits
    varies: Bools
    critical_low: Floats  # by analyte and age band
    critical_high: Floats
    own_critical: Bools  # whether they are the band's own, not those of adults


@cache
def _table() -> _Table:
    known = list(analytes().values())
    ages = {row.age_low_years for a in known for row in a.ranges} | {
        age
        for a in known
        for row in a.critical_ages
        for age in (row.age_low_years, row.age_high_years)
    }
    breaks = sorted(ages | {0.0})
    limits = np.full((len(known) + 1, 3, 2, len(breaks) + 1, 4), np.nan)
    for code, analyte in enumerate(known):
        # Ages that the same ranges cover have the same limits: each set of ranges is settled once.
        settled: dict[tuple[bool, ...], Floats] = {}
        for band, age in enumerate([*breaks, None]):
            covering = tuple(covers(row, age) for row in analyte.ranges)
            if covering not in settled:
                settled[covering] = _limits_of(analyte, age)
            limits[code, :, :, band] = settled[covering]
    outer_low, outer_high, inner_low, inner_high = np.moveaxis(limits, -1, 0)
    critical = np.full((len(known) + 1, len(breaks) + 1, 2), np.nan)
    own_critical = np.zeros((len(known) + 1, len(breaks) + 1), dtype=np.bool_)
    for code, analyte in enumerate(known):
        for band, age in enumerate([*breaks, None]):
            alarms = critical_limits(analyte, age)
            critical[code, band] = [_or_nan(limit) for limit in alarms]
            own_critical[code, band] = alarms is not analyte.critical
    return _Table(
        {analyte.id: code for code, analyte in enumerate(known)},
        np.array(breaks),
        _Limits(outer_low, outer_high, *as_printed(outer_low, outer_high)),
        _Limits(inner_low, inner_high, *as_printed(inner_low, inner_high)),
        ~np.all((limits[..., :2] == limits[..., 2:]) | np.isnan(limits[..., 2:]), axis=-1),
        critical[..., 0],
        critical[..., 1],
        own_critical,
    )


def _limits_of(analyte: Analyte, age: float | None) -> Floats:
    """Outer and inner limits of an age, of each sex (F, M, unknown), not pregnant and pregnant."""
    of_all = [
        applicable(analyte, sex, age, pregnant) for sex in "FM?" for pregnant in (False, True)
    ]
    limits = [[_or_nan(limit) for limit in (*one.outer, *one.inner)] for one in of_all]
    return np.array(limits).reshape(3, 2, 4)


def _or_nan(limit: float | None) -> float:
    return np.nan if limit is None else limit


def flag(rows: pl.DataFrame, *, fill: Literal["knowledge", "keep"] = "knowledge") -> pl.DataFrame:
    """The rows with ``flag`` (LL, L, N, H, HH or null) and ``critical``.

    The laboratory's printed range decides between low, normal and high. Where it printed none and
    ``fill`` is ``knowledge``, our range is filled in (low, high, range_source), rounded as it is
    printed in the unit of the report (``as_printed``). Where sex or age is unknown and our limits
    differ, a value between them has no flag and no range. Beyond our critical
    limits ``critical`` is true, whatever the range says, and L or H becomes LL or HH; without any
    range the critical limit alone gives LL or HH. Where an age has no critical limits of its own,
    those of adults count, except for what our range for that age holds (a hematocrit of 65 % in a
    newborn). A value such as "<5" that may lie on either side of a limit has no flag.
    """
    table = _table()
    code = (
        rows["analyte"].replace_strict(table.codes, default=len(table.codes), return_dtype=pl.Int32)
    ).to_numpy()
    sex = rows["sex"].replace_strict(_SEX_CODES, default=_ANY_SEX, return_dtype=pl.Int32).to_numpy()
    signs = rows["comparator"].replace_strict(_SIGN_CODES, default=0, return_dtype=pl.Int8)
    low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
    done = flag_arrays(
        code,
        rows["value"].to_numpy(),
        signs.to_numpy(),
        low,
        high,
        sex,
        rows["age_years"].to_numpy(),
        rows["pregnant"].fill_null(False).cast(pl.Int32).to_numpy(),
        other_unit=other_units(rows) if fill == "knowledge" else None,
        fill=fill == "knowledge",
    )
    filled = pl.Series(done.filled)
    source = pl.select(pl.when(filled).then(pl.lit("knowledge")).otherwise(rows["range_source"]))
    return rows.with_columns(
        pl.Series("low", done.low, nan_to_null=True),
        pl.Series("high", done.high, nan_to_null=True),
        source.to_series().alias("range_source"),
        _FLAG_NAMES.gather(done.flags).alias("flag"),
        pl.Series("critical", done.critical),
    )


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
    table = _table()
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
    flags, alarms = _flags(
        value,
        compared,
        low,
        high,
        _in_place(critical[0], np.where(spared, np.nan, table.critical_low[code, band])),
        _in_place(critical[1], np.where(spared, np.nan, table.critical_high[code, band])),
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
    table: _Limits, where: tuple[npt.NDArray[np.int32 | np.int64], ...], other: OtherUnits | None
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
    codes = _table().codes
    return (
        codes.get(analyte, len(codes)),
        _SIGN_CODES.get(comparator or "", 0),
        _SEX_CODES.get(sex or "", _ANY_SEX),
    )


FLAG_NAMES = (None, "LL", "L", "N", "H", "HH")
_FLAG_NAMES = pl.Series(FLAG_NAMES, dtype=pl.String)
_NONE, _LL, _L, _N, _H, _HH = range(6)


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
    is_low = (below(value, low) & ~greater) | (compared.less & equal(value, low))
    is_low &= ~(smaller & zero_low)
    is_high = (below(high, value) & ~smaller) | (compared.more & equal(value, high))
    inside_smaller = smaller & (no_low | zero_low) & ~below(high, value)
    inside_greater = greater & no_high & ~below(value, low)
    inside = ~smaller & ~greater | inside_smaller | inside_greater
    known = ~np.isnan(value)
    ranged, unranged = known & ~(no_low & no_high), known & no_low & no_high
    code = np.select([ranged & is_low, ranged & is_high, ranged & inside], [_L, _H, _N], _NONE)
    too_low = ~greater & (below(value, critical_low) | equal(value, critical_low))
    too_high = ~smaller & (below(critical_high, value) | equal(value, critical_high))
    code = np.where(too_low & ((code == _L) | unranged), _LL, code)
    code = np.where(too_high & ((code == _H) | unranged), _HH, code)
    return code, too_low | too_high
