"""How severe a critical result is that no finding tells, so that the worst is told first.

A finding has its severity from published steps (``knowledge.findings.severity``). A drug level or
a carboxyhemoglobin has a critical limit alone: how far beyond it says where it stands among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hemoscribe.knowledge import analytes
from hemoscribe.knowledge.applicable import critical_limits
from hemoscribe.knowledge.findings.severity import CRITICAL, MAX_SEVERITY
from hemoscribe.records import Finding, FlaggedResult

_AT_LIMIT: Final = 10  # at its limit it stands among the least of what threatens life
_AT_TWICE: Final = 50  # at twice the limit, or twice as far from the range, among the middle


def severity_of(result: FlaggedResult, findings: Sequence[Finding], age_years: float | None) -> int:
    """The severity of a critical result: of the finding that rests on it, or by its distance."""
    own = [one.severity for one in findings if result.analyte in one.evidence]
    if own:
        return max(own)
    beyond_by = _beyond(result, *critical_limits(analytes()[result.analyte], age_years))
    beyond = _AT_LIMIT + round((_AT_TWICE - _AT_LIMIT) * beyond_by)
    return CRITICAL + min(beyond, MAX_SEVERITY - CRITICAL)


def _beyond(result: FlaggedResult, low: float | None, high: float | None) -> float:
    """How far beyond its critical limit, by the limit itself or by its distance from the range."""
    value = result.value
    if high and value >= high:
        return max(value / high - 1, _in_distances(value, high, result.high))
    if low and 0 < value <= low:
        return max(low / value - 1, _in_distances(value, low, result.low))
    return 0.5  # no limit of its own says that it is critical


def _in_distances(value: float, limit: float, edge: float | None) -> float:
    """How far beyond a limit, in distances of that limit from the edge of the range."""
    apart = 0.0 if edge is None else abs(limit - edge)
    return abs(value - limit) / apart if apart else 0.0


def most_severe_first(
    results: Sequence[FlaggedResult], findings: Sequence[Finding], age_years: float | None
) -> tuple[FlaggedResult, ...]:
    """Critical results, the most severe first; those alike in the order of the report."""
    return tuple(sorted(results, key=lambda one: -severity_of(one, findings, age_years)))
