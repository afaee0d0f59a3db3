"""A column of comparators beside the value: ``<`` and ``3`` are one result, ``<3``.

A column is one by its header and its cells, or by its cells alone where all are signs. Where a sign
stands in a column that holds other texts too, nobody can say what it means: the row is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.printed import read_number
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.tables.headers import Headers, fold, header_names

COMPARATOR = "comparator"
_NONE = ""
_OWN = r"^\s*(?:[<>≤≥=]|(?i:inf|sup|less|greater|more))"


@cache
def signs() -> Mapping[str, str]:
    """The comparator of each text that is a sign and nothing else."""
    lists = package_yaml(__package__, "comparators.yaml")
    return {text: sign for sign, texts in lists["signs"].items() for text in texts}


@cache
def _words() -> Mapping[str, str]:
    lists = package_yaml(__package__, "comparators.yaml")
    words = {fold(text): sign for sign, texts in lists["words"].items() for text in texts}
    return {**words, **{fold(text) or text: _NONE for text in lists["none"]}}


def sign_of(text: str) -> str | None:
    """The comparator that a cell states; empty for "equal", None for what is no comparator."""
    bare = "".join(text.split())
    if bare in signs():
        return signs()[bare]
    return _words().get(fold(text) or bare)


@dataclass
class Comparators:
    """Joins what a table's columns of comparators say to the values beside them."""

    source: str
    headers: Headers
    mapping: MappingFile
    notices: Notices

    def join(self, frame: pl.DataFrame, value: pl.Series) -> tuple[pl.Series, pl.Series | None]:
        """(the values with their comparators, why a row cannot be read; None where all can)."""
        trouble: pl.Series | None = None
        for position, is_named in self._candidates():
            texts = frame[f"c{position}"]
            if texts.null_count() == len(texts):
                continue
            found = self._joined(texts, value, self.headers.names[position], is_named=is_named)
            if found is not None:
                value, why = found
                trouble = why if trouble is None else _first(trouble, why)
        if trouble is not None and trouble.null_count() == len(trouble):
            trouble = None
        return value, trouble

    def _candidates(self) -> Iterator[tuple[int, bool]]:
        """(position, whether its header names comparators) of the columns that may hold them."""
        known = self.headers.columns.get(COMPARATOR)
        if known is not None:
            yield known, True
        for position in (*self.headers.repeated, *self.headers.others):
            name = self.headers.names[position]
            if name not in self.mapping.ignore:
                meaning = header_names().get(fold(name), ("", 0))[0]
                if not meaning or meaning == COMPARATOR:
                    yield position, meaning == COMPARATOR

    def _joined(
        self, texts: pl.Series, value: pl.Series, header: str, *, is_named: bool
    ) -> tuple[pl.Series, pl.Series] | None:
        """The joined values and the troubles; None where no cell is a comparator."""
        if not is_named:
            is_sign = texts.is_in(list(signs())) & texts.is_not_null()
            if not is_sign.any():
                return None
            if is_sign.sum() < len(texts) - texts.null_count():
                return value, _told(is_sign, value, header)
        meant = {text: sign_of(text) for text in texts.drop_nulls().unique(maintain_order=True)}
        if not any(meant.values()) and COMPARATOR not in self.mapping.columns:
            if unknown := [text for text, sign in meant.items() if sign is None]:
                self.notices.say(
                    f"{self.source}: {header!r} holds no comparator ({unknown[0]!r}); not read."
                )
            return None
        return _together(texts, meant, value, header)


def _told(is_sign: pl.Series, value: pl.Series, header: str) -> pl.Series:
    """A sentence for each value beside a sign whose meaning is not known."""
    why = (
        f"The column {header!r} beside it has a comparator there and other texts elsewhere; name "
        f"it with `columns: {{comparator: {header}}}` in a file given with --mapping, or ignore it."
    )
    return pl.select(pl.when(is_sign & value.is_not_null()).then(pl.lit(why))).to_series()


def _together(
    texts: pl.Series, meant: Mapping[str, str | None], value: pl.Series, header: str
) -> tuple[pl.Series, pl.Series]:
    keys = list(meant)
    sign = texts.replace_strict(keys, list(meant.values()), default=None, return_dtype=pl.String)
    is_own = value.str.contains(_OWN).fill_null(value=False)
    own = {text: _own(text) for text in value.filter(is_own).unique()}
    stated = value.replace_strict(
        list(own), list(own.values()), default=None, return_dtype=pl.String
    )
    frame = pl.DataFrame({"text": texts, "sign": sign, "own": stated, "value": value})
    alone = pl.col("own").is_null()
    differs = pl.col("own").is_not_null() & (pl.col("sign") != pl.col("own"))
    unknown = pl.col("text").is_not_null() & pl.col("sign").is_null()
    held = pl.col("value").is_not_null()
    return (
        frame.select(
            pl.when(alone & (pl.col("sign") != _NONE))
            .then(pl.concat_str("sign", "value"))
            .otherwise("value")
            .alias("value")
        ).to_series(),
        frame.select(
            pl.when(held & unknown)
            .then(pl.format("{} in the column {} is no comparator we know.", "text",
                            pl.lit(repr(header))))
            .when(held & differs)
            .then(pl.format("The column {} says {} and the value {}.", pl.lit(repr(header)),
                            "text", "value"))
        ).to_series(),
    )  # fmt: skip


def _own(text: str) -> str | None:
    found = read_number(text)
    return (found.comparator or _NONE) if found.number is not None else None


def _first(one: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(pl.lit(one), pl.lit(other))).to_series()
