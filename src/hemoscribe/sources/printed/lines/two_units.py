"""A result printed in two units: one analyte or two, whether they agree, whose the range is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from hemoscribe.knowledge import analytes
from hemoscribe.knowledge.analytes import Range
from hemoscribe.knowledge.printed import read_limits, read_number
from hemoscribe.sources.printed.parts import PrintedResult
from hemoscribe.sources.sentences.named import Conversion, measures

ROUNDING = 0.02  # molar masses differ by a percent between laboratories (triglycerides)
CLEARLY = math.log(1.35)  # how much nearer a range must lie to the one than to the other
FAR = math.log(5)  # a range further from what is known than this fits nothing
_ADULT = 40  # years


@dataclass(frozen=True, slots=True)
class Settled:
    """The results that a line in two units states; or why it states none.

    ``repeats``: the second value is the first in another unit. ``no_range``: the range that fits
    neither of them.
    """

    results: tuple[PrintedResult, ...]
    refusal: str | None = None
    repeats: bool = False
    no_range: str | None = None


def same_quantity(one: PrintedResult, other: PrintedResult) -> bool | None:
    """Whether two values of a line are of one analyte and agree; None where they are of two."""
    mine, theirs = measures(one.name, one.unit), measures(other.name, other.unit)
    common = [analyte for analyte in mine if analyte in theirs]
    if not common:
        return None
    return any(_agree(one, mine[analyte], other, theirs[analyte]) for analyte in common)


def _agree(one: PrintedResult, mine: Conversion, other: PrintedResult, theirs: Conversion) -> bool:
    first, second = _bounds(one.value, mine), _bounds(other.value, theirs)
    if first is None or second is None:
        return False
    return first[0] <= second[1] and second[0] <= first[1]


def _bounds(text: str | None, conversion: Conversion) -> tuple[float, float] | None:
    """Between which canonical values a printed one lies, its rounding and ``ROUNDING`` counted."""
    read = read_number(text or "")
    if read.number is None:
        return None
    mark = max((text or "").rfind("."), (text or "").rfind(","))
    decimals = sum(map(str.isdigit, (text or "")[mark + 1 :])) if mark >= 0 else 0
    half = 0.5 * 10**-decimals
    scale, offset = conversion
    ends = sorted(scale * (read.number + part) + offset for part in (-half, half))
    slack = ROUNDING * abs(scale * read.number + offset)
    return ends[0] - slack, ends[1] + slack


def settled(result: PrintedResult) -> Settled:
    """What a result and its second value state."""
    other = result.second
    if other is None:
        return Settled((result,))
    if _spelt(result.unit) == _spelt(other.unit):
        return Settled((), f"It has two values in one unit: {_shown(result)} and {_shown(other)}.")
    same = same_quantity(result, other)
    if same is False:
        why = f"Its two units contradict each other: {_shown(result)} and {_shown(other)}."
        return Settled((), why)
    first, second, lost = _with_their_range(replace(result, second=None), other)
    if same is None:
        return Settled((first, replace(second, earlier=())), no_range=lost)
    if second.has_range and not first.has_range:
        flag = second.flag or first.flag
        kept = replace(second, flag=flag, earlier=first.earlier, method=first.method)
        return Settled((kept,), repeats=True)
    flag = first.flag or second.flag
    return Settled((replace(first, flag=flag),), repeats=True, no_range=lost)


def _with_their_range(
    first: PrintedResult, second: PrintedResult
) -> tuple[PrintedResult, PrintedResult, str | None]:
    """Both, the one range behind them at the value it fits; the range where it fits neither."""
    if first.has_range or not second.has_range:
        return first, second, None
    ours = replace(first, low=second.low, high=second.high)
    bare = replace(second, low=None, high=None)
    distances = [distance(one, second) for one in (first, second)]
    if min(distances) > FAR or abs(distances[0] - distances[1]) < CLEARLY:
        shown = " - ".join(text for text in (second.low, second.high) if text)
        return first, bare, shown
    return (ours, bare, None) if distances[0] < distances[1] else (first, second, None)


def distance(one: PrintedResult, ranged: PrintedResult) -> float:
    """How far limits in the unit of ``one`` lie from what is known, as the log of a factor."""
    limits = read_limits(ranged.low, ranged.high)
    found = [math.inf]
    for analyte, (scale, offset) in measures(one.name, one.unit).items():
        for row in _adults(analyte):
            pairs = ((limits.low, row.low), (limits.high, row.high))
            apart = [
                _apart(scale * stated + offset, known)
                for stated, known in pairs
                if stated and known is not None
            ]
            found += [max(apart)] if apart else []
    return min(found)


@lru_cache(maxsize=1024)
def _adults(analyte: str) -> tuple[Range, ...]:
    """The ranges of adults who are not pregnant; without any, all there are."""
    ranges = analytes()[analyte].ranges
    of_adults = [
        r for r in ranges if not r.pregnant and r.age_low_years <= _ADULT < r.age_high_years
    ]
    return tuple(of_adults or ranges)


def _apart(stated: float, known: float) -> float:
    return abs(math.log(stated / known)) if stated > 0 and known > 0 else math.inf


def _spelt(unit: str | None) -> str:
    return "".join((unit or "").casefold().split())


def _shown(result: PrintedResult) -> str:
    return f"{result.value} {result.unit}"
