"""Names by their capitals: beside a given name, and where nothing else accounts for a capital."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise

from hemoscribe.curate.scrub.name_shapes import (
    INITIAL,
    PARTICLE,
    PARTICLE_WORDS,
    WORD,
    folded_ordinary_words,
    is_given,
    is_word,
)
from hemoscribe.curate.scrub.trade_names import find_trade_names
from hemoscribe.curate.scrub.word_lists import (
    LOWER,
    SPACE,
    UPPER,
    fold,
    towns,
    word_lists,
    word_set,
)

_LONGEST_BEFORE = 24
_LONGEST_ACRONYM = 4
_SHORTEST_LIST = 3
_SENTENCE_ENDS = frozenset('.,;:!?-–—•*/\n\t\r"«»[]')


def find_capital_names(text: str, starts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where names start and end; spans may overlap."""
    words = [
        Word(match, text)
        for match in _word_pattern().finditer(text)
        if match.group().casefold() not in PARTICLE_WORDS  # they stand between words of a name
    ]
    yield from _by_given_name(text, words)
    yield from _by_capitals(text, words, starts)
    for match in _initial_and_capitals().finditer(text):
        if fold(match.group(1)) not in word_set("species") and not is_word(match.group(1)):
            yield match.span()
    listed = list(_initial_and_name().finditer(text))
    if len(listed) >= _SHORTEST_LIST:  # "F. Rabbi, T. Gredin": in a list, words are names as well
        yield from (match.span() for match in listed if match.group(1) not in word_set("species"))


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
    )

    def __init__(self, match: re.Match[str], text: str) -> None:
        self.start, self.end = match.span()
        self.text, self.upper, self.given, self.word, self.known, self.town, common = _told_by(
            match.group()
        )
        before = self.start - 1
        while before >= 0 and text[before] in " \u00a0\u202f":
            before -= 1
        last = text[before] if before >= 0 else ""
        self.begins = not last or last in _SENTENCE_ENDS
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
    known = ordinary or _is_known(word)
    bare = fold(word)
    bare = bare[2:] if bare[1:2] == "'" else bare
    common = ordinary and not upper and not {fold(word), bare} & folded_ordinary_words()
    common = common and bare not in word_set("no_places")
    town = not known and fold(word) in towns()
    given = is_given(word) and bare not in word_set("no_places")  # "CHI", "SAMU"
    return word.casefold(), upper, given, ordinary, known, town, common


def _is_known(word: str) -> bool:
    """Whether a word, or a part of one with a hyphen, is no name."""
    plain = word.casefold().replace("’", "'")
    listed = word_set("capitalised") | word_set("countries")
    last, parts = plain.split("'")[-1], plain.split("-")
    if plain in listed or last in listed or any(part in listed for part in parts):
        return True
    return (
        is_word(last)
        or fold(last) in word_set("no_places")
        or _product_pattern().fullmatch(word) is not None
        or _drug_pattern().fullmatch(plain) is not None
    )


def _by_given_name(text: str, words: list[Word]) -> Iterator[tuple[int, int]]:
    """A given name beside a surname, or a surname in capitals before one."""
    not_names = word_set("not_names")
    for first, second in pairwise(words):
        if not (first.given or second.given):
            continue
        one, two = first.text, second.text
        if one in not_names or two in not_names or f"{one} {two}" in word_set("eponyms"):
            continue
        if (first.word and not first.common) or (second.word and not second.common):
            continue
        if _beside(text, first, second) and (first.given or first.upper):
            yield first.start, second.end


