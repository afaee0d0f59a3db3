"""How a finding's rule is written down: its grades as truths, and the results it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from hemoscribe.knowledge.formulas import Truth
from hemoscribe.knowledge.rule_words import measured

UNGRADED = ""
_RULES: dict[str, Rule] = {}


@dataclass(frozen=True, slots=True)
class Rule:
    """A finding's rule. ``grades`` are tried in order, most severe first; ``UNGRADED`` for none.

    ``evidence`` names the results a finding rests on, each with the condition under which it does;
    a finding without any evidence in a report is not stated. ``earlier`` does the same for the
    facts of earlier reports (``knowledge.earlier_facts``).
    """

    grades: Mapping[str, Truth]
    evidence: Mapping[str, Truth]
    earlier: Mapping[str, Truth] = field(default_factory=dict)


def evidence(*analytes: str, **conditional: Truth) -> Mapping[str, Truth]:
    """Results that are evidence wherever measured, and results that are so under a condition."""
    given = {analyte: measured(analyte) & truth for analyte, truth in conditional.items()}
    return {analyte: measured(analyte) for analyte in analytes} | given


def plain(condition: Truth, *analytes: str, **conditional: Truth) -> Rule:
    """A rule without grades."""
    return Rule({UNGRADED: condition}, evidence(*analytes, **conditional))


def rule(name: str) -> Callable[[Callable[[], Rule]], Callable[[], Rule]]:
    """Register the function below as the rule of the finding ``name``."""

    def register(function: Callable[[], Rule]) -> Callable[[], Rule]:
        assert name not in _RULES, f"two rules for the finding {name}"
        _RULES[name] = function()
        return function

    return register


_SHARED: dict[str, Truth] = {}


def shared(name: str, condition: Truth) -> Truth:
    """A condition that many rules ask for: a frame of many reports computes it once.

    ``shared_conditions`` are to be columns of the frame before a rule is looked for in it.
    """
    column = f"shared:{name}"
    _SHARED[column] = condition
    return replace(condition, expr=pl.col(column), columns=condition.columns | frozenset((column,)))


def shared_conditions() -> Mapping[str, Truth]:
    """What the rules share, by column."""
    return _SHARED


def rules() -> Mapping[str, Rule]:
    """Every rule registered by the modules of disciplines."""
    return _RULES
