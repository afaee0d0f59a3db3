"""A table's column of specimens: what is stated and not known to be blood is never read."""

from __future__ import annotations

from typing import Any

import polars as pl

from hemoscribe.sources.batches import of_row, reject
from hemoscribe.sources.specimens import SpecimenJudge


def of_blood(
    judge: SpecimenJudge, reported: pl.DataFrame
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """(rows of blood or of no stated specimen, a reject for each of the others)."""
    stated = reported["specimen"].drop_nulls().value_counts().iter_rows()
    others = {
        text: other
        for text, count in stated
        if (other := judge.other((text,), results=count)) is not None
    }
    if not others:
        return reported, []
    is_other = pl.col("specimen").is_in(list(others)).fill_null(value=False)
    rejects = [
        of_row(
            reject(
                judge.source, row["place"], others[row["specimen"]].code,
                others[row["specimen"]].sentence,
                name=row["reported_name"], value=row["reported_value"],
                unit=row["reported_unit"], flag=row["reported_flag"],
            ),
            row,
        )
        for row in reported.filter(is_other).iter_rows(named=True)
    ]  # fmt: skip
    return reported.filter(~is_other), rejects
