"""Alarms that a text takes back: "no call needed", "usual here", "the acidosis is mild"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, phrases_of
from hemoscribe.prose.guard.phrases import Place
from hemoscribe.prose.guard.urgency import TODAY, finding_urgency, urgency_of
from hemoscribe.records import Language

_BESIDE = 24
"""A grade this many characters from a finding or a result is said of it."""


def taken_back(
    said: Sequence[Clause], facts: Facts, bank: Bank, language: Language
) -> Iterator[str]:
    """The clauses that deny an alarm which is due, or make nothing of it."""
    if urgency_of(facts.reading) < TODAY:
        return
    for clause in said:
        words = phrases_of(language, "alarms", "at_once").without(clause.rest)
        denied = all(
            phrases_of(language, "alarms", key).within(words) for key in ("denial", "alarm")
        )
        if denied and not bank.bears(clause, frozenset()):
            yield clause.text
    yield from belittled(said, bank, language)


def belittled(said: Sequence[Clause], bank: Bank, language: Language) -> Iterator[str]:
    """The clauses that make nothing of what they are said of: "usual", "of no concern"."""
    nothing = phrases_of(language, "alarms", "made_nothing_of")
    for clause in said:
        words = phrases_of(language, "alarms", "at_once").without(clause.rest)
        if nothing.within(words) and not bank.bears(clause, clause.marked(nothing)):
            yield clause.text


def softened(
    said: Sequence[Clause], facts: Facts, spoken: Sequence[Place], language: Language
) -> Iterator[str]:
    """Where a value is critical, "mild" and the like said of nothing that is mild.

    Args:
        spoken: where the text has a clause of the bank that holds: its conditions say when it does.
    """
    if urgency_of(facts.reading) < TODAY:
        return
    for clause in said:
        if clause.part != "interpretation":
            continue
        for first, last in phrases_of(language, "alarms", "soft").places(clause.words):
            start = clause.starts[first]
            end = clause.starts[last - 1] + len(clause.words[last - 1])
            if any(begin <= start and end <= stop for begin, stop in spoken):
                continue
            if not any(
                _may_be_mild(one, facts) and _beside(one, start, end) for one in clause.claims
            ):
                yield clause.text
                break


def _beside(claim: Claim, start: int, end: int) -> bool:
    return claim.start - _BESIDE <= end and start <= claim.end + _BESIDE


def _may_be_mild(claim: Claim, facts: Facts) -> bool:
    if claim.finding is not None:
        return bool(claim.grades) or finding_urgency(facts, claim.finding) < TODAY
    results = facts.results_of(claim.analytes)
    return bool(results) and not any(result.critical for result in results)
