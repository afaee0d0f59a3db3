"""What a name is made of, as patterns, and how far a name goes among words."""

from __future__ import annotations

import re
from functools import lru_cache

from hemoscribe.curate.scrub.derived_words import is_beginning, is_derived, is_scientific
from hemoscribe.curate.scrub.word_lists import (
    LETTER,
    LOWER,
    SPACE,
    UPPER,
    acronyms,
    fold,
    folded_ordinary_words,
    given_names,
    is_analyte_word,
    is_common,
    known_words,
    ordinary_words,
    surname_words,
    word_set,
)

_LETTERS = f"{LETTER}'’"
WORD = f"(?:[dDlLO]['’])?[{UPPER}][{_LETTERS}]+(?:-[{_LETTERS}]+)*(?!\\w)"
INITIAL = f"[{UPPER}]\\.(?:-?[{UPPER}]\\.)*"
_PARTICLES = (
    *("de la", "van der", "de", "du", "des", "le", "la", "van", "von", "den", "der", "di", "da"),
    *("dos", "do", "el", "al", "ben", "bin", "ter", "ould", "mac", "st", "saint", "ait", "aït"),
)
PARTICLE = f"(?i:{'|'.join(_PARTICLES)})"
PARTICLE_WORDS = frozenset(word for particle in _PARTICLES for word in particle.split())
# "M BORATO", "P-A. POULMANI", "M-Antonin": initials after a title need no point.
_NAME_NEXT = f"(?={SPACE}{{1,2}}(?:{PARTICLE}{SPACE})?[{UPPER}][{_LETTERS}])"
_INITIALS_OR_NAME = (
    f"[{UPPER}](?:\\.(?:-?[{UPPER}]\\.)*|[{LETTER}]\\.|-{WORD}"
    f"|(?:[.-]{{1,2}}[{UPPER}])?\\.?{_NAME_NEXT})"
)
_PART = f"(?:{INITIAL}|(?:{PARTICLE}{SPACE})?{WORD})"
_TITLED_PART = f"(?:{_INITIALS_OR_NAME}|(?:{PARTICLE}{SPACE})?{WORD})"


def _name_of(part: str) -> str:
    return f"{part}(?:(?:{SPACE}?(?<=[.])|{SPACE}{{1,2}}){part}){{0,3}}"


NAME = _name_of(_PART)
TITLED_NAME = _name_of(_TITLED_PART)
LISTED_NAME = f"{TITLED_NAME}(?:,{SPACE}?{NAME}(?!{SPACE}?[\\d=<>:]))?"
LOWER_WORD = f"(?:[dlo]['’])?[{LOWER}][{LOWER}'’-]{{2,}}"
LOWER_NAME = f"(?:(?:{'|'.join(_PARTICLES)}){SPACE})?{LOWER_WORD}(?:{SPACE}{LOWER_WORD}){{0,2}}"

_MIDDLE_NAMES = frozenset(("thi", "thị"))

_SHORTEST_SURNAME = 4
_ONE_WORD = re.compile(r"[^\s,]+,?")
_ONLY_INITIALS = re.compile(r"[^\W\d_](?:\.-?|-)?(?:(?<=[.-])[^\W\d_]\.?)?")


@lru_cache(maxsize=50_000)
def is_word(word: str) -> bool:
    """Whether a word, however it is written, is one of everyday or of medicine."""
    plain = word.casefold().replace("’", "'")
    if plain[1:2] == "'":
        plain = plain[2:]  # "l'hôpital"
    if "-" in plain:
        return all(
            len(part) < 3 or is_word(part) or is_beginning(part) for part in plain.split("-")
        )
    folded = fold(plain)
    return (
        plain in ordinary_words()
        or folded in folded_ordinary_words()
        or (is_common(folded) and folded not in given_names())
        or is_derived(folded)
    )


