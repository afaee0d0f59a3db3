"""Names after what somebody is or did and a colon: "biologiste d'astreinte : Kerjean".

A few words, or brackets, may stand between the label and its colon. What follows may as well be a
department or a result ("Responsable : Cytologie"), so it must be no word of everyday.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from hemoscribe.curate.scrub.capital_words import is_known
from hemoscribe.curate.scrub.name_shapes import (
    LISTED_NAME,
    LOWER_NAME,
    PARTICLE_WORDS,
    is_given,
    is_word,
    length_of_lower_name,
    length_of_name,
)
from hemoscribe.curate.scrub.word_lists import LOWER, SPACE, UPPER, as_typed, fold, word_set
from hemoscribe.curate.scrub.word_starts import ahead_of, gate_of

_BY = frozenset(("par ", "by "))


def find_labelled_names(text: str, starts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where names start and end that stand after a label and a colon."""
    labelled = not starts.isdisjoint(_gate())
    if labelled and _four_capitals().search(text) is not None:
        for match in _in_capitals().finditer(text):
            if _is_unknown(match.group(1)):
                yield match.span(1)
    if ":" not in text and "=" not in text:
        return
    if labelled:
        for pattern in (_label(), _lower_label()):
            yield from _after(pattern, text)
    if not starts.isdisjoint(_BY):
        yield from _after(_by(), text)


def _after(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    place = 0
    while match := pattern.search(text, place):
        name = match.group(1)
        if name[0].islower():
            length = length_of_lower_name(name)
        else:
            length = length_of_name(name) if is_label_name(name) else 0
        if length:
            yield match.start(1), match.start(1) + length
        place = match.start(1) + max(length, 1)  # what ended a name may be the next label


def is_label_name(name: str) -> bool:
    """Whether what stands behind a label is no department and no result."""
    words = [word.strip(".,") for word in name.split()]
    if any(len(word) == 1 or is_given(word) for word in words[:2]):
        return True
    if words[0].casefold() in PARTICLE_WORDS:
        words = words[1:]
    first = next((word for word in words if word[:1].isupper()), "")
    return fold(first) in word_set("surnames_too") or not (is_word(first) or is_known(first))


def _is_unknown(word: str) -> bool:
    return not (is_word(word) or is_known(word)) and any(map(word.__contains__, "AEIOUYÉÈÏÔ"))


@cache
def _four_capitals() -> re.Pattern[str]:
    """What every word in capitals has, and few others: no small letter without an accent."""
    return re.compile(r"[^\W\d_a-z](?:[^\W\d_a-z]|['’-]){3}")


@cache
def _in_capitals() -> re.Pattern[str]:
    """ "prescripteur GUEYE", "interne COICAUD": without a colon only capitals tell."""
    return re.compile(
        rf"(?<![\w'-])(?i:{as_typed('person_labels')}){SPACE}([{UPPER}][{UPPER}'’-]{{3,}})(?!\w)"
    )


@cache
def _gate() -> frozenset[str]:
    return gate_of(f"{as_typed('person_labels')} ")


def _behind_label() -> str:
    between = rf"(?:{SPACE}(?:d['’]|l['’])?[{LOWER}]+){{0,3}}(?:{SPACE}?\([^()\n]{{1,25}}\))?"
    ahead = ahead_of(as_typed("person_labels"))
    return rf"(?<![\w'-]){ahead}(?i:{as_typed('person_labels')})(?!\w){between}{SPACE}*[:=]{SPACE}*"


@cache
def _label() -> re.Pattern[str]:
    return re.compile(rf"{_behind_label()}({LISTED_NAME})")


@cache
def _lower_label() -> re.Pattern[str]:
    return re.compile(rf"{_behind_label()}({LOWER_NAME})(?!\w)")


@cache
def _by() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:par|by|PAR|BY){SPACE}*:{SPACE}*({LISTED_NAME})")
