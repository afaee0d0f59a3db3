"""How urgent a report is, and by when what it asks for must be done: the one place of both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hemoscribe.prose.facts import Facts
from hemoscribe.records import Reading

TODAY: Final = 2
"""From this urgency on, an alarm is due."""
NOW: Final = 3
LATEST_HOURS: Final = {0: 24.0 * 370, 1: 24.0 * 95, TODAY: 72.0, NOW: 24.0}
"""Urgency -> the latest that a follow-up may be, in hours from the report."""


def urgency_of(reading: Reading) -> int:
    """The urgency of a report: that of its most urgent finding; now, where a value is critical."""
    if reading.unread_critical or any(result.critical for result in reading.results):
        return NOW
    return max((finding.urgency for finding in reading.findings), default=0)


def finding_urgency(facts: Facts, finding: str) -> int:
    """The urgency of a finding of the report; 0 of another one."""
    return max((one.urgency for one in facts.reading.findings if one.id == finding), default=0)


def latest_hours(facts: Facts, analytes: Iterable[str]) -> float:
    """By when something must be done that is asked of these results; () for none named."""
    named = tuple(analytes)
    resting = [
        NOW if any(result.critical for result in facts.results_of((name,))) else urgency
        for name in named
        for urgency in (_urgency_resting_on(facts, name),)
        if urgency is not None
    ]
    urgency = max(resting) if resting else urgency_of(facts.reading)
    return LATEST_HOURS[min(urgency, NOW)]


def _urgency_resting_on(facts: Facts, analyte: str) -> int | None:
    """The highest urgency of the findings that rest on a result; None where none does."""
    found = [one.urgency for one in facts.reading.findings if analyte in one.evidence]
    return max(found, default=None)
