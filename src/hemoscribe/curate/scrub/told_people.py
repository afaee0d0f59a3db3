"""Who was told something, and what people are called in messages: "dupont prévenu", "@julie".

A result or a disease is never told anything, so before such a word, or between it and a time, even
a discoverer's name is a person's ("Coombs prévenu"), and a word in lower case that no list knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from hemoscribe.curate.scrub.capital_words import is_known
from hemoscribe.curate.scrub.misspelt_words import is_swapped
from hemoscribe.curate.scrub.name_shapes import PARTICLE_WORDS, is_given, is_word
from hemoscribe.curate.scrub.word_lists import (
    LOWER,
    SPACE,
    UPPER,
    acronyms,
    as_typed,
    fold,
    is_analyte_word,
    is_lower_word,
    known_words,
    makers,
    word_set,
)
from hemoscribe.curate.scrub.word_starts import gate_of

_SHORTEST = 4
_VOWELS = frozenset("aeiouy")


def find_told_people(text: str, starts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where names of people start and end who were told something, and names in messages.

    Args:
        text: the text, or its shape.
        starts: how its words begin (``word_starts``).
    """
    if not starts.isdisjoint(_told()):
        for match in _lower_before().finditer(text):
            words = [word for word in match.group(1).split() if word not in PARTICLE_WORDS]
            if words and all(map(_may_be_lower_name, words)):
                yield match.span(1)
        for pattern in (_discoverer_before(), _discoverer_behind()):
            for match in pattern.finditer(text):
                if _is_discoverer(match.group(1)):
                    yield match.span(1)
    things = not starts.isdisjoint(_things()) and _four_capitals().search(text) is not None
    for match in _things_of().finditer(text) if things else ():
        for group in (1, 2):
            if match.group(group) and _may_be_surname(match.group(group)):
                yield match.span(group)
    if "@" in text:
        yield from (match.span() for match in _handle().finditer(text))
    if not starts.isdisjoint(_channels()):
        yield from (match.span(1) for match in _account().finditer(text))


def _may_be_lower_name(word: str) -> bool:
    folded = fold(word)
    if len(word) < _SHORTEST or is_analyte_word(folded) or word.upper() in acronyms():
        return False
    if is_given(word):
        return not is_word(word)
    return not (is_word(word) or is_known(word) or is_lower_word(folded) or is_swapped(folded))


def _is_discoverer(word: str) -> bool:
    plain = word.casefold()
    listed = plain in word_set("capitalised") or plain in known_words()
    return listed and plain not in makers() and not is_analyte_word(fold(word))


def _may_be_surname(word: str) -> bool:
    folded = fold(word)
    known = is_word(word) or is_known(word) or is_analyte_word(folded) or is_lower_word(folded)
    return not known and not is_swapped(folded) and not _VOWELS.isdisjoint(folded)


@cache
def _four_capitals() -> re.Pattern[str]:
    """ "de BOUZIDI", "d'AUBERT": quicker than every thing that may be somebody's."""
    return re.compile(rf"(?:[dD]['’]|of |[dD]e |DE )[{UPPER}]{{4}}")


@cache
def _things() -> frozenset[str]:
    return gate_of(f"{as_typed('things_of_people')} ")


@cache
def _things_of() -> re.Pattern[str]:
    """ "tube de BOUZIDI": one word in capitals, which may as well be what a tube is of."""
    name = rf"[{UPPER}]{{4,}}(?:-[{UPPER}]{{2,}})?"
    return re.compile(
        rf"(?<![\w-])(?i:{as_typed('things_of_people')}){SPACE}(?:de{SPACE}|d['’]|of{SPACE})"
        rf"({name})(?![\w-])(?:{SPACE}(?:et|and){SPACE}(?:de{SPACE}|d['’]|of{SPACE})?({name})(?![\w-]))?"
    )


@cache
def _told() -> frozenset[str]:
    return gate_of(f"{as_typed('told')} ")


@cache
def _channels() -> frozenset[str]:
    return gate_of(f"{as_typed('channels')} ")


def _was_told() -> str:
    """ "prévenu", "a été prévenue", "n'a pas été informé", "was notified"."""
    words = "a|est|sera|ont|has|was|is|not|pas|non|été|ete|been|bien|aussi|also"
    helper = rf"(?:(?:n['’])?(?:{words}){SPACE}){{0,4}}"
    return rf"{SPACE}{helper}(?i:{as_typed('told')})(?![\w-])"


@cache
def _lower_before() -> re.Pattern[str]:
    name = rf"(?:(?:le|la|de|van|ben|el|al){SPACE})?[{LOWER}][{LOWER}'’-]{{3,}}"
    return re.compile(
        rf"(?:^|(?<=[,;.:!?/(\n–-])){SPACE}{{0,2}}({name}(?:{SPACE}[{LOWER}'’-]{{4,}})?)"
        rf"(?={_was_told()})"
    )


@cache
def _discoverer_before() -> re.Pattern[str]:
    """ "Coombs prévenu": not behind "de", which the name of a disease or a test has."""
    return re.compile(
        rf"(?:^|(?<=[,;.:!?/(\n–-])|(?<=\bet)|(?<=\band)){SPACE}{{0,2}}([{UPPER}][{LOWER}{UPPER}-]{{2,}})"
        rf"(?={_was_told()})"
    )


@cache
def _discoverer_behind() -> re.Pattern[str]:
    """ "appelé Cushing à 14h", "informed Hodgkin at 0915"."""
    return re.compile(
        rf"(?<![\w-])(?i:{as_typed('told')}){SPACE}(?:(?:à|par|to|by){SPACE})?"
        rf"([{UPPER}][{LOWER}{UPPER}-]{{2,}})(?={SPACE}(?:à|at|le|on|vers){SPACE}?\d)"
    )


@cache
def _handle() -> re.Pattern[str]:
    """ "@julie", "@DrMartin": a letter behind the sign and nothing of an address before it."""
    return re.compile(r"(?<![\w.@%+-])@(?=[\w.-]{3})[^\W\d_][\w-]*(?:\.[^\W\d_][\w-]+)*(?![\w@])")


@cache
def _account() -> re.Pattern[str]:
    """ "Teams à s.benali", "WhatsApp : kev78": a word with a point, a dash below or digits."""
    return re.compile(
        rf"(?<!\w)(?i:{as_typed('channels')})(?:{SPACE}?(?::|(?:à|a|de|par|avec|to|from|with|id|compte)(?!\w))){{0,2}}"
        rf"{SPACE}?(?<!\w)([^\W\d_]+(?:[._][^\W\d_]+)+\d*|[^\W\d_]{{3,}}\d{{1,4}})(?![\w@])"
    )
