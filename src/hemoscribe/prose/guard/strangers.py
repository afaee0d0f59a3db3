"""Results that a draft's interpretation names and the report does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, phrases_of
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
        if not names or phrases_of(language, "closings", "unread").within(clause.words):
            continue
        if not bank.bears(clause):
            yield from names
