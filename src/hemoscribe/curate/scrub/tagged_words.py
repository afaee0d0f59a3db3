"""Words and numbers that only what stands around them gives away, by a learned tagger.

Rules name what was seen; a text of somebody else has ways of writing of its own. So a conditional
random field (CRFsuite) tags every word and number of a text by the signs of ``tagged_signs.py``. It
was learned from our own marked passages by ``benchmarks/scrub_model.py``, not from any patient's or
hospital's text. What it is sure of goes; of what the capitals of a word alone had said, what it is
sure to be innocent stays. Laboratory values are no part of its say (``one_text.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from hemoscribe.curate.scrub.capital_words import is_known
from hemoscribe.curate.scrub.name_shapes import is_word
from hemoscribe.curate.scrub.tagged_signs import LINE, TOKENS, is_accounted_for, lists_of, signs
from hemoscribe.curate.scrub.word_lists import (
    acronyms,
    count_digits,
    fold,
    given_names,
    is_analyte_word,
    known_words,
    surname_words,
    towns,
    word_lists,
)

MODEL = Path(__file__).with_name("tagged_words.crfsuite")
INNOCENT = "O"
KINDS = {"N": "name", "P": "place", "A": "address", "I": "id", "D": "date"}
"""The tagger's labels and the kinds of what is taken out; ``INNOCENT`` beside them."""
_UNKNOWN, _NAMED, _SHORT, _WORD, _NUMBER = "unknown", "named", "short", "word", "number"
_NEVER = "never"
_LEAST = {_UNKNOWN: 0.35, _NAMED: 0.5, _SHORT: 0.6, _WORD: 0.9, _NUMBER: 0.6, _NEVER: 2.0}
"""How sure the tagger must be, by what a token is; chosen on passages left out of its learning."""
_INNOCENT = 0.1
"""Less sure than this, and what a capital alone gave away stays."""
_GENERAL = frozenset(
    (
        *("places", "offices", "streets_fr", "rooms", "desks", "roles", "titles", "phone_labels"),
        *("place_labels", "staff_labels", "months", "devices", "name_verbs", "initials_verbs"),
        *("person_labels", "name_labels", "hurried_titles", "lower_name_labels"),
    )
)
_BEFORE_A_RESULT = frozenset((":", "=", "à", "a", "at", "(", "est", "is", "<", ">"))
_NO_NUMBER_BEFORE = frozenset("_@,<>=+^~±")
_LONGEST_SHORT_FORM, _FARTHEST_ANALYTE, _FEWEST_DIGITS = 3, 3, 4
_MOST_DIGITS, _FEWEST_WORDS = 16, 2
_DAYS, _MONTHS = 31, 12
_DAY_OR_MONTH = re.compile(r"\d{1,2}(?:[./]\d{1,2})?")
# Thousands, a decimal, a range, a ratio, or a row of results.
_RESULTS = re.compile(
    r"\d{1,3} \d{3}|\d+[.-]\d+|\d{2} \d{2}|\d{2,3}(?: \d{2,3}){2,}|\d(?: \d)+|\d+/\d+|[\d.]{7,}"
    r"|\d{1,3}(?: \d{1,3})?|\d{1,2}(?:[ -]\d{1,3}){2}"
)


@dataclass(frozen=True, slots=True)
class Tagged:
    """What the tagger takes for identifiers, and where words end that it is sure are none."""

    found: tuple[tuple[int, int, str], ...] = ()
    innocent: frozenset[int] = frozenset()


def tagged(text: str) -> Tagged:
    """Start, end and kind of what the tagger is sure of in a text, or in its shape."""
    tokens = list(TOKENS.finditer(text))
    words = [token.group() for token in tokens]
    spoken = sum(word[0].isalpha() for word in words) >= _FEWEST_WORDS and " " in text.strip()
    if not spoken or not any(map(_may_tell, words)):
        return Tagged()  # a unit, or a number alone: nothing beside it tells
    tagger = _tagger()
    tagger.set(signs(words))
    found, innocent = [], []
    for place, token in enumerate(tokens):
        word = words[place]
        if word == LINE or not word[0].isalnum() or _is_part(text, token):
            continue
        chance = 1 - tagger.marginal(INNOCENT, place)
        if chance < _INNOCENT:
            innocent.append(token.end())
        sort = _sort_of(word)
        if chance >= _LEAST[sort] and (sort != _NUMBER or _may_identify(text, token, place, words)):
            kind = max(KINDS, key=lambda label: tagger.marginal(label, place))
            found.append((token.start(), token.end(), KINDS[kind]))
    return Tagged(tuple(_grown(text, found)), frozenset(innocent))


