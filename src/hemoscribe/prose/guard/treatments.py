"""Treatment as a noun, a need or a thing to be given: a report's text advises none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, pattern
from hemoscribe.records import Language


def advised(said: Sequence[Clause], bank: Bank, language: Language) -> Iterator[str]:
    """The clauses that advise a treatment: a drug may be asked about, or named by the bank."""
    for clause in said:
        if _advises(clause, language) and not bank.bears(clause):
            yield clause.text


def _advises(clause: Clause, language: Language) -> bool:
    def has(key: str) -> bool:
        return pattern(language, "treatments", key).search(clause.plain) is not None

    if (has("noun") or has("substance")) and has("needed"):
        return True
    if clause.part != "follow_up":
        return False
    return not has("asking") and (has("noun") or (has("substance") and has("given")))
