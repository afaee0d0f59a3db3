"""Words that close a report: only of one that was read whole and asks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import BLANK, Clause, phrases_of
from hemoscribe.prose.guard.urgency import urgency_of
from hemoscribe.records import Language


def closed(
    said: Sequence[Clause], facts: Facts, language: Language, *, draft: bool
) -> Iterator[str]:
    """The words that close a report of which something is still to be read or to be asked.

    A person may close one that holds nothing to act on; a model's draft, only one without fault.
    """
    reading = facts.reading
    pending = bool(reading.findings or reading.abnormal) if draft else urgency_of(reading) > 0
    if reading.whole and not pending:
        return
    closing = phrases_of(language, "closings", "closing")
    for clause in said:
        for start, end in closing.places(clause.words):
            yield " ".join(clause.words[start:end])


def asking_nothing(said: Sequence[Clause], bank: Bank, language: Language) -> Iterator[str]:
    """The clauses of a draft's follow-up that ask for nothing: no request, no result, no test.

    Args:
        said: as ``unspoken`` has them.
    """
    asks = phrases_of(language, "requests", "asks")
    for clause in said:
        asked = clause.claims or BLANK in clause.words or asks.within(clause.words)
        if clause.part != "follow_up" or asked:
            continue
        if not bank.bears(clause, frozenset()):
            yield clause.text
