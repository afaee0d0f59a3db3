"""What the laboratory's overlay does in a reading: findings silenced or renamed, alarms, calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from hemoscribe.knowledge.overlay.own_limits import narrowest
from hemoscribe.overlay_record import (
    ACTED_ON,
    TOLD_AT_ONCE,
    Circumstances,
    Decision,
    Entry,
    Kind,
    Overlay,
)
from hemoscribe.records import Finding, Overruling, Reading


def with_overlay(reading: Reading, overlay: Overlay, decisions: Iterable[Decision]) -> Reading:
    """The reading without its silenced findings, and what the overlay did in it."""
    case = Circumstances(reading.panel.ward, reading.panel.age_years)
    critical = {one.analyte for one in reading.results if one.critical}
    told: list[Finding] = []
    silenced: list[Finding] = []
    made = list(decisions)
    within_own = _within_own(reading, made)
    for finding in reading.findings:
        if finding.urgency < ACTED_ON and within_own(finding):
            silenced.append(finding)
            continue
        for entry in narrowest(_settled(_naming(overlay, "renamed", finding), case)):
            made.append(Decision(entry, "decided", finding.id))
        for entry in narrowest(_settled(_naming(overlay, "silenced", finding), case)):
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


def _within_own(reading: Reading, decisions: Iterable[Decision]) -> Callable[[Finding], bool]:
    """Whether a finding rests on results that the laboratory's decision limits call normal."""
    decided = {
        one.about for one in decisions if one.outcome == "decided" and one.entry.kind == "decision"
    }
    flags = {one.analyte: one.flag for one in reading.results}

    def holds(finding: Finding) -> bool:
        rests_on = [one for one in finding.evidence if one in flags]
        return (
            not decided.isdisjoint(rests_on)
            and not finding.since
            and all(flags[one] == "N" for one in rests_on)
        )

    return holds


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
                for entry in narrowest(_settled(entries, case))
            )
            yield from (
                Decision(entry, "not_assessed", analyte, place, unknown)
                for entry in entries
                if (unknown := entry.scope.unsettled(case))
            )


def _naming(overlay: Overlay, kind: Kind, finding: Finding) -> list[Entry]:
    return [
        one
        for one in overlay.of(kind)
        if one.finding == finding.id and (not one.grades or finding.grade in one.grades)
    ]


def _settled(entries: Iterable[Entry], case: Circumstances) -> list[Entry]:
    """The entries that a case is in."""
    return [one for one in entries if one.scope.unsettled(case) == ()]
