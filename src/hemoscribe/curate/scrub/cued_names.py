"""Names after a title, a label or a verb, and before what only stands beside a person's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from hemoscribe.curate.scrub.labelled_names import is_label_name
from hemoscribe.curate.scrub.name_shapes import (
    LISTED_NAME,
    LOWER_NAME,
    LOWER_WORD,
    NAME,
    TITLED_NAME,
    WORD,
    is_given,
    is_word,
    length_of_lower_name,
    length_of_name,
)
from hemoscribe.curate.scrub.rule import compiled_once
from hemoscribe.curate.scrub.word_lists import (
    LETTER,
    LOWER,
    SPACE,
    UPPER,
    acronyms,
    any_of,
    fold,
    folded_ordinary_words,
    word_lists,
    word_set,
)
from hemoscribe.curate.scrub.word_starts import ahead_of, gate_of

_TITLE_PATTERNS = 3
_LABELS = 3
_LONGEST_BEFORE = 80
_SHORTEST_BEFORE = 5
_SHORTEST_GIVEN = 4
_GAP = " ,;|–-\n\u00a0("


def find_cued_names(text: str, starts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where names start and end that something beside them gives away."""
    for number, (gate, marks, pattern) in enumerate(_capital_patterns()):
        if (gate and starts.isdisjoint(gate)) or not _has_one(marks, text):
            continue
        place, titled = 0, number < _TITLE_PATTERNS
        search = compiled_once(pattern).search
        while match := search(text, place):
            length = length_of_name(match.group(1), titled=titled)
            if number == _LABELS and not (
                match.group(1).isupper() or is_label_name(match.group(1))
            ):
                length = 0  # "Consultant: Cardiology"
            if length:
                yield match.start(1), match.start(1) + length
            place = match.start(1) + max(length, 1)  # what was no name may be a label
    for gate, marks, pattern in _lower_patterns():
        if starts.isdisjoint(gate) or not _has_one(marks, text):
            continue
        for match in compiled_once(pattern).finditer(text):
            length = length_of_lower_name(match.group(1))
            if length:
                yield match.start(1), match.start(1) + length
    yield from _given_in_lower_case(text)
    for match in _bare_m().finditer(text) if "m " in starts else ():
        first = match.group(1).split()[0]
        if not is_word(first) and first.casefold() not in word_set("capitalised"):
            yield match.start(1), match.start(1) + length_of_name(match.group(1))
    yield from _before_cues(text)


def _has_one(marks: str, text: str) -> bool:
    return not marks or any(mark in text for mark in marks)


def _before_cues(text: str) -> Iterator[tuple[int, int]]:
    """Names before a role in brackets, a birth date, a telephone number, a national number."""
    for cue in _cue_pattern().finditer(text):
        before = max(0, cue.start() - _LONGEST_BEFORE)
        end = len(text[before : cue.start()].rstrip(_GAP)) + before
        if end - before < _SHORTEST_BEFORE or not (text[end - 1].isalpha() or text[end - 1] == "."):
            continue
        match = _before_pattern().search(text, before, cue.start())
        if match is None:
            continue
        words = list(_written_word().finditer(match.group(1)))
        given = any(is_given(word.group()) for word in words)
        while words and not _may_be_name(words[0].group(), given):
            words.pop(0)
        if len(words) < 2 or not all(_may_be_name(word.group(), given) for word in words):
            continue
        if any(len(word.group()) > 3 for word in words):
            yield match.start(1) + words[0].start(), match.start(1) + words[-1].end()


def _given_in_lower_case(text: str) -> Iterator[tuple[int, int]]:
    """ "theodore roux": a given name before a word that is none of everyday."""
    for match in _two_lower_words().finditer(text):
        if not _is_lower_given(match.group(1)):
            continue
        length = length_of_lower_name(match.group(2))
        if length:
            yield match.start(), match.start(2) + length


@lru_cache(maxsize=50_000)
def _is_lower_given(word: str) -> bool:
    return len(word) >= _SHORTEST_GIVEN and is_given(word) and not is_word(word)


@cache
def _two_lower_words() -> re.Pattern[str]:
    surname = rf"[{LOWER}]{{4,}}(?:-[{LOWER}]{{3,}})?"
    return re.compile(
        rf"(?<![\w'’.@-])([{LOWER}]{{4,}})(?={SPACE}({surname}(?:{SPACE}{surname})?)(?![\w@]))"
    )


def _may_be_name(word: str, beside_given: bool) -> bool:
    """Whether a word may be of a name: beside a given name, a common one in capitals too."""
    plain = word.strip(".")
    if plain.casefold() in word_set("not_names") or plain in acronyms():
        return False
    if len(plain) == 1 or is_given(plain):
        return True
    if plain.istitle() and fold(plain) in word_set("given_names_too"):
        return True  # "DOSSOU Prudence"
    if plain.casefold() in word_set("capitalised") or fold(plain) in word_set("no_places"):
        return False
    if beside_given and plain.isupper() and fold(plain) not in folded_ordinary_words():
        return True
    return not is_word(plain)


