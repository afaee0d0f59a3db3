"""Which results each report has: what was ordered, by habit or because of what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hemoscribe.simulation.cohort import Bools, Cohort, Floats
from hemoscribe.simulation.library import conditions, requests


def order(
    names: Sequence[str], values: Mapping[str, Floats], cohort: Cohort, rng: np.random.Generator
) -> Bools:
    """(reports, names): whether each report has each result; 3 to 30 results per report."""
    panels = _panels_ordered(cohort, rng)
    rules = requests()
    position = {name: column for column, name in enumerate(names)}
    chosen = np.zeros((cohort.reports, len(names)), dtype=np.bool_)
    for column, members in enumerate(rules["panels"].values()):
        rows = np.flatnonzero(panels[:, column])
        for name in members:
            kept = rows[rng.random(len(rows)) >= rules["left_out"].get(name, 0.02)]
            chosen[kept, position[name]] = True
    possible = np.column_stack([_possible(name, values[name], cohort) for name in names])
    chosen &= possible
    return _within(chosen, possible, position, rng)


def _panels_ordered(cohort: Cohort, rng: np.random.Generator) -> Bools:
    rules = requests()
    panels = list(rules["panels"])
    weights = np.array([order["weight"] for order in rules["orders"]], dtype=np.float64)
    habits = np.zeros((len(weights), len(panels)), dtype=np.bool_)
    for row, usual in enumerate(rules["orders"]):
        habits[row, [panels.index(name) for name in usual["panels"]]] = True
    habit = habits[rng.choice(len(weights), size=cohort.reports, p=weights / weights.sum())]
    because = np.zeros_like(habit)
    for column, condition in enumerate(conditions()):
        rows = np.flatnonzero(cohort.severity[:, column] > 0)
        for panel, chance in condition.asks.items():
            because[rows[rng.random(len(rows)) < chance], panels.index(panel)] = True
    replaced = because.any(axis=1) & (rng.random(cohort.reports) < rules["replaced_by_condition"])
    ordered: Bools = np.where(replaced[:, None], because, habit | because)
    for whole, short in rules["shortened"]["panels"].items():
        long, brief = ordered[:, panels.index(whole)], ordered[:, panels.index(short)]
        shortened = long & (rng.random(cohort.reports) < rules["shortened"]["chance"])
        ordered[:, panels.index(short)] = brief | shortened
        ordered[:, panels.index(whole)] = long & ~shortened
    return ordered


def _possible(name: str, value: Floats, cohort: Cohort) -> Bools:
    rule = requests()["only"].get(name, {})
    possible: Bools = ~np.isnan(value) & (cohort.age_years >= rule.get("from_years", 0))
    if "sex" in rule:
        possible &= cohort.sex == rule["sex"]
    return possible


def _within(
    chosen: Bools, possible: Bools, position: Mapping[str, int], rng: np.random.Generator
) -> Bools:
    """No report with fewer results than the least (a short blood count is added) or too many."""
    rules = requests()
    few = chosen.sum(axis=1) < rules["min_results"]
    for name in rules["panels"]["fbc_short"]:
        chosen[few, position[name]] = True
    chosen &= possible
    for row in np.flatnonzero(chosen.sum(axis=1) > rules["max_results"]):
        extra = rng.permutation(np.flatnonzero(chosen[row]))[rules["max_results"] :]
        chosen[row, extra] = False
    return chosen
