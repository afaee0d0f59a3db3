"""Words of medicine and administration that a word list lacks but that are made of its words.

"Programmée" is no name because "programmer" is none; "Multidisciplinaire" because "disciplinaire"
is none; "Gériatrie" because of its end. No word list holds every feminine, plural and compound.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hemoscribe.curate.scrub.word_lists import (
    fold,
    folded_ordinary_words,
    given_names,
    is_common,
    towns,
    word_set,
)
from hemoscribe.files import own_yaml

_SHORTEST_STEM = 5
_SHORTEST_END = 3
_SHORTEST_OF_SHORT_ENDS = 7
"""Ends of one or two letters ("s", "e") may make a name of a word: the stem must be longer."""
_SHORTEST_SCIENTIFIC = 7


def is_derived(folded: str) -> bool:
    """Whether a word (``fold``) is made of a known one: "cliniques", "multidisciplinaire"."""
    if len(folded) < _SHORTEST_SCIENTIFIC or folded in given_names() or folded in towns():
        return False
    if is_scientific(folded):
        return True
    return any(map(_is_known, _stems(folded))) or any(
        _is_known(rest) or any(map(_is_known, _stems(rest))) for rest in _behind_beginnings(folded)
    )


def is_scientific(folded: str) -> bool:
    """Whether a word (``fold``) ends as those of science do: "biochimie", "hematologie"."""
    return len(folded) >= _SHORTEST_SCIENTIFIC and folded.removesuffix("s").endswith(_scientific())


def is_beginning(word: str) -> bool:
    """Whether compounds begin with a word: "post" in "Post-Traumatique"."""
    return fold(word) in _lists()["beginnings"]


def _stems(word: str) -> Iterator[str]:
    for end, ends in _lists()["ends"].items():
        if word.endswith(end):
            stem = word[: -len(end)]
            shortest = _SHORTEST_STEM if len(end) >= _SHORTEST_END else _SHORTEST_OF_SHORT_ENDS
            if len(stem) >= shortest:
                yield from (stem + other for other in ends)


def _behind_beginnings(word: str) -> Iterator[str]:
    for beginning in _lists()["beginnings"]:
        if word.startswith(beginning) and len(word) - len(beginning) >= _SHORTEST_STEM:
            yield word[len(beginning) :]


def _is_known(word: str) -> bool:
    """Whether a word is one of everyday, and no name as well."""
    if word in given_names() or word in word_set("surnames_too"):
        return False
    return is_common(word) or word in folded_ordinary_words()


@cache
def _scientific() -> tuple[str, ...]:
    return tuple(_lists()["scientific"])


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    lists: dict[str, dict[str, list[str]]] = own_yaml(
        Path(__file__).with_name("derived_words.yaml").read_text(encoding="utf-8")
    )
    return lists
