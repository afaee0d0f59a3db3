"""Causes, certainties and diseases that no rule holds: said as "may be", or said by the bank."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from hemoscribe.prose.clause_bank import bare as without_names
from hemoscribe.prose.clause_bank import clauses_of
from hemoscribe.prose.guard.bank import Bank, Sentence, joining_words, naming_words
from hemoscribe.prose.guard.clauses import Clause, bare, bare_of, judged_words, phrases_of
from hemoscribe.prose.guard.phrases import Phrases, Place
from hemoscribe.prose.guard.vocabulary import free_words
from hemoscribe.prose.lexicon import fold, lexicon
from hemoscribe.prose.wording import load_yaml, wordings
from hemoscribe.records import Language

_BESIDE_A_CAUSE = 4
"""How near a cause the word stands that leaves it open ("may be due to", "due to a possible")."""
_BESIDE_A_DISEASE = 10
_SHORTEST_CAUSE: Final = 4
_MARKED = ("cause", "certainty", "disease", "drug")


def unheld(said: Sequence[Clause], free: Sequence[Clause], bank: Bank) -> Iterator[str]:
    """The clauses of the interpretation that assert a cause, a certainty or a disease unborne.

    Args:
        free: the clauses as ``unspoken`` has them.
    """
    language = bank.language
    for clause, own in zip(said, free, strict=True):
        if clause.part != "interpretation" or not asserts(own.rest, language):
            continue
        marked = frozenset[str]().union(*(own.marked(_of(language, key)) for key in _MARKED))
        if not bank.states(clause, marked, _as_open(clause.rest, language)):
            yield clause.text


def bare_causes(said: Sequence[Clause], free: Sequence[Clause], bank: Bank) -> Iterator[str]:
    """The clauses of the interpretation in which a cause of the bank's stands without a doubt.

    "Immune thrombocytopenia.", "Menstrual loss.": no word says "because", and a cause is stated.

    Args:
        free: the clauses as ``unspoken`` has them.
    """
    language = bank.language
    known = _causes_told(language)
    for clause, own in zip(said, free, strict=True):
        if clause.part != "interpretation":
            continue
        named = [(n, n + 1) for n, word in enumerate(own.rest) if fold(word) in known]
        hedges = list(_of(language, "hedges").places(own.rest)) if named else []
        closed = _of(language, "open").without(own.rest) if named else ()
        denied = _of(language, "denied_words").within(closed)
        if denied or not _left_open(named, hedges, _BESIDE_A_DISEASE):
            marked = frozenset(fold(own.rest[n]) for n, _ in named)
            if not bank.states(clause, marked, _as_open(clause.rest, language)):
                yield clause.text


@cache
def _causes_told(language: Language) -> frozenset[str]:
    """The words by which the bank's meanings name causes: what names no finding or result, and
    joins, frames or doubts nothing."""
    told = (
        text
        for one in clauses_of().values()
        for means in one.means
        for text in means.texts[language]
    )
    words = frozenset[str]().union(*(bare(without_names(text)) for text in told))
    guard = load_yaml(f"{language}/guard.yaml")
    listed = [*guard["function_words"], *judged_words(language, "causes")["no_cause"]]
    listed += [word for key in ("hedges", "open") for word in judged_words(language, "causes")[key]]
    listed += lexicon(language).group_names.values()
    listed += [text for one in wordings(language).values() for text in one.statement]
    own = bare_of(listed) | free_words(language) | joining_words(language) | naming_words(language)
    always = bare_of(judged_words(language, "causes")["always"])
    return always | {word for word in words - own if len(word) >= _SHORTEST_CAUSE}


def is_open(clause: Clause, language: Language) -> bool:
    """Whether a clause only supposes, or asks for, what it names."""
    return _of(language, "hedges").within(clause.words)


def asserts(words: Sequence[str], language: Language) -> bool:
    """Whether words state as certain, or deny, what no report of results can."""
    closed = _of(language, "open").without(words)
    if _of(language, "certainty").within(closed):
        return True
    named = [one for key in ("disease", "drug") for one in _of(language, key).places(words)]
    if named and _of(language, "denied_words").within(closed):
        return True
    hedges = list(_of(language, "hedges").places(words))
    causes = list(_of(language, "cause").places(words))
    return not (
        _left_open(named, hedges, _BESIDE_A_DISEASE) and _left_open(causes, hedges, _BESIDE_A_CAUSE)
    )


def _left_open(named: Sequence[Place], hedges: Sequence[Place], beside: int) -> bool:
    """Whether each of these places has a word beside it that leaves it open."""
    return all(
        any(start - beside < last and first < end + beside for first, last in hedges)
        for start, end in named
    )


def _as_open(words: Sequence[str], language: Language) -> Callable[[Sentence], bool]:
    """A sentence that leaves its causes open bears a clause only that leaves them open too."""
    hedged = _of(language, "hedges").within(words)

    def fits(sentence: Sentence) -> bool:
        return hedged or not _of(language, "hedges").within(sentence.words)

    return fits


def _of(language: Language, key: str) -> Phrases:
    return phrases_of(language, "causes", key)
