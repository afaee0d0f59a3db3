"""Words of another patient: a pregnancy, an age or a sex that the report does not state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, phrases_of
from hemoscribe.prose.lexicon import fold
from hemoscribe.records import Language, Panel

GROWN: Final = 18.0
"""Years from which nobody is a child."""
OLD: Final = 65.0
YOUNG: Final = 45.0
_BESIDE: Final = 4
"""How many words behind an "if" somebody else may be spoken of."""


def mistaken(said: Sequence[Clause], facts: Facts, bank: Bank, language: Language) -> Iterator[str]:
    """The clauses that speak of somebody else."""
    wrong = [key for key, true in _holds(facts.reading.panel).items() if not true]
    for clause in said:
        words = clause.rest
        supposed = [
            end for _, end in phrases_of(language, "another_patient", "supposed").places(words)
        ]
        places = [
            start
            for key in wrong
            for start, _ in phrases_of(language, "another_patient", key).places(words)
            if not any(end <= start < end + _BESIDE for end in supposed)
        ]
        marked = frozenset(fold(clause.words[place]) for place in places)
        if places and not bank.bears(clause, marked):
            yield clause.text


def _holds(panel: Panel) -> dict[str, bool]:
    """What may be said of the patient; what is not stated may not."""
    age = panel.age_years
    return {
        "pregnant": bool(panel.pregnant),
        "child": age is not None and age < GROWN,
        "old": age is not None and age >= OLD,
        "young": age is not None and age < YOUNG,
        "adult": age is None or age >= GROWN,
        "male": panel.sex == "M",
        "female": panel.sex == "F",
    }