def without_innocent(
    text: str, spans: Iterable[tuple[int, int]], innocent: frozenset[int]
) -> Iterator[tuple[int, int]]:
    """The names that capitals gave away, but those of which every word is surely innocent."""
    for start, end in spans:
        ends = [start + word.end() for word in _words().finditer(text[start:end])]
        if not ends or not innocent.issuperset(ends):
            yield start, end


def _grown(text: str, found: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """The point of an initial goes with it: "Aurélie T."."""
    for start, end, kind in found:
        initial = end - start == 1 and kind == "name" and text.startswith(".", end)
        yield start, end + initial, kind


def _is_part(text: str, token: re.Match[str]) -> bool:
    """Whether a word is part of a short form with points, a file's name or a web address."""
    start, end = token.span()
    before, behind = text[start - 1 : start] if start else "", text[end : end + 2]
    if end - start == 1 and not token.group().isdigit():
        return before == "." or behind[:1] != "." or behind[1:].isalpha()
    return before in (".", "/", "_", "@") and token.group().islower() and start > 1


def is_of_a_year(written: str) -> bool:
    """Whether the figures of what is written as a day, with or without its month, may be one's."""
    figures = re.findall(r"\d+", written)
    day = [int(figure) for figure in figures if len(figure) <= len("31")][: len("dm")]
    possible = all(0 < part <= _DAYS for part in day)
    return possible and (len(day) < len("dm") or min(day) <= _MONTHS)


@lru_cache(maxsize=50_000)
def _may_tell(word: str) -> bool:
    """Whether a text with this word is worth tagging: most comments hold words of everyday."""
    if word[0].isdigit():
        return _is_of_somebody(word)
    return word[0].isalpha() and _sort_of(word) not in (_WORD, _NEVER)


@lru_cache(maxsize=50_000)
def _sort_of(word: str) -> str:
    """What a token is: a number, letters that shorten something, a name's word, a known word."""
    if word[0].isdigit():
        return _NUMBER if _is_of_somebody(word) else _NEVER
    folded = fold(word).split("'")[-1]
    if (
        word.upper() in acronyms()
        or word in _unit_words()
        or any(map(is_analyte_word, folded.split("-")))
    ):
        return _NEVER
    if not _GENERAL.isdisjoint(lists_of(word)) or _mixed(word):
        return _NEVER
    if len(word) <= _LONGEST_SHORT_FORM and (word.isupper() or word.islower()):
        return _WORD if word.islower() and is_accounted_for(word) else _SHORT
    named = folded in given_names() or folded in surname_words() or folded in towns()
    if word.casefold() in known_words():
        return _WORD
    if is_word(word):
        return _NAMED if named and word[0].isupper() else _WORD
    return _WORD if is_known(word) and not named else _UNKNOWN


@cache
def _unit_words() -> frozenset[str]:
    """The words of units: "IU", "mmol"."""
    return frozenset(_words().findall(" ".join(word_lists()["units"])))


def _mixed(word: str) -> bool:
    """ "mRNA", "kPa", "mL": no name is written so."""
    return word[0].islower() and not word.islower() and "'" not in word and "’" not in word


@lru_cache(maxsize=50_000)
def _is_of_somebody(number: str) -> bool:
    """Whether a number is written as a day, or in as many groups as a telephone's; no result is."""
    if _DAY_OR_MONTH.fullmatch(number):
        return True
    if ":" in number or _RESULTS.fullmatch(number) is not None:
        return False
    return _FEWEST_DIGITS <= count_digits(number) <= _MOST_DIGITS


def _may_identify(text: str, token: re.Match[str], place: int, words: Sequence[str]) -> bool:
    """Whether a number may identify where it stands: beside an analyte's name it is a result."""
    start, end = token.span()
    before, behind = text[start - 1 : start], text[end : end + 1]
    glued = before.isalpha() or before in _NO_NUMBER_BEFORE
    if before and glued and not (before in "xX" and words[place - 1] in "xX"):
        return False
    if behind.isalpha() or (behind in (",", ".") and text[end + 1 : end + 2].isdigit()):
        return False
    if place + 1 < len(words) and _is_measured(words[place + 1]):
        return False
    back = place - 1
    while back >= 0 and place - back <= _FARTHEST_ANALYTE and words[back] in _BEFORE_A_RESULT:
        back -= 1
    return not (back >= 0 and _is_measured(words[back]))


def _is_measured(word: str) -> bool:
    return word[0].isalpha() and is_analyte_word(fold(word))


@cache
def _words() -> re.Pattern[str]:
    return re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@cache
def _tagger() -> Any:
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    tagger.open(str(MODEL))
    return tagger
