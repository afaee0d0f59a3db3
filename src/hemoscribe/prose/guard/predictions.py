"""Alarms foretold away ("a fresh sample is likely to be normal"), and normal results doubted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, phrases_of
from hemoscribe.records import FlaggedResult, Language

_NEAR: Final = 0.05
"""A result so near to its limit, as a share of its range, stands at it."""


def foretold(said: Sequence[Clause], free: Sequence[Clause], bank: Bank) -> Iterator[str]:
    """The clauses that foretell a better result, or hold an abnormal one untrue.

    Args:
        free: the clauses as ``unspoken`` has them.
    """
    language, facts = bank.language, bank.facts
    if not facts.abnormal and not facts.outside:
        return
    for clause, own in zip(said, free, strict=True):
        untrue = own.marked(phrases_of(language, "predictions", "untrue"))
        if untrue and not bank.bears(clause, untrue):
            yield clause.text
        elif _foretells(own.words, language) or any(_hoped(one, facts) for one in clause.claims):
            marks = own.marked(phrases_of(language, "predictions", "good"))
            if not bank.bears(clause, marks):
                yield clause.text


def _foretells(words: Sequence[str], language: Language) -> bool:
    listed = (phrases_of(language, "predictions", key) for key in ("sample", "foretold", "good"))
    return all(one.within(words) for one in listed)


def _hoped(claim: Claim, facts: Facts) -> bool:
    """Whether a result out of its range is supposed to be normal."""
    return (
        claim.kind == "direction"
        and claim.hedged
        and not claim.denied
        and claim.direction == "normal"
        and any(one.direction in ("low", "high") for one in facts.results_of(claim.analytes))
    )


def at_the_limit(free: Sequence[Clause], facts: Facts, language: Language) -> Iterator[str]:
    """The clauses by which normal results, well within their ranges, stand at a limit."""
    for own in free:
        if own.part != "interpretation":
            continue
        if not phrases_of(language, "predictions", "borderline").within(own.words):
            continue
        named = facts.results_of(name for claim in own.claims for name in claim.analytes)
        held = named or list(facts.reading.results)
        if all(one.direction == "normal" and not _near(one) for one in held):
            yield own.text


def _near(result: FlaggedResult) -> bool:
    low, high = result.low, result.high
    limits = [limit for limit in (low, high) if limit is not None]
    wide = high - low if low is not None and high is not None else max(map(abs, limits), default=0)
    return any(abs(result.value - limit) <= _NEAR * wide for limit in limits)
