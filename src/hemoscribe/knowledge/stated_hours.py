"""Hours that the requester wrote: since a drug was taken, and of a newborn's life."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_HOURS = (
    r"(?P<hours>\d{1,3}(?:[.,]\d+)?)\s*(?:h|hrs?|hours?|heures?)(?![a-zé])\.?\s*"
    r"(?P<minutes>[0-5]\d(?!\d))?"
)
_TAKEN = r"(?:ingestion|ingested|taking|taken|intake|overdose|prise|intoxication|absorption)"
_AFTER = r"(?:after|post|following|since|apr[eè]s|depuis)"
_SINCE_INGESTION = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_HOURS}[\s-]*{_AFTER}[\s-]*(?:the |an? |la |une |l')?\s*{_TAKEN}",
        rf"{_TAKEN}\b[^.;\n]{{0,30}}?\b{_HOURS}\s*(?:ago|before|earlier)",
        rf"{_TAKEN}\b[^.;\n]{{0,30}}?\bil y a\s*{_HOURS}",
    )
)
_OF_LIFE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_HOURS}[\s-]*(?:old\b|of (?:life|age)\b|de vie\b)",
        rf"\b(?:aged|[âa]g[ée]e? de|at the age of)\s*{_HOURS}",
        r"\bH\s?(?P<hours>\d{1,3})(?P<minutes>(?!\d)(?!.))?\s*(?:of life|de vie)\b",
    )
)


def stated_hours(note: str) -> Mapping[str, float | None]:
    """The facts that a note holds of hours (``knowledge.fact_names``)."""
    if not note:
        return {}
    return {"ingestion_hours": hours_since_ingestion(note), "life_hours": hours_of_life(note)}


def hours_since_ingestion(note: str) -> float | None:
    """Hours between ingestion and sample; None where the note states none, or several."""
    return _only(note, _SINCE_INGESTION)


def hours_of_life(note: str) -> float | None:
    """A newborn's age in hours; None where the note states none, or several."""
    return _only(note, _OF_LIFE)


def _only(note: str, patterns: Iterable[re.Pattern[str]]) -> float | None:
    found = {
        float(match["hours"].replace(",", ".")) + int(match["minutes"] or 0) / 60
        for pattern in patterns
        for match in pattern.finditer(note)
    }
    return found.pop() if len(found) == 1 else None
