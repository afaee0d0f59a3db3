"""The dangers that the rules tell of the first finding: a draft keeps them, and turns none away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from hemoscribe.prose.clause_bank import bare as without_names
from hemoscribe.prose.guard.bank import Bank, joining_words
from hemoscribe.prose.guard.clauses import Clause, bare, bare_of, judged_words, phrases_of, words_of
from hemoscribe.prose.guard.urgency import TODAY
from hemoscribe.prose.wording import load_yaml
from hemoscribe.records import Language

_PARTS = re.compile(r"\s*[;,:]\s*")
_STEM = 5


def turned_away(said: Sequence[Clause], free: Sequence[Clause], bank: Bank) -> Iterator[str]:
    """The clauses of the interpretation that make little of a danger which the bank tells.

    Args:
        free: the clauses as ``unspoken`` has them.
    """
    language = bank.language
    feared = frozenset(
        word
        for texts in bank.meanings
        for text in texts
        for _, words in _dangers(text, language)
        for word in words
    )
    if not feared or bank.urgency < TODAY:
        return
    for clause, own in zip(said, free, strict=True):
        if clause.part != "interpretation" or not feared & {w[:_STEM] for w in own.bare_words()}:
            continue
        marked = own.marked(phrases_of(language, "dangers", "turned"))
        if marked and not bank.states(clause, marked):
            yield clause.text


@lru_cache(maxsize=4096)
def _dangers(text: str, language: Language) -> tuple[tuple[str, frozenset[str]], ...]:
    """The parts of a text that tell a danger, each with the stems of what is in danger."""
    found = []
    for part in _PARTS.split(without_names(text)):
        if phrases_of(language, "dangers", "danger").within(words_of(part)):
            words = bare(part) - _plain(language)
            if words:
                found.append((part, frozenset(word[:_STEM] for word in words)))
    return tuple(found)


@cache
def _plain(language: Language) -> frozenset[str]:
    """Words that say nothing of what is in danger."""
    guard = load_yaml(f"{language}/guard.yaml")
    listed = [*guard["framing_words"], *guard["function_words"]]
    listed += judged_words(language, "dangers")["danger"]
    listed += judged_words(language, "rankings")["about"]
    return joining_words(language) | bare_of(listed)
