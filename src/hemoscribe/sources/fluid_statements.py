"""Another fluid than blood, stated where no field for specimens stands: a remark, a cell, a site.

A field (a sub-id, a site, a method, a free column) states one where it holds the name of a fluid
and nothing else; a sentence where it is such a name ("Urine des 24 h"), has a label ("Specimen:
urine") or says on what was measured ("dosé sur urines"). "Infection urinaire", "ECBU urine en
cours" and "Ascite" state nothing of the result that they stand beside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.fluids import says_blood
from hemoscribe.records import RejectCode
from hemoscribe.sources.beside import NOTHING, Beside, is_number, plain, words_in
from hemoscribe.sources.specimens import OtherSpecimen, heading_specimen

MAX_STATEMENT_CHARACTERS = 120  # what is longer is prose
_SENTENCE = re.compile(r"[;!?\n\r|]+|\.(?!\d)")
_PART = re.compile(r",|\s[-–—]\s")
_LABEL = re.compile(r"[:=]")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?\b\.?")


@dataclass(frozen=True, slots=True)
class StatedFluid(OtherSpecimen):
    """Another fluid by a text beside the result; ``name`` is the text."""

    @property
    def sentence(self) -> str:
        """Why the result is not read."""
        return (
            f"What stands beside it says it is of another fluid: {self.name!r}; only blood is read."
        )


@cache
def _lists() -> dict[str, frozenset[str]]:
    lists: dict[str, Any] = package_yaml(__package__, "fluid_statements.yaml")
    return {name: frozenset(entries) for name, entries in lists.items()}


def fluid_gate() -> list[str]:
    """Stems, one of which every text that states another fluid holds, whatever its case."""
    return sorted(_lists()["gate"])


@lru_cache(maxsize=65536)
def fluid_in_field(text: str, *, method: bool = False) -> OtherSpecimen | None:
    """The other fluid that a field names, where it holds nothing else; None for any other text.

    Args:
        method: the field is for methods, whose strips and dipsticks say nothing else.
    """
    if len(text) > MAX_STATEMENT_CHARACTERS:
        return None
    more = _lists()["made"] if method else frozenset()
    return _other(text) if _is_fluid(_words(text), _lists()["fluids"], more) else None


@lru_cache(maxsize=16384)
def fluid_of_site(text: str) -> OtherSpecimen | None:
    """The other fluid of a site of the body, however it was taken there."""
    if heading_specimen(text) is not None:
        return _other(text)
    said = set(_words(text))
    known = _lists()["sites"]
    return _other(text) if said & known and said <= known | _lists()["beside_site"] else None


def fluid_in_text(text: str | None, beside: Beside = NOTHING) -> OtherSpecimen | None:
    """The other fluid that a sentence of a remark states for the result beside it."""
    said = _in_question(text) if text else None
    if text is None or said is None:
        return None
    beside = replace(beside, value=None, day=None)
    for sentence in _SENTENCE.split(said):
        if 0 < len(sentence) <= MAX_STATEMENT_CHARACTERS and _states(sentence, beside):
            return _other(text)
    return None


@lru_cache(maxsize=65536)
def _in_question(text: str) -> str | None:
    """The text without case and accents, where it names a fluid; most that hold a stem do not."""
    said = plain(text)
    if not any(stem in said for stem in _plain_gate()):
        return None
    return None if _lists()["fluids"].isdisjoint(_words(said)) else said


@cache
def _plain_gate() -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(plain, _lists()["gate"])))


@lru_cache(maxsize=16384)
def _states(sentence: str, beside: Beside) -> bool:
    lists = _lists()
    label, mark, rest = _LABEL.sub(":", sentence, count=1).partition(":")
    if mark and " ".join(words_in(label)) in lists["labels"]:
        return _is_fluid(_words(_PART.split(rest)[0]), lists["fluids"])
    if mark:
        return False
    if _alone(_words(sentence)):
        return True
    return any(_measured_on(_words(part), beside) for part in _PART.split(sentence))


def _alone(words: Sequence[str]) -> bool:
    lists = _lists()
    named = lists["fluids"] if lists["nouns"] & set(words) else lists["specimens"]
    return _is_fluid(words, named)


def _measured_on(words: Sequence[str], beside: Beside) -> bool:
    """ "Dosé sur urines", "sur LCR", "performed on pleural fluid": nothing else in the part."""
    lists = _lists()
    at = next((at for at, word in enumerate(words) if word in lists["prepositions"]), None)
    if at is None or not _is_fluid(words[at + 1 :], lists["fluids"]):
        return False
    before = [word for word in words[:at] if word not in lists["measured"]]
    if not before:
        return at > 0 or _alone(words[at + 1 :])
    return any(word in lists["measured"] for word in words[:at]) and bool(
        beside.is_named(" ".join(before))
    )


def _words(text: str) -> list[str]:
    """The words of a text; L.C.R. is one."""
    joined = _DOTTED.sub(lambda run: run[0].replace(".", ""), plain(text))
    return words_in(joined.replace("'", " "))


def _is_fluid(
    words: Sequence[str], fluids: frozenset[str], more: frozenset[str] = frozenset()
) -> bool:
    """Whether words name a fluid, and nothing that is not known to stand with one."""
    said = {word for word in words if not is_number(word)}
    if not said & fluids or says_blood(" ".join(words)):
        return False
    return said <= _lists()["fluids"] | _lists()["beside"] | more


def _other(text: str) -> OtherSpecimen:
    return StatedFluid(text, RejectCode.OTHER_SPECIMEN)
