"""How a word that a pattern begins with begins: a text without such a word needs no search.

Most patterns begin with one of some words ("Dr", "tél", "hôpital"), and searching a text for them
at each of its letters is what scrubbing costs. The words of a text and their first five letters are
found once; a pattern whose words begin with none of them cannot match. A blank says that a word
ends there: "le " is an article, "le" begins "leucocytes" as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_LENGTH = 5
_WORDS = re.compile(r"\w+|#")
_LETTERS = re.compile(r"[^\W\d_]+")
_PAST_A_WORD = re.compile(r"(?<=[^\w#]).+", re.DOTALL)
_PLAIN = re.compile(r"\w+(?![*?+{])")
_QUANTIFIER = re.compile(r"[*?]\??|\+\??|\{\d*,?\d*\}\??")
_GROUP = re.compile(r"\((\?(?:[a-z]*:|<?[=!]))?")
_LENGTHS = range(1, _LENGTH + 1)
_MARKS = frozenset(".^$*+?{}[]()|\\")


def word_starts(lower: str) -> frozenset[str]:
    """The first letters, one to five, of every word of a text in lower case, and each word whole.

    Letters between digits are words of their own as well: "12mars2024".
    """
    words = set(_WORDS.findall(lower))
    for word in [word for word in words if not word.isalpha()]:
        words.update(_LETTERS.findall(word))
    starts = {word[:length] for word in words for length in _LENGTHS}
    starts.update([f"{word} " for word in words])
    return frozenset(starts)


@cache
def gate_of(*patterns: str) -> frozenset[str]:
    """How the first word of what ``patterns`` match begins: in up to five letters, or whole.

    Args:
        patterns: of words as ``words.yaml`` writes them: letters, classes, groups, quantifiers;
            with a blank at the end where what follows them is never a letter.

    Raises:
        ValueError: a pattern may begin with anything, or is written in a way not read here.
    """
    starts = {start for pattern in patterns for start in _Reader(pattern.lower()).read()}
    words = {_first_word(start) for start in starts}
    if not words.isdisjoint(("", " ")):
        raise ValueError(f"one of the patterns may begin with anything: {patterns}")
    shorter = {word for word in words if not word.endswith(" ")}
    return frozenset(
        word
        for word in words
        if word in shorter or shorter.isdisjoint(word[:length] for length in _LENGTHS)
    )


def _first_word(start: str) -> str:
    """The word of a beginning, with a blank where it ends, else its first letters."""
    if start.startswith("#"):
        return "#"
    return f"{start[:-1]} " if _is_whole(start) else start[:_LENGTH]


def _is_whole(start: str) -> bool:
    """Whether a beginning ends with what follows its first word."""
    return bool(start) and (start[0] == "#" or not (start[-1].isalnum() or start[-1] == "_"))


def ahead_of(*patterns: str) -> str:
    """A look ahead at the first two letters of what ``patterns`` match, in any case.

    A word that begins otherwise is passed over at once; of many alternatives each would be tried.
    """
    gate = gate_of(*(f"{pattern} " for pattern in patterns))
    classes = [{start[0] for start in gate}]
    if all(len(start.rstrip()) > 1 for start in gate):
        classes.append({start[1] for start in gate})
    letters = ("".join(sorted(one | {letter.upper() for letter in one})) for one in classes)
    return f"(?={''.join(f'[{some}]' for some in letters)})"


class _Reader:
    """Reads a pattern from left to right and keeps the beginnings of what it matches."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0

    def read(self) -> set[str]:
        """The beginnings of every alternative up to the end of the pattern or of a group."""
        every: set[str] = set()
        while True:
            every |= self._sequence()
            if self.pattern[self.place : self.place + 1] != "|":
                return every
            self.place += 1

    def _sequence(self) -> set[str]:
        so_far = {""}
        while self.place < len(self.pattern) and self.pattern[self.place] not in "|)":
            if (letters := _PLAIN.match(self.pattern, self.place)) is not None:
                self.place = letters.end()
                so_far = _joined(so_far, {letters.group()})
                continue
            atom = self._atom()
            if (found := _QUANTIFIER.match(self.pattern, self.place)) is not None:
                if found.group() != "?":
                    raise ValueError(f"{self.pattern!r} repeats a part")
                self.place = found.end()
                atom = atom | {""}
            so_far = _joined(so_far, atom)
        return so_far

    def _atom(self) -> set[str]:
        one = self.pattern[self.place]
        if one == "(":
            return self._group()
        if one == "[":
            end = self.pattern.index("]", self.place)
            letters, self.place = self.pattern[self.place + 1 : end], end + 1
            if letters.startswith("^") or re.search(r"\w-\w|\\", letters):
                raise ValueError(f"{letters!r} stands for too many letters")
            return set(letters)
        if one == "\\":
            self.place += 2
            if self.pattern[self.place - 1].isalnum():
                raise ValueError(f"{self.pattern!r} holds a class of letters")
            return {self.pattern[self.place - 1]}
        if one in _MARKS:
            raise ValueError(f"{self.pattern!r} holds {one!r}")
        self.place += 1
        return {one}

    def _group(self) -> set[str]:
        found = _GROUP.match(self.pattern, self.place)
        assert found is not None
        self.place = found.end()
        inside = self.read()
        self.place += 1
        looks = found[1] is not None and found[1][-1] in "=!"  # what stands beside is no part
        return {""} if looks else {_PAST_A_WORD.sub("", start) for start in inside}


def _joined(firsts: Iterable[str], seconds: Iterable[str]) -> set[str]:
    """Every first with every second behind it, up to the end of the first word."""
    whole = {first for first in firsts if _is_whole(first)}
    return whole | {first + second for first in firsts if first not in whole for second in seconds}
