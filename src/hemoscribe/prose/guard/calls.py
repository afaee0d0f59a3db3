"""The call for a critical value: at once, in words of a closed list, and by nothing less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, judged_words, phrases_of
from hemoscribe.prose.guard.phrases import Phrases
from hemoscribe.prose.guard.urgency import TODAY
from hemoscribe.records import Language


def unheard(said: Sequence[Clause], bank: Bank, label: str) -> Iterator[str]:
    """``label`` where a value is critical and no clause calls for it at once."""
    if _is_critical(bank) and not any(_calls(clause.words, bank.language) for clause in said):
        yield label


def weakened(said: Sequence[Clause], free: Sequence[Clause], bank: Bank) -> Iterator[str]:
    """The clauses that call later, perhaps or on a condition, where an alarm is due.

    Args:
        free: the clauses as ``unspoken`` has them.
    """
    if bank.urgency < TODAY:
        return
    for clause, own in zip(said, free, strict=True):
        words = _waiting_taken_out(own.words, bank.language)
        called = phrases_of(bank.language, "calls", "call").within(words)
        if called and _is_weak(words, bank.language, that_day=_is_critical(bank)):
            yield clause.text


def _is_critical(bank: Bank) -> bool:
    return any(result.critical for result in bank.facts.reading.results)


def _is_weak(words: Sequence[str], language: Language, *, that_day: bool) -> bool:
    keys = ("weak", "that_day") if that_day else ("weak",)
    return any(phrases_of(language, "calls", key).within(words) for key in keys)


def _calls(words: Sequence[str], language: Language) -> bool:
    return (
        phrases_of(language, "calls", "call").within(words)
        and phrases_of(language, "requests", "now").within(words)
        and not _is_weak(_waiting_taken_out(words, language), language, that_day=True)
    )


def _waiting_taken_out(words: Sequence[str], language: Language) -> tuple[str, ...]:
    """The words without those by which waiting is forbidden ("without delay", "cannot wait")."""
    return at_once(language).without(words)


@cache
def at_once(language: Language) -> Phrases:
    """The phrases of haste, and those by which waiting is forbidden."""
    now = judged_words(language, "requests")["now"]
    return Phrases([*judged_words(language, "alarms")["at_once"], *now])
