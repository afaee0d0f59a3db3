"""How long after it was taken a drug was measured, where the requester wrote it."""

from __future__ import annotations

import re

_HOURS = (
    r"(?P<hours>\d{1,2}(?:[.,]\d+)?)\s*(?:h|hrs?|hours?|heures?)(?![a-zé])\.?\s*"
    r"(?P<minutes>[0-5]\d(?!\d))?"
)
_TAKEN = r"(?:ingestion|ingested|taking|taken|intake|overdose|prise|intoxication|absorption)"
_AFTER = r"(?:after|post|following|since|apr[eè]s|depuis)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_HOURS}[\s-]*{_AFTER}[\s-]*(?:the |an? |la |une |l')?\s*{_TAKEN}",
        rf"{_TAKEN}\b[^.;\n]{{0,30}}?\b{_HOURS}\s*(?:ago|before|earlier)",
        rf"{_TAKEN}\b[^.;\n]{{0,30}}?\bil y a\s*{_HOURS}",
    )
)


def hours_since_ingestion(note: str) -> float | None:
    """Hours between ingestion and sample; None where the note states none, or several."""
    found = {
        float(match["hours"].replace(",", ".")) + int(match["minutes"] or 0) / 60
        for pattern in _PATTERNS
        for match in pattern.finditer(note)
    }
    return found.pop() if len(found) == 1 else None