def _by_capitals(text: str, words: list[Word], starts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Runs of words with capitals, at least one of which has no other reason for it."""
    for first, second in pairwise(words):
        if f"{first.text} {second.text}" in word_set("eponyms"):
            first.known = second.known = True
    for word in words:
        if not word.known and _eponym_pattern().search(
            text, max(0, word.start - _LONGEST_BEFORE), word.start
        ):
            word.known = True
    for start, end in find_trade_names(text, starts):
        for word in words:
            word.known |= start <= word.start and word.end <= end
    for run in _runs(text, words):
        if _is_name(run, text):
            whole = _with_common_words(run, words, text)
            yield _with_what_stands_before(text, whole[0]), whole[-1].end


def _runs(text: str, words: list[Word]) -> Iterator[list[Word]]:
    """Words beside each other that nothing accounts for."""
    run: list[Word] = []
    for word in words:
        if not word.known and (not run or _beside(text, run[-1], word)):
            run.append(word)
            continue
        if run:
            yield run
        run = [] if word.known else [word]
    if run:
        yield run


def _with_common_words(run: list[Word], words: list[Word], text: str) -> list[Word]:
    """A name and the common words beside it whose capital only a name explains: "Perle Defoe"."""
    place = words.index(run[0])
    given = [word for word in run if word.given]
    if (
        place
        and (not given or given == run)
        and (words[place - 1].common or fold(words[place - 1].text) in word_set("given_names_too"))
        and _touch(words[place - 1], run[0])
    ):
        return [words[place - 1], *run]
    place = words.index(run[-1]) + 1
    if (
        place < len(words)
        and given == run
        and words[place].common
        and _touch(run[-1], words[place])
    ):
        return [*run, words[place]]
    return run


def _touch(first: Word, second: Word) -> bool:
    return second.start - first.end == 1


def _beside(text: str, first: Word, second: Word) -> bool:
    return _between_pattern().fullmatch(text, first.end, second.start) is not None


def _is_name(run: list[Word], text: str) -> bool:
    """Whether one of a run of words has a capital for no other reason than that it is a name."""
    if any(word.town for word in run):
        return True
    mixed = [word for word in run if not word.upper]
    if any(not word.begins for word in mixed):
        return True
    if any(word.upper and _is_double(word.text) for word in run):
        return True  # "GENTIL-BOYER"
    if any(word.given and not word.upper for word in run):
        return True  # a given name, though a sentence begins with it
    common = word_set("surnames_too")  # "GLOBULE BLANC"
    long = [word for word in run if word.upper and len(word.text) >= _LONGEST_ACRONYM]
    unknown = [word for word in long if fold(word.text) not in common]
    if (mixed and long) or len(unknown) > 1:
        return True  # "Jeanne DUPONT", "IVANKA PRIGOSIEV"
    return any(_initials_before(text, word) < word.start for word in mixed)


def _is_double(word: str) -> bool:
    """Whether a word has a hyphen between two long parts, neither of which is known."""
    parts = word.split("-")
    return len(parts) == 2 and all(len(part) >= _LONGEST_ACRONYM for part in parts)


def _initials_before(text: str, word: Word) -> int:
    """Where the initials before a word start: "O. Smith"; the word's own start without any."""
    before = max(0, word.start - _LONGEST_BEFORE)
    found = _initial_pattern().search(text[before : word.start])
    return before + found.start(1) if found else word.start


def _with_what_stands_before(text: str, word: Word) -> int:
    """Where a name starts whose first word with a capital is ``word``: "van Dijk", "O. Smith"."""
    before = max(0, word.start - _LONGEST_BEFORE)
    found = _foreign_particle_pattern().search(text[before : word.start])
    return before + found.start(1) if found else _initials_before(text, word)


@cache
def _initial_pattern() -> re.Pattern[str]:
    # "vitamin D. Supplements" ends a sentence.
    not_initials = "|".join(word_lists()["single_letters_after"])
    return re.compile(
        rf"(?:^|(?<!\w)(?!(?i:{not_initials})(?!\w))[\w'’-]*[.,;:!?()\n]?{SPACE}*)(?<![\w/])"
        rf"((?!M\. )(?:[{UPPER}]\.[ -]?){{1,3}})$"
    )


@cache
def _initial_and_capitals() -> re.Pattern[str]:
    """ "C. COTTIN", "H.MONDOR"."""
    return re.compile(
        rf"(?<![\w.'’/-])[{UPPER}]\.(?:-?[{UPPER}]\.)?{SPACE}?([{UPPER}][{UPPER}'’-]{{3,}})(?!\w)"
    )


@cache
def _product_pattern() -> re.Pattern[str]:
    """ "MedicoDevices": a capital inside a word is a product's, but after a name's particle."""
    particles = "Mac|Mc|De|Le|La|Du|Di|Da|Fitz|Van|Von|Ben|El|Al|Saint|Des|Des|Del"
    camel = rf"(?!(?:{particles})[{UPPER}])(?:[{UPPER}][{LOWER}]+){{2,}}"
    return re.compile(rf"{camel}(?:-{camel})*")


@cache
def _drug_pattern() -> re.Pattern[str]:
    """An international nonproprietary name, by the stems that the WHO gives to classes of drugs."""
    return re.compile(rf".{{3,}}(?:{'|'.join(word_lists()['drug_stems'])})")


@cache
def _eponym_pattern() -> re.Pattern[str]:
    """What names a discovery by its discoverer, before the name: "score de", "syndrome de"."""
    nouns = "|".join(word_lists()["eponym_nouns"])
    return re.compile(
        rf"(?<!\w)(?i:{nouns}){SPACE}(?:(?:de|du|des|d['’]|of|à){SPACE}?)?(?:(?i:von|van|de){SPACE})?$"
    )


@cache
def _initial_and_name() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.'’/-])[{UPPER}]\.(?:-?[{UPPER}]\.)?{SPACE}?[{UPPER}]([{LOWER}'’-]{{2,}})"
        rf"(?={SPACE}?[,;\n]|$)"
    )


@cache
def _ending_pattern() -> re.Pattern[str]:
    return re.compile(r"\((?:e|s|es|ne|le|x)\)")


@cache
def _foreign_particle_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)((?i:van|von|der|den|dos|do|da|di|del|el|al|ben|bin|ter){SPACE})+$")


@cache
def _goes_on_pattern() -> re.Pattern[str]:
    """The end of a line after which the sentence goes on: "près de", "vu par le"."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(word_lists()['goes_on'])}){SPACE}*\n$")


@cache
def _word_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?:(?<![\w'’-])|(?<=[qQ]u['’])){WORD}(?!\w)")


@cache
def _between_pattern() -> re.Pattern[str]:
    joins = "(?:sur|lès|les|sous|en|aux)"
    return re.compile(rf"{SPACE}+(?:{INITIAL}{SPACE}?)?(?:(?:{PARTICLE}|{joins}){SPACE})?")
