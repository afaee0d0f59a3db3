"""An entry as it is stated, checked against what is known of analytes and findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from typing import Any

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import package_yaml
from hemoscribe.knowledge.analytes import Analyte, analytes, linear_conversion, years_of
from hemoscribe.knowledge.findings.definitions import FindingDefinition, finding_definitions
from hemoscribe.knowledge.overlay.entry_errors import EntryError
from hemoscribe.knowledge.overlay.own_words import refuse_contrary
from hemoscribe.knowledge.overlay.stated_entries import (
    StatedAlarm,
    StatedCritical,
    StatedDecision,
    StatedEntry,
    StatedName,
    StatedPhone,
    StatedSilence,
)
from hemoscribe.overlay_record import TOLD_AT_ONCE, Entry, Kind, Scope, folded
from hemoscribe.panel_input import MAX_AGE_YEARS


def entry_of(kind: Kind, stated: StatedEntry, line: int) -> Entry:
    """The entry, its limits canonical.

    Raises:
        EntryError: an unknown analyte or finding, a unit that does not convert, limits that cannot
            be, or a result that is critical and would be silenced.
    """
    if stated.date > (datetime.now(UTC) + timedelta(days=1)).date():
        raise EntryError("date", f"it is approved on {stated.date}, which is not yet")
    named: dict[str, Any] = {}
    if isinstance(stated, StatedCritical | StatedDecision):
        low, high = _limits(stated)
        if kind == "critical":
            _refuse_beyond(stated.analyte[0], low, high)
        named = {"analytes": (_analyte(stated.analyte[0]).id,), "low": low, "high": high}
    elif isinstance(stated, StatedAlarm | StatedPhone):
        named = {"analytes": tuple(sorted({_analyte(one).id for one in stated.analyte or ()}))}
    elif isinstance(stated, StatedSilence):
        definition, grades = _finding(stated)
        named = {"finding": definition.id, "grades": grades}
        if kind == "silenced":
            _refuse_critical(definition, grades)
    if isinstance(stated, StatedName | StatedAlarm):
        named["texts"] = {"en": stated.en, "fr": stated.fr}
        refuse_contrary(named["texts"], named.get("finding"))
    if isinstance(stated, StatedPhone):
        named |= {"who": stated.who, "number": stated.number or "", "minutes": stated.minutes}
    return Entry(
        id=stated.id,
        kind=kind,
        scope=_scope(stated),
        approved_by=stated.approved_by,
        date=stated.date,
        line=line,
        stated=stated.model_dump(mode="json", exclude_none=True),
        reason=stated.reason,
        **named,
    )


def _scope(stated: StatedEntry) -> Scope:
    ages = None
    if stated.age is not None:
        first, below = stated.age
        ages = (
            0.0 if first is None else years_of(first),
            MAX_AGE_YEARS if below is None else years_of(below),
        )
        if not ages[0] < min(ages[1], MAX_AGE_YEARS):
            raise EntryError(
                "age", f"the age goes from {_age(first)} to {_age(below)}, which holds nobody"
            )
    return Scope(
        wards=_set(stated.ward),
        ages=ages,
        methods=_set(getattr(stated, "method", None)),
        instruments=_set(getattr(stated, "instrument", None)),
    )


def _age(stated: float | str | None) -> str:
    return f"{stated:g}" if isinstance(stated, float) else str(stated)


def _set(texts: Iterable[str] | None) -> frozenset[str] | None:
    return None if texts is None else frozenset(map(folded, texts))


def _analyte(name: str) -> Analyte:
    known = analytes().get(name)
    if known is None:
        near = get_close_matches(name.casefold(), analytes(), n=1)
        hint = f"; perhaps {near[0]} is meant" if near else "; docs/knowledge.md lists them"
        raise EntryError("analyte", f"there is no analyte {name!r}{hint}")
    return known


def _limits(stated: StatedCritical | StatedDecision) -> tuple[float | None, float | None]:
    analyte = _analyte(stated.analyte[0])
    if stated.low is None and stated.high is None:
        raise EntryError("analyte", "it states no limit; give `low`, `high` or both")
    unit = stated.unit or _only_unit(analyte)
    try:
        scale, offset = linear_conversion(analyte.id, unit)
    except KnowledgeError as error:
        raise EntryError(
            "unit", f"{unit} is no unit of {analyte.id}; use {' or '.join(analyte.units)}"
        ) from error
    low, high = (
        None if limit is None else limit * scale + offset for limit in (stated.low, stated.high)
    )
    least, most = analyte.plausible
    for key, limit in (("low", low), ("high", high)):
        if limit is not None and not least <= limit <= most:
            raise EntryError(
                key,
                f"{limit:g} {analyte.unit} is outside {least:g} to {most:g}, which is all that is "
                f"read of {analyte.id}: no result would ever reach it",
            )
    if low is not None and high is not None and low >= high:
        raise EntryError(
            "low", f"the low limit {stated.low:g} is not below the high {stated.high:g}"
        )
    return low, high


@cache
def _farthest() -> Mapping[str, Mapping[str, float]]:
    stated: Mapping[str, Mapping[str, float]] = package_yaml(__package__, "farthest.yaml")
    return stated


def _refuse_beyond(analyte: str, low: float | None, high: float | None) -> None:
    """A critical limit beyond what anybody lives with would silence a critical result."""
    unit = analytes()[analyte].unit
    for key, limit, sign in (("low", low, 1), ("high", high, -1)):
        bound = _farthest().get(analyte, {}).get(key)
        if limit is not None and bound is not None and sign * limit < sign * bound:
            raise EntryError(
                key,
                f"{limit:g} {unit} lies beyond {bound:g}, where {analyte} threatens the life of "
                "whoever has it: such a result would not be phoned",
            )


def _only_unit(analyte: Analyte) -> str:
    """The unit of limits that state none, where no other would mean another number."""
    if len({linear_conversion(analyte.id, unit) for unit in analyte.units}) > 1:
        units = " or ".join(analyte.units)
        raise EntryError("analyte", f"`unit` is missing; {analyte.id} is reported in {units}")
    return analyte.unit


def _finding(stated: StatedSilence) -> tuple[FindingDefinition, tuple[str, ...]]:
    definition = finding_definitions().get(stated.finding)
    if definition is None:
        if stated.finding in analytes():
            raise EntryError("finding", f"{stated.finding} is an analyte, and no finding")
        near = get_close_matches(stated.finding.casefold(), finding_definitions(), n=1)
        hint = f"; perhaps {near[0]} is meant" if near else "; docs/knowledge.md lists them"
        raise EntryError("finding", f"there is no finding {stated.finding!r}{hint}")
    for grade in stated.grade or ():
        if grade not in definition.grades:
            known = ", ".join(definition.grades) or "none"
            raise EntryError("grade", f"{definition.id} has no grade {grade!r}; it has {known}")
    return definition, tuple(stated.grade or ())


def _refuse_critical(definition: FindingDefinition, grades: tuple[str, ...]) -> None:
    """A critical result can never be silenced, nor a finding that is urgent by itself."""
    if any(urgency >= TOLD_AT_ONCE for urgency in urgencies(definition, grades)):
        milder = [one.id for one in definition.grades.values() if one.urgency < TOLD_AT_ONCE]
        hint = f"; name milder grades: `grade: [{', '.join(milder)}]`" if milder else ""
        raise EntryError(
            "finding", f"{definition.id} is to be told at once, and cannot be silenced{hint}"
        )


def urgencies(definition: FindingDefinition, grades: tuple[str, ...]) -> Iterator[int]:
    """The urgencies of these grades of a finding, or of all."""
    if not definition.grades:
        yield definition.urgency
    for grade in definition.grades.values():
        if not grades or grade.id in grades:
            yield grade.urgency
