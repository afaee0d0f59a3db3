"""Whether a result is validated, as a column of a laboratory's system says it: ``O`` and ``N``."""

from __future__ import annotations

from functools import cache

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.sources.tables.headers import fold


@cache
def _words() -> dict[str, bool]:
    lists = package_yaml(__package__, "validations.yaml")
    return {
        fold(word): name == "validated"
        for name in ("validated", "not_validated")
        for word in lists[name]
    }


def validations(texts: pl.Series) -> pl.Series:
    """True, False, or null for what is not understood; a date or a time says when it was done."""
    known = {text: _validated(text) for text in texts.drop_nulls().unique(maintain_order=True)}
    return texts.replace_strict(
        list(known), list(known.values()), default=None, return_dtype=pl.Boolean
    )


def _validated(text: str) -> bool | None:
    if text.count("/") > 1 or text.count("-") > 1 or ":" in text:
        return True
    return _words().get(fold(text))
