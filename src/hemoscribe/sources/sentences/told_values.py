"""Results that sentences tell: ``Natrémie basse à 118 mmol/L ce matin``.

A number with its unit, and the nearest name of an analyte that is measured in it. What is told of
another day, as a limit, an aim or a dose, or of another fluid, is no result of today.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.fluids import heading_not_blood
from hemoscribe.sources.sentences.named import name_after, name_before
from hemoscribe.sources.tables.analyte_names import is_unit

MAX_CHARACTERS = 4_000
_NUMBER = re.compile(
    r"(?<![\w.,/^*+-])(?P<sign>[<>≤≥]=?\s?)?"
    r"(?P<number>\d{1,3}(?: \d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
    r"(?P<gap>\s{0,2})(?=[^\W\d]|[%°/]|x ?10|10[\^*])"
)
_UNIT = re.compile(r"(?:x\s?)?(?:10\s?[\^*]?\s?\d{1,2}\s?/\s?\w+|\S+)")
_TAIL = ".,;:!?)]»\"'"
_CLAUSE = re.compile(
    r"[;()\[\]]|[,.!?]\s|\n|(?=\b(?:contre|versus|vs|against|au lieu de|instead of)\b)"
)
_OF_A_CONVERSION = re.compile(r"1(?:0{1,2})?$")
_SPAN_BEFORE = re.compile(
    r"(?<![\w.,])[<>]?\d[\d.,]*\s?(?:[^\s\d]{1,10}\s)?(?:(?:-|–|à|a|to|bis)|(?P<and>et|and))\s?$"
)
_SPAN_AFTER = re.compile(r"\s?(?:-|–|à|a|to|bis)\s?[<>]?\d")
_BETWEEN = re.compile(r"\b(?:entre|between)\s[^,;]{0,20}$")


@dataclass(frozen=True, slots=True)
class Told:
    """A result that a sentence tells; ``at``: where its number stands in the text."""

    name: str
    value: str
    unit: str
    at: int


@cache
def _words(which: str) -> re.Pattern[str]:
    patterns = package_yaml(__package__, "told_values.yaml")[which]
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)")


def plain(text: str) -> str:
    """A text of the same length in lower case and without accents."""
    return "".join(unicodedata.normalize("NFD", sign)[0] for sign in text).casefold()


def told_values(text: str) -> tuple[Told, ...]:
    """The results that a text tells of today, in their order; a text is read up to a limit."""
    text = text[:MAX_CHARACTERS].replace("\u00a0", " ").replace("\u202f", " ")
    return tuple(_found(text)) if any(map(str.isdigit, text)) else ()


def _found(text: str) -> Iterator[Told]:
    folded = ""
    for match in _NUMBER.finditer(text):
        unit = _unit_at(text, match.end())
        if unit is None:
            continue
        after = text[match.end() + len(unit) :]
        named = name_before(text[: match.start()], unit) or name_after(after, unit)
        if named is None:
            continue
        folded = folded or plain(text)
        if len(folded) != len(text) or _is_of_today(folded, match, len(unit)):
            sign = (match["sign"] or "").strip()
            yield Told(named, f"{sign}{match['number']}", unit, match.start())


def _unit_at(text: str, start: int) -> str | None:
    """The unit that begins there: the longest of one or two words that is one."""
    words = [found[0] for found in _UNIT.finditer(text[start : start + 40])][:2]
    for size in (2, 1):
        shown = text[start : start + 40]
        end = 0
        for word in words[:size]:
            end = shown.index(word, end) + len(word)
        unit = shown[:end].rstrip(_TAIL)
        if unit and any(sign.isalpha() or sign == "%" for sign in unit) and is_unit(unit):
            return unit
    return None


def _is_of_today(folded: str, match: re.Match[str], unit: int) -> bool:
    """Whether a number of a sentence is a result of its day, by the words of its clause."""
    bounds = [0, *(found.end() for found in _CLAUSE.finditer(folded)), len(folded)]
    start = max(at for at in bounds if at <= match.start())
    end = min(at for at in bounds if at >= match.end() + unit) if folded else 0
    before, after = folded[start : match.start()], folded[match.end() + unit : end]
    clause = _words("elsewhere").sub(" ", f"{before} # {after}")
    if heading_not_blood(clause) or _words("earlier").search(clause):
        return False
    if re.search(rf"(?:{_words('before').pattern})\s*$", before):
        return False
    passed = _words("passed").search(clause) is not None
    if _words("limits").search(before) is not None and not passed:
        return False
    if match["sign"]:
        return _words("today").search(clause) is not None
    if _OF_A_CONVERSION.match(match["number"]) and after.lstrip().startswith("="):
        return False
    if _SPAN_AFTER.match(folded, match.end() + unit) or _SPAN_AFTER.match(
        folded, match.end("number")
    ):
        return False
    span = _SPAN_BEFORE.search(before)
    is_span = span is not None and (span["and"] is None or _BETWEEN.search(before) is not None)
    return not is_span or _words("change").search(before) is not None
