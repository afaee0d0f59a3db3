"""Causes, certainties and diseases that no rule holds: said as "may be", or said by the bank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, pattern, plain
from hemoscribe.records import Language


def unheld(
    said: Sequence[Clause],
    claims: Sequence[Claim],
    facts: Facts,
    bank: Bank,
    language: Language,
) -> Iterator[str]:
    """The clauses of the interpretation that assert a cause, a certainty or a disease unborne."""
    names = [
        plain(one.text)
        for one in claims
        if one.finding is not None and facts.allows(one.finding, one.grades)
    ]
    for clause in said:
        if clause.part != "interpretation":
            continue
        rest = _without(clause.plain, names)
        if _asserts(rest, language) and not bank.bears(clause):
            yield clause.text


def _without(text: str, names: Sequence[str]) -> str:
    """A clause without the names of findings that may be said."""
    for name in names:
        text = text.replace(name, " ")
    return text


def _asserts(text: str, language: Language) -> bool:
    def has(key: str, of: str = text) -> bool:
        return pattern(language, "causes", key).search(of) is not None

    if has("certainty", pattern(language, "causes", "open").sub(" ", text)):
        return True
    if not (has("disease") or has("drug") or has("cause")):
        return False
    closed = pattern(language, "causes", "open").sub(" ", text)
    if (has("disease") or has("drug")) and has("denied_words", closed):
        return True
    return not has("hedges")
