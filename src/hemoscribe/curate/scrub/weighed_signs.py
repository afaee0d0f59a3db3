"""The signs that are weighed for a word or a number, and which of them are weighed at all.

Sorts: letters in lower case (``wl``), with a capital (``wc``), and numbers (``n``). A sign is a
short text; the weights of ``word_weights.json`` are kept under it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Protocol

from hemoscribe.curate.scrub.capital_words import is_known
from hemoscribe.curate.scrub.misspelt_words import is_cut_short, is_misspelt
from hemoscribe.curate.scrub.name_shapes import is_word
from hemoscribe.curate.scrub.word_lists import (
    acronyms,
    as_typed,
    count_digits,
    fold,
    given_names,
    is_analyte_word,
    is_lower_word,
    known_words,
    surname_words,
    towns,
    word_set,
)

LETTERS, NUMBER = "w", "n"
AROUND = (-2, -1, 1, 2)
_LISTS = (
    *("titles", "hurried_titles", "roles", "person_labels", "staff_labels", "lower_name_labels"),
    *("name_labels", "before_lower_names", "initials_labels", "bare_initials", "initials_verbs"),
    *("name_verbs", "called_at", "phone_labels", "short_phone_labels", "inside_lines", "desks"),
    *("weak_id_labels", "strong_id_labels", "place_labels", "offices", "places", "places_after"),
    *("streets_fr", "streets_en", "country_places_fr", "months", "dated_things", "devices"),
    *("eponym_nouns", "nouns_after_eponyms", "before_drugs", "rooms", "before_months", "species"),
    "no_initials",
)
"""Lists of ``words.yaml`` that tell what stands beside a word: it is learned for all of a list."""
_OF_PEOPLE = frozenset(
    ("titles", "hurried_titles", "roles", "person_labels", "staff_labels", "name_labels")
) | {"initials_labels", "initials_verbs", "place_labels"}
_BEFORE_A_DAY = frozenset(("le", "du", "the"))
_AFTER_A_DAY = frozenset(".;,:)\n")
# Thousands, a decimal, a range, a time, or a row of results.
_RESULTS = re.compile(r"\d{1,3} \d{3}|\d+[.-]\d+|\d{2} \d{2}|\d{2,3}(?: \d{2,3}){2,}|\d(?: \d)+")
_PART = re.compile(r"-?\d|®|™|\.[a-z]")  # "HLA-B27", "MO-HEM-014", "www.gouv.fr"
_NO_NUMBER_BEFORE = frozenset("_@,<>=+^~±")
_LENGTHS = ((2, "2"), (3, "3"), (4, "4"), (6, "6"), (9, "9"))
_LONG_NUMBER, _LEAST_IN_GROUPS, _MOST_OF_A_DAY, _MOST_DIGITS = 7, 4, 2, 16
_SHORTEST_LABELLED, _SHORTEST_LOWER, _LONGEST_SHORT_FORM, _LONGEST_DOSE = 3, 4, 4, 3


class Placed(Protocol):
    """Where a candidate stands in its text and among the words."""

    @property
    def start(self) -> int:
        """Where it starts."""
        ...

    @property
    def end(self) -> int:
        """Where it ends."""
        ...

    @property
    def sort(self) -> str:
        """Its sort."""
        ...

    @property
    def place(self) -> int:
        """Which of the words it is."""
        ...


@lru_cache(maxsize=50_000)
def may_be_weighed(word: str) -> bool:
    """Whether a word or number may be weighed, wherever it stands; most are not."""
    if word[0].isdigit():
        if word.isdigit():
            return len(word) <= _MOST_OF_A_DAY or _LONG_NUMBER <= len(word) <= _MOST_DIGITS
        if ":" in word or "/" in word or _RESULTS.fullmatch(word) is not None:
            return False
        return _LEAST_IN_GROUPS <= count_digits(word) <= _MOST_DIGITS
    return len(word) > 1 and word[0].isalpha() and word[-1].isalpha() and _told(word) != ""


def sort_of(
    text: str, token: re.Match[str], place: int, words: Sequence[str]
) -> tuple[str, str, bool] | None:
    """Sort, kind and whether it is a word of everyday, of what is to be weighed; else None.

    ``may_be_weighed`` has said that it may be.
    """
    word = words[place]
    if word[0].isdigit():
        kind = _kind_of_number(text, token, place, words)
        return None if kind is None else (NUMBER, kind, False)
    if _is_part(text, token):
        return None
    told = _told(word)
    short = word.islower() and len(word) < _SHORTEST_LOWER
    short |= not word.islower() and _is_dosed(word, place, words)
    if told and ((told == "weighed" and not short) or _is_labelled(word, place, words)):
        return ("wl" if word.islower() else "wc"), "name", told == "labelled"
    return None


def _is_part(text: str, token: re.Match[str]) -> bool:
    """Whether a word is part of a code, a trade name or a web address."""
    start, end = token.span()
    inside = token.group().islower() and text[start - 1 : start] in (".", "/", "_", "@")
    return (start > 0 and inside) or _PART.match(text, end) is not None


@lru_cache(maxsize=50_000)
def _told(word: str) -> str:
    """Whether a word is weighed; or only behind a label, being short or a word; or never ("")."""
    bare = word.replace("’", "'").split("'")[-1] or word
    folded = fold(bare)
    if bare in acronyms() or any(map(is_analyte_word, (folded, *folded.split("-")))):
        return ""
    first = bare.split("-")[0]
    if bare[0].islower() and not bare.islower() and (not first.islower() or is_word(first)):
        return ""  # "mL", "mRNA", "échographie-Doppler"
    plain = bare.casefold()
    if plain in word_set("not_names") or plain in known_words() or plain in word_set("capitalised"):
        return ""
    own = _is_given_name(folded) or folded in towns()
    own &= not (bare.isupper() and len(bare) < _LONGEST_SHORT_FORM)
    if not own and any(name in _LISTS for name in _lists_of(bare)):
        return ""
    if not _is_accounted_for(word):
        if own:
            return "weighed"
        short = not word.islower() and len(bare) <= _LONGEST_SHORT_FORM
        return (
            "" if is_misspelt(folded) or is_cut_short(folded) else "short" if short else "weighed"
        )
    if word.islower() or len(word) < _SHORTEST_LABELLED:
        return ""
    return "weighed" if _is_given_name(folded) else "labelled"


def _is_given_name(folded: str) -> bool:
    return folded in given_names() and folded not in word_set("no_places")  # "CHI", "SAMU"


@lru_cache(maxsize=50_000)
def _is_accounted_for(word: str) -> bool:
    """Whether a list, or what it is made of, says that a word is no name."""
    if is_word(word) or is_known(word):
        return True
    if not word.islower():
        return False
    parts = fold(word).split("'")[-1].split("-")
    return all(len(part) < 3 or is_lower_word(part) or is_word(part) for part in parts)


def _is_dosed(word: str, place: int, words: Sequence[str]) -> bool:
    """Whether a short number stands behind a word that is no given name: "Dolvirax 75"."""
    behind = words[place + 1] if place + 1 < len(words) else ""
    return behind.isdigit() and len(behind) <= _LONGEST_DOSE and not _is_given_name(fold(word))


def _is_labelled(word: str, place: int, words: Sequence[str]) -> bool:
    """Whether what somebody is or did stands before a word, or any label with its colon."""
    for before in words[max(0, place - 2) : place]:
        if not _OF_PEOPLE.isdisjoint(_lists_of(before)):
            return True
    if _told(word) == "short":
        return False
    return place > 1 and words[place - 1] in ":/" and words[place - 2][0].isalpha()


def _kind_of_number(
    text: str, token: re.Match[str], place: int, words: Sequence[str]
) -> str | None:
    """The kind of a number that may identify: in groups, long, or a day; a result is none."""
    word, (start, end) = words[place], token.span()
    day = len(word) <= _MOST_OF_A_DAY
    if day and (not place or words[place - 1].casefold() not in _BEFORE_A_DAY):
        return None
    if day and place + 1 < len(words) and words[place + 1] not in _AFTER_A_DAY:
        return None
    before = text[start - 1 : start]
    if before and (before.isalpha() or before in _NO_NUMBER_BEFORE):
        return None
    if text[end : end + 1] in (",", ".") and text[end + 1 : end + 2].isdigit():
        return None
    if _is_result(place, words):
        return None
    return "date" if day else "id"


def _is_result(place: int, words: Sequence[str]) -> bool:
    """Whether the word before a number, or before the mark between them, is an analyte's."""
    back = place - 1
    while back >= 0 and place - back <= 3 and words[back] in (":", "=", "à", "a", "at", "(", "est"):
        back -= 1
    return back >= 0 and words[back][0].isalpha() and is_analyte_word(fold(words[back]))


