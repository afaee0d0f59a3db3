"""What must be done at once: each such request of the rules is in a draft, in time, unconditioned.

A request is known again by the results that it names, else by half of the words that say what is
asked for. It counts where its time is told, by its own clause, before the colon of its sentence or
by another clause of it, and nothing makes it hang on a condition that the bank does not state.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from hemoscribe.knowledge import analytes
from hemoscribe.prose.clause_bank import ASKS, Request
from hemoscribe.prose.clause_bank import bare as without_names
from hemoscribe.prose.extraction import claims
from hemoscribe.prose.follow_up import Asked
from hemoscribe.prose.guard.bank import Bank, joining_words
from hemoscribe.prose.guard.calls import at_once
from hemoscribe.prose.guard.clauses import Clause, bare, judged_words, phrases_of
from hemoscribe.prose.guard.delays import latest_said, words_of_time
from hemoscribe.prose.guard.phrases import plain
from hemoscribe.prose.guard.urgency import NOW, TODAY
from hemoscribe.prose.lexicon import fold
from hemoscribe.records import Language

WITHIN_HOURS: Final = {NOW: 1.0, TODAY: 23.0}
"""Urgency of a request -> the latest that it may be told to be done, in hours."""
_ENDS = re.compile(r"[!?\n]+|\.(?!\d)")
_BRACKETS = re.compile(r"\([^)]*\)")
_STEM = 5
"""So many letters of a word stand for it: "bleeding" is "bleed"."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A clause of a draft's follow-up: what it names, when, and whether it is asked for at all."""

    stems: frozenset[str]
    named: frozenset[str]
    hours: float | None
    asked: bool


