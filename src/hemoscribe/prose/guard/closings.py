"""Words that close a report: only of one that was read whole and of which nothing is to be asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.clauses import Clause, pattern
from hemoscribe.prose.guard.urgency import urgency_of
from hemoscribe.records import Language


def closed(
    said: Sequence[Clause], facts: Facts, language: Language, *, draft: bool
) -> Iterator[str]:
    """The words that close a report of which something is still to be read or to be asked.

    A person may close one that holds nothing to act on; a model's draft, only one without fault.
    """
    reading = facts.reading
    open_ = bool(reading.findings or reading.abnormal) if draft else urgency_of(reading) > 0
    if reading.whole and not open_:
        return
    for clause in said:
        found = pattern(language, "closings", "closing").search(clause.plain)
        if found is not None:
            yield found[0]
