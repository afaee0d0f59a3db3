"""The rejects of the read stage, carried on: nothing is lost from the first input to here.

They hold what could not be understood, and so may hold anything, a name in the value's column
included. Text that is rare is masked, the rest is scrubbed.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from hemoscribe.curate.pseudonyms.rejected import told_by_numbers
from hemoscribe.curate.scrub import Finder, scrub_texts
from hemoscribe.row_files import read_rejects

RARE = "[rare text]"
_COMMON_COUNT = 5
_MASKED = ("reported_value", "reported_name", "reported_unit", "reported_flag")
_WORDLIKE = r"\p{L}{2}"


def carry_rejects(
    path: Path, patients: pl.DataFrame, key: bytes, also: Finder | None = None
) -> pl.DataFrame:
    """The read stage's rejects, without identifiers; as many as there were.

    Args:
        patients: what ``patients.place_all`` gave.
        also: finds identifiers beside the rules.
    """
    rejects = told_by_numbers(read_rejects(path), patients, key)
    if rejects.is_empty():
        return rejects
    rejects = rejects.with_columns(
        *(_masked(name) for name in _MASKED),
        # A message may quote what could not be understood.
        _without_rare_quotes(rejects).alias("message"),
    )
    return scrub_texts(rejects, ["source", "message", *_MASKED], also)


def _is_rare(name: str) -> pl.Expr:
    text = pl.col(name)
    return (text.str.contains(_WORDLIKE) & (pl.len().over(name) < _COMMON_COUNT)).fill_null(
        value=False
    )


def _masked(name: str) -> pl.Expr:
    return pl.when(_is_rare(name)).then(pl.lit(RARE)).otherwise(pl.col(name)).alias(name)


def _without_rare_quotes(rejects: pl.DataFrame) -> pl.Series:
    messages: pl.Series = rejects["message"]
    for name in _MASKED:
        rare = rejects.select(pl.when(_is_rare(name)).then(pl.col(name))).to_series()
        if rare.null_count() == len(rare):
            continue
        messages = pl.Series(
            [
                message if text is None else message.replace(text, RARE)
                for message, text in zip(messages, rare, strict=True)
            ],
            dtype=pl.String,
        )
    return messages
