"""Whether a comma or a point marks the decimals of a column, and its numbers with a point."""

from __future__ import annotations

import polars as pl

from hemoscribe.sources.mapping import Mapping

_POINT_OF_THREE, _COMMA_OF_THREE = r"\d\.\d{3}", r"\d,\d{3}"
_ONE_POINT = r"((?:^|[^\d.,])[1-9]\d{0,2})\.(\d{3})($|[^\d.,])"
_ONE_COMMA = r"((?:^|[^\d.,])\d{1,3}),(\d{3})($|[^\d.,])"
_GROUPING_COMMA = r"((?:^|[^\d.,])[1-9]\d{0,2}),(\d{3})($|[^\d.,])"


def decimal_mark(texts: pl.Series, mapping: Mapping) -> str | None:
    """The decimal mark of a column: the mapping's, or the one that only decimals can explain.

    ``1,234`` alone says nothing; ``4,5`` or ``0,250`` elsewhere in the column says comma, ``4.5``
    says point. None where the column says neither, or both.
    """
    if mapping.decimal is not None or not texts.str.contains(",", literal=True).any():
        return mapping.decimal
    comma, point = (
        texts.str.contains(rf"\d{mark}(?:\d{{1,2}}|\d{{4,}})(?:\D|$)|(?:^|\D)0{mark}\d").any()
        for mark in (",", r"\.")
    )
    return None if comma == point else ("," if comma else ".")


def in_decimal(texts: pl.Series, mark: str | None) -> pl.Series:
    """``1,234`` as ``1.234`` where the column's mark is a comma, as ``1234`` where a point.

    Beside decimal commas a point before three digits groups thousands: ``1.234`` is ``1234`` then.
    A text may hold two numbers: ``150,000-400,000``.
    """
    if mark is None:
        return texts
    if mark == "," and texts.str.contains(_POINT_OF_THREE).any():
        texts = _replaced(texts, _ONE_POINT, "${1}${2}${3}")
    if not texts.str.contains(_COMMA_OF_THREE).any():
        return texts
    if mark == ",":
        return _replaced(texts, _ONE_COMMA, "${1}.${2}${3}")
    return _replaced(texts, _GROUPING_COMMA, "${1}${2}${3}")


def _replaced(texts: pl.Series, pattern: str, by: str) -> pl.Series:
    """Twice, because the sign between two numbers is part of one match alone."""
    return texts.str.replace_all(pattern, by).str.replace_all(pattern, by)