@lru_cache(maxsize=50_000)
def signs_of(word: str, sort: str) -> tuple[str, ...]:
    """How a word or a number is written, and what the lists know of it."""
    if sort == NUMBER:
        marks = tuple(f"n{mark}" for mark in "./- " if mark in word)
        groups = re.findall(r"\d+", word)
        lengths = "-".join(str(len(group)) for group in groups)
        return ("n", f"n:{lengths}", f"nd{min(8, count_digits(word))}", f"ng{len(groups)}", *marks)
    folded = fold(word)
    known = "word" if is_word(word) else "known" if _is_accounted_for(word) else "unknown"
    written = "upper" if word.isupper() else "lower" if word.islower() else "title"
    length = next((name for most, name in _LENGTHS if len(word) <= most), "long")
    found = [
        sort,
        f"is {known}",
        f"{sort} {known}",
        written,
        f"len {length}",
        f"{written} {length}",
    ]
    for name, there in (
        ("given", folded in given_names()),
        ("surname", folded in surname_words()),
        ("town", folded in towns()),
        ("hyphen", "-" in word),
    ):
        if there:
            found.append(name)
    return tuple(found)


def signs_of_place(text: str, one: Placed, words: Sequence[str]) -> list[str]:
    """Where it stands: at a line's begin or end, with something grown on to it."""
    found = []
    if one.place == 0 or words[one.place - 1] == "\n":
        found.append(f"{one.sort} first")
    if one.place + 1 == len(words) or words[one.place + 1] == "\n":
        found.append(f"{one.sort} last")
    if _is_grown(text[one.start - 1 : one.start] if one.start else ""):
        found.append(f"{one.sort[0]} grown before")
    if _is_grown(text[one.end : one.end + 1]):
        found.append(f"{one.sort[0]} grown behind")
    return found


