"""Which texts name an analyte or a unit, for telling a wide file's columns apart."""

from __future__ import annotations

from hemoscribe.knowledge import linear_conversion
from hemoscribe.knowledge.names import by_name
from hemoscribe.knowledge.units import ucum_candidates

_WIDER = 1.2  # a laboratory's median stands no further outside the range of the healthy


def is_analyte(text: str) -> bool:
    """Whether knowledge has an analyte of this name, in any language."""
    return bool(by_name(text))


def is_unit(text: str) -> bool:
    """Whether knowledge reads this as a unit."""
    return bool(ucum_candidates(text))


def likely_units(text: str, median: float) -> list[str]:
    """Units of the analytes of this name in which a median would lie near an adult's range."""
    found: dict[tuple[str, float], str] = {}
    for candidate in by_name(text):
        if candidate.needs_unit:
            continue
        analyte = candidate.analyte
        limits = [limit for row in analyte.ranges for limit in (row.low, row.high) if limit]
        for unit in dict.fromkeys((analyte.unit, *analyte.units)):
            scale, offset = linear_conversion(analyte.id, unit)
            value = scale * median + offset
            if limits and min(limits) / _WIDER <= value <= max(limits) * _WIDER:
                found.setdefault((analyte.id, scale), unit)
    return list(found.values())
