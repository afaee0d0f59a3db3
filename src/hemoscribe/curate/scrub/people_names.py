"""People's names in free text: after titles, labels and verbs, by given name, and by capitals.

Laboratories write a capital inside a sentence for little else than names, so a word with one that
is neither ordinary nor one of the discoveries, organisms, drugs and instruments listed is taken for
a name. At the start of a sentence any word has a capital: there, only a second one beside it tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from hemoscribe.curate.scrub.word_lists import (
    LOWER,
    SPACE,
    UPPER,
    any_of,
    ordinary_words,
    word_lists,
    word_set,
)

_LETTERS = f"{UPPER}{LOWER}'’"
_WORD = f"(?:[dDlLO]['’])?[{UPPER}][{_LETTERS}]+(?:-[{_LETTERS}]+)*(?!\\w)"
_INITIAL = f"[{UPPER}]\\.(?:-?[{UPPER}]\\.)*"
_PARTICLES = (
    *("de la", "van der", "de", "du", "des", "le", "la", "van", "von", "den", "der", "di", "da"),
    *("dos", "do", "el", "al", "ben", "bin", "ter", "ould", "mac", "st", "saint"),
)
_PARTICLE = f"(?i:{'|'.join(_PARTICLES)})"
_PARTICLE_WORDS = frozenset(word for particle in _PARTICLES for word in particle.split())
_PART = f"(?:{_INITIAL}|(?:{_PARTICLE}{SPACE})?{_WORD})"
_NAME = f"{_PART}(?:{SPACE}?(?<=[.]){_PART}|{SPACE}{_PART}){{0,3}}"
_LISTED_NAME = f"{_NAME}(?:,{SPACE}?{_NAME}(?!{SPACE}?[\\d=<>:]))?"
_LOWER_NAME = (
    f"(?:(?:{'|'.join(_PARTICLES)}){SPACE})?(?:[dlo]['’])?[{LOWER}][{LOWER}'’-]{{2,}}"
    f"(?:{SPACE}[{LOWER}][{LOWER}'’-]{{2,}})?"
)
_LONGEST_BEFORE = 24
_LONGEST_ACRONYM = 4
_SENTENCE_ENDS = frozenset('.,;:!?-–—•*/\n\t\r"«»[]')


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """Where names start and end; spans may overlap."""
    for pattern in _patterns():
        place = 0
        while match := pattern.search(text, place):
            length = _length_of_name(match.group(1))
            if length:
                yield match.start(1), match.start(1) + length
            place = match.start(1) + max(length, 1)  # what was no name may be a label
    words = [
        Word(match, text)
        for match in _word_pattern().finditer(text)
        if match.group().casefold() not in _PARTICLE_WORDS  # they stand between words of a name
    ]
    yield from _by_given_name(text, words)
    yield from _by_capitals(text, words)


class Word:
    """A word with a capital: whether it may be a name, and whether its capital says so."""

    __slots__ = ("begins", "end", "given", "known", "start", "text", "upper")

    def __init__(self, match: re.Match[str], text: str) -> None:
        self.start, self.end = match.span()
        word = match.group()
        self.upper = word.isupper()
        self.text = word.casefold()
        self.given = self.text in word_set("given_names")
        self.known = _is_known(word)
        before = text[: self.start].rstrip(" \u00a0\u202f")
        self.begins = not before or before[-1] in _SENTENCE_ENDS


def _is_known(word: str) -> bool:
    """Whether a word, or a part of one with a hyphen, is no name."""
    plain = word.casefold().replace("’", "'")
    known, listed = ordinary_words(), word_set("capitalised")
    return any(
        part in known or part in listed for part in (plain, plain.split("'")[-1], *plain.split("-"))
    )


def _length_of_name(words: str) -> int:
    """Length of the part of ``words`` that is a name: up to the first word that cannot be one."""
    length = 0
    known = ordinary_words()
    after_particle = False
    for match in re.finditer(r"[^\s,]+,?", words):
        written = match.group().strip(",;:")
        word = written.casefold()
        if word in _PARTICLE_WORDS:
            after_particle = True
            continue
        initial = len(word) == 2 and word[1] == "."
        of_a_place = after_particle and written[:1].isupper()  # "de la Tour"
        if not initial and not of_a_place and word.rstrip(".") in known:
            break
        length = match.end()
        after_particle = False
    return len(words[:length].rstrip(","))


def _by_given_name(text: str, words: list[Word]) -> Iterator[tuple[int, int]]:
    """A given name beside a surname, or a surname in capitals before one."""
    not_names = word_set("not_names")
    for first, second in pairwise(words):
        if not (first.given or second.given):
            continue
        one, two = first.text, second.text
        if one in not_names or two in not_names or f"{one} {two}" in word_set("eponyms"):
            continue
        if _beside(text, first, second) and (first.given or first.upper):
            yield first.start, second.end


def _by_capitals(text: str, words: list[Word]) -> Iterator[tuple[int, int]]:
    """Runs of words with capitals, at least one of which has no other reason for it."""
    for first, second in pairwise(words):
        if f"{first.text} {second.text}" in word_set("eponyms"):
            first.known = second.known = True
    run: list[Word] = []
    for word in [*words, None]:
        if word is not None and not word.known and (not run or _beside(text, run[-1], word)):
            run.append(word)
            continue
        if _is_name(run, text):
            yield _with_what_stands_before(text, run[0]), run[-1].end
        run = [] if word is None or word.known else [word]


def _beside(text: str, first: Word, second: Word) -> bool:
    return _between_pattern().fullmatch(text, first.end, second.start) is not None


def _is_name(run: list[Word], text: str) -> bool:
    """Whether one of a run of words has a capital for no other reason than that it is a name."""
    mixed = [word for word in run if not word.upper]
    if any(not word.begins for word in mixed):
        return True
    if mixed and any(word.upper and len(word.text) >= _LONGEST_ACRONYM for word in run):
        return True  # "Jeanne DUPONT"
    return any(_initials_before(text, word) < word.start for word in mixed)


def _initials_before(text: str, word: Word) -> int:
    """Where the initials before a word start: "O. Smith"; the word's own start without any."""
    before = max(0, word.start - _LONGEST_BEFORE)
    found = _initial_pattern().search(text[before : word.start])
    return before + found.start(1) if found else word.start