def _is_grown(character: str) -> bool:
    return bool(character) and (character.isalnum() or character in "_@")


@lru_cache(maxsize=100_000)
def signs_around(word: str, offset: int, sort: str) -> tuple[str, ...]:
    """What a word tells that stands ``offset`` words before or behind; "" stands for none."""
    signs = [f"{offset} {sign}" for sign in _alike(word)]
    if abs(offset) == 1:
        signs += [f"{sort} {sign}" for sign in signs]
    return tuple(signs)


def _alike(word: str) -> tuple[str, ...]:
    """The word itself where it is known, else how it is written, and the lists it is in."""
    if not word:
        return ("end",)
    if word == "\n":
        return ("line",)
    if word[0].isdigit():
        return (f"d{min(6, count_digits(word))}",)
    if not word[0].isalpha():
        return (word,)
    folded = fold(word)
    itself = folded
    if len(folded) > 3 and not _is_accounted_for(word):
        itself = "UNKNOWN" if word.isupper() else "Unknown" if word[0].isupper() else "unknown"
    return (itself, *(f":{name}" for name in _lists_of(word)))


@lru_cache(maxsize=50_000)
def _lists_of(word: str) -> tuple[str, ...]:
    if not word[:1].isalpha():
        return ()
    folded = fold(word)
    names = [name for name in _LISTS if _list_pattern(name).fullmatch(word)]
    for name, there in (
        ("given", folded in given_names()),
        ("town", folded in towns()),
        ("analyte", is_analyte_word(folded)),
    ):
        if there:
            names.append(name)
    return tuple(names)


@cache
def _list_pattern(name: str) -> re.Pattern[str]:
    return re.compile(f"(?i:{as_typed(name)})")
