"""A report's results as the laboratory's own limits judge them, each by the narrowest entry.

What an entry would change, were the ward, age, method or instrument known, is told as not assessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.applicable import critical_limits
from hemoscribe.knowledge.flag_arrays import FLAG_NAMES, STATED_CODES, flag_arrays, flag_codes
from hemoscribe.knowledge.overlay.conflicting_entries import within
from hemoscribe.overlay_record import ACTED_ON, Circumstances, Decision, Entry, Kind, Overlay
from hemoscribe.records import Finding, FlaggedResult, Panel, ReportedResult

_Limits = tuple[float | None, float | None]


_Found = Callable[[Sequence[FlaggedResult]], Sequence[Finding]]
_FAR = 3.0  # times the upper limit, or of the lower one (a step of our own)
_LIMITS: tuple[Kind, ...] = ("critical", "decision")


def overrule(
    panel: Panel, results: Sequence[FlaggedResult], overlay: Overlay, found: _Found
) -> tuple[list[FlaggedResult], list[Decision]]:
    """The results by the laboratory's own limits, and which entry decided which.

    A decision limit may not hide what is to be acted on within a week: where such a finding rests
    on a result of its, or the result is far beyond its range, the result keeps its flag, and the
    entry is told as not followed.

    Args:
        found: the findings of a report with these results.
    """
    overruled, decisions = _overruled(panel, results, overlay, _LIMITS)
    if not any(one.outcome == "decided" and one.entry.kind == "decision" for one in decisions):
        return overruled, decisions
    without, _ = _overruled(panel, results, overlay, ("critical",))
    pressing = {
        analyte
        for one in (*found(without), *found(overruled))
        if one.urgency >= ACTED_ON
        for analyte in one.evidence
    }
    kept = {
        place
        for place, (own, ours) in enumerate(zip(overruled, without, strict=True))
        if own.flag == "N" != ours.flag and (own.analyte in pressing or _far_beyond(ours))
    }
    overruled = [without[place] if place in kept else one for place, one in enumerate(overruled)]
    return overruled, [
        replace(one, outcome="kept") if one.place in kept and one.entry.kind == "decision" else one
        for one in decisions
    ]


def by_own_alarms(
    panel: Panel, results: Sequence[FlaggedResult], overlay: Overlay
) -> list[FlaggedResult]:
    """An earlier report's results, critical by the laboratory's own limits where it has any."""
    return _overruled(panel, results, overlay, ("critical",))[0]


def _far_beyond(result: FlaggedResult) -> bool:
    """Whether a result is so far from its range that no limit of a laboratory's calls it normal."""
    low, high = result.low, result.high
    return (high is not None and result.value > _FAR * high > 0) or (
        low is not None and 0 < result.value * _FAR < low
    )


def _overruled(
    panel: Panel, results: Sequence[FlaggedResult], overlay: Overlay, kinds: Sequence[Kind]
) -> tuple[list[FlaggedResult], list[Decision]]:
    found: list[FlaggedResult] = []
    decisions: list[Decision] = []
    for place, result in enumerate(results):
        entries = [one for one in overlay.entries if result.analyte in one.analytes]
        entries = [one for one in entries if one.kind in kinds]
        if entries:
            chosen = _Chosen(entries, _circumstances(panel, result))
            overruled = _judged(panel, result, chosen.decision, chosen.critical)
            if result.critical and not overruled.critical and panel.age_years is None:
                # an age that nobody stated takes no alarm back
                chosen = replace(chosen, ages_hold=False)
                overruled = _judged(panel, result, chosen.decision, chosen.critical)
            decisions += _decided(panel, place, result, overruled, chosen)
            result = overruled
        found.append(result)
    return found, decisions


@dataclass(frozen=True)
class _Chosen:
    """The entries for one result: those it is in, and those it may be in."""

    entries: Sequence[Entry]
    case: Circumstances
    ages_hold: bool = True

    def unsettled(self, entry: Entry) -> tuple[str, ...] | None:
        """What would have to be known to say whether the result is in the entry's scope."""
        unknown = entry.scope.unsettled(self.case)
        if self.ages_hold or unknown is None or entry.kind != "critical":
            return unknown
        return unknown if entry.scope.ages is None or "age" in unknown else (*unknown, "age")

    def entry(self, kind: Kind, side: int, also: Entry | None = None) -> Entry | None:
        """The entry that decides a limit; ``also`` counts as one that the result is in."""
        stating = [
            one for one in self.entries if one.kind == kind and _limits(one)[side] is not None
        ]
        known = [one for one in stating if one is also or self.unsettled(one) == ()]
        return next(iter(narrowest(known)), None)

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
            unknown = self.unsettled(one)
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
        stated=np.array([STATED_CODES.get(result.laboratory_flag or "", 0)], dtype=np.int8),
        fill=False,
        critical=critical,
    )
    own_range = decision != (None, None)
    flag = FLAG_NAMES[int(done.flags[0])]
    if result.flag is None and flag == "N" and (low is None or high is None) and not own_range:
        flag = None  # a side that matters still has no limit
    return replace(
        result,
        low=low,
        high=high,
        range_source="laboratory" if own_range else result.range_source,
        flag=flag,
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


def narrowest(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The one that is within all others, as a list; none of none.

    Only silences may overlap where neither is the narrower: they say the same, and the first does.
    """
    for one in entries:
        if all(other is one or within(one, other) for other in entries):
            return [one]
    return entries[:1]


def _limits(entry: Entry) -> _Limits:
    return entry.low, entry.high
