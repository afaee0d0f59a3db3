"""Results that a draft's interpretation names and the report does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.causes import is_open
from hemoscribe.prose.guard.clauses import Clause, bare, phrases_of
from hemoscribe.records import Language


def absent(said: Sequence[Clause], facts: Facts, bank: Bank, language: Language) -> Iterator[str]:
    """The names of results that are told, neither supposed nor said not to have been read."""
    for clause in said:
        if clause.part != "interpretation":
            continue
        names = [
            claim.text
            for claim in clause.claims
            if claim.kind == "mention"
            and claim.analytes
            and not claim.hedged
            and not any(
                name in facts.by_analyte or name in facts.indices for name in claim.analytes
            )
        ]
        names = [one for one in names if not bare(one) <= bank.noted_words]
        if not names or phrases_of(language, "closings", "unread").within(clause.words):
            continue
        if not bank.bears(clause, bare(" ".join(names)) - bank.finding_names):
            yield from names


def beside_the_report(said: Sequence[Clause], bank: Bank, language: Language) -> Iterator[str]:
    """The clauses of the interpretation that tell nothing of the report: no result, no finding.

    A phone call asked for, and what is supposed ("leukemia must be ruled out"), need none.
    """
    for clause in said:
        if clause.part != "interpretation" or clause.claims or is_open(clause, language):
            continue
        called = phrases_of(language, "alarms", "call").within(clause.words)
        if not called and not bank.bears(clause, frozenset()):
            yield clause.text
