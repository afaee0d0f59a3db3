"""People's names in free text: after titles, labels and verbs, and by given name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from hemoscribe.curate.scrub.words import LOWER, SPACE, UPPER, any_of, word_lists, word_set

_LETTERS = f"{UPPER}{LOWER}'’"
_WORD = f"(?:[dDlLO]['’])?[{UPPER}][{_LETTERS}]+(?:-[{_LETTERS}]+)*"
_INITIAL = f"[{UPPER}]\\.(?:-?[{UPPER}]\\.)*"
_PARTICLES = (
    *("de la", "van der", "de", "du", "des", "le", "la", "van", "von", "den", "der", "di", "da"),
    *("dos", "el", "al", "ben", "bin", "ter"),
)
_PARTICLE = f"(?i:{'|'.join(_PARTICLES)})"
_PARTICLE_WORDS = frozenset(word for particle in _PARTICLES for word in particle.split())
_PART = f"(?:{_INITIAL}|(?:{_PARTICLE}{SPACE})?{_WORD})"
_NAME = f"{_PART}(?:{SPACE}?(?<=[.]){_PART}|{SPACE}{_PART}){{0,3}}"


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """Where names start and end; spans may overlap."""
    for pattern in _patterns():
        for match in pattern.finditer(text):
            length = _length_of_name(match.group(1))
            if length:
                yield match.start(1), match.start(1) + length
    yield from _by_given_name(text)


def _length_of_name(words: str) -> int:
    """Length of the part of ``words`` that is a name: up to the first word that cannot be one."""
    length = 0
    for match in re.finditer(r"\S+", words):
        word = match.group().strip(",;:").casefold()
        if word in _PARTICLE_WORDS:
            continue
        if word.rstrip(".") in word_set("not_names") and not (len(word) == 2 and word[1] == "."):
            break
        length = match.end()
    return length


def _by_given_name(text: str) -> Iterator[tuple[int, int]]:
    """A given name beside a surname, or a surname in capitals before one."""
    given, not_names = word_set("given_names"), word_set("not_names")
    words = list(_word_pattern().finditer(text))
    for first, second in pairwise(words):
        one, two = first.group().casefold(), second.group().casefold()
        if one not in given and two not in given:
            continue
        if one in not_names or two in not_names or f"{one} {two}" in word_set("eponyms"):
            continue
        beside = _between_pattern().fullmatch(text, first.end(), second.start())
        if beside and (one in given or first.group().isupper()):
            yield first.start(), second.end()


@cache
def _word_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'’-]){_WORD}(?!\w)")


@cache
def _between_pattern() -> re.Pattern[str]:
    return re.compile(rf"{SPACE}+(?:{_INITIAL}{SPACE}?)?(?:{_PARTICLE}{SPACE})?")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    no_name = "|".join(re.escape(word) for word in word_lists()["hurried_not_names"])
    hurried = "|".join(word_lists()["hurried_titles"])
    to_whom = f"(?:(?:le|la|l'|the|to|à|au|by|par){SPACE})?"
    return (
        re.compile(rf"(?<![\w'’-]){any_of('titles')}(?:(?<=\.)|(?!\w)){SPACE}*({_NAME})"),
        re.compile(
            rf"(?<!\w)(?:{hurried})\.?{SPACE}(?!(?:{no_name})(?!\w))([{LOWER}][{LOWER}'’-]{{2,}})(?!\w)"
        ),
        re.compile(rf"(?<!\w)(?i:{any_of('name_labels')}){SPACE}?[:=]{SPACE}*({_NAME})"),
        re.compile(rf"(?<!\w)(?i:{any_of('name_verbs')})(?!\w){SPACE}*{to_whom}({_NAME})"),
    )
