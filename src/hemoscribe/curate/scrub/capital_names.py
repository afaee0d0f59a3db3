"""Names by their capitals: beside a given name, and where nothing else accounts for a capital."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from hemoscribe.curate.scrub.beside_capitals import mark_known
from hemoscribe.curate.scrub.capital_words import Word, is_known
from hemoscribe.curate.scrub.name_shapes import (
    INITIAL,
    PARTICLE,
    WORD,
    is_given,
    is_word,
    may_be_surname,
)
from hemoscribe.curate.scrub.word_lists import (
    LOWER,
    SPACE,
    UPPER,
    fold,
    word_lists,
    word_set,
)
from hemoscribe.curate.scrub.word_starts import gate_of

_LONGEST_BEFORE = 24
_LONGEST_ACRONYM = 4
_SHORTEST_LIST = 3


def find_capital_names(
    text: str, words: list[Word], starts: frozenset[str]
) -> Iterator[tuple[int, int]]:
    """Where names start and end; spans may overlap. Marks as known whose capital has a reason.

    Args:
        text: the text, or its shape.
        words: its words with a capital (``words_of``).
        starts: how its words begin (``word_starts``).
    """
    yield from _by_given_name(text, words)
    yield from _by_capitals(text, words, starts)
    for word in words:
        if not word.known and (match := _initial_after().match(text, word.end)):
            yield _with_what_stands_before(text, word), match.end()
    if not starts.isdisjoint(_particles()):
        for match in _given_and_particle().finditer(text):
            if is_given(match.group(1)):
                yield match.span()
    if _parts_of_date().search(text) is not None:
        for match in _before_birth_date().finditer(text):
            if not (is_word(match.group(1)) or is_known(match.group(1))):
                yield match.span(1)
    for match in _family_name_first().finditer(text) if "," in text else ():
        if _is_family_name(match.group(1), match.group(2)):
            yield match.span()
    if _initial_alone().search(text) is not None:
        yield from _by_initial(text)


def _by_initial(text: str) -> Iterator[tuple[int, int]]:
    """Names that an initial beside them tells, and initials alone."""
    for match in _particle_and_initial().finditer(text):
        yield match.span()
    for match in _initials_of_patient().finditer(text):
        yield match.span(1)
    for match in _initial_and_capitals().finditer(text):
        if fold(match.group(1)) not in word_set("species") and not is_word(match.group(1)):
            yield match.span()
    listed = list(_initial_and_name().finditer(text))
    if len(listed) >= _SHORTEST_LIST:  # "F. Rabbi, T. Gredin": in a list, words are names as well
        yield from (match.span() for match in listed if match.group(1) not in word_set("species"))


def _by_given_name(text: str, words: list[Word]) -> Iterator[tuple[int, int]]:
    """A given name beside a surname, or a surname in capitals before one."""
    not_names = word_set("not_names")
    for first, second in pairwise(words):
        if not (first.given or second.given or _is_given_too(first, second)):
            continue
        one, two = first.text, second.text
        if one in not_names or two in not_names or f"{one} {two}" in word_set("eponyms"):
            continue
        if _is_word_beside(first, second) or _is_word_beside(second, first):
            continue
        if _beside(text, first, second) and (first.given or first.upper):
            yield first.start, second.end


def _is_family_name(name: str, given: str) -> bool:
    """Whether "Hernando, Luis" begins a line: no word of everyday stands before the comma."""
    if not is_given(given) or given.casefold() in word_set("capitalised"):
        return False
    return not any(is_word(word) or is_known(word) for word in name.split())


def _is_given_too(surname: Word, word: Word) -> bool:
    """Whether a word is a given name behind a surname in capitals: "DOSSOU Prudence"."""
    unknown = surname.upper and not surname.known and len(surname.text) >= _LONGEST_ACRONYM
    if not unknown or word.upper or fold(word.text) not in word_set("given_names_too"):
        return False
    word.given = True
    return True


def _is_word_beside(word: Word, other: Word) -> bool:
    """Whether a word is one of everyday, which no given name beside it makes a surname."""
    if not word.word or word.common or (word.given and not word.upper):
        return False
    written = other.given and not other.upper
    return not (written and word.upper and may_be_surname(word.written))


def _by_capitals(text: str, words: list[Word], starts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Runs of words with capitals, at least one of which has no other reason for it."""
    mark_known(text, words, starts)
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
        and (words[place].common or fold(words[place].text) in word_set("given_names_too"))
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
    if found:
        return before + found.start(found.lastindex or 0)
    return _initials_before(text, word)


