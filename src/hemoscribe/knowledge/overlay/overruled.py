"""A report's results and findings as the laboratory's overlay decides them.

Of the entries that a result is in, the narrowest decides, each limit for itself. What an entry
would change, were the ward, age, method or instrument known, is told as not assessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.applicable import critical_limits
from hemoscribe.knowledge.flag_arrays import FLAG_NAMES, flag_arrays, flag_codes
from hemoscribe.knowledge.overlay.conflicting_entries import within
from hemoscribe.overlay_record import TOLD_AT_ONCE, Circumstances, Decision, Entry, Kind, Overlay
from hemoscribe.records import Finding, FlaggedResult, Overruling, Panel, Reading, ReportedResult

_Limits = tuple[float | None, float | None]


def overrule(
    panel: Panel, results: Sequence[FlaggedResult], overlay: Overlay
) -> tuple[list[FlaggedResult], list[Decision]]:
    """The results by the laboratory's own limits, and which entry decided which."""
    found: list[FlaggedResult] = []
    decisions: list[Decision] = []
    for place, result in enumerate(results):
        entries = [one for one in overlay.entries if result.analyte in one.analytes]
        entries = [one for one in entries if one.kind in ("critical", "decision")]
        if entries:
            chosen = _Chosen(entries, _circumstances(panel, result))
            overruled = _judged(panel, result, chosen.decision, chosen.critical)
            decisions += _decided(panel, place, result, overruled, chosen)
            result = overruled
        found.append(result)
    return found, decisions


def with_overlay(reading: Reading, overlay: Overlay, decisions: Iterable[Decision]) -> Reading:
    """The reading without its silenced findings, and what the overlay did in it."""
    case = Circumstances(reading.panel.ward, reading.panel.age_years)
    critical = {one.analyte for one in reading.results if one.critical}
    told: list[Finding] = []
    silenced: list[Finding] = []
    made = list(decisions)
    for finding in reading.findings:
        for entry in _narrowest(_settled(_naming(overlay, "renamed", finding), case)):
            made.append(Decision(entry, "decided", finding.id))
        for entry in _narrowest(_settled(_naming(overlay, "silenced", finding), case)):
            kept = finding.urgency >= TOLD_AT_ONCE or not critical.isdisjoint(finding.evidence)
            made.append(Decision(entry, "kept" if kept else "decided", finding.id))
            if not kept:
                silenced.append(finding)
        if finding not in silenced:
            told.append(finding)
    made += _alarms(reading, overlay, case)
    only = overlay.only(frozenset(one.entry.id for one in made))
    return replace(
        reading,
        findings=tuple(told),
        overruling=Overruling(only, tuple(made), tuple(silenced)),
    )


def _alarms(reading: Reading, overlay: Overlay, case: Circumstances) -> Iterator[Decision]:
    """The wording and the phone rule of each critical result; of an unread one those for all."""
    kinds: tuple[Kind, ...] = ("alarm", "phone")
    about = [(one.analyte, place) for place, one in enumerate(reading.results) if one.critical]
    unread: list[tuple[str | None, int | None]] = [(None, None)] if reading.unread_critical else []
    for kind in kinds:
        for analyte, place in [*about, *unread]:
            entries = [
                one for one in overlay.of(kind) if not one.analytes or analyte in one.analytes
            ]
            yield from (
                Decision(entry, "decided", analyte, place)
                for entry in _narrowest(_settled(entries, case))
            )
            yield from (
                Decision(entry, "not_assessed", analyte, place, unknown)
                for entry in entries
                if (unknown := entry.scope.unsettled(case))
            )


@dataclass(frozen=True)
class _Chosen:
    """The entries for one result: those it is in, and those it may be in."""

    entries: Sequence[Entry]
    case: Circumstances

    def entry(self, kind: Kind, side: int, also: Entry | None = None) -> Entry | None:
        """The entry that decides a limit; ``also`` counts as one that the result is in."""
        stating = [
            one for one in self.entries if one.kind == kind and _limits(one)[side] is not None
        ]
        known = [one for one in stating if one is also or one.scope.unsettled(self.case) == ()]
        return next(iter(_narrowest(known)), None)

    def limits(self, kind: Kind, also: Entry | None = None) -> _Limits:
        """The limits of a kind, None where no entry decides."""
        low, high = (self.entry(kind, side, also) for side in (0, 1))
        return None if low is None else low.low, None if high is None else high.high

    @property
    def decision(self) -> _Limits:
        return self.limits("decision")

    @property
    def critical(self) -> _Limits:
        return self.limits("critical")

    def may(self) -> Iterator[tuple[Entry, tuple[str, ...]]]:
        """The entries of which it cannot be told, and what would have to be known."""
        for one in self.entries:
            unknown = one.scope.unsettled(self.case)
            if unknown:
                yield one, unknown


