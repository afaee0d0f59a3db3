"""The signs by which a conditional random field tags words and numbers of a text.

A sign is a short text: how a word is written, which lists know it, what stands up to four words
before and behind it, and where it stands in its line. Digits are none of them: a number is told by
the length of its groups. Which signs tell what was learned (``tagged_words.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from hemoscribe.curate.scrub.capital_words import is_known
from hemoscribe.curate.scrub.name_shapes import is_word
from hemoscribe.curate.scrub.word_lists import (
    acronyms,
    count_digits,
    fold,
    given_names,
    is_analyte_word,
    is_lower_word,
    known_words,
    surname_words,
    towns,
    word_lists,
)

TOKENS = re.compile(
    r"(?i:(?<!\w)(?:[cdjlmnst]|(?:jusq|lorsq|puisq|q)u)['’](?=\w))"
    r"|[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:(?P<mark>[ ./:-])\d+(?:(?P=mark)\d+)*)?|[^\w\s]|\n"
)
"""Words, numbers with their groups, marks and ends of lines."""
LINE = "\n"
_PATTERN = re.compile(r"[\\[\](){}?*+.|^$]")
_LISTS = (
    *("titles", "hurried_titles", "roles", "person_labels", "staff_labels", "lower_name_labels"),
    *("name_labels", "before_lower_names", "initials_labels", "bare_initials", "initials_verbs"),
    *("name_verbs", "called_at", "phone_labels", "short_phone_labels", "inside_lines", "desks"),
    *("weak_id_labels", "strong_id_labels", "place_labels", "offices", "places", "places_after"),
    *("streets_fr", "streets_en", "country_places_fr", "months", "dated_things", "devices"),
    *("eponym_nouns", "nouns_after_eponyms", "before_drugs", "rooms", "before_months", "species"),
    "no_initials",
)
"""Lists of ``words.yaml`` that tell what a word stands beside: it is learned for all of a list."""
_AROUND = (-4, -3, -2, -1, 1, 2, 3, 4)
_MOST_GROUPS, _MOST_DIGITS, _SHORT_LINE = 6, 16, 3
_UPPER_TEXT, _LOWER_TEXT, _UPPER_LINE, _MIXED_LINE = 0.7, 0.97, 0.8, 0.3
_KEPT_BESIDE = ("w:", "l:", "c:")
_LENGTHS = ((4, ""), (6, "5"))


def signs(tokens: Sequence[str]) -> list[list[str]]:
    """The signs of each token of a text, in their order."""
    whole = _written_text(tokens)
    lines = _signs_of_lines(tokens)
    found = []
    for place, token in enumerate(tokens):
        own = signs_of(token)
        written = next((sign for sign in own if sign.startswith("c:")), own[0])
        here = ["b", whole, *own, *lines[place], f"{written}|{whole}"]
        here += [f"{written}|{sign}" for sign in lines[place]]
        for offset in _AROUND:
            beside = place + offset
            if 0 <= beside < len(tokens):
                here += _beside(tokens[beside], offset, written)
            else:
                here.append(f"{offset:+}END")
        found.append(here)
    return found


@lru_cache(maxsize=100_000)
def _beside(token: str, offset: int, written: str) -> tuple[str, ...]:
    signs = signs_of(token)
    if token[0].isalpha():
        signs = tuple(sign for sign in signs if sign[:2] in _KEPT_BESIDE or len(sign) == 1)
    elif token[0].isdigit():
        signs = signs[:2]
    alone = tuple(f"{offset:+}{sign}" for sign in signs)
    return alone if abs(offset) > 1 else (*alone, *(f"{sign}|{written}" for sign in alone))


@lru_cache(maxsize=100_000)
def signs_of(token: str) -> tuple[str, ...]:
    """How a token is written, and what the lists know of it, wherever it stands."""
    if token == LINE:
        return ("NL",)
    if token[0].isdigit():
        return _signs_of_number(token)
    if not token[0].isalpha():
        return (f"P:{token}",)
    folded = fold(token)
    tags = _tags_of(token, folded)
    case = "U" if token.isupper() else "l" if token.islower() else "T" if _title(token) else "m"
    size = next((name or str(len(token)) for most, name in _LENGTHS if len(token) <= most), "7")
    named = "".join(tag[0] for tag in tags[1:] if tag in ("given", "town", "surname"))
    return (
        *(case, f"{case}{size}", f"w:{folded}", f"c:{case}{tags[0]}{named}"),
        *(f"k:{tag}" for tag in tags),
        *(f"{case}:{tag}" for tag in tags),
        *(f"l:{name}" for name in lists_of(token)),
        *(f"s:{folded[-letters:]}" for letters in (2, 3, 4)),
        f"p:{folded[:3]}",
    )


def _title(token: str) -> bool:
    return token[0].isupper()


def _signs_of_number(token: str) -> tuple[str, ...]:
    groups = re.findall(r"\d+", token)
    marks = "".join(sorted({mark for mark in token if not mark.isdigit()}))
    few = len(groups) <= _MOST_GROUPS
    lengths = "-".join(str(len(group)) for group in groups) if few else "many"
    digits = min(_MOST_DIGITS, count_digits(token))
    count = min(_MOST_GROUPS + 1, len(groups))
    return ("NUM", f"n:{lengths}{marks}", f"d:{digits}", f"g:{count}{marks}")


def _tags_of(token: str, folded: str) -> list[str]:
    """What accounts for a word first, then the lists of names that hold it."""
    bare = folded.split("'")[-1]
    if token in acronyms():
        first = "acronym"
    elif is_analyte_word(bare):
        first = "analyte"
    elif token.casefold() in known_words():
        first = "discovery"
    elif is_word(token):
        first = "word"
    else:
        first = "known" if is_accounted_for(token) else "unknown"
    lists = (
        ("given", bare in given_names()),
        ("surname", bare in surname_words()),
        ("town", bare in towns()),
        ("hyphen", "-" in token),
        ("apostrophe", "'" in folded),
    )
    return [first, *(name for name, there in lists if there)]


@lru_cache(maxsize=50_000)
def is_accounted_for(word: str) -> bool:
    """Whether a list, or what it is made of, says that a word is no name."""
    if is_word(word) or is_known(word):
        return True
    if not word.islower():
        return False
    parts = fold(word).split("'")[-1].split("-")
    return all(len(part) < 3 or is_lower_word(part) or is_word(part) for part in parts)


@lru_cache(maxsize=50_000)
def lists_of(word: str) -> tuple[str, ...]:
    """The lists of ``words.yaml`` that hold a word and tell what stands beside it."""
    plain, patterns = _lists()
    held = plain.get(fold(word), frozenset())
    held |= {name for name, pattern in patterns if pattern.fullmatch(word)}
    return tuple(name for name in _LISTS if name in held)


@cache
def _lists() -> tuple[dict[str, frozenset[str]], tuple[tuple[str, re.Pattern[str]], ...]]:
    """Word (``fold``) -> its lists; and of each list the entries that are patterns, as one."""
    plain: dict[str, frozenset[str]] = {}
    patterns = []
    for name in _LISTS:
        written = [entry for entry in word_lists()[name] if not _PATTERN.search(entry)]
        for entry in written:
            plain[fold(entry)] = plain.get(fold(entry), frozenset()) | {name}
        rest = [entry for entry in word_lists()[name] if entry not in written]
        if rest:
            accents = "|".join(rest).replace("é", "[ée]").replace("è", "[èe]")
            patterns.append((name, re.compile(f"(?i:{accents})")))
    return plain, tuple(patterns)


def _written_text(tokens: Sequence[str]) -> str:
    """Whether a whole text is in capitals, in lower case, or neither."""
    words = sum(token[0].isalpha() for token in tokens) or 1
    if sum(token.isupper() and len(token) > 1 for token in tokens) > _UPPER_TEXT * words:
        return "capitals"
    lower = sum(token.islower() for token in tokens)
    return "lower" if lower > _LOWER_TEXT * words else "mixed"


def _signs_of_lines(tokens: Sequence[str]) -> list[list[str]]:
    """How the line of each token is written, and where in it the token stands."""
    found: list[list[str]] = [[] for _ in tokens]
    start = 0
    for end in (*(place for place, token in enumerate(tokens) if token == LINE), len(tokens)):
        words = [token for token in tokens[start:end] if token[0].isalpha()]
        upper = sum(word.isupper() for word in words) / (len(words) or 1)
        written = "Lu" if upper > _UPPER_LINE else "Lm" if upper > _MIXED_LINE else "Ll"
        for place in range(start, end):
            here = [written]
            here += [f"bol{place - start}"] if place - start < 2 else []
            here += [f"eol{end - 1 - place}"] if end - 1 - place < 2 else []
            here += ["short"] if end - start <= _SHORT_LINE else []
            found[place] = here
        start = end + 1
    return found
