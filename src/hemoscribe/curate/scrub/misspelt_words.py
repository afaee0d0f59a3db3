"""Words with a slip of the keyboard, and words cut short: no names, though no list has them.

Two letters that changed places make next to no name of a word ("Validatoin"); a letter too many or
too few does, so only a long word is forgiven one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cache, lru_cache

from hemoscribe.curate.scrub.word_lists import (
    analyte_words,
    folded_ordinary_words,
    is_common,
    is_lower_word,
    known_words,
    word_set,
)

_SHORTEST, _LONG = 4, 8
_SHORTEST_CUT, _LONGEST_CUT = 4, 6
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@lru_cache(maxsize=50_000)
def is_misspelt(folded: str) -> bool:
    """Whether a word (``fold``) that no list has is one of a list with one slip."""
    return (len(folded) >= _SHORTEST and any(map(_is_listed, _swapped(folded)))) or (
        len(folded) >= _LONG and any(map(_is_listed, _mended(folded)))
    )


def is_swapped(folded: str) -> bool:
    """Whether two letters of a word of everyday changed places, in a word long enough to tell."""
    return len(folded) > _SHORTEST and any(map(_is_listed, _swapped(folded)))


@lru_cache(maxsize=50_000)
def is_cut_short(folded: str) -> bool:
    """Whether a word is the beginning of an analyte's, a drug's or a laboratory's: "vanco"."""
    if not _SHORTEST_CUT <= len(folded) <= _LONGEST_CUT:
        return False
    words = _long_words()
    place = bisect_left(words, folded)
    return place < len(words) and words[place].startswith(folded)


@cache
def _long_words() -> list[str]:
    words = analyte_words() | known_words() | word_set("laboratory_words")
    return sorted(word for word in words if len(word) >= _LONG)


def _is_listed(folded: str) -> bool:
    return is_common(folded) or folded in folded_ordinary_words() or is_lower_word(folded)


def _swapped(word: str) -> Iterator[str]:
    for place in range(len(word) - 1):
        if word[place] != word[place + 1]:
            yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _mended(word: str) -> Iterator[str]:
    """The word without one of its letters, or with one more."""
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
    for place in range(len(word) + 1):
        for letter in _LETTERS:
            yield word[:place] + letter + word[place:]
