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
from itertools import pairwise

from hemoscribe.curate.scrub.capital_names import find_capital_names
from hemoscribe.curate.scrub.capital_words import is_known, words_of
from hemoscribe.curate.scrub.cued_names import find_cued_names
from hemoscribe.curate.scrub.labelled_names import find_labelled_names
from hemoscribe.curate.scrub.lower_names import find_lower_names
from hemoscribe.curate.scrub.name_shapes import PARTICLE_WORDS, WORD, is_word
from hemoscribe.curate.scrub.scanned_names import find_scanned_names
from hemoscribe.curate.scrub.signed_initials import find_initials
from hemoscribe.curate.scrub.tagged_words import tagged, without_innocent
from hemoscribe.curate.scrub.told_people import find_told_people
from hemoscribe.curate.scrub.word_lists import LETTER, LOWER, SPACE, UPPER, word_set

_SHORTEST_REPEATED = 4
_FEWEST_AUTHORS = 3


def find_names(text: str, starts: frozenset[str]) -> Iterator[tuple[int, int, str]]:
    """Where names start and end, and what else only a learned tagger tells; spans may overlap.

    Args:
        text: the text, or its shape.
        starts: how its words begin (``word_starts``).
    """
    sure = [
        *find_cued_names(text, starts),
        *find_labelled_names(text, starts),
        *find_lower_names(text, starts),
        *find_scanned_names(text),
        *find_told_people(text, starts),
    ]
    for start, end in find_initials(text, starts):
        yield start, end, "name"
    by_capitals, reasons = capital_names(text, starts)
    tags = tagged(text)
    seen = list(without_innocent(text, by_capitals, tags.innocent))
    for start, end, kind in tags.found:
        if end in reasons:
            continue
        if kind == "name":
            seen.append((start, end))
        else:
            yield start, end, kind
    for start, end in (*sure, *seen):
        initial = _initial_after().match(text, end) if text[start:end].isupper() else None
        yield start, initial.end() if initial else end, "name"
    if not (sure or seen):
        return
    for start, end in (*_listed_after(text, [*sure, *seen]), *_repeated(text, [*sure, *seen])):
        yield start, end, "name"


def capital_names(
    text: str, starts: frozenset[str]
) -> tuple[list[tuple[int, int]], frozenset[int]]:
    """Names by their capitals, and where words end whose capital what is beside accounts for."""
    words = words_of(text)
    told = {word.end for word in words if word.known}
    found = list(find_capital_names(text, words, starts))
    reasons = {word.end for word in words if word.known and word.end not in told}
    for first, second in pairwise(words):
        if first.text in _begin_eponyms() and f"{first.text} {second.text}" in word_set("eponyms"):
            reasons |= {first.end, second.end}  # "Rose Bengale"
    authors = [match.end(1) for match in _author().finditer(text)] if "," in text else []
    if len(authors) >= _FEWEST_AUTHORS:
        reasons.update(authors)
    return found, frozenset(reasons)


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
def _begin_eponyms() -> frozenset[str]:
    return frozenset(words.split()[0] for words in word_set("eponyms"))


@cache
def _author() -> re.Pattern[str]:
    """ "Burnett AK,": how journals write who wrote an article."""
    return re.compile(rf"([{UPPER}][{LOWER}][{LETTER}'’-]*){SPACE}[{UPPER}]{{1,3}}[,.]")


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
