"""Rows whose stated specimen is blood, and rejects of the others."""

from __future__ import annotations

import polars as pl

from hemoscribe.sources.datasets.refused_rows import refused_rows
from hemoscribe.sources.datasets.stated_texts import say_undated
from hemoscribe.sources.specimens import SpecimenJudge


def of_blood(judge: SpecimenJudge, reported: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows of blood or of no stated specimen, a reject for each of the others)."""
    stated = reported["specimen"].drop_nulls().value_counts().iter_rows()
    others = {
        text: other
        for text, count in stated
        if (other := judge.other((text,), results=count)) is not None
    }
    is_other = pl.col("specimen").is_in(list(others)).fill_null(value=False)
    codes = {text: str(other.code) for text, other in others.items()}
    sentences = {text: other.sentence for text, other in others.items()}
    code, why = (
        pl.col("specimen").replace_strict(answers, default=None, return_dtype=pl.String)
        for answers in (codes, sentences)
    )
    say_undated(judge.source, reported, judge.notices)
    return reported.filter(~is_other), refused_rows(reported.filter(is_other), code, why)
