"""What printed limits say of the unit they are in, beside an analyte's own usual ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.unit_options import UnitOption
from hemoscribe.panel_input import MAX_AGE_YEARS

LOOSE, CLOSE = 3.0, 1.4
"""Factors: printed limits are of an analyte's order, or close to its own."""


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
