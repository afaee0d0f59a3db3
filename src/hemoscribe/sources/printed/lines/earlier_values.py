"""Values of earlier days that stand behind a result: ``Ant. : 141``, ``4,3 le 12/10/2023``."""

from __future__ import annotations

import re
from functools import cache

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.value_texts import GROUPED, NUMBER
from hemoscribe.sources.printed.parts import EarlierValue

_VALUE = rf"(?P<value>[<>]?\s?{GROUPED}|{NUMBER})[HL*]{{0,2}}"
_DAY = r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}"
_DATE = rf"(?P<date>{_DAY}|(?:0?[1-9]|1[0-2])/\d{{4}})(?:\s+\d{{1,2}}[:hH]\d{{2}})?"
_WHOLE_DATE = re.compile(_DAY)
MAX_BEFORE = 12


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    words = layout_words.layouts()
    on, marks = ("|".join(words[part]) for part in ("on_a_day", "earlier_marks"))
    unit = rf"(?:\s(?!(?:{on})\s)(?P<unit>[^\d\s()\[\]]\S{{0,15}}))?"
    day = rf"\s+(?:(?:{on})\s+)?\(?{_DATE}\)?"
    dated = rf"(?:(?<=\s\s)|(?<=[(\[]))[(\[]?{_VALUE}{unit}{day}[)\]]?\s*$"
    marked = rf"(?<=[\s(\[])(?:{marks})\.?\s*[:=]?\s*{_VALUE}{unit}(?:{day})?[)\]]?\s*$"
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in (dated, marked))


def without_earlier(line: str) -> tuple[str, tuple[EarlierValue, ...]]:
    """A line without the values of earlier days at its end, and these."""
    found: list[EarlierValue] = []
    while len(found) < MAX_BEFORE:
        match = next((m for pattern in _patterns() if (m := pattern.search(line))), None)
        if match is None:
            break
        found.append(_earlier(match))
        line = line[: match.start()].rstrip(" ([")
    return line, tuple(reversed(found))


def _earlier(match: re.Match[str]) -> EarlierValue:
    date = match["date"]
    whole = date if date and _WHOLE_DATE.fullmatch(date) else None
    return EarlierValue(match["value"].strip(), whole, match["unit"])


def earlier_cell(text: str) -> EarlierValue | None:
    """A cell under a heading of earlier results: a value, with its date or without."""
    (line, found) = without_earlier(f"  {text.strip()}")
    if found:
        return found[0] if not line.strip() and len(found) == 1 else None
    match = re.fullmatch(_VALUE, text.strip())
    return EarlierValue(match["value"].strip(), None, None) if match else None
