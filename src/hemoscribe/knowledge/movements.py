"""What a patient's earlier results say beside those of a report: the one place that decides it.

A result out of range has moved, or has stood still for weeks; one within range has come back into
it, or moves on within it from result to result. Only a change beyond the reference change value
counts (``reference_change``), between results that may be compared: exact, of no other laboratory
where methods differ, both of pregnancy or neither. Where a result swings to and fro (dialysis,
transfusions) no course is told, and none of a result that the rules doubt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise, takewhile
from typing import Final, Literal

from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.findings.definitions import finding_definitions
from hemoscribe.knowledge.reference_change import WITHIN, ChangeLimit, change_limits
from hemoscribe.records import EarlierResult, FlaggedResult, Reading

MAX_TOLD: Final = 3
MAX_WITHIN: Final = 2
"""Movements that are told out of range, back in it, and within it, the most severe first."""
_TODAY: Final = 2
"""The urgency of a finding beside which no course within range is told."""
_STEADY_FROM: Final = timedelta(days=28)
"""How long a result stands still before that is told (our own)."""
_WITHIN_FROM: Final = timedelta(days=28)
"""How long a course within range takes, and how many earlier results it rests on (our own)."""
_WITHIN_RESULTS: Final = 2
_BACK_WITHIN: Final = timedelta(days=540)
"""How old the result may be from which one has come back into its range (our own)."""
_SWINGS: Final = 2
_SWINGS_AMONG: Final = 5
"""So many turns beyond the reference change value among the last results are no course."""
_GROWING: Final = ((1.0, timedelta(days=14)), (18.0, timedelta(days=180)))
"""Below an age, how old the results may be that are compared: limits move with growth (our own)."""
_MAX_BETWEEN: Final = 2
_NEARLY_ALL: Final = 0.8
"""The share of a change that its last steps hold where it is told of these alone (our own)."""
_DOUBTED: Final = "sample"
Kind = Literal["moved", "steady", "back", "within"]


@dataclass(frozen=True, slots=True)
class Movement:
    """A result, the earlier one that it is compared with, and those in between that are told."""

    kind: Kind
    now: FlaggedResult
    then: EarlierResult
    over: timedelta
    between: tuple[EarlierResult, ...] = ()

    @property
    def rose(self) -> bool:
        """Whether it is above what it was."""
        return self.now.value > self.then.result.value


def movements(reading: Reading) -> tuple[Movement, ...]:
    """What is told of the patient's earlier results: by kind, the most severe first."""
    at = reading.panel.collected_at
    if at is None or not reading.before:
        return ()
    before = _by_analyte(reading)
    known = [one for one in _in_order(reading) if one.analyte in before]
    found = [one for now in known if (one := _movement(now, before[now.analyte], reading))]
    told = {one.now.analyte for one in found}
    kept = [one for one in found if not _covered(one.now.analyte, told)]
    pressing = any(one.critical for one in reading.results)
    pressing = pressing or any(one.urgency >= _TODAY for one in reading.findings)
    parts: tuple[tuple[tuple[Kind, ...], int], ...] = (
        (("moved", "steady"), MAX_TOLD),
        (("back",), MAX_TOLD),
        (("within",), 0 if pressing else MAX_WITHIN),
    )
    return tuple(
        one for kinds, most in parts for one in [one for one in kept if one.kind in kinds][:most]
    )


def _covered(analyte: str, told: set[str]) -> bool:
    """Whether the course of another analyte, or of one beyond it, says as much."""
    under = change_limits()[analyte].under
    return under is not None and (under in told or _covered(under, told))


