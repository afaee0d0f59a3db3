"""Drugs that a draft names: only those that the requester's note names, or the bank itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.knowledge.note_scopes import units_of
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, bare


def unnamed_drugs(said: Sequence[Clause], facts: Facts, bank: Bank) -> Iterator[str]:
    """The drugs that clauses name and that neither the note nor the bank names of this report."""
    known = {one.id for one in facts.note.items} | {one.of for one in facts.note.items}
    for clause in said:
        for unit in units_of(clause.text):
            drug = unit.item
            if drug is None or drug.kind != "drug" or drug.id in known:
                continue
            if not bank.names(bare(unit.text)):
                yield unit.text
