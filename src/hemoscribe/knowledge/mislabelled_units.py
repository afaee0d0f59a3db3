"""Units that a printed range gives away: impossible in the one stated, usual in another.

Value and range agree with each other, and both are of another unit than the one beside them:
platelets of 250 /uL [150-400], magnesium of 2.0 mmol/L [1.7-2.4], neutrophils of 60 G/L [40-75].
A range is compared with ours as a whole: where it hardly touches any of ours in the stated unit and
lies upon one in another, the unit is wrong, however near the two units are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from math import inf, log
from typing import Any

from hemoscribe.knowledge.analytes import Analyte, analytes, linear_conversion, load_yaml
from hemoscribe.knowledge.applicable import covers
from hemoscribe.knowledge.conversions import resolve
from hemoscribe.knowledge.name_index import siblings
from hemoscribe.knowledge.unit_options import UnitOption
from hemoscribe.knowledge.usual_limits import LOOSE, fits

_FURTHER = 10.0  # times off, where the unit is wrong whatever laboratories' ranges differ by
_EXPLAINED = 2.0  # as close limits in another unit have to be where they are far from all of ours
_TOUCHING = 1 / 3  # of a range's width, that another may share with it and still be another
_LIKE, _LIKE_ONE = log(1.5), log(1.4)  # both limits, or the only one, of a range that is the same
_UNLIKE_ONE = log(1.8)  # the only limit of a range that is another
_NEARER = log(1.3)  # than in the stated unit, a range in another one has to be
_EQUAL = log(1.1)  # limits of a range that is printed, though it is none of the patient's
_BARE = log(1.02)  # limits so close to each other are one

Limits = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class _Likeness:
    """A printed range beside one of ours: the larger of the distances of its limits, as logarithm.

    ``shared``: the part of the narrower one's width that both have; None where only one limit is
    compared.
    """

    distance: float
    shared: float | None

    @property
    def is_another(self) -> bool:
        """Whether the two are ranges of different quantities."""
        if self.shared is None:
            return self.distance >= _UNLIKE_ONE
        return self.shared <= _TOUCHING

    @property
    def is_the_same(self) -> bool:
        """Whether the two may be the same range of two laboratories."""
        return self.distance <= (_LIKE_ONE if self.shared is None else _LIKE)


@lru_cache(maxsize=65536)
def in_another_unit(
    analyte_id: str,
    scale: float,
    offset: float,
    low: float | None,
    high: float | None,
    child: bool = False,
) -> str | None:
    """The unit that printed limits are in, where they are impossible in the stated one.

    Args:
        scale: of the stated unit to the analyte's canonical one, with ``offset``.
        low: a limit, and ``high`` the other, in the canonical unit.
        child: whether the patient is known to be none of the adults.
    """
    analyte = analytes()[analyte_id]
    stated = Stated(analyte, scale, offset, low, high)
    if _far_from_every_range(analyte, low, high, LOOSE):
        further = _far_from_every_range(analyte, low, high, _FURTHER)
        for option in _units_met(analyte_id) if further else _own_units(analyte):
            factor = LOOSE if further else _EXPLAINED
            if not stated.is_in(option) and fits(option, *stated.printed, factor):
                return option.unit
    nearest = _distance_of_another(stated, child=child)
    if nearest is None:
        return None
    for option in _units_met(analyte_id):
        if not stated.is_in(option) and _explains(option, stated.printed, nearest, child=child):
            return option.unit
    return None


@dataclass(frozen=True, slots=True)
class Stated:
    """A printed range, canonical, and the unit that stands beside it."""

    analyte: Analyte
    scale: float
    offset: float
    low: float | None
    high: float | None

    @property
    def limits(self) -> Limits:
        """Both, canonical."""
        return self.low, self.high

    @property
    def printed(self) -> Limits:
        """Both as they were printed."""
        low, high = (
            None if limit is None else (limit - self.offset) / self.scale for limit in self.limits
        )
        return low, high

    def is_in(self, option: UnitOption) -> bool:
        """Whether the stated unit is this one."""
        return option.analyte.id == self.analyte.id and (option.scale, option.offset) == (
            self.scale,
            self.offset,
        )


def _distance_of_another(stated: Stated, *, child: bool) -> float | None:
    """How far a range is from all that are printed in its unit; None: it may be one of them."""
    name = stated.analyte.id
    if name in _lists()["untold"]:
        return None
    ours = [_likeness(stated.limits, row) for row in _known_ranges(name, child)]
    compared = [one for one in ours if one is not None]
    if child and _is_between(stated.limits, _known_ranges(name, child)):
        return None
    if not compared or not all(one.is_another for one in compared):
        return None
    printed = (_likeness(stated.limits, row) for row in _also_printed(name))
    if any(one is not None and one.distance <= _EQUAL for one in printed):
        return None
    return min(one.distance for one in compared)


def _is_between(printed: Limits, ours: tuple[Limits, ...]) -> bool:
    """Whether limits lie between those of several ages: a laboratory's may be of one between them.

    A newborn's bilirubin has another limit each day, and ours are those of some of them.
    """
    if not ours:
        return False
    sides = [
        (limit, [one for one in column if one is not None])
        for limit, column in zip(printed, zip(*ours, strict=True), strict=True)
        if limit is not None
    ]
    return all(column and min(column) <= limit <= max(column) for limit, column in sides)


def _explains(option: UnitOption, printed: Limits, stated_distance: float, *, child: bool) -> bool:
    """Whether printed limits are those of a range of ours in another unit."""
    low, high = (None if limit is None else option.canonical(limit) for limit in printed)
    name = option.analyte.id
    ours = (_likeness((low, high), row) for row in _known_ranges(name, child))
    others = (_likeness((low, high), row) for row in _also_printed(name))
    return any(
        stated_distance - found.distance >= _NEARER
        for found in (
            *(one for one in ours if one is not None and one.is_the_same),
            *(one for one in others if one is not None and one.distance <= _EQUAL),
        )
    )


def _likeness(printed: Limits, ours: Limits) -> _Likeness | None:
    """None where no limit of the one has its like in the other; zero compares with none."""
    distances = [
        abs(log(limit / own))
        for limit, own in zip(printed, ours, strict=True)
        if limit is not None and own is not None and limit > 0 and own > 0
    ]
    if not distances:
        return None
    spans = [_span(printed), _span(ours)]
    shared = None
    if len(distances) > 1 and min(high - low for low, high in spans) > _BARE:
        both = min(high for _, high in spans) - max(low for low, _ in spans)
        shared = max(both, 0.0) / min(high - low for low, high in spans)
    return _Likeness(max(distances), shared)


def _span(limits: Limits) -> tuple[float, float]:
    low, high = limits
    return (log(low) if low and low > 0 else -inf), (log(high) if high and high > 0 else inf)


@cache
def _known_ranges(analyte_id: str, child: bool) -> tuple[Limits, ...]:
    """Our ranges that may be those of an adult, or of any child; (): we know too few to compare.

    Those of pregnancy are left out, as whoever prints one prints the range of its analyte.
    """
    analyte = analytes()[analyte_id]
    rows = [row for row in analyte.ranges if not row.pregnant]
    adult = [row for row in rows if covers(row, None)]
    sexes = {analyte.of_sex} if analyte.of_sex else {"F", "M"}
    if not all(any(row.sex in (None, sex) for row in adult) for sex in sexes):
        return ()
    return tuple((row.low, row.high) for row in (rows if child else adult))


@cache
def _also_printed(analyte_id: str) -> tuple[Limits, ...]:
    """Ranges of other ages, of pregnancy, of treatment: printed beside anybody's result."""
    found: list[Limits] = [(row.low, row.high) for row in analytes()[analyte_id].ranges]
    for row in _lists()["also_printed"].get(analyte_id, ()):
        scale, offset = linear_conversion(analyte_id, row["unit"])
        low, high = (
            None if row.get(side) is None else row[side] * scale + offset
            for side in ("low", "high")
        )
        found.append((low, high))
    return tuple(found)