def _in_order(reading: Reading) -> list[FlaggedResult]:
    """The results whose course may be told, the most severe first, of each analyte the first."""
    doubted = {
        name
        for finding in reading.findings
        if finding_definitions()[finding.id].discipline == _DOUBTED
        for name in finding.evidence
    }
    doubted |= {was.result.analyte for was, _ in reading.was_critical}
    first: dict[str, FlaggedResult] = {}
    for result in reading.results:
        first.setdefault(result.analyte, result)
    known = [
        one
        for name, one in first.items()
        if name in change_limits() and name not in doubted and one.direction is not None
    ]
    severity: dict[str, int] = {}
    for finding in reading.findings:
        for name in finding.evidence:
            severity[name] = max(severity.get(name, 0), finding.severity)
    return sorted(known, key=lambda one: (not one.critical, -severity.get(one.analyte, 0)))


def _movement(
    now: FlaggedResult, earlier: Sequence[EarlierResult], reading: Reading
) -> Movement | None:
    limit = change_limits()[now.analyte]
    before = _comparable(limit, earlier, reading)
    if not before or _swings(limit, before, now):
        return None
    if now.direction != "normal":
        return _out_of_range(limit, before, now, reading)
    if now.critical or now.flagged_apart:
        return None
    return _back(limit, before, now, reading) or _within(limit, before, now, reading)


def _comparable(
    limit: ChangeLimit, earlier: Sequence[EarlierResult], reading: Reading
) -> list[EarlierResult]:
    """The earlier results of an analyte that today's may be compared with, the oldest first."""
    panel = reading.panel
    assert panel.collected_at is not None
    oldest = panel.collected_at - _last(limit, panel.age_years)
    return [
        one
        for one in earlier
        if oldest <= one.collected_at < panel.collected_at
        and bool(one.pregnant) == bool(panel.pregnant)
        and not (limit.by_method and _another(one.laboratory, panel.laboratory))
    ]


def _by_analyte(reading: Reading) -> dict[str, list[EarlierResult]]:
    """The earlier results of each analyte, of each report the first, which counts."""
    found: dict[str, list[EarlierResult]] = {}
    limits = change_limits()
    for one in reading.before:
        name = one.result.analyte
        if name not in limits or not _credible(one.result):
            continue
        own = found.setdefault(name, [])
        if not own or own[-1].report != one.report:
            own.append(one)
    return found


def _credible(result: FlaggedResult) -> bool:
    """Whether an earlier result was read beyond doubt: plausible, in a unit that was stated."""
    low, high = analytes()[result.analyte].plausible
    return low <= result.value <= high and not result.unit_inferred


def _another(one: str | None, other: str | None) -> bool:
    return bool(one) and bool(other) and one != other


def _last(limit: ChangeLimit, age_years: float | None) -> timedelta:
    """How old an earlier result may be."""
    for below, last in _GROWING:
        if age_years is not None and age_years < below:
            return min(last, limit.last)
    return limit.last


def _swings(limit: ChangeLimit, before: Sequence[EarlierResult], now: FlaggedResult) -> bool:
    values = [one.result.value for one in before[1 - _SWINGS_AMONG :]] + [now.value]
    steps = [moved for one, next_ in pairwise(values) if (moved := limit.moved(one, next_))]
    return sum(one != next_ for one, next_ in pairwise(steps)) >= _SWINGS


def _exact(found: Iterable[EarlierResult]) -> list[EarlierResult]:
    return [one for one in found if one.result.comparator is None]


def _over(then: EarlierResult, reading: Reading) -> timedelta:
    assert reading.panel.collected_at is not None
    return reading.panel.collected_at - then.collected_at


def _out_of_range(
    limit: ChangeLimit, before: Sequence[EarlierResult], now: FlaggedResult, reading: Reading
) -> Movement | None:
    before = _exact(before)
    if not before or now.comparator is not None:
        return None
    newest = limit.moved(before[-1].result.value, now.value) or 1
    for way in (newest, -newest):
        run = _run(before, now, _not_against(limit, way))
        start = _start(limit, run, now, way)
        if start is not None:
            since = run[-1:] if run[-1] is not start else []
            return Movement("moved", now, start, _over(start, reading), tuple(since))
    return _steady(limit, before, now, reading)


def _not_against(limit: ChangeLimit, way: int) -> Callable[[float, float], bool]:
    """Whether a step does not go the other way beyond the reference change value."""
    return lambda one, next_: limit.moved(one, next_) != -way


