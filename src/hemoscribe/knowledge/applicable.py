"""Which of our limits may apply to a patient whose sex or age is not stated.

No age stated means an adult. Where the limits of those whom the patient may still be differ (women
and men, younger and older adults), a value beyond all of them is out, a value within all of them
is normal, and a value between them is not assessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from hemoscribe.knowledge.analytes import Analyte, Range, analytes
from hemoscribe.records import Sex

ADULT_YEARS = 18.0
Limits = tuple[float | None, float | None]
NO_LIMITS: Limits = (None, None)


@dataclass(frozen=True, slots=True)
class Applicable:
    """Limits, canonical: beyond ``outer`` a value is out, within ``inner`` it is normal."""

    outer: Limits = NO_LIMITS
    inner: Limits = NO_LIMITS

    @property
    def varies(self) -> bool:
        """Whether a value may lie between the limits of two whom the patient may be."""
        return self.outer != self.inner


def applicable(
    analyte: Analyte, sex: str | None, age_years: float | None, pregnant: bool | None
) -> Applicable:
    """Our limits for a patient; none where one of those whom the patient may be has none."""
    found = [
        ranges_for(analyte, one, age_years, pregnant)
        for one in possible_sexes(analyte, sex, pregnant)
    ]
    if not all(found):
        return Applicable()
    rows = [row for of_sex in found for row in of_sex]
    return Applicable(_limits(rows, outer=True), _limits(rows, outer=False))


def limits_vary(name: str, sex: str | None, age_years: float | None, pregnant: bool | None) -> bool:
    """Whether our limits of an analyte differ among those whom the patient may be."""
    if sex is not None and age_years is not None and not pregnant:
        return False
    return _varying(name, sex, age_years, bool(pregnant))


@lru_cache(maxsize=65536)
def _varying(name: str, sex: str | None, age_years: float | None, pregnant: bool) -> bool:
    known = analytes().get(name)
    return known is not None and applicable(known, sex, age_years, pregnant).varies


def possible_sexes(analyte: Analyte, sex: str | None, pregnant: bool | None) -> tuple[Sex, ...]:
    """The sexes that the patient may be of, as far as the report and the analyte tell."""
    if sex == "F" or (sex != "M" and pregnant):
        return ("F",)
    if sex == "M":
        return ("M",)
    return ("F", "M") if analyte.of_sex is None else (analyte.of_sex,)


def ranges_for(
    analyte: Analyte, sex: str | None, age_years: float | None, pregnant: bool | None
) -> list[Range]:
    """The ranges that may apply to a patient, those of adults where the age is unknown.

    More than one only where sex or age is unknown. Pregnancy that is not stated counts as none:
    the ranges of pregnancy are never taken unasked.
    """
    rows = [
        row
        for row in analyte.ranges
        if (row.sex is None or sex not in ("F", "M") or row.sex == sex) and covers(row, age_years)
    ]
    if pregnant and sex != "M":
        own = [row for row in rows if row.pregnant]
        if own:
            return own
    return [row for row in rows if not row.pregnant]


def covers(row: Range, age_years: float | None) -> bool:
    """Whether a range is one of an age; of an adult's where that is unknown."""
    if age_years is None:
        return row.age_high_years > ADULT_YEARS
    return row.age_low_years <= age_years < row.age_high_years


def critical_limits(analyte: Analyte, age_years: float | None) -> Limits:
    """The critical limits of an age; those of adults where it has none of its own or is unknown."""
    for row in analyte.critical_ages:
        if age_years is not None and row.age_low_years <= age_years < row.age_high_years:
            return row.low, row.high
    return analyte.critical


def _limits(rows: Iterable[Range], *, outer: bool) -> Limits:
    """The widest limits of ranges or, not ``outer``, what lies within every one of them."""
    lows, highs = zip(*((row.low, row.high) for row in rows), strict=True)
    known_lows = [low for low in lows if low is not None]
    known_highs = [high for high in highs if high is not None]
    if outer:
        return (
            min(known_lows) if len(known_lows) == len(lows) else None,
            max(known_highs) if len(known_highs) == len(highs) else None,
        )
    return max(known_lows, default=None), min(known_highs, default=None)
