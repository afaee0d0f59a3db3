"""What rules are made of: something that holds, does not hold, or is not known to.

A ``Truth`` carries two readings of itself: a polars expression over ``knowledge.wide_frame`` (one
row per report; null where it is not known) and a plain Python function
over the same names in a mapping (None where it is not known). Both are built by the same operator,
and a test holds them equal on arbitrary reports.

What a report does not hold at all is not the case: nobody looked for it. What it holds and cannot
be judged by (a result without a range, unread or printed as a bound; a sex that is not stated) is
not known, and neither is its negation: ``~`` of what is not known is not known. A rule that only
steps back where something else is known to hold says so with ``unless``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

Facts = Mapping[str, Any]
"""The facts of one report: the columns of the wide frame's row that are not null."""
Names = frozenset[str]
NOTHING: Names = frozenset()


def _nothing(facts: Facts) -> Names:
    return NOTHING


@dataclass(frozen=True, slots=True)
class Truth:
    """``expr`` for a frame, ``compute`` for one report; ``lacks``: why one report cannot tell.

    ``lacks`` names the facts that are missing, and is asked only where ``compute`` gives None.
    ``certain``: it is known of every report.
    """

    expr: pl.Expr
    compute: Callable[[Facts], bool | None]
    columns: Names
    lacks: Callable[[Facts], Names] = _nothing
    certain: bool = False

    def __and__(self, other: Truth) -> Truth:
        return all_of(self, other)

    def __or__(self, other: Truth) -> Truth:
        return any_of(self, other)

    def __invert__(self) -> Truth:
        compute = self.compute

        def opposite(facts: Facts) -> bool | None:
            found = compute(facts)
            return None if found is None else not found

        return Truth(~self.expr, opposite, self.columns, self.lacks, self.certain)


ALWAYS = Truth(pl.lit(value=True), lambda facts: True, NOTHING, certain=True)


def any_of(*conditions: Truth) -> Truth:
    """Whether at least one holds; not known where none does and one is not known."""
    return _joined(conditions, operator.or_, settles=True)


def all_of(*conditions: Truth) -> Truth:
    """Whether every one holds; not known where none fails and one is not known."""
    return _joined(conditions, operator.and_, settles=False)


def _joined(
    conditions: Sequence[Truth], operation: Callable[[Any, Any], Any], *, settles: bool
) -> Truth:
    """Conditions of which one that is ``settles`` decides."""
    computes = [condition.compute for condition in conditions]

    def compute(facts: Facts) -> bool | None:
        found: bool | None = not settles
        for one in computes:
            truth = one(facts)
            if truth is settles:
                return settles
            if truth is None:
                found = None
        return found

    return Truth(
        reduce(operation, (condition.expr for condition in conditions)),
        compute,
        _columns(conditions),
        _lacks(conditions),
        all(condition.certain for condition in conditions),
    )


def at_least_of(count: int, *conditions: Truth) -> Truth:
    """Whether at least ``count`` of the conditions hold; unknown where it hangs on unknown ones."""
    computes = [condition.compute for condition in conditions]

    def compute(facts: Facts) -> bool | None:
        found = [one(facts) for one in computes]
        held = found.count(True)
        if held >= count:
            return True
        return None if held + found.count(None) >= count else False

    held = pl.sum_horizontal(one.expr.cast(pl.Int8) for one in conditions)
    possible = pl.sum_horizontal(one.expr.fill_null(value=True).cast(pl.Int8) for one in conditions)
    return Truth(
        pl.when(held >= count).then(True).when(possible < count).then(False),
        compute,
        _columns(conditions),
        _lacks(conditions),
    )


def unless(condition: Truth) -> Truth:
    """Whether a condition is not known to hold: false where it holds, else true."""
    compute = condition.compute
    return Truth(
        ~(condition.expr if condition.certain else condition.expr.fill_null(value=False)),
        lambda facts: compute(facts) is not True,
        condition.columns,
        certain=True,
    )


def truth(name: str) -> Truth:
    """Whether a boolean column of the wide frame is true; null is false."""
    return Truth(
        pl.col(name).fill_null(value=False),
        lambda facts: facts.get(name) is True,
        frozenset((name,)),
        certain=True,
    )


def text_is(name: str, value: str) -> Truth:
    """Whether a text column of the wide frame equals ``value``; not known where it is null."""
    own = frozenset((name,))

    def compute(facts: Facts) -> bool | None:
        found = facts.get(name)
        return None if found is None else found == value

    return Truth(pl.col(name) == value, compute, own, lambda facts: own)


def _columns(conditions: Sequence[Truth]) -> Names:
    return frozenset().union(*(condition.columns for condition in conditions))


def _lacks(conditions: Sequence[Truth]) -> Callable[[Facts], Names]:
    def lacks(facts: Facts) -> Names:
        return frozenset().union(*_unknown(facts))

    def _unknown(facts: Facts) -> Iterator[Names]:
        return (one.lacks(facts) for one in conditions if one.compute(facts) is None)

    return lacks
