"""Words with a capital, and whether something other than a name accounts for it."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from hemoscribe.curate.scrub.name_shapes import (
    PARTICLE_WORDS,
    WORD,
    is_given,
    is_word,
)
from hemoscribe.curate.scrub.word_lists import (
    LOWER,
    SPACE,
    UPPER,
    acronyms,
    fold,
    folded_ordinary_words,
    known_words,
    towns,
    word_lists,
    word_set,
)

_SHORTEST_WRITTEN_OUT = 5
_SENTENCE_ENDS = frozenset('.,;:!?-–—•*/\n\t\r"«»[]')


def words_of(text: str) -> list[Word]:
    """The words of a text that have a capital, but those that stand between words of a name."""
    return [
        Word(match, text)
        for match in _word_pattern().finditer(text)
        if match.group().casefold() not in PARTICLE_WORDS
    ]


class Word:
    """A word with a capital: whether it may be a name, and whether its capital says so."""

    __slots__ = (
        "begins",
        "common",
        "end",
        "given",
        "known",
        "start",
        "text",
        "town",
        "upper",
        "word",
        "written",
    )

    def __init__(self, match: re.Match[str], text: str) -> None:
        self.start, self.end = match.span()
        self.written = match.group()
        self.text, self.upper, self.given, self.word, self.known, self.town, common = _told_by(
            match.group()
        )
        before = self.start - 1
        while before >= 0 and text[before] in " \u00a0\u202f":
            before -= 1
        last = text[before] if before >= 0 else ""
        self.begins = not last or last in _SENTENCE_ENDS
        if last and last in '"«“':  # a quotation inside a sentence: le tube "Quemener"
            self.begins = not text[:before].rstrip()[-1:].islower()
        if last == "\n":
            self.begins = not _goes_on_pattern().search(text, max(0, before - 12), before + 1)
        self.known = self.known or (text.startswith("(", self.end) and _has_ending(text, self.end))
        # A word of everyday with a capital that no sentence gives it.
        self.common = common and bool(last) and (last in ",;:" or not self.begins)
        if self.common and fold(self.text) in word_set("given_names_too"):
            self.given = True


def _has_ending(text: str, end: int) -> bool:
    """Whether a word has its other gender or number in brackets: "Estimé(e)", "Patient(s)"."""
    return _ending_pattern().match(text, end) is not None


@lru_cache(maxsize=50_000)
def _told_by(word: str) -> tuple[str, bool, bool, bool, bool, bool, bool]:
    """What a word itself tells: lower case, in capitals, given name, word, known, town, common."""
    upper = word.isupper() or word[2:].isupper()  # "l'EDS"
    ordinary = is_word(word)
    known = ordinary or is_known(word)
    bare = fold(word)
    bare = bare[2:] if bare[1:2] == "'" else bare
    common = ordinary and not upper and not {fold(word), bare} & folded_ordinary_words()
    common = common and bare not in word_set("no_places")
    town = not known and fold(word) in towns()
    given = is_given(word) and bare not in word_set("no_places")  # "CHI", "SAMU"
    return word.casefold(), upper, given, ordinary, known, town, common


def is_known(word: str) -> bool:
    """Whether a word, or a part of one with a hyphen, is no name."""
    plain = word.casefold().replace("’", "'")
    listed = _listed()
    last, parts = plain.split("'")[-1], plain.split("-")
    if plain in listed or last in listed or any(part in listed for part in parts):
        return True
    bare = word.replace("’", "'").split("'")[-1]
    if bare.isupper() and (bare in acronyms() or _roman_pattern().fullmatch(bare)):
        return True
    if len(bare) >= _SHORTEST_WRITTEN_OUT and bare.upper() in acronyms():
        return True  # "Cofrac", "Inserm"
    return (
        is_word(last)
        or fold(last) in word_set("no_places")
        or _product_pattern().fullmatch(word) is not None
        or _short_form_pattern().fullmatch(word) is not None
        or _drug_pattern().fullmatch(plain) is not None
    )


@cache
def _listed() -> frozenset[str]:
    return word_set("capitalised") | word_set("countries") | known_words()


@cache
def _ending_pattern() -> re.Pattern[str]:
    return re.compile(r"\((?:e|s|es|ne|le|x)\)")


@cache
def _product_pattern() -> re.Pattern[str]:
    """ "MedicoDevices": a capital inside a word is a product's, but after a name's particle."""
    particles = "Mac|Mc|De|Le|La|Du|Di|Da|Fitz|Van|Von|Ben|El|Al|Saint|Des|Des|Del"
    camel = rf"(?!(?:{particles})[{UPPER}])(?:[{UPPER}][{LOWER}]+){{2,}}"
    return re.compile(rf"{camel}(?:-{camel})*")


@cache
def _roman_pattern() -> re.Pattern[str]:
    return re.compile(r"(?=[IVX]{2})X{0,3}(?:I[XV]|V?I{0,3})")


@cache
def _short_form_pattern() -> re.Pattern[str]:
    """ "HBs", "PNNs", "BacT", "mRNA": capitals in the midst or at the end of a short word."""
    return re.compile(
        rf"[{UPPER}]{{2,5}}[a-z]{{1,2}}|[{UPPER}][{LOWER}]{{1,3}}[{UPPER}]|[{UPPER}][{LOWER}][{UPPER}]{{2,3}}"
    )


@cache
def _drug_pattern() -> re.Pattern[str]:
    """An international nonproprietary name, by the stems that the WHO gives to classes of drugs."""
    return re.compile(rf".{{3,}}(?:{'|'.join(word_lists()['drug_stems'])})")


@cache
def _goes_on_pattern() -> re.Pattern[str]:
    """The end of a line after which the sentence goes on: "près de", "vu par le"."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(word_lists()['goes_on'])}){SPACE}*\n$")


@cache
def _word_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?:(?<![\w'’-])|(?<=[qQ]u['’])|(?<!\w['’])(?<=['’])){WORD}(?!\w)")
