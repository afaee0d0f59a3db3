"""The dangers that the rules tell of the first finding: a draft keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from hemoscribe.prose.brief import first_told
from hemoscribe.prose.clause_bank import bare as without_names
from hemoscribe.prose.guard.bank import Bank, joining_words
from hemoscribe.prose.guard.clauses import Clause, bare, bare_of, judged_words, phrases_of, words_of
from hemoscribe.prose.guard.urgency import TODAY
from hemoscribe.prose.wording import load_yaml
from hemoscribe.records import Language

_PARTS = re.compile(r"\s*[;,:]\s*")
_STEM = 5


def untold(said: Sequence[Clause], bank: Bank) -> Iterator[str]:
    """The dangers of the first statement that the interpretation does not tell."""
    if bank.urgency < TODAY:
        return
    told = frozenset(
        word[:_STEM]
        for clause in said
        if clause.part == "interpretation"
        for word in bare(clause.text)
    )
    for means in first_told(bank.facts):
        variants = [_dangers(text, bank.language) for text in means.texts[bank.language]]
        if all(any(not _is_told(part, told) for part in variant) for variant in variants):
            yield from (text for text, words in variants[0] if not _is_told((text, words), told))


def _is_told(part: tuple[str, frozenset[str]], told: frozenset[str]) -> bool:
    _, words = part
    return len(words & told) >= max(1, len(words) // 2)


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
