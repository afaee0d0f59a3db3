"""Words of another patient: a pregnancy, an age or a sex that the report does not state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, pattern
from hemoscribe.records import Language, Panel

GROWN: Final = 18.0
"""Years from which nobody is a child."""
OLD: Final = 65.0
YOUNG: Final = 45.0


def mistaken(said: Sequence[Clause], panel: Panel, bank: Bank, language: Language) -> Iterator[str]:
    """The clauses that speak of somebody else."""
    holds = _holds(panel)
    for clause in said:
        wrong = [
            key
            for key, true in holds.items()
            if not true and pattern(language, "patients", key).search(clause.plain)
        ]
        if not wrong or pattern(language, "patients", "supposed").search(clause.plain):
            continue
        if not bank.bears(clause):
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
