"""Comparisons with earlier results: only where the reading holds them, and in their direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hemoscribe.knowledge import read_panel
from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, pattern
from hemoscribe.records import FlaggedResult, Language, Reading

_STEADY: Final = 0.1
"""A result within this share of its earlier value is unchanged."""
_SAYS = ("up", "down", "same", "better", "worse")


def invented(
    said: Sequence[Clause], claims: Sequence[Claim], facts: Facts, bank: Bank, language: Language
) -> Iterator[str]:
    """The clauses of the interpretation that tell a course which the reading does not hold."""
    earlier: Mapping[str, FlaggedResult] | None = None
    for clause in said:
        if clause.part != "interpretation":
            continue
        says = [key for key in _SAYS if pattern(language, "courses", key).search(clause.plain)]
        if not says and not pattern(language, "courses", "any").search(clause.plain):
            continue
        if bank.bears(clause):
            continue
        if earlier is None:
            earlier = earlier_results(facts.reading)
        named = _named(clause, claims, facts)
        if not named or not all(_holds(says, facts, earlier, name) for name in named):
            yield clause.text


def earlier_results(reading: Reading) -> Mapping[str, FlaggedResult]:
    """Analyte -> the newest of the earlier results that the reading was made with."""
    found: dict[str, FlaggedResult] = {}
    ordered = sorted(reading.earlier, key=lambda one: (one.collected_at is None, one.collected_at))
    for panel in ordered:
        found |= {result.analyte: result for result in read_panel(panel).results}
    for finding in reading.findings:
        for since in finding.since:
            found.setdefault(since.result.analyte, since.result)
    return found


def _named(clause: Clause, claims: Sequence[Claim], facts: Facts) -> tuple[str, ...]:
    """The results that a clause is about, by name or by a finding that rests on earlier ones."""
    names = []
    for claim in claims:
        if claim.text not in clause.text:
            continue
        held = [name for name in claim.analytes if name in facts.by_analyte]
        names += held[:1]
        if claim.finding in facts.stated:
            finding = next(one for one in facts.reading.findings if one.id == claim.finding)
            names += [since.result.analyte for since in finding.since]
    return tuple(dict.fromkeys(names))


def _holds(
    says: Sequence[str], facts: Facts, earlier: Mapping[str, FlaggedResult], name: str
) -> bool:
    """Whether a result moved, since its earlier value, as each of the words says."""
    now, before = facts.by_analyte[name][0], earlier.get(name)
    if before is None:
        return False
    moved = now.value - before.value
    steady = abs(moved) <= _STEADY * abs(before.value)
    nearer = _beyond(now) < _beyond(before)
    truths = {
        "up": moved > 0,
        "down": moved < 0,
        "same": steady,
        "better": nearer and not steady,
        "worse": _beyond(now) > _beyond(before),
    }
    return all(truths[one] for one in says)


def _beyond(result: FlaggedResult) -> float:
    """How far outside its range a result lies."""
    below = 0.0 if result.low is None else max(result.low - result.value, 0.0)
    above = 0.0 if result.high is None else max(result.value - result.high, 0.0)
    return max(below, above)
