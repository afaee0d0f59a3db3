"""Held-out reports worth showing to a person: several abnormal results, a plain panel's length."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from hemoscribe.curate import load_curated, load_rejects
from hemoscribe.errors import InputError
from hemoscribe.knowledge import read_rows
from hemoscribe.records import Reading

_CANDIDATES = 200
_RESULTS = (6, 16)


def sample_readings(curated: Path, count: int) -> list[Reading]:
    """``count`` readings of the test side, those with the most findings first.

    Raises:
        InputError: the test side has fewer reports than that.
    """
    rows = load_curated(curated, "test")
    sized = rows.filter(pl.len().over("report_id").is_between(*_RESULTS))
    reports = (sized if sized["report_id"].n_unique() >= count else rows)["report_id"].unique(
        maintain_order=True
    )
    chosen = rows.filter(pl.col("report_id").is_in(reports.head(_CANDIDATES).implode()))
    readings = sorted(
        read_rows(chosen.drop("split", "fold"), load_rejects(curated)),
        key=lambda reading: -len(reading.findings),
    )
    if len(readings) < count:
        raise InputError(
            f"{curated}: the test side has {len(readings)} reports; {count} are needed."
        )
    return readings[:count]
