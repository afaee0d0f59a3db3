"""Entries of an overlay that cannot both hold, and limits that deny each other.

Of two entries for the same thing the narrower decides: a ward's before the house's. Two that are
for the same patients, or overlap where neither is the narrower, leave open which one decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from hemoscribe.knowledge.analytes import Analyte, analytes
from hemoscribe.overlay_record import Entry, Overlay, Scope
from hemoscribe.panel_input import MAX_AGE_YEARS

Conflict = tuple[Entry, str]
"""The entry at whose line it is told, and what is wrong, as the end of a sentence."""
_SIDES = ("low", "high")


def conflicts(overlay: Overlay) -> Iterator[Conflict]:
    """What contradicts itself, in the order of the file."""
    yield from _same_ids(overlay.entries)
    for kind in ("critical", "decision"):
        for side in _SIDES:
            stating = [one for one in overlay.of(kind) if _limit(one, side) is not None]
            yield from _open(stating, _of_one_analyte, f"{kind} {side} limit of {{what}}")
    yield from _open(overlay.of("silenced"), _of_one_finding, "silence of {what}", told_same=True)
    yield from _open(overlay.of("renamed"), _of_one_finding, "name of {what}")
    yield from _open(overlay.of("alarm"), _of_one_alarm, "alarm of {what}")
    yield from _open(overlay.of("phone"), _of_one_alarm, "phone rule of {what}")
    yield from _denying(overlay)


def _same_ids(entries: Iterable[Entry]) -> Iterator[Conflict]:
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.setdefault(entry.id, entry)
        if first is not entry:
            yield entry, f"the id {entry.id} is that of line {first.line} too"


def _open(
    entries: Sequence[Entry],
    common: Callable[[Entry, Entry], str | None],
    what: str,
    *,
    told_same: bool = False,
) -> Iterator[Conflict]:
    """Pairs of which nobody can say which one decides."""
    for first, second in combinations(entries, 2):
        about = common(first, second)
        if about is None or not first.scope.overlaps(second.scope):
            continue
        narrower = _narrower(first, second)
        if narrower is None and not (told_same and first.scope != second.scope):
            yield (
                second,
                f"it contradicts {first.id} (line {first.line}): both decide the "
                f"{what.format(what=about)} for the same patients, and neither is the narrower",
            )


def _narrower(first: Entry, second: Entry) -> Entry | None:
    """The one of two whose patients (and analytes or grades) are all the other's too."""
    for one, other in ((first, second), (second, first)):
        if within(one, other) and not within(other, one):
            return one
    return None


def within(one: Entry, other: Entry) -> bool:
    """Whether the one is for no more patients, analytes and grades than the other."""
    return (
        one.scope.within(other.scope)
        and _part(one.grades, other.grades)
        and _part(one.analytes, other.analytes)
    )


def _part(own: Sequence[str], others: Sequence[str]) -> bool:
    """Whether the one names no more than the other; naming none is naming all."""
    return not others or (bool(own) and set(own) <= set(others))


def _of_one_analyte(first: Entry, second: Entry) -> str | None:
    return first.analytes[0] if first.analytes == second.analytes else None


def _of_one_finding(first: Entry, second: Entry) -> str | None:
    if first.finding != second.finding:
        return None
    apart = first.grades and second.grades and not set(first.grades) & set(second.grades)
    return None if apart else first.finding


def _of_one_alarm(first: Entry, second: Entry) -> str | None:
    if not first.analytes or not second.analytes:
        named = first.analytes or second.analytes
        return named[0] if named else "every critical result"
    both = set(first.analytes) & set(second.analytes)
    return min(both) if both else None


def _denying(overlay: Overlay) -> Iterator[Conflict]:
    """Limits of which the low one is not below the high one, or that hide a critical result."""
    criticals = overlay.of("critical")
    for entry in criticals:
        for low, high, whose in _beside(entry, criticals):
            if low is not None and high is not None and low >= high:
                yield entry, f"its limits leave nothing between {low:g} and {high:g}, {whose}"
                break
    for entry in overlay.of("decision"):
        yield from _hiding(entry, criticals)
        for low, high, whose in _beside_own(entry, overlay.of("decision")):
            if low is not None and high is not None and low >= high:
                yield entry, f"its limits leave nothing between {low:g} and {high:g}, {whose}"
                break


def _beside(
    entry: Entry, others: Sequence[Entry]
) -> Iterator[tuple[float | None, float | None, str]]:
    """The critical limits of an entry, each side that it does not state from elsewhere."""
    yield from _beside_own(entry, others)
    for scope, low, high in published(analytes()[entry.analytes[0]]):
        if entry.scope.overlaps(scope):
            yield (
                low if entry.low is None else entry.low,
                high if entry.high is None else entry.high,
                f"with {_published_for(scope)}",
            )


def _beside_own(
    entry: Entry, others: Sequence[Entry]
) -> Iterator[tuple[float | None, float | None, str]]:
    for other in others:
        if other is entry or other.analytes != entry.analytes:
            continue
        if entry.scope.overlaps(other.scope) and (entry.low is None) != (other.low is None):
            low = entry.low if other.low is None else other.low
            high = entry.high if other.high is None else other.high
            yield low, high, f"with {other.id} (line {other.line})"


def _hiding(entry: Entry, criticals: Sequence[Entry]) -> Iterator[Conflict]:
    """A decision limit beyond a critical one would call a critical result normal."""
    known = [
        (one.scope, one.low, one.high, f"that of {one.id} (line {one.line})")
        for one in criticals
        if one.analytes == entry.analytes
    ]
    covered = [one for one in known if entry.scope.within(one[0])]
    known += [
        (
            scope,
            None if any(one[1] is not None for one in covered) else low,
            None if any(one[2] is not None for one in covered) else high,
            _published_for(scope),
        )
        for scope, low, high in published(analytes()[entry.analytes[0]])
    ]
    for scope, low, high, whose in known:
        if not entry.scope.overlaps(scope):
            continue
        beyond_low = entry.low is not None and low is not None and entry.low < low
        beyond_high = entry.high is not None and high is not None and entry.high > high
        if beyond_low or beyond_high:
            side, limit = ("low", low) if beyond_low else ("high", high)
            yield (
                entry,
                f"its {side} limit is beyond the critical one of {limit:g}, {whose}: a critical "
                "result would be within limits",
            )
            return


def _published_for(scope: Scope) -> str:
    """Which of the published limits."""
    if scope.ages is None or scope.ages == (0.0, MAX_AGE_YEARS):
        return "the published one"
    first, below = scope.ages
    until = "" if below == MAX_AGE_YEARS else f" to {below:.2g}"
    return f"the published one of ages {first:.2g}{until}"


def published(analyte: Analyte) -> Iterator[tuple[Scope, float | None, float | None]]:
    """The critical limits of an analyte that we have, with the ages they are for."""
    from_years = 0.0
    for row in sorted(analyte.critical_ages, key=lambda row: row.age_low_years):
        if row.age_low_years > from_years:
            yield Scope(ages=(from_years, row.age_low_years)), *analyte.critical
        yield Scope(ages=(row.age_low_years, row.age_high_years)), row.low, row.high
        from_years = row.age_high_years
    yield Scope(ages=(from_years, MAX_AGE_YEARS)), *analyte.critical


def _limit(entry: Entry, side: str) -> float | None:
    return entry.low if side == "low" else entry.high
