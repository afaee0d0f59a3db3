"""Limits that move with time: bilirubin by hour of life, paracetamol by hours since ingestion."""

from __future__ import annotations

from typing import Final

from hemoscribe.knowledge.formulas import Number, Truth, all_of, any_of, number

DAYS_PER_YEAR: Final = 365.25
_HOURS_PER_YEAR: Final = 24 * DAYS_PER_YEAR
_JAUNDICE_DAYS: Final = 14
_STEADY_HOURS: Final = 96.0
_CLOSE_YEARS: Final = 1e-6
_AGE: Final = number("age")  # where it is missing the note may still tell the hours

HOURS_SINCE_INGESTION: Final = "ingestion_hours"
HOURS_OF_LIFE: Final = "life_hours"
WEEKS_OF_GESTATION: Final = "gestation_weeks"
"""The facts that hold what the note says of them; 0 weeks: preterm, nobody says when."""
TERM_WEEKS: Final = 38.0
_PRETERM_FROM: Final = 23.0  # weeks, where the curves of NICE CG98 begin


def hours_of_life() -> Number:
    """The age in hours: the note's, else as far as an age in years tells them."""
    return number(HOURS_OF_LIFE).otherwise(_AGE * _HOURS_PER_YEAR)


def newborn() -> Truth:
    """Of an age in which the line of treatment moves, or stands since: the first fourteen days."""
    return hours_of_life() < 24.0 * _JAUNDICE_DAYS


def hour_unknown() -> Truth:
    """A newborn whose age is in whole days, or in thousandths of a year, as dates give it.

    Where the note states the hours it is known. From 96 hours on the line stands still, and no
    hour is asked for.
    """
    days = (day / DAYS_PER_YEAR for day in range(5))
    thousandths = (part / 1000 for part in range(11))
    rounded = any_of(
        *(
            all_of(age - _CLOSE_YEARS <= _AGE, age + _CLOSE_YEARS >= _AGE)
            for age in (*days, *thousandths)
        )
    )
    return all_of(rounded, ~number(HOURS_OF_LIFE).known, hours_of_life() < _STEADY_HOURS)


def preterm() -> Truth:
    """Born before 38 weeks, as the note says."""
    return number(WEEKS_OF_GESTATION) < TERM_WEEKS


def weeks_unknown() -> Truth:
    """Preterm without the week, or before the curves begin."""
    return number(WEEKS_OF_GESTATION) < _PRETERM_FROM


def bilirubin_line() -> Number:
    """NICE CG98: the line of phototherapy in umol/L at an hour of life.

    From 38 weeks on 100 at birth, 200 at 24 hours, then 50 a day up to 350 at 96 hours. Before
    them 40 at birth, in a straight line to ten times the weeks less 100 at 72 hours.
    """
    weeks = number(WEEKS_OF_GESTATION)
    early = 40.0 + (weeks * 10.0 - 140.0) * hours_of_life().at_most(72.0) / 72.0
    return early.where(weeks < TERM_WEEKS).otherwise(_term_line())


def _term_line() -> Number:
    hours = hours_of_life().at_most(_STEADY_HOURS)
    first_day = (100.0 + 100.0 * hours / 24.0).where(hours <= 24.0)
    return first_day.otherwise(200.0 + 50.0 * (hours - 24.0) / 24.0)


def paracetamol_line() -> Number:
    """The line of treatment in mg/L: 100 at 4 hours, half of it every 4 hours (MHRA 2012)."""
    return 100.0 * 0.5 ** ((number(HOURS_SINCE_INGESTION) - 4.0) / 4.0)
