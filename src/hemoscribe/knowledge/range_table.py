"""Our limits of every analyte, sex, pregnancy and age, as arrays that are looked up by codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from hemoscribe.knowledge.absolute_limits import absolute_limits
from hemoscribe.knowledge.analytes import Analyte, analytes
from hemoscribe.knowledge.applicable import ADULT_YEARS, applicable, covers, critical_limits
from hemoscribe.knowledge.printed_limits import Bools, Floats, as_printed


@dataclass(frozen=True, slots=True)
class Limits:
    """Canonical limits, and the same as a report in the canonical unit prints them."""

    low: Floats
    high: Floats
    printed_low: Floats
    printed_high: Floats


@dataclass(frozen=True, slots=True)
class RangeTable:
    """Limits by analyte, sex (F, M, unknown), pregnancy (no, yes) and age band (last: unknown).

    ``inner`` is what is normal for all whom a patient of unknown sex or age may be; it ``varies``
    from ``outer`` where these have limits of their own. ``widest`` are those of both sexes and of
    pregnancy, and of every age where none is stated: what printed ranges are held against.
    """

    codes: dict[str, int]
    age_breaks: Floats
    outer: Limits
    inner: Limits
    varies: Bools
    critical_low: Floats  # by analyte and age band
    critical_high: Floats
    own_critical: Bools  # whether they are the band's own, not those of adults
    absolute_low: Floats  # where no range, or no critical limit, is known
    absolute_high: Floats
    widest_low: Floats
    widest_high: Floats
    adult_band: int  # the first that is of adults


@cache
def range_table() -> RangeTable:
    """The table of this installation: our limits do not change while it runs."""
    known = list(analytes().values())
    ages = {row.age_low_years for a in known for row in a.ranges} | {
        age
        for a in known
        for row in (*a.critical_ages, *absolute_limits().get(a.id, ()))
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
    return RangeTable(
        {analyte.id: code for code, analyte in enumerate(known)},
        np.array(breaks),
        Limits(outer_low, outer_high, *as_printed(outer_low, outer_high)),
        Limits(inner_low, inner_high, *as_printed(inner_low, inner_high)),
        ~np.all((limits[..., :2] == limits[..., 2:]) | np.isnan(limits[..., 2:]), axis=-1),
        critical[..., 0],
        critical[..., 1],
        own_critical,
        *_absolute(known, [*breaks, None]),
        _widest(outer_low, np.fmin),
        _widest(outer_high, np.fmax),
        breaks.index(ADULT_YEARS),
    )


def _absolute(known: list[Analyte], ages: list[float | None]) -> tuple[Floats, Floats]:
    """The limits that need no range, by analyte and age band; an unknown age is an adult's."""
    limits = np.full((2, len(known) + 1, len(ages)), np.nan)
    for code, analyte in enumerate(known):
        for row in absolute_limits().get(analyte.id, ()):
            for band, age in enumerate(ages):
                years = ADULT_YEARS if age is None else age
                if row.age_low_years <= years < row.age_high_years:
                    limits[:, code, band] = _or_nan(row.low), _or_nan(row.high)
    return limits[0], limits[1]


def _widest(limits: Floats, wider: np.ufunc) -> Floats:
    """Of each analyte and age the widest limit, whoever the patient is; of unknown age, of all."""
    either = wider.reduce(limits, axis=(1, 2), keepdims=True)
    either[..., -1] = wider.reduce(either, axis=3)
    return np.broadcast_to(either, limits.shape)


def _limits_of(analyte: Analyte, age: float | None) -> Floats:
    """Outer and inner limits of an age, of each sex (F, M, unknown), not pregnant and pregnant."""
    of_all = [
        applicable(analyte, sex, age, pregnant) for sex in "FM?" for pregnant in (False, True)
    ]
    limits = [[_or_nan(limit) for limit in (*one.outer, *one.inner)] for one in of_all]
    return np.array(limits).reshape(3, 2, 4)


def _or_nan(limit: float | None) -> float:
    return np.nan if limit is None else limit
