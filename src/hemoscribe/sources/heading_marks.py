"""Headings between results: one of another fluid holds until one of blood.

HL7 v2 writes them as an OBX without a value, tables as a line without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.fluids import says_blood
from hemoscribe.knowledge.spelling import name_words
from hemoscribe.sources.specimens import heading_specimen

BLOOD_AGAIN = ""


@cache
def labels() -> Mapping[str, frozenset[str]]:
    """``heading_labels`` and ``specimen_labels``: what is named so holds a heading, a specimen."""
    lists = package_yaml(__package__, "heading_marks.yaml")
    return {name: frozenset(map(str, entries)) for name, entries in lists.items()}


@lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """A name as ``labels`` has it."""
    return " ".join(name_words(text))


def heading_mark(heading: str) -> str | None:
    """The heading itself where it names another fluid; "" for one of blood; None for any other."""
    if not heading:
        return None
    if heading_specimen(heading) is not None:
        return heading
    blood = says_blood(heading) or folded(heading) in labels()["blood_sections"]
    return BLOOD_AGAIN if blood else None
