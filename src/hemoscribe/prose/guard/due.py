"""What must be done at once: each such request of the rules is in a draft, in time, unconditioned.

A request is known again by the results that it names, else by half of the words that say what is
asked for. It counts where its time is told, by its own clause, before the colon of its sentence or
by another clause of it, and nothing makes it hang on a condition that the bank does not state.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from hemoscribe.knowledge import analytes
from hemoscribe.prose.clause_bank import ASKS, Request
from hemoscribe.prose.clause_bank import bare as without_names
from hemoscribe.prose.follow_up import Asked
from hemoscribe.prose.guard.bank import Bank, joining_words
from hemoscribe.prose.guard.clauses import Clause, bare, judged_words, phrases_of
from hemoscribe.prose.guard.delays import latest_said
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
    for one in due:
        limit = max(WITHIN_HOURS[one.urgency], _own_time(one.request, bank.language))
        in_time = [x for x in lines if x.asked and x.hours is not None and x.hours <= limit]
        if not _is_met(one, in_time, bank.language):
            late = _is_met(one, lines, bank.language)
            (put_off if late else left_out).append(_worded(one, bank.language))
    return tuple(left_out), tuple(put_off)


def _due(asked: Sequence[Asked]) -> list[Asked]:
    """What is due within the hour, and today of the first subject."""
    return [
        one
        for one in asked
        if one.urgency >= NOW or (one.urgency == TODAY and one.subject == asked[0].subject)
    ]


def _lines(
    body: str, said: Sequence[Clause], free: Sequence[Clause], language: Language
) -> Iterator[_Line]:
    stops = [match.start() for match in _ENDS.finditer(body)]
    sentences: dict[int, list[tuple[Clause, Clause]]] = {}
    for clause, own in zip(said, free, strict=True):
        if clause.part == "follow_up":
            sentences.setdefault(bisect(stops, clause.starts[0]), []).append((clause, own))
    for told in sentences.values():
        first = told[0][1].words
        lead = first[: first.index(":")] if ":" in first else ()
        asked = _is_asked(lead, language)
        times = [_time(own.words, language) for _, own in told]
        common = _time(lead, language) or max((one for one in times if one), default=None)
        for (clause, own), time in zip(told, times, strict=True):
            yield _Line(
                frozenset(map(_stem, bare(clause.text))),
                frozenset(name for claim in clause.claims for name in claim.analytes),
                time or common,
                asked and _is_asked(own.words, language),
            )


def _is_asked(words: Sequence[str], language: Language) -> bool:
    if words and words[0] in _begins(language):
        return False
    return not any(
        phrases_of(language, "requests", key).within(words) for key in ("condition", "refused")
    )


def _time(words: Sequence[str], language: Language) -> float | None:
    """The latest time that words tell, in hours."""
    found = [latest_said(words, language)]
    for key, urgency in (("now", NOW), ("today", TODAY)):
        if phrases_of(language, "requests", key).within(words):
            found.append(WITHIN_HOURS[urgency])
    return max((one for one in found if one is not None), default=None)


def _is_met(one: Asked, lines: Sequence[_Line], language: Language) -> bool:
    named = frozenset[str]().union(*(line.named for line in lines))
    stems = frozenset[str]().union(*(line.stems for line in lines))
    if _names_asked(one.request) and not named.issuperset(one.analytes):
        return False
    repeats = one.request.repeats
    if repeats and named.issuperset(repeats):
        return True
    wanted = _wanted(one.request, bool(one.analytes), language)
    return any(_share(words, stems) for words in wanted)


def _names_asked(request: Request) -> bool:
    return any(f"{{{ASKS}}}" in text for text in request.texts["en"])


def _share(words: frozenset[str], stems: frozenset[str]) -> bool:
    return not words or len(words & stems) >= max(1, len(words) // 2)


@lru_cache(maxsize=4096)
def _wanted(request: Request, asks: bool, language: Language) -> tuple[frozenset[str], ...]:
    """What a request asks for beside its analytes, in stems, of each of its texts."""
    found = []
    for text in request.texts[language]:
        parts = [part for part in text.split(";") if asks or f"{{{ASKS}}}" not in part]
        words = bare(_BRACKETS.sub(" ", without_names(" ; ".join(parts))))
        found.append(frozenset(map(_stem, words - joining_words(language) - _plain(language))))
    return tuple(found)


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
def _begins(language: Language) -> frozenset[str]:
    return frozenset(plain(word) for word in judged_words(language, "requests")["begins"])


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(str(word)) for word in words)
