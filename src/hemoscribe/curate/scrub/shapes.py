"""What a text's shape tells of the rules: which may find something in it, and where names are.

The shape is the text with every digit as 0. Comments differ by a number or a date far more often
than by their words, so what hangs on the shape alone is found once for all texts of that shape, and
only the rules that may match are run on a text itself. Nothing is lost: a rule is left out where
its pattern, with any digit allowed wherever it asks for some, finds nothing in the shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from hemoscribe.curate.scrub.identifiers import rules
from hemoscribe.curate.scrub.people_names import find_names
from hemoscribe.curate.scrub.references import find_references
from hemoscribe.curate.scrub.rule import Rule
from hemoscribe.curate.scrub.word_lists import count_digits
from hemoscribe.curate.scrub.word_starts import word_starts

_DIGITS = str.maketrans("123456789", "0" * 9)
_ASKED = re.compile(
    r"(\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\.|\{\d*(?:,\d*)?\})|[0-9]-[0-9]|[0-9]", re.DOTALL
)
"""What is no digit of a text in a pattern (an escape, a number of repetitions), or what is."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What holds for every text of one shape: rules to run, where names and references stand."""

    rules: tuple[Rule, ...]
    names: tuple[tuple[int, int], ...]
    references: tuple[tuple[int, int], ...]


def shape_of(text: str) -> Shape:
    """The rules that may find something in ``text``, in their order, and the names in it."""
    return _of_shape(text.translate(_DIGITS))


@lru_cache(maxsize=20_000)
def _of_shape(shape: str) -> Shape:
    digits, lower = count_digits(shape), shape.lower()
    starts = word_starts(lower)
    there: dict[tuple[str, tuple[str, ...]], bool] = {("", ()): True}
    may = []
    for fewest, needs, words, gate, search, rule in _rules_with_any_digits():
        if digits < fewest or (needs and needs not in shape):
            continue
        if words and words.isdisjoint(starts):
            continue
        if gate not in there:
            when, some = gate
            there[gate] = (not some or any(word in lower for word in some)) and (
                not when or _any_digits(when).search(shape) is not None
            )
        if there[gate] and search(shape):
            may.append(rule)
    names = tuple(find_names(shape, starts))
    return Shape(tuple(may), names, tuple(find_references(shape, starts)))


_Search = Callable[[str], re.Match[str] | None]
_Gate = tuple[str, tuple[str, ...]]


@cache
def _rules_with_any_digits() -> tuple[tuple[int, str, frozenset[str], _Gate, _Search, Rule], ...]:
    """Of each rule what tells that it cannot match, the search in a shape, and the rule."""
    return tuple(
        (
            rule.digits,
            rule.needs,
            rule.words,
            (rule.when, rule.any_of),
            _any_digits(rule.pattern).search,
            rule,
        )
        for rule in rules()
    )


@cache
def _any_digits(pattern: str) -> re.Pattern[str]:
    r"""``pattern`` with any digit where it asks for some: ``0[1-9]`` becomes ``\d[\d]``.

    It matches wherever ``pattern`` does, whatever the digits are. Where something must *not* stand
    there, more digits would mean fewer matches: such a pattern must name none.
    """
    return re.compile(_ASKED.sub(lambda found: found[1] or r"\d", pattern))