def _own_units(analyte: Analyte) -> Iterator[UnitOption]:
    for unit in analyte.units:
        yield UnitOption(analyte, unit, *resolve(analyte, unit)[:2])


@lru_cache(maxsize=1024)
def _units_met(analyte_id: str) -> tuple[UnitOption, ...]:
    """Units of the analyte, of those that share its names (cells in %), and others that are met."""
    analyte = analytes()[analyte_id]
    family = (analyte, *siblings(analyte))
    more: Mapping[str, float] = _lists()["also_units"].get(analyte_id, {})
    return (
        *(option for one in family for option in _own_units(one)),
        *(UnitOption(analyte, unit, scale, 0.0) for unit, scale in more.items()),
    )


@cache
def _lists() -> Mapping[str, Any]:
    return load_yaml("printed_ranges.yaml")  # type: ignore[no-any-return]


def _far_from_every_range(
    analyte: Analyte, low: float | None, high: float | None, factor: float
) -> bool:
    """Whether limits are all far above, or all far below, those of every age and of pregnancy."""
    sides = (
        (low, [row.low for row in analyte.ranges if row.low]),
        (high, [row.high for row in analyte.ranges if row.high]),
    )
    known = [(limit, own) for limit, own in sides if limit and own]
    return bool(known) and (
        all(limit > factor * max(own) for limit, own in known)
        or all(limit < min(own) / factor for limit, own in known)
    )