@cache
def _initial_pattern() -> re.Pattern[str]:
    # "vitamin D. Supplements" ends a sentence.
    not_initials = "|".join(word_lists()["single_letters_after"])
    return re.compile(
        rf"(?:^|(?<!\w)(?!(?i:{not_initials})(?!\w))[\w'’-]*[.,;:!?()\n]?{SPACE}*)(?<![\w/])"
        rf"((?!M\. )(?:[{UPPER}]\.[ -]?){{1,3}})$"
    )


@cache
def _initial_alone() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)[{UPPER}]\.")


@cache
def _parts_of_date() -> re.Pattern[str]:
    return re.compile(r"\d[/.-]\d")


@cache
def _initial_and_capitals() -> re.Pattern[str]:
    """ "C. COTTIN", "H.MONDOR"."""
    return re.compile(
        rf"(?<![\w.'’/-])[{UPPER}]\.(?:-?[{UPPER}]\.)?{SPACE}?([{UPPER}][{UPPER}'’-]{{3,}})(?!\w)"
    )


@cache
def _initial_and_name() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.'’/-])[{UPPER}]\.(?:-?[{UPPER}]\.)?{SPACE}?[{UPPER}]([{LOWER}'’-]{{2,}})"
        rf"(?={SPACE}?[,;\n]|$)"
    )


@cache
def _initial_after() -> re.Pattern[str]:
    """ "Kermoal Y.", "GRZEGO P. –": an initial with its point after an unknown word."""
    return re.compile(
        rf"{SPACE}(?:[{UPPER}]\.(?:-?[{UPPER}]\.)?|[{UPPER}][{LOWER}]\.)(?![\w.])"
        rf"|{SPACE}[{UPPER}](?={SPACE}?(?:[;(]|\n|$))"
    )


@cache
def _particle_and_initial() -> re.Pattern[str]:
    """ "Le Gall Y. :": with its article even a word is a surname before an initial."""
    return re.compile(
        rf"(?<![\w'’-])(?:Le|La|LE|LA|De|DE|Du|DU|El|EL|Ben|BEN|Van|VAN|Mac|MAC|Saint){SPACE}{WORD}"
        rf"{SPACE}[{UPPER}]\.(?={SPACE}?[:;,)/–-]|$|\n)"
    )


@cache
def _particles() -> frozenset[str]:
    return gate_of("(?:le|la|de|du|van|el|al|ben|da|dos|di) ")


@cache
def _given_and_particle() -> re.Pattern[str]:
    """ "Patricia Le Dû": behind a given name and an article any word is a surname."""
    return re.compile(
        rf"(?<![\w'’-])({WORD}){SPACE}(?:Le|La|De|Du|Van|El|Al|Ben|Da|Dos|Di){SPACE}[{UPPER}][{LOWER}'’-]+(?!\w)"
    )


@cache
def _initials_of_patient() -> re.Pattern[str]:
    """ "votre patiente A. M.", "Mme K.": initials alone."""
    return re.compile(
        rf"(?<!\w)(?:[Pp]atiente?|[Mm]alade|Mme|Mlle|Mr|Mrs|Ms|Miss|Monsieur|Madame){SPACE}"
        rf"((?:[{UPPER}]\.{SPACE}?){{1,3}})(?!\w)"
    )


@cache
def _before_birth_date() -> re.Pattern[str]:
    """ "URGENT - HERVOUET - 18/11/1947": one word in capitals between marks before a date."""
    return re.compile(
        rf"(?:^|[-–|,;\n]){SPACE}?([{UPPER}]{{5,}}){SPACE}?[-–|,]{SPACE}?(?:(?i:née?){SPACE}(?:le{SPACE})?)?"
        r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?!\w)"
    )


@cache
def _family_name_first() -> re.Pattern[str]:
    """A line that begins with "Hernando, Luis M."."""
    name = rf"{WORD}(?:[ -]{WORD})?"
    return re.compile(
        rf"(?:^|\n)[ \t]*({name}),{SPACE}({WORD})(?:{SPACE}(?:[{UPPER}]\.?(?![\w'’-])|{WORD}))?"
    )


@cache
def _foreign_particle_pattern() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w)((?i:van|von|der|den|dos|do|da|di|del|el|al|ben|bin|ter|mac|ould|aït|ait|bou)"
        rf"{SPACE})+$|(?<=[^\s.;:!?]{SPACE})((?:Le|La|De|Du|Saint|St|LE|DU){SPACE})$"
    )


@cache
def _between_pattern() -> re.Pattern[str]:
    joins = "(?:sur|lès|les|sous|en|aux)"
    return re.compile(rf"{SPACE}+(?:{INITIAL}{SPACE}?)?(?:(?:{PARTICLE}|{joins}){SPACE})?")
