"""Results of one report that cannot all be true: a part above its whole, a sum that is too much.

Which results, and how far apart, is data (``contradictions.yaml``). Only values that are stated as
numbers count: a bound contradicts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any, Final

from hemoscribe.knowledge.analytes import load_yaml
from hemoscribe.knowledge.index_formulas import egfr
from hemoscribe.knowledge.report_facts import facts_of_panel
from hemoscribe.records import FlaggedResult, Reading

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A rule of ``contradictions.yaml``, and the results of a report that break it."""

    id: str
    results: tuple[FlaggedResult, ...]


def contradictions(reading: Reading) -> tuple[Contradiction, ...]:
    """What contradicts itself in a report; of two rules on the same results the first."""
    first = {one.analyte: one for one in reversed(reading.results) if one.comparator is None}
    values = {name: one.value for name, one in first.items()}
    found: list[Contradiction] = []
    for name, rule in _rules().items():
        if not _may_hold(rule, values):
            continue
        size = _size(rule, values, reading)
        if size is None or rule.get("low", size) <= size <= rule.get("high", size):
            continue
        named = tuple(first[one] for one in rule["of"] if one in first)
        if not any(set(named) <= set(told.results) for told in found):
            found.append(Contradiction(name, named))
    return tuple(found)


@cache
def _rules() -> Mapping[str, Mapping[str, Any]]:
    rules: Mapping[str, Mapping[str, Any]] = load_yaml("contradictions.yaml")
    return rules


def _may_hold(rule: Mapping[str, Any], values: Values) -> bool:
    """Whether the report holds what the rule compares: two results at least."""
    if any(term.get("any") for term in rule.get("sum", ())):
        return rule["of"][0] in values and sum(name in values for name in rule["of"]) > 1
    return all(name in values for name in rule["of"])


def _size(rule: Mapping[str, Any], values: Values, reading: Reading) -> float | None:
    """What is held against the limits; None where a divisor is nought or the formula has none."""
    if "formula" in rule:
        return _FORMULAS[rule["formula"]](rule["of"], values, reading)
    terms = [term for term in rule["sum"] if all(name in values for name in term["powers"])]
    if any(not values[n] for term in terms for n, power in term["powers"].items() if power < 0):
        return None
    sizes = (
        float(term.get("times", 1.0)) * prod(values[n] ** p for n, p in term["powers"].items())
        for term in terms
    )
    return float(sum(sizes))


def _egfr(of: list[str], values: Values, reading: Reading) -> float | None:
    """The printed eGFR by the one of the printed creatinine (CKD-EPI 2021)."""
    facts = facts_of_panel(reading.panel, reading.results, reading.unread)
    computed = egfr().compute(facts)
    return values[of[0]] / computed if computed else None


def _bicarbonate(of: list[str], values: Values, reading: Reading) -> float | None:
    """The printed bicarbonate by the one of pH and pCO2 (Henderson and Hasselbalch)."""
    bicarbonate, ph, pco2 = (values[name] for name in of)
    return bicarbonate / (0.0307 * pco2 * math.pow(10.0, ph - 6.1))


_FORMULAS: Final[Mapping[str, Callable[[list[str], Values, Reading], float | None]]] = {
    "egfr": _egfr,
    "bicarbonate": _bicarbonate,
}
