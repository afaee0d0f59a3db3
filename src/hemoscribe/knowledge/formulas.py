"""The small language in which indices and findings are written, for one report or ten million.

A formula carries two readings of itself: a polars expression over the wide frame of
``knowledge.facts`` (one row per report), and a plain Python function over the same names in a
mapping. A frame of one row costs polars several microseconds per operation, and a report asks for
about two thousand of them; the Python function reads one report in a fraction of a millisecond.
Both are built by the same operator, and a test holds them equal on arbitrary reports.

Missing facts are safe everywhere: arithmetic on a missing number is missing, and so is a result
that is not finite; a comparison with a missing number is false. A ``Truth`` is never null.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

Facts = Mapping[str, Any]
"""The facts of one report: the columns of the wide frame's row that are not null."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Something that holds or does not: ``expr`` for a frame, ``compute`` for one report."""

    expr: pl.Expr
    compute: Callable[[Facts], bool]
    columns: frozenset[str]

    def __and__(self, other: Truth) -> Truth:
        left, right = self.compute, other.compute
        return Truth(
            self.expr & other.expr,
            lambda facts: left(facts) and right(facts),
            self.columns | other.columns,
        )

    def __or__(self, other: Truth) -> Truth:
        left, right = self.compute, other.compute
        return Truth(
            self.expr | other.expr,
            lambda facts: left(facts) or right(facts),
            self.columns | other.columns,
        )

    def __invert__(self) -> Truth:
        compute = self.compute
        return Truth(~self.expr, lambda facts: not compute(facts), self.columns)


@dataclass(frozen=True, slots=True)
class Number:
    """A number that may be missing: ``expr`` for a frame, ``compute`` for one report.

    While a number is ``open`` its expression may still give NaN or infinity; ``settled`` closes it.
    """

    expr: pl.Expr
    compute: Callable[[Facts], float | None]
    columns: frozenset[str]
    open: bool = False

    @property
    def settled(self) -> pl.Expr:
        """The expression, null where it is not a finite number."""
        return pl.when(self.expr.is_finite()).then(self.expr) if self.open else self.expr

    @property
    def known(self) -> Truth:
        """Whether there is a number."""
        compute = self.compute
        return Truth(
            self.settled.is_not_null(), lambda facts: compute(facts) is not None, self.columns
        )

    def __add__(self, other: Number | float) -> Number:
        return _arithmetic(operator.add, self, other)

    def __radd__(self, other: float) -> Number:
        return _arithmetic(operator.add, other, self)

    def __sub__(self, other: Number | float) -> Number:
        return _arithmetic(operator.sub, self, other)

    def __rsub__(self, other: float) -> Number:
        return _arithmetic(operator.sub, other, self)

    def __mul__(self, other: Number | float) -> Number:
        return _arithmetic(operator.mul, self, other)

    def __rmul__(self, other: float) -> Number:
        return _arithmetic(operator.mul, other, self)

    def __truediv__(self, other: Number | float) -> Number:
        return _arithmetic(operator.truediv, self, other)

    def __rtruediv__(self, other: float) -> Number:
        return _arithmetic(operator.truediv, other, self)

    def __pow__(self, power: float) -> Number:
        """``self`` to a constant power; missing for a negative number and a broken power."""
        return _arithmetic(operator.pow, self, power)

    def __rpow__(self, constant: float) -> Number:
        """A constant to the power ``self``."""
        return _arithmetic(operator.pow, constant, self)

    def __ge__(self, other: Number | float) -> Truth:
        return _comparison(operator.ge, self, other)

    def __gt__(self, other: Number | float) -> Truth:
        return _comparison(operator.gt, self, other)

    def __le__(self, other: Number | float) -> Truth:
        return _comparison(operator.le, self, other)

    def __lt__(self, other: Number | float) -> Truth:
        return _comparison(operator.lt, self, other)

    def at_most(self, limit: float) -> Number:
        """The lesser of the number and ``limit``."""
        compute = self.compute

        def least(facts: Facts) -> float | None:
            number = compute(facts)
            return None if number is None else min(number, limit)

        return Number(self.settled.clip(upper_bound=limit), least, self.columns)

    def at_least(self, limit: float) -> Number:
        """The greater of the number and ``limit``."""
        compute = self.compute

        def greatest(facts: Facts) -> float | None:
            number = compute(facts)
            return None if number is None else max(number, limit)

        return Number(self.settled.clip(lower_bound=limit), greatest, self.columns)

    def otherwise(self, other: Number) -> Number:
        """``other`` where this number is missing."""
        first, second = self.compute, other.compute

        def either(facts: Facts) -> float | None:
            number = first(facts)
            return second(facts) if number is None else number

        return Number(
            pl.coalesce(self.settled, other.settled), either, self.columns | other.columns
        )

    def where(self, condition: Truth) -> Number:
        """The number where ``condition`` holds, missing elsewhere."""
        compute, holds = self.compute, condition.compute
        return Number(
            pl.when(condition.expr).then(self.expr),
            lambda facts: compute(facts) if holds(facts) else None,
            self.columns | condition.columns,
            self.open,
        )


