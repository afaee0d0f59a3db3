"""Words and numbers that only what stands around them gives away, by learned weights.

Rules name what was seen; a text of somebody else has ways of writing of its own. So what nothing
accounts for (a word that no list knows, in lower case too, a given name or a town, letters after
what somebody is or did, digits in groups, a day) is weighed: how it is written, and which words
stand two before and two behind. The weights of ``word_weights.json`` were learned from our own
marked passages by ``benchmarks/scrub_weights.py``; a sum of them is all that happens here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from hemoscribe.curate.scrub.weighed_signs import (
    AROUND,
    LETTERS,
    NUMBER,
    may_be_weighed,
    signs_around,
    signs_of,
    signs_of_place,
    sort_of,
)

_TOKENS = re.compile(
    r"(?i:(?<!\w)(?:[cdjlmnst]|(?:jusq|lorsq|puisq|q)u)['’](?=\w))"
    r"|[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:(?P<mark>[ ./:-])\d+(?:(?P=mark)\d+)*)?|[^\w\s]|\n"
)
_LEAST = {LETTERS: 0.92, NUMBER: 0.8}
_LEAST_OF_WORD = 0.95
_BESIDE = 0.45
"""How sure it must be that something identifies; less beside a word that does."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One candidate: where it stands, what sort it is, and what is known of it."""

    start: int
    end: int
    sort: str
    kind: str
    place: int
    is_word: bool = False


def find_weighed(
    text: str, reasons: frozenset[int] = frozenset()
) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of what the weights take for an identifier.

    Args:
        text: the text, or its shape (any digit stands for every other).
        reasons: where words end whose capital something beside them accounts for.
    """
    tokens = list(_TOKENS.finditer(text))
    words = [token.group() for token in tokens]
    if not any(map(str.isalpha, words)):
        return  # a number alone is a result as well: nothing beside it tells
    sure: list[Weighed] = []
    unsure: list[Weighed] = []
    for one in candidates(text, tokens, words):
        if one.end in reasons:
            continue
        chance = _chance(text, one, words)
        if chance >= (_LEAST_OF_WORD if one.is_word else _LEAST[one.sort[0]]):
            sure.append(one)
        elif chance >= _BESIDE and one.sort[0] == LETTERS:
            unsure.append(one)
    if not sure:
        return
    ends = {one.end + 1 for one in sure if one.sort[0] == LETTERS}
    starts = {one.start - 1 for one in sure if one.sort[0] == LETTERS}
    for one in (*sure, *(one for one in unsure if one.start in ends or one.end in starts)):
        yield one.start, one.end, one.kind


def candidates(
    text: str, tokens: Sequence[re.Match[str]], words: Sequence[str]
) -> Iterator[Weighed]:
    """What may identify somebody as far as it tells itself, or the label before it."""
    for place, token in enumerate(tokens):
        if not may_be_weighed(words[place]):
            continue
        if (found := sort_of(text, token, place, words)) is not None:
            sort, kind, word = found
            yield Weighed(token.start(), token.end(), sort, kind, place, word)


def tokens_of(text: str) -> list[re.Match[str]]:
    """Words, numbers with their groups, marks and ends of lines."""
    return list(_TOKENS.finditer(text))


def signs(text: str, one: Weighed, words: Sequence[str]) -> list[str]:
    """Every sign that is weighed for one candidate."""
    found = [*signs_of(words[one.place], one.sort), *signs_of_place(text, one, words)]
    for offset in AROUND:
        found += signs_around(_beside(words, one.place + offset), offset, one.sort)
    return found


def _beside(words: Sequence[str], place: int) -> str:
    return words[place] if 0 <= place < len(words) else ""


def _chance(text: str, one: Weighed, words: Sequence[str]) -> float:
    """How sure the weights are, between 0 and 1: a logistic function of their sum."""
    total = _weights()[""] + _own(words[one.place], one.sort)
    for sign in signs_of_place(text, one, words):
        total += _weights().get(sign, 0.0)
    for offset in AROUND:
        total += _around(_beside(words, one.place + offset), offset, one.sort)
    return 1 / (1 + math.exp(-total))


@lru_cache(maxsize=50_000)
def _own(word: str, sort: str) -> float:
    return sum(_weights().get(sign, 0.0) for sign in signs_of(word, sort))


@lru_cache(maxsize=100_000)
def _around(word: str, offset: int, sort: str) -> float:
    return sum(_weights().get(sign, 0.0) for sign in signs_around(word, offset, sort))


@cache
def _weights() -> dict[str, float]:
    """Sign -> weight; what every sum begins with stands under the empty sign."""
    path = Path(__file__).with_name("word_weights.json")
    if not path.exists():  # before the first training
        return {"": -99.0}
    weights: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))["weights"]
    return weights
