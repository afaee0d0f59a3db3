"""The facts of one report as it was read: its results, its patient, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from hemoscribe.knowledge.names import by_name
from hemoscribe.knowledge.stated_hours import stated_hours
from hemoscribe.knowledge.variables import facts_of
from hemoscribe.panel_input import known_age
from hemoscribe.records import STOOD_FOR, FlaggedResult, Panel, RejectCode

_HEIGHT = re.compile(r"(?i)\b(?:height|taille)\b\D{0,5}(\d{2,3}(?:[.,]\d)?)\s*cm\b")
_NOT_HELD = frozenset((*STOOD_FOR, RejectCode.OTHER_SPECIMEN, RejectCode.NEGATED))
_NONE: frozenset[str] = frozenset()


def facts_of_panel(
    panel: Panel, results: Sequence[FlaggedResult], rejects: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """The facts of a panel's results (``variables.facts_of``).

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
        hours=stated_hours(panel.context),
        unread=unread_analytes(rejects),
    )


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
