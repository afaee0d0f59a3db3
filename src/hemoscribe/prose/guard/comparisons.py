"""Comparisons with earlier results: only where the reading holds them, and in their direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, phrases_of
from hemoscribe.records import FlaggedResult, Language

_STEADY: Final = 0.1
"""A result within this share of its earlier value is unchanged."""
_SAYS = ("up", "down", "same", "better", "worse", "any")

Marks = dict[str, int]
"""What a clause says of a course -> the place of the word in the text."""


def invented(
    said: Sequence[Clause],
    facts: Facts,
    bank: Bank,
    earlier: Mapping[str, FlaggedResult],
    language: Language,
) -> Iterator[str]:
    """The clauses of the interpretation that tell a course which the reading does not hold."""
    for clause in said:
        marks = compared(clause, language)
        if clause.part != "interpretation" or not marks:
            continue
        listed = (phrases_of(language, "comparisons", key) for key in _SAYS)
        if bank.states(clause, frozenset[str]().union(*(clause.marked(one) for one in listed))):
            continue
        if not all(
            _holds(word, facts, earlier, _told_of(clause, place, facts))
            for word, place in marks.items()
        ):
            yield clause.text


def compared(clause: Clause, language: Language) -> Marks:
    """The words by which a clause compares with earlier results."""
    return {
        key: clause.starts[start]
        for key in _SAYS
        for start, _ in phrases_of(language, "comparisons", key).places(clause.rest)
    }


def _told_of(clause: Clause, place: int, facts: Facts) -> str | None:
    """The result that a course is told of: the last named before the word, or the next behind."""
    named = [(one.start, name) for one in clause.claims if (name := _result_of(one, facts))]
    before = [name for start, name in named if start <= place]
    return before[-1] if before else next((name for _, name in named), None)


def _result_of(claim: Claim, facts: Facts) -> str | None:
    held = [name for name in claim.analytes if name in facts.by_analyte]
    if held:
        return held[0]
    since = [
        one.result.analyte
        for finding in facts.reading.findings
        if finding.id == claim.finding
        for one in finding.since
    ]
    return since[0] if since else None


def _holds(says: str, facts: Facts, earlier: Mapping[str, FlaggedResult], name: str | None) -> bool:
    """Whether a result moved, since its earlier value, as the word says."""
    if name is None or name not in earlier:
        return False
    now, before = facts.by_analyte[name][0], earlier[name]
    moved = now.value - before.value
    steady = abs(moved) <= _STEADY * abs(before.value)
    nearer = _beyond(now) < _beyond(before)
    return {
        "up": moved > 0,
        "down": moved < 0,
        "same": steady,
        "better": nearer and not steady,
        "worse": _beyond(now) > _beyond(before),
        "any": True,
    }[says]


def _beyond(result: FlaggedResult) -> float:
    """How far outside its range a result lies."""
    below = 0.0 if result.low is None else max(result.low - result.value, 0.0)
    above = 0.0 if result.high is None else max(result.value - result.high, 0.0)
    return max(below, above)
