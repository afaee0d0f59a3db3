"""The word lists of the scrubbing rules, and the letters that names are made of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path

from hemoscribe.files import own_yaml
from hemoscribe.knowledge import analytes


def _letters(wanted: Callable[[str], bool]) -> str:
    """The Latin letters (Vietnamese, Polish, Turkish... alike) as ranges of a character class."""
    codes = [code for code in (*range(0x41, 0x250), *range(0x1E00, 0x1F00)) if wanted(chr(code))]
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(chr(a) if a == b else f"{chr(a)}-{chr(b)}" for a, b in ranges)


UPPER = _letters(str.isupper)
_APART = "\u0300-\u036f"  # accents that stand apart
LOWER = _letters(str.islower) + _APART
# Both at once are a few ranges, where each alone is hundreds of letters that take time to compile.
LETTER = _letters(lambda letter: letter.isupper() or letter.islower()) + _APART
SPACE = "[ \u00a0\u202f]"


@cache
def word_lists() -> dict[str, list[str]]:
    """Every list of ``words.yaml`` by its name."""
    lists: dict[str, list[str]] = own_yaml(
        Path(__file__).with_name("words.yaml").read_text(encoding="utf-8")
    )
    return lists


@cache
def word_set(name: str) -> frozenset[str]:
    """A list as a set of lower-case words."""
    return frozenset(word.casefold() for word in word_lists()[name])


@cache
def known_words() -> frozenset[str]:
    """Eponyms, makers, drugs, journals and organisms in lower case: their capital is no name's."""
    kinds = ("eponyms", "makers", "drugs", "journals", "organisms")
    return frozenset(str(word).casefold() for kind in kinds for word in _known_lists()[kind])


@cache
def makers() -> frozenset[str]:
    """Makers, analysers and programs in lower case."""
    return frozenset(word.casefold() for word in _known_lists()["makers"])


@cache
def acronyms() -> frozenset[str]:
    """Words in capitals that shorten no name: bodies, techniques, who works there."""
    kinds = ("acronyms", "role_acronyms")
    return frozenset(word.upper() for kind in kinds for word in _known_lists()[kind])


@cache
def _known_lists() -> dict[str, list[str]]:
    lists: dict[str, list[str]] = own_yaml(
        Path(__file__).with_name("known_words.yaml").read_text(encoding="utf-8")
    )
    return lists


@cache
def ordinary_words() -> frozenset[str]:
    """Words that are no names, in lower case: of laboratories, and of every day."""
    return _listed("ordinary_words.txt") | word_set("not_names")


@cache
def _listed(file: str) -> frozenset[str]:
    """The lines of a list behind those that say what it is; none of the words begins with "#"."""
    lines = Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines()
    first = next(place for place, line in enumerate(lines) if not line.startswith("#"))
    return frozenset(lines[first:])


@cache
def folded_ordinary_words() -> frozenset[str]:
    """The ordinary words as ``fold`` makes them, for what is typed without its accents."""
    return frozenset(fold("\n".join(ordinary_words())).split("\n")) - given_names()


def is_common(folded: str) -> bool:
    """Whether a word (``fold``) is one of everyday or of medicine, and nobody's name."""
    return _is_listed(folded) or ("ae" in folded and _is_listed(folded.replace("ae", "e")))


def _is_listed(folded: str) -> bool:
    return (
        folded in _listed("common_words.txt")
        or folded in _listed("dictionary_words.txt")
        or folded in word_set("laboratory_words")
        or is_analyte_word(folded)
    )


def is_lower_word(folded: str) -> bool:
    """Whether a word (``fold``) in lower case is one of everyday, if perhaps a surname."""
    return folded in _listed("lower_words.txt")


def is_analyte_word(folded: str) -> bool:
    """Whether a word (``fold``) stands in an analyte's name."""
    return folded in analyte_words()


@cache
def analyte_words() -> frozenset[str]:
    """The words of every name of every analyte, down to two letters: Ca, Fe, Ht."""
    names = (name for analyte in analytes().values() for name in chain(*analyte.names.values()))
    return frozenset(_WORDS.findall(fold("\n".join(names))))


_WORDS = re.compile(r"[a-z]{2,}")


@cache
def given_names() -> frozenset[str]:
    """Given names as ``fold`` makes them, but those that are common words."""
    listed = _listed("given_names.txt") | _listed("more_given_names.txt")
    listed |= frozenset(map(fold, word_lists()["given_names"]))
    return listed - analyte_words() - {word.lower() for word in _known_lists()["role_acronyms"]}


@cache
def surname_words() -> frozenset[str]:
    """Words of everyday (``fold``) that are surnames as well: "White", "Young"."""
    return _listed("surname_words.txt") | word_set("surnames_too")


@cache
def towns() -> frozenset[str]:
    """Towns of France and around as ``fold`` makes them, but those that are common words."""
    return _listed("towns.txt")


def fold(word: str) -> str:
    """``word`` in lower case without accents, as people type capitals."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    for letter, letters in _TWO_LETTERS:
        plain = plain.replace(letter, letters)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


_TWO_LETTERS = (("œ", "oe"), ("æ", "ae"), ("ø", "o"), ("ł", "l"))


def any_of(name: str) -> str:
    """A list as one regular expression, longest first so that none hides a longer one."""
    return "(?:" + "|".join(sorted(word_lists()[name], key=len, reverse=True)) + ")"


@cache
def as_typed(name: str) -> str:
    """The same, also where its accents are left out."""
    return any_of(name).replace("é", "[ée]").replace("è", "[èe]")


def count_digits(text: str) -> int:
    """How many digits ``text`` has."""
    return sum(map(text.count, "0123456789"))
