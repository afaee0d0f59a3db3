"""Printed ranges that call normal what is critical, and that no laboratory means.

A potassium of 7.2 mmol/L beside 3.5-51 is no normal potassium: a decimal mark is lost. A range that
reaches a little past a critical limit is wide, and is left as it is; one that reaches past it by
more than half the way from our own limit to the critical one is impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import log

from hemoscribe.knowledge.analytes import Analyte, analytes
from hemoscribe.knowledge.usual_limits import usual_limits

_WIDE = 0.5  # of the way from our limit to the critical one, that a range may reach past the latter
_ROUNDING = 1e-9

Limits = tuple[float | None, float | None]
NONE: Limits = (None, None)


@lru_cache(maxsize=65536)
def critical_within(
    analyte_id: str,
    low: float | None,
    high: float | None,
    child: bool,
) -> Limits:
    """The critical limits, low and high, that a printed range holds within it though it cannot.

    Args:
        low: a printed limit, and ``high`` the other, in the canonical unit.
        child: whether the patient is known to be none of the adults: of all ages' critical limits
            the furthest counts.
    """
    analyte = analytes()[analyte_id]
    critical_low, critical_high = _furthest(analyte) if child else analyte.critical
    own_low, own_high = usual_limits(analyte_id)
    return (
        critical_low if low is not None and _is_past(low, critical_low, own_low) else None,
        critical_high if high is not None and _is_past(high, critical_high, own_high) else None,
    )


def is_called_normal(
    value: float, comparator: str | None, printed: Limits, critical: Limits
) -> bool:
    """Whether a value lies within a printed range and at or beyond a critical limit in it."""
    if critical == NONE:
        return False
    low, high = printed
    inside = (low is None or value >= low - abs(low) * _ROUNDING) and (
        high is None or value <= high + abs(high) * _ROUNDING
    )
    return inside and _is_critical(value, comparator, *critical)


def _is_critical(
    value: float, comparator: str | None, low: float | None, high: float | None
) -> bool:
    smaller, greater = comparator in ("<", "<="), comparator in (">", ">=")
    too_low = low is not None and value <= low * (1 + _ROUNDING) and not greater
    return too_low or (high is not None and value >= high * (1 - _ROUNDING) and not smaller)


def _is_past(printed: float, critical: float | None, own: float | None) -> bool:
    """Whether a limit is too far past a critical one, by difference or by proportion."""
    if critical is None or own is None or own == critical:
        return False
    if (printed - critical) / (critical - own) > _WIDE:
        return True
    if min(printed, critical, own) <= 0:  # of what is below zero there are no proportions
        return False
    return log(printed / critical) / log(critical / own) > _WIDE


def _furthest(analyte: Analyte) -> Limits:
    """Of all ages' critical limits the lowest and the highest; None where an age has none."""
    ages = (analyte.critical, *((one.low, one.high) for one in analyte.critical_ages))
    lows, highs = zip(*ages, strict=True)
    return _of_all(lows, min), _of_all(highs, max)


def _of_all(limits: Sequence[float | None], choose: Callable[[list[float]], float]) -> float | None:
    known = [limit for limit in limits if limit is not None]
    return choose(known) if len(known) == len(limits) else None
