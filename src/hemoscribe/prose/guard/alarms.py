"""Alarms that a text takes back: "no call needed", "usual here", "the acidosis is mild"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, pattern
from hemoscribe.prose.guard.urgency import TODAY, finding_urgency, urgency_of
from hemoscribe.records import Language

_BESIDE = 24
"""A grade this many characters from a finding or a result is said of it."""


def taken_back(
    said: Sequence[Clause], facts: Facts, bank: Bank, language: Language
) -> Iterator[str]:
    """The clauses that deny an alarm which is due, or make nothing of what is abnormal."""
    alarm = urgency_of(facts.reading) >= TODAY
    if not alarm and not facts.reading.abnormal and not facts.reading.findings:
        return
    for clause in said:
        plain = pattern(language, "alarms", "at_once").sub(" ", clause.plain)
        denied = alarm and all(
            pattern(language, "alarms", key).search(plain) for key in ("alarm", "denial")
        )
        nothing = pattern(language, "alarms", "made_nothing_of").search(plain)
        if (denied or nothing) and not bank.bears(clause):
            yield clause.text


def softened(
    body: str, claims: Sequence[Claim], said: Sequence[Clause], facts: Facts, language: Language
) -> Iterator[str]:
    """ "Mild" and the like, said of nothing that is mild, in a report that holds an alarm."""
    if urgency_of(facts.reading) < TODAY:
        return
    soft = pattern(language, "alarms", "soft")
    for clause in said:
        start = body.find(clause.text)
        for match in soft.finditer(clause.plain):
            if clause.part == "interpretation" and not any(
                _explains(one, start, start + len(clause.text), facts)
                and _beside(one, start + match.start(), start + match.end())
                for one in claims
            ):
                yield clause.text
                break


def _beside(claim: Claim, start: int, end: int) -> bool:
    return claim.start - _BESIDE <= end and start <= claim.end + _BESIDE


def _explains(claim: Claim, start: int, end: int, facts: Facts) -> bool:
    """Whether a claim of the clause may be called mild or moderate."""
    if not start <= claim.start < end:
        return False
    if claim.finding is not None:
        return bool(claim.grades) or finding_urgency(facts, claim.finding) < TODAY
    results = facts.results_of(claim.analytes)
    return bool(results) and not any(result.critical for result in results)
