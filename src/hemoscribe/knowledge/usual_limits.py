"""What printed limits say of the unit they are in, beside an analyte's own usual ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from hemoscribe.knowledge.analytes import Analyte, analytes
from hemoscribe.knowledge.conversions import resolve
from hemoscribe.knowledge.unit_options import UnitOption
from hemoscribe.panel_input import MAX_AGE_YEARS

LOOSE, CLOSE = 3.0, 1.4
"""Factors: printed limits are of an analyte's order, or close to its own."""
_EXPLAINED = 2.0  # as close limits in another unit have to be to show that they are in it


@lru_cache(maxsize=1024)
def usual_limits(analyte_id: str) -> tuple[float | None, float | None]:
    """The widest limits of the adult's ranges (else of all), in the canonical unit."""
    analyte = analytes()[analyte_id]
    adult = [row for row in analyte.ranges if row.age_high_years == MAX_AGE_YEARS]
    lows = [row.low for row in adult or analyte.ranges if row.low]
    highs = [row.high for row in adult or analyte.ranges if row.high]
    return (min(lows) if lows else None), (max(highs) if highs else None)


def fits(option: UnitOption, low: float | None, high: float | None, factor: float) -> bool:
    """Whether printed limits are within a factor of the analyte's own; False where none compare."""
    ratios = list(_ratios(option, low, high))
    return bool(ratios) and all(1 / factor <= ratio <= factor for ratio in ratios)


def _ratios(option: UnitOption, low: float | None, high: float | None) -> Iterator[float]:
    """Printed limits as a share of the usual ones; a limit of zero compares with none."""
    for limit, usual in zip((low, high), usual_limits(option.analyte.id), strict=True):
        if limit and usual:
            yield option.canonical(limit) / usual


def _far_from_every_range(analyte: Analyte, low: float | None, high: float | None) -> bool:
    """Whether limits are all far above, or all far below, those of every age and of pregnancy."""
    sides = (
        (low, [row.low for row in analyte.ranges if row.low]),
        (high, [row.high for row in analyte.ranges if row.high]),
    )
    known = [(limit, own) for limit, own in sides if limit and own]
    return bool(known) and (
        all(limit > LOOSE * max(own) for limit, own in known)
        or all(limit < min(own) / LOOSE for limit, own in known)
    )


@lru_cache(maxsize=65536)
def in_another_unit(
    analyte_id: str, scale: float, offset: float, low: float | None, high: float | None
) -> str | None:
    """The unit that printed limits are in, where they are impossible in the stated one.

    Platelets of 150-400 /uL, glucose of 0.70-1.10 mmol/L: the limits are far from the analyte's own
    in the unit beside them, all to one side, and close to them in another.

    Args:
        scale: of the stated unit to the analyte's canonical one, with ``offset``.
        low: a limit, and ``high`` the other, in the canonical unit.
    """
    analyte = analytes()[analyte_id]
    if not _far_from_every_range(analyte, low, high):
        return None
    printed_low, printed_high = (
        None if limit is None else (limit - offset) / scale for limit in (low, high)
    )
    for unit in analyte.units:
        option = UnitOption(analyte, unit, *resolve(analyte, unit)[:2])
        if (option.scale, option.offset) != (scale, offset) and fits(
            option, printed_low, printed_high, _EXPLAINED
        ):
            return unit
    return None
