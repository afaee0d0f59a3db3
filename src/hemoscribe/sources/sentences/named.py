"""The analytes that a text names, and those of a name that are measured in a unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import package_yaml
from hemoscribe.knowledge import linear_conversion
from hemoscribe.knowledge.names import by_name
from hemoscribe.knowledge.units import ucum_candidates
from hemoscribe.sources.tables.headers import fold

Conversion = tuple[float, float]
_WORD = re.compile(r"[^\s,;:()\[\]=]+")
_ELIDED = re.compile(r"^[dlDL]['’]")
_MAX_WORDS = 5  # of a name
_NEAR = 14  # words between a name and its number
_AFTER = 4  # words behind a number in which its name may stand


@lru_cache(maxsize=16384)
def measures(name: str, unit: str | None) -> Mapping[str, Conversion]:
    """Analyte -> conversion, of those of a name that are measured in a unit."""
    found: dict[str, Conversion] = {}
    for candidate in by_name(name):
        for code in ucum_candidates(unit or ""):
            try:
                found.setdefault(
                    candidate.analyte.id, linear_conversion(candidate.analyte.id, code)
                )
            except KnowledgeError:
                continue
    return found


def name_before(text: str, unit: str) -> str | None:
    """The name that stands nearest before the end of a text and is measured in a unit."""
    words = _words(text)[-_NEAR:]
    for end in range(len(words), 0, -1):
        for start in range(max(0, end - _MAX_WORDS), end):
            name = " ".join(words[start:end])
            if measures(name, unit):
                return _bare(name)
    return None


def name_after(text: str, unit: str) -> str | None:
    """The name that a text begins with, but for a few words, and is measured in a unit."""
    words = _words(text)[:_AFTER]
    for start in range(min(2, len(words))):
        for end in range(len(words), start, -1):
            name = " ".join(words[start:end])
            if measures(name, unit):
                return _bare(name)
    return None


def names_in(text: str) -> Iterator[str]:
    """The names of analytes in a text, the longest at each place."""
    words = _words(text)
    at = 0
    while at < len(words):
        for end in range(min(len(words), at + _MAX_WORDS), at, -1):
            name = " ".join(words[at:end])
            if by_name(name):
                yield name
                at = end - 1
                break
        at += 1


def _bare(name: str) -> str:
    """A name without the words at its ends that are none of it: ``Le potassium de``."""
    words = name.split()
    while len(words) > 1 and fold(words[0]) in _beside():
        words.pop(0)
    while len(words) > 1 and fold(words[-1]) in _beside():
        words.pop()
    shorter = " ".join(words)
    return shorter if by_name(shorter) else name


@cache
def _beside() -> frozenset[str]:
    return frozenset(map(str, package_yaml(__package__, "told_values.yaml")["beside_a_name"]))


def _words(text: str) -> list[str]:
    found = (_ELIDED.sub("", word[0]).strip(".!?\"'«»*") for word in _WORD.finditer(text))
    return [word for word in found if word]