def _start(
    limit: ChangeLimit, run: Sequence[EarlierResult], now: FlaggedResult, way: int
) -> EarlierResult | None:
    """From where it moved that way beyond the reference change value; None where it did not.

    Where the last steps hold nearly all of the change, it is told of these: what was steady for
    years and moved within a week is not told as a course of years.
    """
    gone = [way * math.log(now.value / one.result.value) for one in run if one.result.value > 0]
    if len(gone) < len(run) or not run or now.value <= 0:
        return None
    most = max(gone)
    if most <= 0:
        return None
    start = [one for one, part in zip(run, gone, strict=True) if part >= _NEARLY_ALL * most][-1]
    return start if limit.moved(start.result.value, now.value) == way else None


def _run(
    before: Sequence[EarlierResult], now: FlaggedResult, goes_on: Callable[[float, float], bool]
) -> list[EarlierResult]:
    """The earlier results up to today's of which each step ``goes_on``, the oldest first."""
    found: list[EarlierResult] = []
    last = now.value
    for one in reversed(before):
        if not goes_on(one.result.value, last):
            break
        found.append(one)
        last = one.result.value
    return found[::-1]


def _spaced(run: Sequence[EarlierResult], most: int) -> tuple[EarlierResult, ...]:
    """So many results of a run at most, evenly spaced."""
    if len(run) <= most:
        return tuple(run)
    return tuple(run[(2 * place + 1) * len(run) // (2 * most)] for place in range(most))


def _steady(
    limit: ChangeLimit, before: Sequence[EarlierResult], now: FlaggedResult, reading: Reading
) -> Movement | None:
    """It lies on the side where it lay, and has not moved."""
    run: list[EarlierResult] = []
    for one in reversed(before):
        if one.result.direction != now.direction or limit.moved(one.result.value, now.value):
            break
        run.append(one)
    if not run or _over(run[-1], reading) < _STEADY_FROM:
        return None
    return Movement("steady", now, run[-1], _over(run[-1], reading))


def _back(
    limit: ChangeLimit, before: Sequence[EarlierResult], now: FlaggedResult, reading: Reading
) -> Movement | None:
    """It is within range, and the newest earlier one was not."""
    last = before[-1]
    way = {"low": 1, "high": -1}.get(last.result.direction or "")
    if way is None or limit.moved(last.result.value, now.value) != way:
        return None
    apart = _leaves_open(last.result, way) or _leaves_open(now, -way)
    if apart or _over(last, reading) > _BACK_WITHIN:
        return None
    return Movement("back", now, last, _over(last, reading))


def _leaves_open(result: FlaggedResult, way: int) -> bool:
    """Whether a printed bound leaves open that it lies nearer: "<5" does not before a rise."""
    return result.comparator is not None and result.comparator[0] != ("<" if way > 0 else ">")


def _is_within(one: EarlierResult) -> bool:
    return one.result.direction == "normal"


def _within(
    limit: ChangeLimit, before: Sequence[EarlierResult], now: FlaggedResult, reading: Reading
) -> Movement | None:
    """It moves on within its range from result to result, towards the side that matters."""
    panel = reading.panel
    grown = panel.age_years is None or panel.age_years >= _GROWING[-1][0]
    if limit.within is None or now.comparator is not None or panel.pregnant or not grown:
        return None
    way = 1 if limit.within == "high" else -1
    own = [
        one
        for one in takewhile(_is_within, reversed(_exact(before)))
        if not _another(one.laboratory, panel.laboratory)
    ][::-1]
    run = _run(own, now, lambda one, next_: (next_ - one) * way > 0)
    if len(run) < _WITHIN_RESULTS or _over(run[0], reading) < _WITHIN_FROM:
        return None
    if limit.moved(run[0].result.value, now.value, WITHIN) != way:
        return None
    between = _spaced(run[1:], _MAX_BETWEEN)
    return Movement("within", now, run[0], _over(run[0], reading), between)
