"""Causes, certainties and diseases that no rule holds: said as "may be", or said by the bank."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hemoscribe.prose.guard.bank import Bank, Sentence
from hemoscribe.prose.guard.clauses import Clause, phrases_of
from hemoscribe.prose.guard.phrases import Phrases, Place
from hemoscribe.records import Language

_BESIDE_A_CAUSE = 4
"""How near a cause the word stands that leaves it open ("may be due to", "due to a possible")."""
_BESIDE_A_DISEASE = 10
_MARKED = ("cause", "certainty", "disease", "drug")


def unheld(said: Sequence[Clause], bank: Bank, language: Language) -> Iterator[str]:
    """The clauses of the interpretation that assert a cause, a certainty or a disease unborne."""
    for clause in said:
        if clause.part != "interpretation":
            continue
        marked = frozenset[str]().union(*(clause.marked(_of(language, key)) for key in _MARKED))
        words = clause.rest
        if asserts(words, language) and not bank.states(clause, marked, _as_open(words, language)):
            yield clause.text


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