def unasked(
    body: str, said: Sequence[Clause], free: Sequence[Clause], bank: Bank
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pressing requests that a draft leaves out, and those that it puts off or conditions.

    Args:
        free: the clauses as ``unspoken`` has them.
    """
    due = _due(bank.asked)
    if not due:
        return (), ()
    lines = tuple(_lines(body, said, free, bank.language))
    left_out: list[str] = []
    put_off: list[str] = []
    told_apart = _told_apart(due, bank.language)
    for one in due:
        limit = max(WITHIN_HOURS[one.urgency], _own_time(one.request, bank.language))
        in_time = [x for x in lines if x.asked and x.hours is not None and x.hours <= limit]
        if not _is_met(one, in_time, told_apart, bank.language):
            late = _is_met(one, lines, told_apart, bank.language)
            (put_off if late else left_out).append(_worded(one, bank.language))
    return tuple(left_out), tuple(put_off)


def _due(asked: Sequence[Asked]) -> list[Asked]:
    """What is due within the hour or today."""
    return [one for one in asked if one.urgency >= TODAY]


def _lines(
    body: str, said: Sequence[Clause], free: Sequence[Clause], language: Language
) -> Iterator[_Line]:
    stops = [match.start() for match in _ENDS.finditer(body)]
    sentences: dict[int, list[tuple[Clause, Clause]]] = {}
    for clause, own in zip(said, free, strict=True):
        if clause.part == "follow_up":
            sentences.setdefault(bisect(stops, clause.starts[0]), []).append((clause, own))
    for told in sentences.values():
        first = told[0][1]
        ends = first.words.index(":") if ":" in first.words else 0
        lead = first.words[:ends]
        asked = _is_asked(lead, language) and _leads(first.rest[:ends], language)
        times = [_time(own.words, language) for _, own in told]
        common = _time(lead, language) or max((one for one in times if one), default=None)
        for (clause, own), time in zip(told, times, strict=True):
            yield _Line(
                frozenset(map(_stem, bare(clause.text))),
                frozenset(name for claim in clause.claims for name in claim.analytes),
                time or common,
                asked and _is_asked(own.words, language),
            )


def _leads(words: Sequence[str], language: Language) -> bool:
    """Whether what stands before a colon adds nothing to its time: no word but of a closed list."""
    if _time(words, language) is None:
        return True
    rest = phrases_of(language, "requests", "today").without(at_once(language).without(words))
    known = _words(language, "lead") | words_of_time(language)
    return all(word in known or not word.isalpha() for word in rest)


def _is_asked(words: Sequence[str], language: Language) -> bool:
    haste = at_once(language).without(words)
    if haste and haste[0] in _words(language, "begins"):
        return False
    return not any(
        phrases_of(language, "requests", key).within(haste) for key in ("condition", "refused")
    )


def _time(words: Sequence[str], language: Language) -> float | None:
    """The latest time that words tell, in hours."""
    found = [latest_said(words, language)]
    for key, urgency in (("now", NOW), ("today", TODAY)):
        if phrases_of(language, "requests", key).within(words):
            found.append(WITHIN_HOURS[urgency])
    return max((one for one in found if one is not None), default=None)


def _told_apart(
    due: Sequence[Asked], language: Language
) -> Mapping[frozenset[str], frozenset[str]]:
    """The stems of each part that is due -> those by which it is told apart from the others."""
    parts = {
        part.stems
        for one in due
        for parts in _wanted(one.request, language)
        for place, part in enumerate(parts)
        if place not in one.said
    }
    return {
        stems: stems.difference(*(other for other in parts if other != stems)) or stems
        for stems in parts
    }


def _is_met(
    one: Asked,
    lines: Sequence[_Line],
    told_apart: Mapping[frozenset[str], frozenset[str]],
    language: Language,
) -> bool:
    named = frozenset[str]().union(*(line.named for line in lines))
    stems = frozenset[str]().union(*(line.stems for line in lines))
    if _names_asked(one.request) and not named.issuperset(one.analytes):
        return False
    repeated = named.issuperset(one.request.repeats)
    return any(
        all(
            (part.repeats and repeated) or _share(told_apart[part.stems], stems)
            for place, part in enumerate(parts)
            if place not in one.said and (one.analytes or not part.asks)
        )
        for parts in _wanted(one.request, language)
    )


def _names_asked(request: Request) -> bool:
    return any(f"{{{ASKS}}}" in text for text in request.texts["en"])


def _share(words: frozenset[str], stems: frozenset[str]) -> bool:
    return not words or 2 * len(words & stems) >= len(words)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one part of a request asks for, in stems; whether it names what the report lacks, and
    what is to be measured again."""

    stems: frozenset[str]
    asks: bool
    repeats: bool


@lru_cache(maxsize=4096)
def _wanted(request: Request, language: Language) -> tuple[tuple[_Part, ...], ...]:
    """What a request asks for beside its analytes, part by part, of each of its texts."""
    return tuple(
        tuple(_part(part, request, language) for part in text.split(";"))
        for text in request.texts[language]
    )


def _part(text: str, request: Request, language: Language) -> _Part:
    said = without_names(_BRACKETS.sub(" ", text))
    words = bare(said)
    own = words - joining_words(language) - _plain(language)
    asks = f"{{{ASKS}}}" in text
    named = {name for claim in claims(said, language) for name in claim.analytes}
    repeats = bool(named & set(request.repeats))
    return _Part(frozenset(map(_stem, own or (() if asks else words))), asks, repeats)


@lru_cache(maxsize=4096)
def _own_time(request: Request, language: Language) -> float:
    texts = (plain(text).split() for text in request.texts[language])
    return max(latest_said(words, language) or 0.0 for words in texts)


def _worded(one: Asked, language: Language) -> str:
    names = ", ".join(analytes()[name].name(language) for name in one.analytes)
    return one.request.texts[language][0].replace(f"{{{ASKS}}}", names)


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    return word[:_STEM]


@cache
def _plain(language: Language) -> frozenset[str]:
    return _folded(judged_words(language, "requests")["plain"])


@cache
def _words(language: Language, key: str) -> frozenset[str]:
    return frozenset(plain(word) for word in judged_words(language, "requests")[key])


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(str(word)) for word in words)
