"""What a table's columns say of withdrawn results: a state in words, or a column of its own."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.printed import status_words
from hemoscribe.sources.tables.headers import fold
from hemoscribe.sources.withdrawal_words import is_withdrawn_flag

CANCELLED = "cancelled"


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    lists = package_yaml(__package__, "validations.yaml")
    yes, no = (frozenset(map(fold, lists[name])) for name in ("withdrawn", "not_withdrawn"))
    return yes, no


def stated_states(texts: pl.Series) -> pl.Series:
    """States as they are, those in words that knowledge does not have as ``cancelled``."""
    said = withdrawn_words(texts, status_words())
    return texts if said.null_count() == len(said) else said.fill_null(texts)


def withdrawn_words(texts: pl.Series, but: Collection[str] = ()) -> pl.Series:
    """``cancelled`` for words that withdraw a result; null for others, and for those of ``but``."""
    distinct = texts.unique().drop_nulls()
    said = [one for one in distinct if one.strip().casefold() not in but and is_withdrawn_flag(one)]
    if not said:
        return pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    return texts.replace_strict(said, CANCELLED, default=None, return_dtype=pl.String)


def withdrawals(texts: pl.Series) -> pl.Series:
    """A column for withdrawals as states: ``cancelled`` for yes, a date or a reason, null for no.

    What is not understood stays as it is printed: it is no known state, so the result is refused.
    """
    meant = {text: _withdrawal(text) for text in texts.unique().drop_nulls()}
    if not any(meant.values()):
        return pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    return texts.replace_strict(meant, default=None, return_dtype=pl.String)


def _withdrawal(text: str) -> str | None:
    yes, no = _lists()
    said = fold(text)
    if said in no:
        return None
    is_date = sum(map(str.isdigit, text)) >= 4 and any(mark in text for mark in "-/:.")
    is_reason = sum(map(str.isalpha, text)) > 2
    return CANCELLED if said in yes or is_date or is_reason else text