def _with_what_stands_before(text: str, word: Word) -> int:
    """Where a name starts whose first word with a capital is ``word``: "van Dijk", "O. Smith"."""
    before = max(0, word.start - _LONGEST_BEFORE)
    found = _foreign_particle_pattern().search(text[before : word.start])
    return before + found.start(1) if found else _initials_before(text, word)


@cache
def _initial_pattern() -> re.Pattern[str]:
    # "vitamin D. Supplements" ends a sentence.
    not_initials = "|".join(word_lists()["single_letters_after"])
    return re.compile(
        rf"(?:^|(?<!\w)(?!(?i:{not_initials})(?!\w))[\w'’-]*[.,;:!?()\n]?{SPACE}*)(?<![\w/])"
        rf"((?!M\. )(?:[{UPPER}]\.[ -]?){{1,3}})$"
    )


@cache
def _foreign_particle_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)((?i:van|von|der|den|dos|do|da|di|del|el|al|ben|bin|ter){SPACE})+$")


@cache
def _word_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'’-]){_WORD}(?!\w)")


@cache
def _between_pattern() -> re.Pattern[str]:
    return re.compile(rf"{SPACE}+(?:{_INITIAL}{SPACE}?)?(?:{_PARTICLE}{SPACE})?")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    hurried = "|".join(word_lists()["hurried_titles"])
    to_whom = f"(?:(?:le|la|l'|the|to|à|au|by|par){SPACE})?"
    return (
        re.compile(rf"(?<![\w'’-]){any_of('titles')}(?:(?<=\.)|(?!\w)){SPACE}*({_NAME})"),
        re.compile(rf"(?<!\w)(?:{hurried})\.?{SPACE}({_LOWER_NAME})(?!\w)"),
        re.compile(rf"(?<!\w)(?i:{any_of('name_labels')}){SPACE}*[:=]{SPACE}*\n?({_LISTED_NAME})"),
        re.compile(rf":{SPACE}*\n({_NAME}){SPACE}*(?=[\n.;,-]|$)"),
        re.compile(rf"(?<!\w)(?i:{any_of('name_verbs')})(?!\w){SPACE}*{to_whom}({_NAME})"),
    )
