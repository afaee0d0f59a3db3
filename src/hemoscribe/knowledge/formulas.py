"""The small language in which indices and findings are written, for one report or ten million.

A ``Number`` carries two readings of itself, as a ``Truth`` does: a polars expression and a plain
Python function. A frame of one row costs polars several microseconds per operation, and a report
asks for about two thousand of them; the Python function reads one report in a fraction of a
millisecond.

Missing facts are safe everywhere: arithmetic on a missing number is missing, and so is a result
that is not finite. A comparison with a number that is missing is false where nobody measured it,
and not known where it was reported and cannot be used, or where sex or age is not stated.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from hemoscribe.knowledge.truths import (
    ALWAYS,
    NOTHING,
    Facts,
    Names,
    Truth,
    all_of,
    any_of,
    at_least_of,
    text_is,
    truth,
    unless,
)

__all__ = [
    "ALWAYS",
    "NOTHING",
    "Facts",
    "Lack",
    "Names",
    "Number",
    "Truth",
    "all_of",
    "any_of",
    "at_least_of",
    "constant",
    "number",
    "text_is",
    "truth",
    "unless",
]


@dataclass(frozen=True, slots=True)
class Lack:
    """Whether a number is missing though it was reported or is always asked for.

    ``expr`` for a frame: null where it is lacking, else false. ``names`` for one report: the facts
    that are lacking, none where the number is there or nobody measured it.
    """

    expr: pl.Expr
    names: Callable[[Facts], Names]
    columns: Names


@dataclass(frozen=True, slots=True)
class Number:
    """A number that may be missing: ``expr`` for a frame, ``compute`` for one report.

    While a number is ``open`` its expression may still give NaN or infinity; ``settled`` closes it.
    ``lack`` is None where a missing number was simply not measured.
    """

    expr: pl.Expr
    compute: Callable[[Facts], float | None]
    columns: Names
    open: bool = False
    lack: Lack | None = None

    @property
    def settled(self) -> pl.Expr:
        """The expression, null where it is not a finite number."""
        return pl.when(self.expr.is_finite()).then(self.expr) if self.open else self.expr

    @property
    def known(self) -> Truth:
        """Whether there is a number: never unknown itself."""
        compute = self.compute
        return Truth(
            self.settled.is_not_null(),
            lambda facts: compute(facts) is not None,
            self.columns,
            certain=True,
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
        return self._cut(min, limit, self.settled.clip(upper_bound=limit))

    def at_least(self, limit: float) -> Number:
        """The greater of the number and ``limit``."""
        return self._cut(max, limit, self.settled.clip(lower_bound=limit))

    def _cut(self, choose: Callable[..., float], limit: float, expr: pl.Expr) -> Number:
        compute = self.compute

        def chosen(facts: Facts) -> float | None:
            number = compute(facts)
            return None if number is None else choose(number, limit)

        return Number(expr, chosen, self.columns, lack=self.lack)

    def otherwise(self, other: Number) -> Number:
        """``other`` where this number is missing."""
        first, second = self.compute, other.compute

        def either(facts: Facts) -> float | None:
            number = first(facts)
            return second(facts) if number is None else number

        return Number(
            pl.coalesce(self.settled, other.settled),
            either,
            self.columns | other.columns,
            lack=_lack_of_either(self, other),
        )

    def where(self, condition: Truth) -> Number:
        """The number where ``condition`` holds, missing elsewhere."""
        compute, holds = self.compute, condition.compute
        return Number(
            pl.when(condition.expr).then(self.expr),
            lambda facts: compute(facts) if holds(facts) else None,
            self.columns | condition.columns,
            self.open,
            _lack_where(self.lack, condition),
        )


def number(name: str, lack: Lack | None = None) -> Number:
    """The number in a column of the wide frame."""
    return Number(pl.col(name), lambda facts: facts.get(name), frozenset((name,)), lack=lack)


def constant(value: float) -> Number:
    """A number that is always there."""
    return Number(pl.lit(value, dtype=pl.Float64), lambda facts: value, frozenset())


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
    expr = operation(one.expr, divisor)
    return Number(expr, compute, columns, open=True, lack=_lack_of_both(one, other))


def _comparison(operation: _Operation, left: Number, right: Number | float) -> Truth:
    other = _as_number(right)
    first, second = left.compute, other.compute
    lack = _lack_of_both(left, other)
    names = (lambda facts: NOTHING) if lack is None else lack.names

    def compute(facts: Facts) -> bool | None:
        a = first(facts)
        b = None if a is None else second(facts)
        if a is None or b is None:
            return None if names(facts) else False
        return bool(operation(a, b))

    closed = operation(left.settled, other.settled).fill_null(value=False)
    columns = left.columns | other.columns
    if lack is None:
        return Truth(closed, compute, columns, certain=True)
    return Truth(closed | lack.expr, compute, columns | lack.columns, names)


# What is lacking ----------------------------------------------------------------------------------


def _lack_of_either(one: Number, other: Number) -> Lack | None:
    """What the second of two numbers lacks, where the first is missing."""
    either = _joined(one.lack, other.lack)
    if either is None:
        return None
    missing = one.settled.is_null() & other.settled.is_null()
    expr = pl.when(missing).then(either.expr).otherwise(pl.lit(value=False))
    return Lack(expr, either.names, either.columns | one.columns | other.columns)


def _joined(one: Lack | None, other: Lack | None) -> Lack | None:
    if one is None or other is None:
        return one or other
    first, second = one.names, other.names
    return Lack(
        one.expr | other.expr,
        lambda facts: first(facts) | second(facts),
        one.columns | other.columns,
    )


def _lack_of_both(one: Number, other: Number) -> Lack | None:
    """What two numbers lack together: nothing where one of them was simply not measured."""
    either = _joined(one.lack, other.lack)
    if either is None:
        return None
    sides = [side for side in (one, other) if side.columns]

    def names(facts: Facts) -> Names:
        found = NOTHING
        for side in sides:
            if side.compute(facts) is None:
                own = NOTHING if side.lack is None else side.lack.names(facts)
                if not own:
                    return NOTHING
                found |= own
        return found

    expr = either.expr
    if len(sides) > 1:
        for side in sides:
            absent = side.settled.is_null()
            if side.lack is not None:
                absent = absent & side.lack.expr.is_not_null()
            expr = expr & ~absent
    return Lack(expr, names, either.columns | one.columns | other.columns)


def _lack_where(lack: Lack | None, condition: Truth) -> Lack | None:
    if lack is None and condition.certain:
        return None
    holds, why = condition.compute, condition.lacks

    def names(facts: Facts) -> Names:
        found = holds(facts)
        if found is None:
            return why(facts)
        return lack.names(facts) if found and lack is not None else NOTHING

    within = pl.lit(value=False) if lack is None else lack.expr
    known = pl.when(condition.expr).then(within).otherwise(pl.lit(value=False))
    expr = known if condition.certain else pl.when(condition.expr.is_not_null()).then(known)
    columns = condition.columns if lack is None else condition.columns | lack.columns
    return Lack(expr, names, columns)
