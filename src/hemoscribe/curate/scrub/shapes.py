"""What a text's shape tells of the rules: which may find something in it, and where names are.

The shape is the text with every digit as 0. Comments differ by a number or a date far more often
than by their words, so what hangs on the shape alone is found once for all texts of that shape, and
only the rules that may match are run on a text itself. Nothing is lost: a rule is left out where
its pattern, with any digit allowed wherever it asks for some, finds nothing in the shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from hemoscribe.curate.scrub.identifiers import rules
from hemoscribe.curate.scrub.people_names import find_names
from hemoscribe.curate.scrub.references import find_dotted_results, find_references
from hemoscribe.curate.scrub.rule import Rule, compiled_once
from hemoscribe.curate.scrub.word_starts import word_starts

_DIGITS = str.maketrans("123456789", "0" * 9)
_ASKED = re.compile(
    r"(\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\.|\{\d*(?:,\d*)?\})|[0-9]-[0-9]|[0-9]", re.DOTALL
)
"""What is no digit of a text in a pattern (an escape, a number of repetitions), or what is."""

_MOST_DIGITS = 20
"""No rule asks for more."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What holds for every text of one shape: rules to run, where names (with what else was
    tagged) and references stand."""

    rules: tuple[Rule, ...]
    names: tuple[tuple[int, int, str], ...]
    references: tuple[tuple[int, int], ...]


def shape_of(text: str) -> Shape:
    """The rules that may find something in ``text``, in their order, and the names in it."""
    return _of_shape(text.translate(_DIGITS))


@lru_cache(maxsize=20_000)
def _of_shape(shape: str) -> Shape:
    lower = shape.lower()
    starts = word_starts(lower)
    there: dict[tuple[str, tuple[str, ...]], bool] = {}
    openers = _openers()
    opened = {number for start in starts if start in openers for number in openers[start]}
    may = []
    for number, rule in _rules_of(min(shape.count("0"), _MOST_DIGITS)):
        if rule.needs not in shape or (rule.words and number not in opened):
            continue
        if rule.when or rule.any_of:
            gate = rule.when, rule.any_of
            if gate not in there:
                there[gate] = _is_there(*gate, shape, lower)
            if not there[gate]:
                continue
        if _any_digits(rule.pattern).search(shape):
            may.append(rule)
    names = tuple(find_names(shape, starts))
    stays = (*find_references(shape, starts), *find_dotted_results(shape))
    return Shape(tuple(may), names, stays)


def _is_there(when: str, words: tuple[str, ...], shape: str, lower: str) -> bool:
    """Whether what several rules ask for is there."""
    if when and _any_digits(when).search(shape) is None:
        return False
    return not words or any(word in lower for word in words)


@cache
def _openers() -> dict[str, list[int]]:
    """How a word begins -> the numbers of the rules that ask for such a word."""
    numbers: dict[str, list[int]] = {}
    for number, rule in enumerate(rules()):
        for start in rule.words:
            numbers.setdefault(start, []).append(number)
    return numbers


@cache
def _rules_of(digits: int) -> tuple[tuple[int, Rule], ...]:
    """The rules that ask for no more digits, and their numbers."""
    return tuple(one for one in enumerate(rules()) if one[1].digits <= digits)


@cache
def _any_digits(pattern: str) -> re.Pattern[str]:
    r"""``pattern`` with any digit where it asks for some: ``0[1-9]`` becomes ``\d[\d]``.

    It matches wherever ``pattern`` does, whatever the digits are. Where something must *not* stand
    there, more digits would mean fewer matches: such a pattern must name none.
    """
    return compiled_once(_ASKED.sub(lambda found: found[1] or r"\d", pattern))
