"""The facts of one report: its results, its patient, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import inf, nextafter
from types import MappingProxyType
from typing import Any

from hemoscribe.knowledge.anticoagulants import anticoagulant_facts
from hemoscribe.knowledge.applicable import limits_vary
from hemoscribe.knowledge.fact_names import FLAG_CODES, UNJUDGED
from hemoscribe.knowledge.names import by_name
from hemoscribe.knowledge.remarks import REMARKS
from hemoscribe.knowledge.stated_hours import fitting, stated_hours
from hemoscribe.panel_input import known_age
from hemoscribe.records import STOOD_FOR, FlaggedResult, Panel, RejectCode

_HEIGHT = re.compile(r"(?i)\b(?:height|taille)\b\D{0,5}(\d{2,3}(?:[.,]\d)?)\s*cm\b")
_NOT_HELD = frozenset((*STOOD_FOR, RejectCode.OTHER_SPECIMEN, RejectCode.NEGATED))
_NONE: frozenset[str] = frozenset()
_OURS = ("knowledge", "completed")
_BELOW = ("<", "<=")
_ABOVE = (">", ">=")


def facts_of(
    results: Sequence[FlaggedResult],
    *,
    sex: str | None,
    age_years: float | None,
    pregnant: bool | None,
    height_cm: float | None = None,
    noted: Mapping[str, str | float | None] = MappingProxyType({}),
    unread: Iterable[str] = (),
) -> dict[str, Any]:
    """The facts of one report, without what is missing. The first result of an analyte counts.

    Args:
        noted: what the requester's note states (``fact_names.NOTED``).
        unread: analytes that the report holds and that could not be read.
    """
    facts: dict[str, Any] = {}
    for result in results:
        analyte, value, comparator = result.analyte, result.value, result.comparator
        if f"{analyte}:flag" in facts:
            continue
        facts[f"{analyte}:flag"] = FLAG_CODES.get(result.flag or "", 0)
        if comparator is None:
            facts[analyte] = value
        if comparator not in _BELOW:
            facts[f"{analyte}:least"] = nextafter(value, inf) if comparator == ">" else value
        if comparator not in _ABOVE:
            facts[f"{analyte}:most"] = nextafter(value, -inf) if comparator == "<" else value
        if result.critical:
            facts[f"{analyte}:critical"] = True
        if result.low is not None:
            facts[f"{analyte}:low"] = result.low
        if result.high is not None:
            facts[f"{analyte}:high"] = result.high
        if result.range_source in _OURS and limits_vary(analyte, sex, age_years, pregnant):
            facts[f"{analyte}:differs"] = True
    for analyte in unread:
        facts.setdefault(f"{analyte}:flag", UNJUDGED)
    patient: dict[str, Any] = {
        "sex": sex,
        "age": age_years,
        "pregnant": pregnant,
        "height": height_cm,
    }
    patient |= noted
    facts |= {name: fact for name, fact in patient.items() if fact is not None}
    if comments := [result.comment for result in results if result.comment]:
        for name, remark in REMARKS.items():
            if any(map(remark.stands_in, comments)):
                facts[name] = True
    return facts


def facts_of_panel(
    panel: Panel, results: Sequence[FlaggedResult], rejects: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """The facts of a panel's results (``facts_of``).

    Args:
        rejects: what the report holds and was not read.
    """
    height = _HEIGHT.search(panel.context)
    return facts_of(
        results,
        sex=panel.sex,
        age_years=known_age(panel.age_years),
        pregnant=panel.pregnant,
        height_cm=float(height[1].replace(",", ".")) if height else None,
        noted=facts_of_note(panel.context, known_age(panel.age_years)),
        unread=unread_analytes(rejects),
    )


def facts_of_note(note: str, age_years: float | None = None) -> Mapping[str, str | float | None]:
    """What a requester's note states: hours that the age allows, the anticoagulant, its target."""
    if not note:
        return {}
    return {**fitting(stated_hours(note), age_years), **anticoagulant_facts(note)}


def unread_analytes(rejects: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The analytes, by their names, that rejects of a report may be of."""
    names = [
        str(one["reported_name"])
        for one in rejects
        if one.get("reported_name") and one["code"] not in _NOT_HELD
    ]
    return _NONE.union(*map(_analytes_named, names)) if names else _NONE


@lru_cache(maxsize=65536)
def _analytes_named(name: str) -> frozenset[str]:
    return frozenset(one.analyte.id for one in by_name(name))
