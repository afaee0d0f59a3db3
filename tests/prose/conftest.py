"""Readings to compose and to guard: thousands of random reports, read by the rules in one go."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from hemoscribe.knowledge import analytes, read_rows, recognise
from hemoscribe.records import REPORTED, Panel, Reading, ReportedResult

REPORTS = 500
AGES = (0.02, 0.5, 3.0, 9.0, 15.0, 25.0, 45.0, 60.0, 80.0, 95.0)
COMMON = 60
"""The first analytes are those of everyday reports: half of the reports hold no other."""


def _value(random: np.random.Generator, analyte) -> float:
    low, high = analyte.plausible
    if not analyte.ranges:
        return low + (high - low) * random.random() ** 3
    chosen = analyte.ranges[random.integers(len(analyte.ranges))]
    start = low if chosen.low is None else chosen.low
    end = high if chosen.high is None else chosen.high
    draw = random.random()
    if draw < 0.5:
        return random.uniform(start, max(end, start))
    if draw < 0.75:
        return start - (start - low) * random.random() ** 2
    return end + (high - end) * random.random() ** 4


def random_readings(reports: int, seed: int) -> list[Reading]:
    """Random results of random patients, in range half of the time, as the rules read them."""
    random = np.random.default_rng(seed)
    known = list(analytes().values())
    rows = []
    for report in range(reports):
        sex = random.choice(["F", "M", ""], p=[0.45, 0.45, 0.1])
        age = float(random.choice(AGES)) if random.random() > 0.1 else None
        pool = len(known) if random.random() < 0.5 else COMMON
        for place in random.choice(pool, size=int(random.integers(1, 26)), replace=False):
            analyte = known[place]
            value = min(max(_value(random, analyte), analyte.plausible[0]), analyte.plausible[1])
            rows.append(
                dict.fromkeys(REPORTED)
                | {
                    "report_id": str(report),
                    "patient_id": str(report),
                    "sex": str(sex) or None,
                    "age_years": age,
                    "reported_name": analyte.name("en"),
                    "loinc": analyte.loinc[0] if analyte.loinc else None,
                    "reported_value": f"{value:.{analyte.decimals}f}",
                    "reported_unit": analyte.unit,
                    "source": "random",
                    "place": str(place),
                }
            )
    recognised, _ = recognise(pl.DataFrame(rows, schema=dict(REPORTED)))
    return list(read_rows(recognised))


@pytest.fixture(scope="session")
def readings() -> Sequence[Reading]:
    """Random readings, the same in every run."""
    return random_readings(REPORTS, seed=20)


def panel(*lines: str, sex: str | None = "F", age: float | None = 54) -> Panel:
    """A panel from lines such as ``Hemoglobin 9.2 g/dL 12-16``."""
    results = []
    for line in lines:
        *name, value, unit, limits = line.split()
        low, _, high = limits.partition("-")
        results.append(ReportedResult(" ".join(name), value, unit, low or None, high or None))
    return Panel(tuple(results), sex=sex, age_years=age)


@pytest.fixture(scope="session")
def make_panel():
    """``panel``, for tests that state their own report."""
    return panel
