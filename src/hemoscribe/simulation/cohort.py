"""The patients of the cohort and their reports: who, when, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hemoscribe.simulation.library import GROUPS, conditions, population

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_FERTILE_YEARS = (18, 45)
_ACUTE_DAYS = 6.0  # an acute condition falls off with this time constant


@dataclass(frozen=True)
class Cohort:
    """One entry per report: ``patient`` is a number; ``severity`` has a column per condition."""

    patient: Ints
    sex: npt.NDArray[np.str_]
    age_years: Floats
    pregnant: Bools
    day: Ints  # days since the first day of the cohort
    minute: Ints  # of the day
    visit: Ints  # 0 for a patient's first report
    severity: Floats

    @property
    def reports(self) -> int:
        """How many reports there are."""
        return len(self.patient)


def draw_cohort(reports: int, rng: np.random.Generator) -> Cohort:
    """A cohort with exactly this many reports."""
    people = population()
    visits = _visits(reports, rng)
    count = len(visits)
    patient = np.repeat(np.arange(count), visits)
    visit = np.arange(reports) - np.repeat(np.cumsum(visits) - visits, visits)
    sex = np.where(rng.random(count) < people["female_share"], "F", "M")
    age = _ages(count, rng)
    pregnant = (
        (sex == "F")
        & (age >= _FERTILE_YEARS[0])
        & (age < _FERTILE_YEARS[1])
        & (rng.random(count) < people["pregnant_share"])
    )
    ill = _severities(sex, age, rng)
    day = _days(patient, visit, ill, rng)
    return Cohort(
        patient=patient,
        sex=sex[patient],
        age_years=np.minimum(age[patient] + (day - day[visit == 0][patient]) / 365.25, 104.0),
        pregnant=pregnant[patient],
        day=day,
        minute=np.clip(rng.normal(560, 130, reports), 5, 1430).astype(np.int64),
        visit=visit,
        severity=_course(ill, patient, visit, day, rng),
    )


def _visits(reports: int, rng: np.random.Generator) -> Ints:
    """Reports of each patient, adding up to ``reports``."""
    shares: dict[int, float] = population()["reports_per_patient"]
    numbers = np.array(list(shares))
    drawn = rng.choice(numbers, size=reports, p=_normalised(list(shares.values())))
    ends = np.cumsum(drawn)
    kept = int(np.searchsorted(ends, reports)) + 1
    visits = drawn[:kept].astype(np.int64)
    visits[-1] -= int(ends[kept - 1]) - reports
    return visits


def _ages(count: int, rng: np.random.Generator) -> Floats:
    rows = population()["ages"]
    row = rng.choice(len(rows), size=count, p=_normalised([share for *_, share in rows]))
    low, high = np.array([r[0] for r in rows])[row], np.array([r[1] for r in rows])[row]
    ages: Floats = low + (high - low) * rng.random(count)
    return ages


def _normalised(shares: list[float]) -> Floats:
    numbers = np.array(shares, dtype=np.float64)
    normalised: Floats = numbers / numbers.sum()
    return normalised


def _group(sex: npt.NDArray[np.str_], age: Floats) -> Ints:
    young = np.where(sex == "F", GROUPS.index("women"), GROUPS.index("men"))
    older = np.where(age < 70, GROUPS.index("middle"), GROUPS.index("old"))
    group = np.where(age < 50, young, older)
    return np.where(age < 18, GROUPS.index("child"), group).astype(np.int64)


def _severities(sex: npt.NDArray[np.str_], age: Floats, rng: np.random.Generator) -> Floats:
    """Severity (0 to 1) of each condition in each patient; one condition per axis."""
    known = conditions()
    rates = np.array([[condition.rates[group] for condition in known] for group in GROUPS])
    own = rates[_group(sex, age)]
    for column, condition in enumerate(known):
        if condition.sex is not None:
            own[sex != condition.sex, column] = 0.0
    wanted = _how_many(age, rng)
    severity = np.zeros((len(sex), len(known)))
    axes = np.array([condition.axis for condition in known])
    least = np.array([condition.least for condition in known])
    for turn in range(int(wanted.max(initial=0))):
        who = np.flatnonzero(wanted > turn)
        chances = own[who]
        totals = chances.sum(axis=1)
        who, chances, totals = who[totals > 0], chances[totals > 0], totals[totals > 0]
        pick = (chances.cumsum(axis=1) < (rng.random(len(who)) * totals)[:, None]).sum(axis=1)
        pick = np.minimum(pick, len(known) - 1)
        drawn = rng.beta(2.2, 1.5, len(who))
        severity[who, pick] = least[pick] + (1 - least[pick]) * drawn
        own[who] = np.where(axes[None, :] == axes[pick][:, None], 0.0, own[who])
    return severity


def _how_many(age: Floats, rng: np.random.Generator) -> Ints:
    """How many conditions each patient has."""
    people = population()
    counts: dict[int, float] = people["conditions_when_ill"]
    none = np.zeros(len(age))
    for low, high, share in people["no_condition"]:
        none[(age >= low) & (age < high)] = share
    several = rng.choice(np.array(list(counts)), size=len(age), p=_normalised([*counts.values()]))
    return np.where(rng.random(len(age)) < none, 0, several).astype(np.int64)


def _acute(ill: Floats) -> Bools:
    acute = np.array([condition.course == "acute" for condition in conditions()])
    found: Bools = np.any(ill[:, acute] > 0, axis=1)
    return found


def _days(patient: Ints, visit: Ints, ill: Floats, rng: np.random.Generator) -> Ints:
    """The day of each report: a first day, then steps that are short in acute illness."""
    people: dict[str, Any] = dict(population())
    between = people["days_between_reports"]
    first = rng.integers(0, people["days"], ill.shape[0])
    typical = np.where(_acute(ill), between["acute"], between["chronic"])[patient]
    steps = np.maximum(1, np.round(typical * rng.lognormal(0.0, 0.6, len(patient))))
    steps = np.where(visit == 0, 0, steps)
    since = np.cumsum(steps)
    days: Ints = (first[patient] + since - since[visit == 0][patient]).astype(np.int64)
    return days


def _course(ill: Floats, patient: Ints, visit: Ints, day: Ints, rng: np.random.Generator) -> Floats:
    """Severity at each report: acute conditions fall off, chronic ones waver."""
    acute = np.array([condition.course == "acute" for condition in conditions()])
    since = (day - day[visit == 0][patient])[:, None]
    fading = np.exp(-since / (_ACUTE_DAYS * rng.lognormal(0, 0.4, (len(patient), 1))))
    waver = np.where(visit[:, None] == 0, 1.0, rng.lognormal(0, 0.18, (len(patient), 1)))
    severity: Floats = np.clip(ill[patient] * np.where(acute, fading, waver), 0.0, 1.0)
    return severity