@lru_cache(maxsize=50_000)
def may_be_surname(word: str) -> bool:
    """Whether a word of everyday in capitals may be a surname: "BERGER Lily"."""
    folded = fold(word)
    return (
        word.isupper()
        and len(word) >= _SHORTEST_SURNAME
        and folded not in folded_ordinary_words()
        and folded not in word_set("laboratory_words") | word_set("no_places")
        and not (is_analyte_word(folded) or is_scientific(folded))
    )


def is_given(word: str) -> bool:
    """Whether a word is a given name and no ordinary word."""
    return fold(word) in given_names()


def length_of_name(words: str, *, titled: bool = False) -> int:
    """Length of the part of ``words`` that is a name: up to the first word that cannot be one.

    A word of everyday in capitals ends a name that has its surname: one that no given name stands
    before. After a title (``titled``) even a discoverer's name is a person's: "Dr Gilbert".
    """
    length = 0
    known = ordinary_words()
    after_particle, after_comma, complete, after_initial = False, False, False, False
    for match in _ONE_WORD.finditer(words):
        written = match.group().strip(",;:")
        word = written.casefold()
        if word in PARTICLE_WORDS:
            after_particle = True
            continue
        if len(word) == 3 and word.endswith(".") and written[:1].isupper():  # "JM.", "Ph."
            if word[:2] in word_set("not_names"):
                break
            length = match.end()
            continue
        if len(word) <= 5 and _ONLY_INITIALS.fullmatch(word):
            after_initial = titled or "." in word
            if "." in word:  # a bare letter counts by the name after it
                length = match.end()
            continue
        # "de la Tour"
        of_a_place = after_particle and written[:1].isupper() and word not in word_set("not_names")
        of_a_place |= titled and length == 0 and word in word_set("capitalised")
        # "Dr M.-H. PORTAL", "T. Vu": after initials any word is a surname.
        of_a_place |= titled and length == 0 and _may_be_titled(written)
        of_a_place |= after_initial and _may_follow_initial(written)
        given = is_given(word) or (length == 0 and fold(word) in word_set("given_names_too"))
        if (
            not of_a_place
            and (
                (word in word_set("no_places") and not (titled and length == 0))  # "joint au CH"
                or (
                    after_comma and any(part in word_set("capitalised") for part in word.split("-"))
                )
                or written in acronyms()
                or (
                    len(word) <= 4
                    and not titled
                    and written.isupper()
                    and word in word_set("no_initials")
                )
                or (not titled and word in known_words())
                or (word[1:2] in "'’" and _is_no_name(written[2:]))  # "l'IDE"
                or (word.rstrip(".") in known and not (given and len(words) > match.end()))
                or (
                    complete
                    and not given
                    and written.isupper()
                    and (len(word) < 3 or is_word(word))
                )
            )
        ):
            break
        complete = complete or not given
        length = match.end()
        after_particle, after_initial = False, False
        after_comma = match.group().endswith(",")
    return len(words[:length].rstrip(","))


def _may_follow_initial(word: str) -> bool:
    """Whether a word after initials may be a surname: neither a title nor a place for all."""
    plain = word.casefold().rstrip(".")
    return word[:1].isupper() and not {plain, fold(plain)} & (
        word_set("not_names") | word_set("no_places")
    )


def _is_no_name(word: str) -> bool:
    return word.casefold() in word_set("not_names") or word in acronyms()


def _may_be_titled(word: str) -> bool:
    """Whether a word of everyday is a surname right after a title: "Mr White"."""
    plain = word.casefold()
    return (
        word[:1].isupper() and fold(plain) in surname_words() and plain not in word_set("not_names")
    )


def length_of_lower_name(words: str) -> int:
    """The same of words in lower case, where any word of everyday ends it."""
    length, before = 0, ""
    for match in _ONE_WORD.finditer(words):
        word = match.group().strip(",;:'’-")
        if word in PARTICLE_WORDS and length == 0:
            continue
        # "nguyen thi vue": after the middle name of a Vietnamese woman any word is her own.
        own = (length == 0 and word in word_set("capitalised")) or before in _MIDDLE_NAMES
        if is_word(word) and not own:
            break
        length, before = match.end(), word
    return len(words[:length].rstrip(",'’-"))
