"""People's names in free text: after titles, labels and verbs, by given name, and by capitals.

Laboratories write a capital inside a sentence for little else than names, so a word with one that
is neither ordinary nor one of the discoveries, organisms, drugs and instruments listed is taken for
a name. At the start of a sentence any word has a capital: there, only a second one beside it tells.
A name that something gave away once is a name wherever it stands in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from hemoscribe.curate.scrub.capital_names import find_capital_names
from hemoscribe.curate.scrub.capital_words import is_known
from hemoscribe.curate.scrub.cued_names import find_cued_names
from hemoscribe.curate.scrub.labelled_names import find_labelled_names
from hemoscribe.curate.scrub.lower_names import find_lower_names
from hemoscribe.curate.scrub.name_shapes import PARTICLE_WORDS, WORD, is_word
from hemoscribe.curate.scrub.scanned_names import find_scanned_names
from hemoscribe.curate.scrub.signed_initials import find_initials
from hemoscribe.curate.scrub.word_lists import SPACE, UPPER, word_set

_SHORTEST_REPEATED = 4


def find_names(
    text: str, starts: frozenset[str], weighed: Sequence[tuple[int, int]] = ()
) -> Iterator[tuple[int, int]]:
    """Where names start and end; spans may overlap.

    Args:
        text: the text, or its shape.
        starts: how its words begin (``word_starts``).
        weighed: names that learned weights found.
    """
    sure = [
        *find_cued_names(text, starts),
        *find_labelled_names(text, starts),
        *find_lower_names(text, starts),
        *find_scanned_names(text),
    ]
    yield from find_initials(text, starts)
    seen = [*find_capital_names(text, starts), *weighed]
    for start, end in (*sure, *seen):
        initial = _initial_after().match(text, end) if text[start:end].isupper() else None
        yield start, initial.end() if initial else end
    if sure or seen:
        yield from _listed_after(text, [*sure, *seen])
    yield from _repeated(text, [*sure, *seen])


def _listed_after(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """More names of a list: "Drs Sorel, Keller et Ruiz", "Lacaze (rhumato), Pichon (néphro)"."""
    for _, end in spans:
        while (match := _next_of_list().match(text, end)) and _may_be_listed(match.group(1)):
            yield match.span(1)
            end = match.end(1)


def _may_be_listed(word: str) -> bool:
    return len(word) >= _SHORTEST_REPEATED and not (is_word(word) or is_known(word))


def _repeated(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where the words of names stand again, written as they were, or in capitals."""
    if not spans:
        return
    lower = text.lower()
    named = {word for start, end in spans for word in _words().findall(text[start:end])}
    again = {
        word.lower()
        for word in named
        if len(word) >= _SHORTEST_REPEATED and lower.count(word.lower()) > 1 and _tells(word)
    }
    if not again:
        return
    for match in _words().finditer(text):
        word = match.group()
        if word.lower() in again and (word in named or word[0].isupper()):
            yield match.span()


def _tells(word: str) -> bool:
    plain = word.casefold()
    known = plain in PARTICLE_WORDS or plain in word_set("capitalised")
    return not known and not is_word(word)


@cache
def _initial_after() -> re.Pattern[str]:
    """ "BOYER A.": potassium has no point."""
    return re.compile(rf"{SPACE}(?!K)[{UPPER}]\.(?![\w.])")


@cache
def _next_of_list() -> re.Pattern[str]:
    return re.compile(
        rf"{SPACE}?(?:\([^()\n]{{1,20}}\){SPACE}?)?(?:,|;|/|et|and|&){SPACE}?({WORD})"
        rf"(?!{SPACE}?[\d=<>:]|['’])"
    )


@cache
def _words() -> re.Pattern[str]:
    return re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