def _decided(
    panel: Panel, place: int, before: FlaggedResult, after: FlaggedResult, chosen: _Chosen
) -> Iterator[Decision]:
    seen: set[str] = set()
    for kind in ("decision", "critical"):
        for side in (0, 1):
            entry = chosen.entry(kind, side)
            if entry is None or entry.id in seen:
                continue
            if kind == "critical" and not _matters(entry, side, before, after):
                continue
            seen.add(entry.id)
            limits = (before.low, before.high)
            if kind == "critical":
                limits = critical_limits(analytes()[before.analyte], panel.age_years)
            yield Decision(entry, "decided", before.analyte, place, before=limits)
    for entry, unknown in chosen.may():
        would = _judged(
            panel, before, chosen.limits("decision", entry), chosen.limits("critical", entry)
        )
        if (would.flag, would.critical) != (after.flag, after.critical):
            yield Decision(entry, "not_assessed", before.analyte, place, unknown)


def _matters(entry: Entry, side: int, before: FlaggedResult, after: FlaggedResult) -> bool:
    """Whether a critical limit raised the alarm, or took one back that ours would have raised."""
    limit = _limits(entry)[side]
    assert limit is not None
    beyond = after.value <= limit if side == 0 else after.value >= limit
    return (after.critical and beyond) or (before.critical and not after.critical)


def _judged(
    panel: Panel, result: FlaggedResult, decision: _Limits, critical: _Limits
) -> FlaggedResult:
    """The result by these limits; where one is None, by what it had."""
    if (decision, critical) == ((None, None), (None, None)):
        return result
    low = result.low if decision[0] is None else decision[0]
    high = result.high if decision[1] is None else decision[1]
    code, sign, sex = flag_codes(result.analyte, result.comparator, panel.sex)
    done = flag_arrays(
        np.array([code], dtype=np.int32),
        np.array([result.value]),
        np.array([sign], dtype=np.int8),
        _array(low),
        _array(high),
        np.array([sex], dtype=np.int32),
        _array(panel.age_years),
        np.array([int(bool(panel.pregnant))], dtype=np.int32),
        fill=False,
        critical=critical,
    )
    own_range = decision != (None, None)
    return replace(
        result,
        low=low,
        high=high,
        range_source="laboratory" if own_range else result.range_source,
        flag=FLAG_NAMES[int(done.flags[0])],
        critical=bool(done.critical[0]),
    )


def _array(value: float | None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([np.nan if value is None else value], dtype=np.float64)


def _circumstances(panel: Panel, result: FlaggedResult) -> Circumstances:
    stated = _stated(panel, result)
    return Circumstances(
        panel.ward,
        panel.age_years,
        _common(one.method for one in stated),
        _common(one.instrument for one in stated),
    )


def _stated(panel: Panel, result: FlaggedResult) -> list[ReportedResult]:
    """What the panel states of a result: of the same name, or code, and value."""
    return [
        one
        for one in panel.results
        if one.value.strip() == result.reported_value
        and result.reported_name in (one.analyte.strip(), one.loinc)
    ]


def _common(stated: Iterable[str | None]) -> str | None:
    """What all of them say; None where they differ or say nothing."""
    texts = set(stated)
    return texts.pop() if len(texts) == 1 else None


def _naming(overlay: Overlay, kind: Kind, finding: Finding) -> list[Entry]:
    return [
        one
        for one in overlay.of(kind)
        if one.finding == finding.id and (not one.grades or finding.grade in one.grades)
    ]


def _settled(entries: Iterable[Entry], case: Circumstances) -> list[Entry]:
    """The entries that a case is in."""
    return [one for one in entries if one.scope.unsettled(case) == ()]


def _narrowest(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The one that is within all others, as a list; none of none.

    Only silences may overlap where neither is the narrower: they say the same, and the first does.
    """
    for one in entries:
        if all(other is one or within(one, other) for other in entries):
            return [one]
    return entries[:1]


def _limits(entry: Entry) -> _Limits:
    return entry.low, entry.high
