"""Phrases looked for in the words of a clause: hundreds of them in the time that one takes.

A phrase is written as it is read; ``infect*`` is any word that begins so, ``*statin`` any that ends
so, ``...`` up to four words, ``no|nothing`` either word. A phrase never reaches over a comma.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Final

_GAP: Final = "..."
_MAX_GAP: Final = 4
_REMEMBERED: Final = 10_000
_WORD = re.compile(r"[a-z0-9*|]+|\.\.\.")
_MARKS = str.maketrans({"œ": "oe", "æ": "ae", "µ": "u", "μ": "u"})
STOPS: Final = frozenset(",:()")
"""Signs that a phrase does not reach over."""

Phrase = tuple[str, ...]
Place = tuple[int, int]
"""The first word of a phrase, and the one behind its last."""


class Phrases:
    """A list of phrases, kept by their first words."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._exact: dict[str, list[Phrase]] = {}
        self._stems: dict[int, dict[str, list[Phrase]]] = {}
        self._endings: dict[int, dict[str, list[Phrase]]] = {}
        self._known: dict[str, tuple[Phrase, ...]] = {}
        """Word -> what stands behind it in the phrases that it begins."""
        self._silent: set[str] = set()
        """The known words that no phrase begins with: most clauses hold no other."""
        for text in listed:
            for phrase in _readings(str(text)):
                self._keep(phrase)

    def places(self, words: Sequence[str]) -> Iterator[Place]:
        """Where phrases stand, the longest at each word."""
        if self._silent.issuperset(words):
            return
        for start, word in enumerate(words):
            rests = self._known.get(word)
            if rests is None:
                rests = self._remember(word)
            if rests:
                longest = max(_end(rest, words, start + 1) if rest else start + 1 for rest in rests)
                if longest > start:
                    yield start, longest

    def within(self, words: Sequence[str]) -> bool:
        """Whether any phrase stands among the words."""
        if self._silent.issuperset(words):
            return False
        return next(self.places(words), None) is not None

    def without(self, words: Sequence[str]) -> tuple[str, ...]:
        """The words that belong to no phrase."""
        if self._silent.issuperset(words):
            return tuple(words)
        taken = {place for start, end in self.places(words) for place in range(start, end)}
        return tuple(word for place, word in enumerate(words) if place not in taken)

    def _keep(self, phrase: Phrase) -> None:
        first = phrase[0]
        if first.endswith("*"):
            key, kept = first[:-1], self._stems.setdefault(len(first) - 1, {})
        elif first.startswith("*"):
            key, kept = first[1:], self._endings.setdefault(len(first) - 1, {})
        else:
            key, kept = first, self._exact
        kept.setdefault(key, []).append(phrase)

    def _remember(self, word: str) -> tuple[Phrase, ...]:
        """The rests of the phrases that a word begins; words recur from text to text."""
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
            self._silent.clear()
        found = tuple(phrase[1:] for phrase in self._beginning(word))
        if not found:
            self._silent.add(word)
        return self._known.setdefault(word, found)

    def _beginning(self, word: str) -> Iterator[Phrase]:
        yield from self._exact.get(word, ())
        for length, stems in self._stems.items():
            if len(word) >= length:
                yield from stems.get(word[:length], ())
        for length, endings in self._endings.items():
            if len(word) >= length:
                yield from endings.get(word[-length:], ())


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Without case and accents, with straight apostrophes."""
    text = unicodedata.normalize("NFKD", text.casefold().translate(_MARKS).replace("’", "'"))
    return "".join(sign for sign in text if not unicodedata.combining(sign))


def _readings(text: str) -> Iterator[Phrase]:
    words = _WORD.findall(plain(text))
    yield from product(*(word.split("|") if word != _GAP else [word] for word in words))


def _end(rest: Phrase, words: Sequence[str], place: int) -> int:
    """The place behind the rest of a phrase, which begins at ``place``; 0 where it does not."""
    gap = 0
    for wanted in rest:
        if wanted == _GAP:
            gap = _MAX_GAP
            continue
        while not _is(wanted, words, place):
            if gap == 0 or place >= len(words) or words[place] in STOPS:
                return 0
            place, gap = place + 1, gap - 1
        place, gap = place + 1, 0
    return place


def _is(wanted: str, words: Sequence[str], place: int) -> bool:
    if place >= len(words):
        return False
    word = words[place]
    if wanted == word:
        return True
    if wanted[-1] == "*":
        return word.startswith(wanted[:-1])
    return wanted[0] == "*" and word.endswith(wanted[1:])