def number(name: str) -> Number:
    """The number in a column of the wide frame."""
    return Number(pl.col(name), lambda facts: facts.get(name), frozenset((name,)))


def constant(value: float) -> Number:
    """A number that is always there."""
    return Number(pl.lit(value, dtype=pl.Float64), lambda facts: value, frozenset())


def truth(name: str) -> Truth:
    """Whether a boolean column of the wide frame is true; null is false."""
    return Truth(
        pl.col(name).fill_null(value=False),
        lambda facts: facts.get(name) is True,
        frozenset((name,)),
    )


def text_is(name: str, value: str) -> Truth:
    """Whether a text column of the wide frame equals ``value``; null is false."""
    return Truth(
        (pl.col(name) == value).fill_null(value=False),
        lambda facts: facts.get(name) == value,
        frozenset((name,)),
    )


ALWAYS = Truth(pl.lit(value=True), lambda facts: True, frozenset())


def any_of(*conditions: Truth) -> Truth:
    """Whether at least one holds."""
    return reduce(operator.or_, conditions)


def all_of(*conditions: Truth) -> Truth:
    """Whether every one holds."""
    return reduce(operator.and_, conditions)


def at_least_of(count: int, *conditions: Truth) -> Truth:
    """Whether at least ``count`` of the conditions hold."""
    computes = [condition.compute for condition in conditions]
    return Truth(
        pl.sum_horizontal(c.expr.cast(pl.Int8) for c in conditions) >= count,
        lambda facts: sum(compute(facts) for compute in computes) >= count,
        frozenset().union(*(condition.columns for condition in conditions)),
    )


def _as_number(value: Number | float) -> Number:
    return value if isinstance(value, Number) else constant(float(value))


_Operation = Callable[[Any, Any], Any]


def _arithmetic(operation: _Operation, left: Number | float, right: Number | float) -> Number:
    one, other = _as_number(left), _as_number(right)
    first, second = one.compute, other.compute

    def compute(facts: Facts) -> float | None:
        a = first(facts)
        if a is None:
            return None
        b = second(facts)
        if b is None:
            return None
        try:
            result = operation(a, b)
        except (ZeroDivisionError, OverflowError):
            return None
        if isinstance(result, complex) or not math.isfinite(result):
            return None
        return float(result)

    divisor = other.expr
    if operation is operator.truediv and isinstance(right, Number):
        divisor = pl.when(divisor != 0.0).then(divisor)
    columns = one.columns | other.columns
    return Number(operation(one.expr, divisor), compute, columns, open=True)


def _comparison(operation: _Operation, left: Number, right: Number | float) -> Truth:
    other = _as_number(right)
    first, second = left.compute, other.compute

    def compute(facts: Facts) -> bool:
        a = first(facts)
        if a is None:
            return False
        b = second(facts)
        return b is not None and bool(operation(a, b))

    return Truth(
        operation(left.settled, other.settled).fill_null(value=False),
        compute,
        left.columns | other.columns,
    )
