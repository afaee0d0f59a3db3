"""When a clause may be said: conditions on a report, in the words of ``wordings/clauses``.

A condition holds, does not hold, or is not known to (``None``); what is not known makes neither it
nor its negation hold. What a report does not hold at all is not the case. Values are compared in
canonical units, those printed as a bound as far as the bound tells.

    potassium >= 6.5        alt >= 10 x high        hemoglobin < 0.9 x low
    index:egfr < 15         age < 5
    low X, normal X, high X, measured X, critical X
    earlier X, earlier X >= 10 x high       an earlier report holds it; its newest value
    rise X 20, fall X 20, steady X 20       from that by at least so many percent, or by less
    ... from 36h to 60h, ... to 7d          of these four: how long before the sample that was
    lasted X 90d                            out of range, on the side where it lay ever since then
    new X 90d                               out of range, and last within it, so long ago at most
    anticoagulant vka doac                  what the requester's note names: vka, doac, heparin,
                                            unnamed, none; unknown
    note antithyroid fever                  the note names one of these: drugs, classes, conditions,
                                            events or groups of them (``knowledge/data/note``)
    denied alcohol                          it says that this is not there
    target below, target within, target above   where INR stands to the target of a known VKA
    finding ID, finding ID grade grade      another finding of the report
    grade severe profound                   of the finding itself
    now, today                              it presses at least so
    since                                   it rests on earlier results
    alone                                   no other finding is told
    child, adult, newborn, woman, man, pregnant

``not`` before any of them; `` or `` between two.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Final

from hemoscribe.knowledge import analytes, finding_definitions, index_definitions
from hemoscribe.knowledge.anticoagulants import ANTICOAGULANT, TARGET_HIGH, TARGET_LOW
from hemoscribe.knowledge.clinical_note import is_note_name
from hemoscribe.panel_input import pregnancy_contradicts
from hemoscribe.prose.facts import Facts
from hemoscribe.records import Finding, FlaggedResult

ADULT_YEARS: Final = 18.0
NEWBORN_YEARS: Final = 28 / 365.25
_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
_COURSES: Final = ("rise", "fall", "steady")
_LASTING: Final = ("lasted", "new")
_HOURS: Final = {"h": 1.0, "d": 24.0}
_ANTICOAGULANTS: Final = frozenset(("vka", "doac", "heparin", "unnamed", "none", "unknown"))
_TARGET: Final = ("below", "within", "above")
BY: Final[Mapping[str, int]] = {"now": 3, "today": 2, "week": 1, "later": 0}
"""By when something is due -> the urgency it has (``records.URGENCY_HOURS``)."""
TODAY: Final = BY["today"]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """A report, and the finding of it that is to be worded; None where it is about a result."""

    facts: Facts
    finding: Finding | None = None

    @property
    def age(self) -> float | None:
        """Years, None where they are not stated."""
        return self.facts.reading.panel.age_years


Condition = Callable[[Circumstances], bool | None]
_OfCourse = Callable[[FlaggedResult, FlaggedResult | None], bool | None]


def condition(text: str) -> Condition:
    """A condition from its words.

    Raises:
        ValueError: the words are none; says which part.
    """
    parts = [_negatable(part.strip()) for part in text.split(" or ")]
    return parts[0] if len(parts) == 1 else any_of(parts)


def all_hold(conditions: Sequence[Condition], where: Circumstances) -> bool:
    """Whether every one is known to hold."""
    return all(one(where) is True for one in conditions)


def any_of(conditions: Sequence[Condition]) -> Condition:
    """Whether one holds; not known where none does and one is not known."""

    def either(where: Circumstances) -> bool | None:
        found = [one(where) for one in conditions]
        return True if True in found else (None if None in found else False)

    return either


def _negatable(text: str) -> Condition:
    if not text.startswith("not "):
        return _plain(text)
    inner = _plain(text.removeprefix("not "))

    def opposite(where: Circumstances) -> bool | None:
        found = inner(where)
        return None if found is None else not found

    return opposite


def _plain(text: str) -> Condition:
    words = text.split()
    if len(words) > 1 and words[1] in _OPERATORS:
        return _comparison(words)
    head, *rest = words or [""]
    if head in _OF_RESULT and len(rest) == 1:
        _require(rest[0] in analytes(), text)
        return _of_result(_OF_RESULT[head], rest[0])
    if head == "earlier" or head in _COURSES:
        return _of_course(text, head, rest)
    if head in _LASTING and len(rest) == 2:
        return _lasting(text, head, *rest)
    if head == "anticoagulant" and rest:
        _require(set(rest) <= _ANTICOAGULANTS, text)
        return lambda where: (where.facts.noted.get(ANTICOAGULANT) or "unknown") in rest
    if head == "note" and rest:
        _require(all(map(is_note_name, rest)), text)
        return lambda where: any(where.facts.note.of(name) for name in rest)
    if head == "denied" and len(rest) == 1:
        _require(is_note_name(rest[0]), text)
        return lambda where: rest[0] in where.facts.note.denied
    if head == "target" and len(rest) == 1:
        _require(rest[0] in _TARGET, text)
        return _of_result(_stands_to_target(rest[0]), "inr")
    if head == "finding" and rest:
        return _finding(text, rest[0], rest[1:])
    if head == "grade" and rest:
        return lambda where: where.finding is not None and where.finding.grade in rest
    _require(not rest and head in _BARE, text)
    return _BARE[head]


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise ValueError(text)


def _comparison(words: Sequence[str]) -> Condition:
    name, sign, limit, *times = words
    compare, number = _OPERATORS[sign], float(limit)
    _require(times in ([], ["x", "high"], ["x", "low"]), " ".join(words))
    if name == "age":
        return lambda where: None if where.age is None else compare(where.age, number)
    if name.startswith("index:"):
        _require(name.removeprefix("index:") in index_definitions(), name)
        return lambda where: _index_compares(where, name.removeprefix("index:"), compare, number)
    _require(name in analytes(), name)

    def compares(result: FlaggedResult, where: Circumstances) -> bool | None:
        unit = 1.0 if not times else (result.high if times[1] == "high" else result.low)
        return None if unit is None else _certainly(result, sign, number * unit)

    return _of_result(compares, name)


def _index_compares(
    where: Circumstances, name: str, compare: Callable[[float, float], bool], number: float
) -> bool | None:
    value = where.facts.indices.get(name)
    return None if value is None else compare(value, number)


def _certainly(result: FlaggedResult, sign: str, limit: float) -> bool | None:
    """Whether a value, printed as a bound or not, is on that side of a limit; None: it may be."""
    bound = (result.comparator or "")[:1]
    holds = _OPERATORS[sign](result.value, limit)
    if not bound:
        return holds
    if bound == sign[0]:  # "> 90" is over 80 and may be over 100
        return True if holds or (result.value == limit and sign[0] == bound) else None
    return None if holds else False


def _of_result(
    judge: Callable[[FlaggedResult, Circumstances], bool | None], analyte: str
) -> Condition:
    """A condition on a result: not the case where nobody measured it, unknown where unread."""

    def judged(where: Circumstances) -> bool | None:
        results = where.facts.by_analyte.get(analyte)
        if results:
            return judge(results[0], where)
        return None if analyte in where.facts.unread else False

    return judged


def _directed(direction: str) -> Callable[[FlaggedResult, Circumstances], bool | None]:
    def directed(result: FlaggedResult, where: Circumstances) -> bool | None:
        return None if result.direction is None else result.direction == direction

    return directed


def _finding(text: str, name: str, grades: Sequence[str]) -> Condition:
    _require(name in finding_definitions(), text)
    _require(set(grades) <= finding_definitions()[name].grades.keys(), text)

    def found(where: Circumstances) -> bool | None:
        if name in where.facts.stated:
            return not grades or where.facts.grades[name] in grades
        return None if where.facts.is_open(name) else False

    return found


def _of_course(text: str, head: str, rest: Sequence[str]) -> Condition:
    """A condition on the newest earlier result, of whatever time or of a stated one."""
    words, window = _window(text, rest)
    _require(bool(words) and words[0] in analytes(), text)
    analyte = words[0]
    if head in _COURSES:
        _require(len(words) == 2, text)
        judge = _course(head, float(words[1]) / 100)
    elif len(words) > 1:
        _require(words[1] in _OPERATORS and words[3:] in ([], ["x", "high"], ["x", "low"]), text)
        judge = _earlier_compares(words)
    else:
        judge = lambda before, result: True  # noqa: E731

    def held(where: Circumstances) -> bool | None:
        before, ago = where.facts.earlier.get(analyte), where.facts.earlier.ago(analyte)
        if before is None or (ago is not None and not window[0] <= ago <= window[1]):
            return False
        results = where.facts.by_analyte.get(analyte)
        return judge(before, results[0] if results else None)

    return held


def _lasting(text: str, head: str, analyte: str, time: str) -> Condition:
    """Whether a result out of range lasts since at least, or is new since at most, a time."""
    found = re.fullmatch(r"(\d+)([hd])", time)
    _require(found is not None and analyte in analytes(), text)
    assert found is not None
    limit = timedelta(hours=int(found[1]) * _HOURS[found[2]])

    def judge(result: FlaggedResult, where: Circumstances) -> bool | None:
        if result.direction not in ("low", "high"):
            return None if result.direction is None else False
        before = where.facts.earlier.since(analyte)
        if head == "new":
            return bool(before) and before[-1][1].direction == "normal" and before[-1][0] <= limit
        same = takewhile(lambda one: one[1].direction == result.direction, reversed(before))
        return any(ago >= limit for ago, _ in same)

    return _of_result(judge, analyte)


def _window(text: str, words: Sequence[str]) -> tuple[list[str], tuple[timedelta, timedelta]]:
    """The words before "from 36h to 60h", and these times; each may be left out."""
    own, times = list(words), [timedelta(0), timedelta.max]
    for place, name in ((1, "to"), (0, "from")):
        if len(own) > 2 and own[-2] == name:
            found = re.fullmatch(r"(\d+)([hd])", own[-1])
            _require(found is not None, text)
            assert found is not None
            times[place] = timedelta(hours=int(found[1]) * _HOURS[found[2]])
            own = own[:-2]
    return own, (times[0], times[1])


def _course(head: str, share: float) -> _OfCourse:
    """Whether a result is beyond the newest earlier one by a share of it, as far as bounds tell."""

    def moved(before: FlaggedResult, result: FlaggedResult | None) -> bool | None:
        if result is None:
            return False
        sign = -1 if head == "fall" else 1
        change = sign * (result.value - before.value)
        if head == "steady":
            return (
                None
                if before.comparator or result.comparator
                else abs(change) < share * abs(before.value)
            )
        holds = change >= share * abs(before.value)
        if not before.comparator and not result.comparator:
            return holds
        towards = ("<", ">") if sign > 0 else (">", "<")  # further apart than what is printed
        signs = ((before.comparator or towards[0])[:1], (result.comparator or towards[1])[:1])
        return True if holds and signs == towards else None

    return moved


def _earlier_compares(words: Sequence[str]) -> _OfCourse:
    _, sign, limit, *times = words
    number = float(limit)

    def compares(before: FlaggedResult, result: FlaggedResult | None) -> bool | None:
        unit = 1.0 if not times else (before.high if times[1] == "high" else before.low)
        return None if unit is None else _certainly(before, sign, number * unit)

    return compares


def _stands_to_target(
    side: str,
) -> Callable[[FlaggedResult, Circumstances], bool | None]:
    def stands(result: FlaggedResult, where: Circumstances) -> bool | None:
        noted = where.facts.noted
        low, high = noted.get(TARGET_LOW), noted.get(TARGET_HIGH)
        if not isinstance(low, float) or not isinstance(high, float) or result.comparator:
            return None
        place = "below" if result.value < low else "above" if result.value > high else "within"
        return place == side

    return stands


def _presses(least: int) -> Condition:
    return lambda where: where.finding is not None and where.finding.urgency >= least


def _child(where: Circumstances) -> bool | None:
    return None if where.age is None else where.age < ADULT_YEARS


def _pregnant(where: Circumstances) -> bool:
    panel = where.facts.reading.panel
    contradicted = pregnancy_contradicts(panel.pregnant, panel.sex, panel.age_years)
    return bool(panel.pregnant) and not contradicted


def _sex(wanted: str) -> Condition:
    def of_sex(where: Circumstances) -> bool | None:
        sex = where.facts.reading.panel.sex
        return None if sex is None else sex == wanted

    return of_sex


_OF_RESULT: Final[Mapping[str, Callable[[FlaggedResult, Circumstances], bool | None]]] = {
    "low": _directed("low"),
    "normal": _directed("normal"),
    "high": _directed("high"),
    "measured": lambda result, where: True,
    "critical": lambda result, where: result.critical,
}
_BARE: Final[Mapping[str, Condition]] = {
    "child": _child,
    "adult": lambda where: not _child(where),  # nobody's age is an adult's, as for ranges
    "newborn": lambda where: None if where.age is None else where.age < NEWBORN_YEARS,
    "woman": _sex("F"),
    "man": _sex("M"),
    "pregnant": _pregnant,
    "since": lambda where: where.finding is not None and bool(where.finding.since),
    "alone": lambda where: len(where.facts.leading) == 1,
} | {name: _presses(BY[name]) for name in ("now", "today")}
