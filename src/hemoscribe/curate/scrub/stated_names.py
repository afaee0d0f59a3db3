"""Names that the rows' own columns state, taken out of their texts.

Who asked for a test and who wrote a comment stand in columns of their own, and again in comments,
clinical notes and names of instruments. Any name that a column of the file states is taken out of
the texts of every row. A word of everyday stays where it is written as one, and a discoverer's name
stays unless the rules find a person: "Dr GILBERT" in a column takes nothing out of "maladie de
Gilbert". Wards go where they say more than a department's name: a number, or a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from hemoscribe.curate.scrub.name_shapes import PARTICLE_WORDS, is_word
from hemoscribe.curate.scrub.word_lists import (
    fold,
    folded_ordinary_words,
    is_analyte_word,
    word_set,
)

PEOPLE = ("requester", "comment_author")
"""Columns that name a person."""

PLACES = ("ward",)
_SHORTEST_NAME = 3
_LONGEST_CODE = 4
_SENTENCE_ENDS = frozenset(".!?\n")
_BEFORE = " \u00a0\u202f-–•*"


@dataclass(frozen=True, slots=True, eq=False)
class StatedNames:
    """Words of people's names and whole names of wards, each as ``fold`` makes them.

    Attributes:
        people: name -> how it was written, for the short ones in capitals that are initials.
        places: as one pattern; None where no ward says anything.
    """

    people: dict[str, frozenset[str]]
    places: re.Pattern[str] | None

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and kind of what of it stands in ``text``."""
        if self.people:
            for match in _words().finditer(text):
                written = self.people.get(fold(match.group()))
                if written is not None and _is_meant(match, written, text):
                    yield *match.span(), "name"
        if self.places is not None:
            for match in self.places.finditer(text):
                yield *match.span(), "place"


def stated_names(people: Iterable[str], places: Iterable[str]) -> StatedNames | None:
    """What is to be found of people and places that columns state; None where nothing is."""
    names: dict[str, set[str]] = {}
    for person in people:
        for word in _words().findall(person):
            if _names_somebody(word):
                names.setdefault(fold(word), set()).add(word)
    wards = sorted(filter(_names_ward, {place.strip() for place in places}), key=len, reverse=True)
    pattern = "|".join(map(re.escape, wards))
    found = re.compile(rf"(?<!\w)(?i:{pattern})(?!\w)") if wards else None
    if not names and found is None:
        return None
    return StatedNames({name: frozenset(written) for name, written in names.items()}, found)


def _names_somebody(word: str) -> bool:
    plain = word.casefold()
    return (
        len(word) >= _SHORTEST_NAME
        and plain not in PARTICLE_WORDS | word_set("capitalised") | word_set("not_names")
        and fold(word) not in folded_ordinary_words()
        and not is_analyte_word(fold(word))
    )


def _names_ward(place: str) -> bool:
    """Whether a ward is more than a department: it has a number or a word that is none."""
    words = _words().findall(place)
    telling = any(not is_word(word) for word in words if len(word) >= _SHORTEST_NAME)
    return bool(words) and (telling or any(map(str.isdigit, place)))


def _is_meant(match: re.Match[str], written: frozenset[str], text: str) -> bool:
    """Whether a word that is somebody's name is meant as one where it stands."""
    word = match.group()
    common = is_word(word) or fold(word) in word_set("surnames_too")
    if word in written and word[0].isupper() and not common:
        return True
    if all(len(name) <= _LONGEST_CODE and name.isupper() for name in written):
        return word in written  # initials: "JDU" is no "jdu"
    if not common:
        return True
    if word.isupper():
        return not text.isupper()
    before = text[: match.start()].rstrip(_BEFORE)
    return word[0].isupper() and bool(before) and before[-1] not in _SENTENCE_ENDS


@cache
def _words() -> re.Pattern[str]:
    return re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
