"""Reference ranges as messages and documents state them: which one applies, and its two limits.

A range that is another sex's or age's, a critical or therapeutic one, or one in another unit than
the value, is no range of this result: it is left out, and knowledge's own stands in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from hemoscribe.files import package_yaml
from hemoscribe.sources.tables.headers import fold

Limits = tuple[str | None, str | None]
NO_LIMITS: Limits = (None, None)
MAX_RANGE_CHARACTERS = 200

_TEN = r"10\s*(?:\*{1,2}|\^|[eE])\s*\d{1,2}\s*/"  # how the unit of a count may begin
_NUMBER = r"[+-]?\d[\d.,]*(?: \d{3})*(?:[.,]\d+)?"
_SPAN = re.compile(
    rf"(?:de|from|entre|between)?\s*(?P<low>{_NUMBER})\s*"
    rf"(?:--?|–|—|to|à|a|et|and|_|\.\.|;|~|:)\s*(?P<high>{_NUMBER})\s*(?P<rest>(?:\D|{_TEN}).*)?",
    re.IGNORECASE,
)
_ONE_SIDED = re.compile(rf"(?P<sign>\D*?)\s*(?P<limit>{_NUMBER})\s*(?P<rest>(?:\D|{_TEN}).*)?")
_SIGNS = ("<", "<=", "=<", ">", ">=", "=>")
_BRACKETS = str.maketrans("", "", "[]()")
_SPACES = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "−": "-", "≤": "<=", "≥": ">="}
)


@cache
def _words() -> Mapping[str, frozenset[str]]:
    return {
        name: frozenset(map(str, words))
        for name, words in package_yaml(__package__, "ranges.yaml").items()
    }


@lru_cache(maxsize=65536)
def printed_limits(text: str, unit: str | None) -> Limits:
    """(low, high) as texts of a range printed in one text, such as ``3,5 à 5,1 mmol/L``.

    A limit on one side keeps its sign (``<5``). (None, None) where the text is no range, and where
    it names another unit than ``unit``.
    """
    plain = text.translate(_SPACES).translate(_BRACKETS).strip()
    if len(plain) > MAX_RANGE_CHARACTERS:
        return NO_LIMITS
    span = _SPAN.fullmatch(plain)
    if span is not None:
        if not _is_unit(span["rest"], unit):
            return NO_LIMITS
        return span["low"], span["high"]  # what a comma in them marks, the value beside them tells
    one = _ONE_SIDED.fullmatch(plain)
    if one is None or not _is_unit(one["rest"], unit):
        return NO_LIMITS
    sign = one["sign"].strip()
    if sign in _SIGNS or (not sign and one["limit"].strip("0.,") == ""):
        shown = sign
    elif fold(sign) in _words()["upper"]:
        shown = "<="
    elif fold(sign) in _words()["lower"]:
        shown = ">="
    else:
        return NO_LIMITS  # words, or one number that may be either limit
    return f"{shown}{one['limit']}", None


def _is_unit(rest: str | None, unit: str | None) -> bool:
    """Whether what follows a range is nothing, or the unit of the value."""
    said = (rest or "").strip()
    return not said or (unit is not None and _bare(said) == _bare(unit))


def _bare(unit: str) -> str:
    bare = re.sub(r"[\s{}\[\]]", "", unit).casefold().replace("µ", "u").replace("μ", "u")
    return re.sub(r"^[x×*]?10(?:\*{1,2}|\^|e)(?=\d)", "10^", bare)


def same_unit(one: str | None, other: str | None) -> bool:
    """Whether two units are spelt alike; one that is not stated is the other."""
    return not one or not other or _bare(one) == _bare(other)


@dataclass(frozen=True, slots=True)
class StatedRange:
    """One range of a result, and whom it is for; ages in years, ``other``: another condition."""

    limits: Limits
    normal: bool = True
    sex: str | None = None
    age_low: float | None = None
    age_high: float | None = None
    other: bool = False

    def fits(self, sex: str | None, age: float | None) -> bool:
        """Whether nothing that is known of the patient excludes it."""
        if self.sex is not None and sex is not None and self.sex != sex:
            return False
        if age is None:
            return True
        low = self.age_low if self.age_low is not None else 0.0
        return low <= age and (self.age_high is None or age < self.age_high)

    @property
    def conditions(self) -> int:
        """How many things of the patient it asks for."""
        aged = self.age_low is not None or self.age_high is not None
        return int(self.sex is not None) + int(aged)

    def unknown(self, sex: str | None, age: float | None) -> bool:
        """Whether it asks for what is not known of the patient."""
        aged = self.age_low is not None or self.age_high is not None
        return (self.sex is not None and sex is None) or (aged and age is None)


def chosen_limits(ranges: Sequence[StatedRange], sex: str | None, age: float | None) -> Limits:
    """The limits of the normal range of this patient; none where several would be.

    The range that asks for most of what is known of the patient is taken. Of ranges for a sex or an
    age that is not known, or for another condition, none is, unless it is the only range there is.
    """
    normal = [entry for entry in ranges if entry.normal and entry.limits != NO_LIMITS]
    if len(normal) > 1:
        normal = [e for e in normal if not e.other and not e.unknown(sex, age)]
    fitting = [entry for entry in normal if entry.fits(sex, age)]
    if not fitting:
        return NO_LIMITS
    most = max(entry.conditions for entry in fitting)
    limits = {entry.limits for entry in fitting if entry.conditions == most}
    return limits.pop() if len(limits) == 1 else NO_LIMITS
