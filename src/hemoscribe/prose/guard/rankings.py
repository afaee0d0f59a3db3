"""Causes that a draft sets first or aside: only as the bank ranks them in this report.

A rank is what stands with "first", "likely" and the like, from the break before to the one behind.
What a draft names there is named in such a place by one of the meanings that hold, else it is no
rank of the bank; what it sets aside, the bank sets aside in the same words. That something is
chronic is held to the bank in the same way, whoever doubts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache

from hemoscribe.prose.clause_bank import bare as without_names
from hemoscribe.prose.guard.bank import Bank, Sentence, joining_words
from hemoscribe.prose.guard.clauses import Clause, bare_of, judged_words, phrases_of, words_of
from hemoscribe.prose.guard.urgency import TODAY
from hemoscribe.prose.lexicon import fold
from hemoscribe.prose.wording import load_yaml
from hemoscribe.records import Language

_SIGNS = frozenset(":;()")
_PARTING = frozenset((",", "or", "and", "ou", "et"))
_BLANK = frozenset("_,:()")


def misranked(said: Sequence[Clause], free: Sequence[Clause], bank: Bank) -> Iterator[str]:
    """The clauses of the interpretation that rank causes, or call something chronic, unborne.

    Args:
        free: the clauses as ``unspoken`` has them.
    """
    language = bank.language
    for clause, own in zip(said, free, strict=True):
        if clause.part != "interpretation":
            continue
        last = own.marked(phrases_of(language, "rankings", "last"))
        lasting = _chronic(own, language)
        fits = _same_hold(clause, language)
        if (
            (last and not bank.states(clause, last, fits))
            or (not last and not _first_as_the_bank(own, bank))
            or (lasting and not bank.states(clause, lasting, fits))
        ):
            yield clause.text


def _first_as_the_bank(own: Clause, bank: Bank) -> bool:
    """Whether what a clause sets first stands in one rank of the bank, with the first of it."""
    named = bank.finding_names | _no_cause(bank.language)
    for rank in _ranked(own.words, bank.language, pressing=bank.urgency >= TODAY):
        words = frozenset(map(fold, rank)) - named
        held = (
            one for texts in bank.meanings for text in texts for one in _ranks(text, bank.language)
        )
        if words and not any(_holds(one, words, named) for one in held):
            return False
    return True


def _holds(rank: Sequence[str], words: frozenset[str], named: frozenset[str]) -> bool:
    """Whether a rank of the bank has all of the words, and its first item one of them."""
    items: list[set[str]] = [set()]
    for word in rank:
        if word in _PARTING:
            items.append(set())
        elif fold(word) not in named:
            items[-1].add(fold(word))
    first = next((item for item in items if item), set[str]())
    return words <= set[str]().union(*items) and bool(words & first)


def _chronic(own: Clause, language: Language) -> frozenset[str]:
    """The words of the clause by which something is called chronic."""
    names = judged_words(language, "rankings")["chronic_names"]
    named = [(one.start, one.end) for one in own.claims if one.finding in names]
    return frozenset(
        fold(word)
        for start, end in phrases_of(language, "rankings", "chronic").places(own.words)
        for word, place in zip(own.words[start:end], own.starts[start:end], strict=True)
        if not any(first <= place < last for first, last in named)
    )


def _ranked(
    words: Sequence[str], language: Language, *, pressing: bool = True
) -> Iterator[Sequence[str]]:
    """What stands with each word of rank: from the break before, to the one or the comma behind."""
    keys = ("first", "probable") if pressing else ("first",)
    marks = [one for key in keys for one in phrases_of(language, "rankings", key).places(words)]
    if not marks:
        return
    breaks = phrases_of(language, "rankings", "breaks")
    before = [0, *(end for _, end in breaks.places(words))]
    before += [place + 1 for place, word in enumerate(words) if word in _SIGNS]
    behind = [len(words), *(start for start, _ in breaks.places(words))]
    behind += [place for place, word in enumerate(words) if word in _SIGNS or word == ","]
    for start, end in marks:
        yield words[
            max(one for one in before if one <= start) : min(one for one in behind if one >= end)
        ]


@lru_cache(maxsize=4096)
def _ranks(text: str, language: Language) -> tuple[Sequence[str], ...]:
    """The ranks of a text of the bank."""
    parts = without_names(text).split(";")
    return tuple(rank for part in parts for rank in _ranked(words_of(part), language))


@cache
def _no_cause(language: Language) -> frozenset[str]:
    guard = load_yaml(f"{language}/guard.yaml")
    listed = [*judged_words(language, "rankings")["about"]]
    listed += [*guard["framing_words"], *guard["function_words"]]
    listed += [
        one for key in ("first", "probable") for one in judged_words(language, "rankings")[key]
    ]
    return joining_words(language) | bare_of(listed) | _BLANK


def _same_hold(clause: Clause, language: Language) -> Callable[[Sentence], bool]:
    """A sentence that leaves open what it says bears only a clause that does so too."""
    hedges = phrases_of(language, "causes", "hedges")
    open_ = hedges.within(clause.words)
    return lambda sentence: open_ or not hedges.within(sentence.words)
