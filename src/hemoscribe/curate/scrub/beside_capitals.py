"""What stands beside a word with a capital and accounts for it: a discovery, a device, a drug."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from hemoscribe.curate.scrub.capital_words import Word
from hemoscribe.curate.scrub.trade_names import find_trade_names
from hemoscribe.curate.scrub.word_lists import LOWER, SPACE, UPPER, makers, word_lists, word_set

_JOINED = frozenset(("/", "-", "–", " et ", " and "))
_LONGEST_BEFORE = 40
_LONGEST_LIST = 60


def mark_known(text: str, words: list[Word], starts: frozenset[str]) -> None:
    """Set ``known`` on each of ``words`` that is a discoverer's, a maker's or a drug's."""
    for first, second in pairwise(words):
        if f"{first.text} {second.text}" in word_set("eponyms"):
            first.known = second.known = True
        elif text[first.end : second.start] in _JOINED and _is_eponym(first, second):
            first.known = second.known = True  # "Martin/Hopkins", "Widal et Félix"
        elif text[first.end : second.start] == " " and first.text in makers():
            second.known = True  # "Hyphen Biomed"
    for word in words:
        if not word.known and _has_reason(text, word):
            word.known = True
    for start, end in find_trade_names(text, starts):
        for word in words:
            word.known |= start <= word.start and word.end <= end


def _is_eponym(first: Word, second: Word) -> bool:
    return first.text in word_set("capitalised") or second.text in word_set("capitalised")


def _has_reason(text: str, word: Word) -> bool:
    if _eponym_pattern().search(text, max(0, word.start - _LONGEST_BEFORE), word.start):
        return True
    if _result_pattern().match(text, word.end):
        return True
    if _noun_after_pattern().match(text, word.end):
        return True
    before = max(0, word.start - _LONGEST_LIST)
    if _listed_eponym_pattern().search(text, before, word.start):
        return True
    return not word.given and (
        _model_pattern().match(text, word.end) is not None
        or _after_model_pattern().search(text, max(0, word.start - _LONGEST_BEFORE), word.start)
        is not None
        or _dose_pattern().match(text, word.end) is not None
        or _taken_pattern().search(text, max(0, word.start - _LONGEST_BEFORE), word.start)
        is not None
    )


@cache
def _eponym_pattern() -> re.Pattern[str]:
    """What names a discovery by its discoverer, before the name: "score de", "syndrome de"."""
    nouns = "|".join(word_lists()["eponym_nouns"])
    return re.compile(
        rf"(?<!\w)(?i:{nouns})(?:{SPACE}[{LOWER}]{{4,}}(?={SPACE}(?:de|d['’]))){{0,1}}{SPACE}"
        rf"(?:(?:de|du|des|d['’]|of|à){SPACE}?)?(?:(?i:von|van|de){SPACE})?$"
    )


@cache
def _listed_eponym_pattern() -> re.Pattern[str]:
    """More of them: "techniques de Baermann, de Graham et de"."""
    nouns = "|".join(word_lists()["eponym_nouns"])
    one = rf"(?:de|d['’]){SPACE}?[{UPPER}][\w'’-]+"
    return re.compile(
        rf"(?<!\w)(?i:{nouns}){SPACE}{one}(?:,?{SPACE}(?:(?:et|ou){SPACE})?{one}){{0,3}}"
        rf",?{SPACE}(?:(?:et|ou|puis){SPACE})?(?:de{SPACE}|d['’])$"
    )


@cache
def _model_pattern() -> re.Pattern[str]:
    """ "Olympus BX43", "Quarzon XN-3100": a model's letters and number after its maker."""
    return re.compile(rf"{SPACE}(?:[A-Z]{{1,4}}-?\d{{2,5}}|[a-z]\d{{3,4}})(?![\w/-])")


@cache
def _after_model_pattern() -> re.Pattern[str]:
    """ "ABL90 Flex": more of a model's name."""
    return re.compile(rf"(?<!\w)[A-Z]{{2,4}}-?\d{{2,5}}{SPACE}$")


@cache
def _noun_after_pattern() -> re.Pattern[str]:
    """ "Mott cells", "Downey sign": English puts the discoverer first."""
    return re.compile(rf"{SPACE}(?:{'|'.join(word_lists()['nouns_after_eponyms'])})(?!\w)")


@cache
def _dose_pattern() -> re.Pattern[str]:
    """ "Quardine 20 mg", "Belzom 2,5 x 2"."""
    unit = r"(?:[mµ]?g|UI|mL|mg/j|cp|gél|ampoules?|gouttes?)"
    return re.compile(rf"{SPACE}\d{{1,5}}(?:[.,]\d+)?{SPACE}?(?:{unit}(?!\w)|[x×]{SPACE}?\d)")


@cache
def _result_pattern() -> re.Pattern[str]:
    """ "Allen négatif", "Félix positive": a test's name before its result."""
    return re.compile(
        rf"{SPACE}(?:négati(?:f|ve)|positi(?:f|ve)|negative|positive|douteux|douteuse)(?!\w)"
    )


@cache
def _taken_pattern() -> re.Pattern[str]:
    """What is said before a drug alone: "sous", "relais par", "treated with"."""
    said = "|".join(word_lists()["before_drugs"])
    return re.compile(rf"(?<!\w)(?i:{said}){SPACE}$")
