"""A table's column of specimens: what is stated to be another fluid than blood is never read."""

from __future__ import annotations

from typing import Any

import polars as pl

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import of_row, reject
from hemoscribe.sources.specimens import other_fluid


def of_blood(name: str, reported: pl.DataFrame) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """(rows of blood or of no stated specimen, a reject for each of the others)."""
    stated = reported["specimen"].unique().drop_nulls()
    others = {text: fluid for text in stated if (fluid := other_fluid((text,))) is not None}
    if not others:
        return reported, []
    is_other = pl.col("specimen").is_in(list(others)).fill_null(value=False)
    rejects = [
        of_row(
            reject(
                name, row["place"], RejectCode.OTHER_SPECIMEN,
                f"A result of {others[row['specimen']]}; only blood is read.",
                name=row["reported_name"], value=row["reported_value"],
                unit=row["reported_unit"], flag=row["reported_flag"],
            ),
            row,
        )
        for row in reported.filter(is_other).iter_rows(named=True)
    ]  # fmt: skip
    return reported.filter(~is_other), rejects
