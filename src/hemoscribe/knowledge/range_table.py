"""Our limits of every analyte, sex, pregnancy and age, as arrays that are looked up by codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.applicable import applicable, critical_limits
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
    from ``outer`` where these have limits of their own.
    """

    codes: dict[str, int]
    age_breaks: Floats
    outer: Limits
    inner: Limits
    varies: Bools
    critical_low: Floats  # by analyte and age band
    critical_high: Floats
    own_critical: Bools  # whether they are the band's own, not those of adults


@cache
def range_table() -> RangeTable:
    """The table of this installation: our limits do not change while it runs."""
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
        for sex in range(3):
            for pregnant in range(2):
                for band, age in enumerate([*breaks, None]):
                    own = applicable(analyte, "FM?"[sex], age, bool(pregnant))
                    limits[code, sex, pregnant, band] = [
                        _or_nan(limit) for limit in (*own.outer, *own.inner)
                    ]
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
    )


def _or_nan(limit: float | None) -> float:
    return np.nan if limit is None else limit