_Gated = tuple[frozenset[str], str, str]
"""How the words that a pattern begins with begin, marks one of which it needs, and the pattern."""


@cache
def _capital_patterns() -> tuple[_Gated, ...]:
    hurried = "|".join(word_lists()["hurried_titles"])
    to_whom = f"(?:(?:le|la|l'|the|to|à|au|by|par){SPACE})?"
    patient = (
        rf"(?<!\w)(?i:patiente?){SPACE}((?:[{UPPER}][{LETTER}]?\.(?:-[{UPPER}]\.)?){SPACE}?"
        rf"{WORD}(?:{SPACE}{WORD})?)"
    )
    family = rf"(?<!\w)[Tt]he{SPACE}({NAME})(?={SPACE}family(?!\w))"
    title = rf"(?<![\w'’-]){any_of('titles')}(?:(?<=\.)|(?!\w)){SPACE}*({TITLED_NAME})"
    ahead = ahead_of(any_of("name_labels"))
    label = rf"(?<!\w){ahead}(?i:{any_of('name_labels')}){SPACE}*[:=]{SPACE}*\n?({LISTED_NAME})"
    ahead = ahead_of(any_of("name_verbs"))
    verb = rf"(?<![\w-]){ahead}(?i:{any_of('name_verbs')})(?!\w){SPACE}*{to_whom}({TITLED_NAME})"
    hurry = rf"(?<![\w'’-])(?:{hurried})(?:\.{SPACE}*|{SPACE}+)({TITLED_NAME})"
    return (
        (gate_of(f"{any_of('titles')} "), "", title),
        (gate_of(f"(?:{hurried}) "), "", hurry),
        (gate_of("patiente? "), ".", patient),
        (gate_of(f"{any_of('name_labels')} "), ":=", label),
        (frozenset(), "\n", rf":{SPACE}*\n({NAME}){SPACE}*(?=[\n.;,-]|$)"),
        (gate_of(f"{any_of('name_verbs')} "), "", verb),
        (gate_of("the "), "", family),
    )


@cache
def _lower_patterns() -> tuple[_Gated, ...]:
    hurried = "|".join(word_lists()["hurried_titles"])
    titles = (
        "Drs?|DR|Pr|Prof|Mr|Mrs|Ms|Mme|MME|Mlle|MLLE|Docteure?|Professeure?|Monsieur|Madame|Doctor"
    )
    after_title = (
        rf"(?<![\w'’-])(?:{titles})\.?{SPACE}*(?:{WORD}{SPACE}|[{UPPER}]\.{SPACE}?)?"
        rf"(?<![^\W\d_])((?:a[iï]t{SPACE})?{LOWER_WORD}(?:{SPACE}{LOWER_WORD}){{0,2}})(?!\w)"
    )
    hurry = rf"(?<![\w'’-])(?:{hurried})(?:\.{SPACE}*|{SPACE}+)({LOWER_NAME})(?!\w)"
    labels = tuple(
        (
            gate_of(f"{any_of(name)} "),
            ":=",
            rf"(?<!\w)(?i:{any_of(name)}){SPACE}*[:=]{SPACE}*({LOWER_NAME})(?!\w)",
        )
        for name in ("staff_labels", "lower_name_labels")
    )
    return (
        (gate_of(f"(?:{hurried}) "), "", hurry),
        (gate_of(f"(?:{titles}) "), "", after_title),
        *labels,
    )


@cache
def _bare_m() -> re.Pattern[str]:
    """ "M Georges Duhamel": a title without its point, before two capitals or one in capitals."""
    return re.compile(
        rf"(?<![\w'’.-])M{SPACE}((?:[{UPPER}]\.?{SPACE}?)?{WORD}{SPACE}{WORD}(?:{SPACE}{WORD})?"
        rf"|[{UPPER}]{{4,}}(?!\w))"
    )


@cache
def _before_pattern() -> re.Pattern[str]:
    words = f"(?:{WORD}|[{UPPER}]\\.?(?![\\w.])|{LOWER_WORD})"
    run = f"((?:{WORD}|[{UPPER}]\\.)(?:,?{SPACE}{{1,2}}{words}){{1,4}})"
    gap = r"[\s,;|–-]{0,4}"
    return re.compile(rf"(?<![\w'’-]){run}{gap}(?:\(?[HFM]\)?{gap})?$")


@cache
def _cue_pattern() -> re.Pattern[str]:
    """A role in brackets or after a comma, or a number that only a person has."""
    date = r"(?:(?:née? |né\(e\) |ddn |le |born |dob )[: ]?)?\d{1,2}[-/.|]\d{1,2}[-/.|]\d{2,4}"
    phone = r"(?:\+\d{2}|[0O]\d)[ .]?\d{2}[ .]?\d{2}[ .]?[\dO]{2}"
    return re.compile(
        rf"[(,]{SPACE}?(?:{any_of('roles')})(?!\w)|(?<![\w/.])(?:{date}|\d(?: \d){{7}}|{phone})"
    )


@cache
def _written_word() -> re.Pattern[str]:
    return re.compile(r"[^\s,]+")
