"""What is printed for everyone: laws with their dates, and articles of journals.

A law's date, or the year of an article, is nobody's. What stands inside such a reference stays,
whatever rule found it. A law without a date ("Loi Kouchner") needs the article or the bracket that
a person's name never has, or a dated one in the same text; the authors of an article stay only
before its year, volume and pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from hemoscribe.curate.scrub.name_shapes import PARTICLE_WORDS
from hemoscribe.curate.scrub.word_lists import (
    LETTER,
    LOWER,
    UPPER,
    any_of,
    fold,
    is_analyte_word,
    word_lists,
)
from hemoscribe.curate.scrub.word_starts import gate_of

_FEWEST_AUTHORS = 3
_LONGEST_TITLE = 500


def find_dotted_results(text: str) -> Iterator[tuple[int, int]]:
    """Where a number with two points stands right behind an analyte's name: "CRP 12.05.20".

    It may be a day, or a value with its day: what may be a result stays. With a whole year, or
    with a result behind it, it is a date.
    """
    if _two_points().search(text) is not None:
        for match in _dotted_result().finditer(text):
            word = match.group(1)
            named = is_analyte_word(fold(word)) and word.casefold() not in PARTICLE_WORDS
            if named or word == "K":
                yield match.span(2)


def find_references(text: str, starts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where references start and end in a text whose digits may all be 0.

    Args:
        text: the text, or its shape.
        starts: how its words begin (``word_starts``).
    """
    if not starts.isdisjoint(_laws()):
        dated = False
        for match in _dated_law().finditer(text):
            dated = True
            yield match.span()
        for match in _named_law().finditer(text):
            if dated or match.group(1):
                yield match.span()
    if ";" in text:
        for match in _article().finditer(text):
            yield match.span()
            if (authors := _authors_before(text, match.start())) is not None:
                yield authors


def _authors_before(text: str, end: int) -> tuple[int, int] | None:
    """The last run of "Surname II, Surname II" before an article's journal."""
    last = None
    for match in _authors().finditer(text, max(0, end - _LONGEST_TITLE), end):
        if match.group().count(",") + 1 >= _FEWEST_AUTHORS:
            last = match.span()
    return last


@cache
def _two_points() -> re.Pattern[str]:
    return re.compile(r"\d\.\d{1,2}\.\d\d")


@cache
def _dotted_result() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w-])([{LETTER}]+\+?)\s?[:=]?\s?(\d{{1,2}}\.\d{{1,2}}\.\d\d)(?!\w|[./-]\d|\s?[:=(]|\s\d)"
    )


@cache
def _laws() -> frozenset[str]:
    return gate_of(any_of("laws"), any_of("numbered_laws"))


@cache
def _dated_law() -> re.Pattern[str]:
    """A law by its date or number; an order ("ordonnance") or a treatment stopped is no law."""
    year = r"\d{4}"
    months = any_of("months")
    date = (
        rf"(?:\d{{1,2}}(?:er)?\s(?i:{months})\s{year}|\d{{1,2}}/\d{{1,2}}/{year})(?!\s(?:au|à)\s)"
    )
    number = r"\s?(?:\([A-Z]{2,3}\)\s?)?(?:n[°ºo]\s?|no\.?\s)?[A-Z]?\.?\s?\d{2,4}[-/]\d{1,5}"
    law = rf"(?:{'|'.join(word_lists()['laws'])})"
    numbered = rf"(?i:{'|'.join(word_lists()['numbered_laws'])})"
    return re.compile(
        rf"(?<!\w)(?:{law}(?:{number})?|{numbered}{number}|(?:[ld]['’])?Arrêté|l['’]arrêté)"
        rf"\s(?:du|of)\s{date}|(?<!\w)(?:{law}|{numbered})\s?n[°ºo]\s?\d{{2,4}}-\d{{1,5}}"
    )


@cache
def _named_law() -> re.Pattern[str]:
    name = f"[{UPPER}][{LOWER}-]+"
    return re.compile(rf"(?<!\w)(?:((?:[lL]a\s|\()))?[Ll]oi\s{name}(?:-{name})?(?!\w|\s[{UPPER}])")


@cache
def _article() -> re.Pattern[str]:
    """ "Blood. 2010 Jan 21;115(3):453-74": the journal, the year, the volume and the pages."""
    journal = rf"(?:[{UPPER}][\w&]*(?:\s(?:of\s|de\s|and\s|et\s)?[{UPPER}][\w&]*){{0,6}}\.?,?\s)?"
    when = r"\d{4}(?:\s[A-ZÉa-zéû]{3,5}\.?(?:-[A-Z][a-z]{2})?(?:\s\d{1,2})?)?"
    return re.compile(
        rf"(?<!\w){journal}{when}\s?;\s?\d{{1,4}}\s?(?:\([\w\s-]+\))?\s?:\s?[eES]?\d+(?:-[eES]?\d+)?"
    )


@cache
def _authors() -> re.Pattern[str]:
    one = rf"(?:(?:de|van|von|der|la|le)\s){{0,2}}[{UPPER}][{LETTER}'’-]+\s[{UPPER}]{{1,3}}"
    return re.compile(rf"(?<!\w){one}(?:,\s{one})+(?!\w)")
