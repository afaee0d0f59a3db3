"""Rows whose stated specimen is blood, and rejects of the others."""

from __future__ import annotations

import polars as pl

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.datasets.refused_rows import refused_rows
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.specimens import other_fluid


def of_blood(
    reported: pl.DataFrame, mapping: MappingFile, notices: Notices
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows of blood or of no stated specimen, a reject for each of the others)."""
    stated = reported["specimen"].unique().drop_nulls()
    others = {text: fluid for text in stated if (fluid := other_fluid((text,))) is not None}
    is_other = pl.col("specimen").is_in(list(others)).fill_null(value=False)
    rejected = reported.filter(is_other)
    fluid = pl.col("specimen").replace_strict(others, default=None, return_dtype=pl.String)
    why = pl.format("A result of {}; only blood is read.", fluid)
    return reported.filter(~is_other), refused_rows(rejected, RejectCode.OTHER_SPECIMEN, why)
