"""The texts of reference ranges, and what of a text is the range and what the unit beside it."""

from __future__ import annotations

import re
from functools import cache

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.value_texts import GROUPED, NUMBER
from hemoscribe.sources.tables.analyte_names import is_unit

_ONE = rf"(?:{GROUPED}|\d[\d.,]*)"
_BETWEEN = r"(?:-|–|/|à|to|a|bis)"
SPAN = rf"(?:[-+−]?{_ONE}|{NUMBER})\s*{_BETWEEN}\s*[-+]?{_ONE}"
BOUND = rf"[<>≤≥]=?\s*{_ONE}"
_RANGE = re.compile(rf"(?:{SPAN}|{BOUND}|0(?:[.,]0+)?)", re.IGNORECASE)
_SIGNED = re.compile(rf"(?P<low>[-+]?{_ONE})\s*{_BETWEEN}\s*(?P<high>[-+]?{_ONE})", re.IGNORECASE)
_WITH_UNIT = re.compile(rf"(?P<range>{SPAN}|{BOUND})\s*(?P<rest>\D.*)", re.IGNORECASE)
_AFTER_UNIT = re.compile(rf"(?P<unit>\S.*?)\s+(?P<range>{SPAN}|{BOUND})", re.IGNORECASE)
_STARTS = re.compile(rf"\s*[(\[]?\s*(?:{SPAN}|{BOUND})", re.IGNORECASE)
MAX_RANGE_CHARACTERS = 200
_ASIDE = re.compile(r"\s*\((?:calc(?:ulated|ul[ée]e?)?|est(?:imated)?)\.?\)$", re.IGNORECASE)


@cache
def _named() -> re.Pattern[str]:
    words = "|".join(layout_words.layouts()["before_a_range"])
    return re.compile(rf"(?:{words})\.?\s*:?\s*(?=[-+<>≤≥\d])", re.IGNORECASE)


def bare_range(text: str) -> str:
    """A text without the brackets around it, and without ``N :`` or ``Normes :`` before it."""
    bare = text.strip().lstrip("([").strip()
    while bare[-1:] in (")", "]") and bare.count("(") + bare.count("[") < _closed(bare):
        bare = bare[:-1].strip()
    match = _named().match(bare)
    return bare[match.end() :] if match else bare


def _closed(text: str) -> int:
    return text.count(")") + text.count("]")


def is_range(text: str) -> bool:
    """Whether a text is a range, or stands where one would."""
    bare = bare_range(text)
    return _RANGE.fullmatch(bare) is not None or layout_words.is_no_range(bare)


def limits(text: str | None) -> tuple[str | None, str | None]:
    """(low, high) of a printed range; one text where knowledge reads it as a whole."""
    if text is None:
        return None, None
    bare = bare_range(text)
    if not bare or layout_words.is_no_range(bare):
        return None, None
    signed = _SIGNED.fullmatch(bare)
    return (signed["low"], signed["high"]) if signed else (bare, None)


def said_unit(text: str) -> str | None:
    """A unit as printed, without a remark behind it: ``mg/dL (calc)``; None where it is none."""
    bare = _ASIDE.sub("", " ".join(text.split()))  # no other remark: FEU in one is the unit's
    return bare if bare and is_known_unit(bare) else None


def is_known_unit(text: str) -> bool:
    """Whether a text is a unit; a number alone, which UCUM would take for a factor, is none."""
    if text[:1].isdigit() and not text.startswith("10"):
        return False
    return any(sign.isalpha() or sign == "%" for sign in text) and is_unit(text)


def range_and_unit(text: str) -> tuple[str | None, str | None] | None:
    """(range, unit) of a text that holds both or one of them; None where it holds anything else."""
    if len(text) > MAX_RANGE_CHARACTERS:
        return None
    bare = bare_range(text)
    if is_range(bare):
        return bare, None
    if unit := said_unit(text.strip()):
        return None, unit
    for pattern, part in ((_WITH_UNIT, "rest"), (_AFTER_UNIT, "unit")):
        match = pattern.fullmatch(bare)
        if match is not None and (unit := said_unit(match[part])):
            return match["range"], unit
    return None


def starts_a_range(text: str) -> bool:
    """Whether a text begins with a range, whatever follows: ``1.00 - 3.00 - Average Risk``."""
    return _STARTS.match(text) is not None
