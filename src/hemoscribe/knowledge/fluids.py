"""Whether a name or a heading speaks of another fluid than blood (``fluids.yaml``).

Names of analytes and headings (orders, panels, sections of a print) are told by the same words;
a heading by some more, which as a name would be an analyte's ("UA" is uric acid, or a urinalysis).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from hemoscribe.knowledge.analytes import load_yaml
from hemoscribe.knowledge.spelling import name_words

_INITIALS = re.compile(r"\b[a-z](?: [a-z]\b)+")  # E.C.B.U. is ECBU
_URINE_MARK = re.compile(r"^d?u[-_]|\((?:d?u|ur)\)|[-_, ]u$")


@dataclass(frozen=True, slots=True)
class _Fluids:
    words: frozenset[str]
    phrases: re.Pattern[str]
    harmless: re.Pattern[str]
    heading_words: frozenset[str]
    heading_phrases: re.Pattern[str]
    blood: frozenset[str]


@cache
def _fluids() -> _Fluids:
    lists = load_yaml("fluids.yaml")
    return _Fluids(
        words=frozenset(lists["words"]),
        phrases=_any_of(lists["phrases"]),
        harmless=_any_of(lists["harmless"]),
        heading_words=frozenset(lists["heading_words"]),
        heading_phrases=_any_of(lists["heading_phrases"]),
        blood=frozenset(lists["blood"]),
    )


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{phrase})\b" for phrase in phrases))


@lru_cache(maxsize=65536)
def not_blood(name: str) -> bool:
    """Whether a name says that the sample is urine or another fluid."""
    if _URINE_MARK.search(name.casefold().strip()) is not None:
        return True
    return _speaks_of_fluid(_said(name))


def _said(text: str) -> str:
    """Its words, without phrases in which the name of a fluid is no specimen ("bile acids")."""
    words = _INITIALS.sub(lambda run: run[0].replace(" ", ""), " ".join(name_words(text)))
    return _fluids().harmless.sub(" ", words)


def _speaks_of_fluid(said: str) -> bool:
    known = _fluids()
    return not known.words.isdisjoint(said.split()) or known.phrases.search(said) is not None


@lru_cache(maxsize=65536)
def heading_not_blood(text: str) -> bool:
    """Whether an order's, a panel's or a section's name says that what it groups is no blood."""
    if not_blood(text):
        return True
    said, known = _said(text), _fluids()
    return (
        not known.heading_words.isdisjoint(said.split())
        or known.heading_phrases.search(said) is not None
    )


@lru_cache(maxsize=65536)
def says_blood(text: str) -> bool:
    """Whether a text names blood, serum or plasma, whatever else it names."""
    return not _fluids().blood.isdisjoint(name_words(text))
