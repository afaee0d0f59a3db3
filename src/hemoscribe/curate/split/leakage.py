"""What would let a model see on one side what it is measured by on another.

The keyed hash puts a patient on one side. What it cannot see is one person under two patient
numbers, so identical full panels under two numbers are taken for one person's. Comments are looked
at in ``near_copies``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from hemoscribe.curate.stream.report_lines import PANEL
from hemoscribe.errors import InputError, StageError
from hemoscribe.records import RejectCode

FULL_PANEL_RESULTS = 8
"""Two people agree by chance on a few results, never on this many."""

_SIDE_ORDER = {"test": 0, "validation": 1, "train": 2}


@dataclass(frozen=True, slots=True)
class SamePanels:
    """Identical full panels under several patient numbers.

    Attributes:
        panels: how many different panels stand under two numbers or more.
        across_sides: how many of those stand on two sides or in two folds.
        refused: report and patient of the copies to leave out.
    """

    panels: int
    across_sides: int
    refused: pl.DataFrame


def find_same_panels(
    reports: pl.DataFrame, *, policy: Literal["reject", "keep", "fail"]
) -> SamePanels:
    """Identical full panels of different patients, and which copies go by ``policy``.

    Nobody is moved, since the side of a patient is for ever. With ``reject`` the copy on the side
    that measures stays (test before validation before training) and the copies elsewhere go.

    Raises:
        InputError: ``policy`` is ``fail`` and a panel stands on two sides.
    """
    nothing = reports.select("patient_id", "report_id").clear()
    full = reports.filter(pl.col("results") >= FULL_PANEL_RESULTS)
    same = ["results", PANEL]
    groups = full.group_by(same).agg(
        pl.col("patient_id").n_unique().alias("patients"),
        pl.struct("split", "fold").n_unique().alias("places"),
    )
    groups = groups.filter(pl.col("patients") > 1)
    across = groups.filter(pl.col("places") > 1)
    if across.is_empty() or policy == "keep":
        return SamePanels(groups.height, across.height, nothing)
    if policy == "fail":
        raise InputError(
            f"{across.height:,} identical full panels stand under two patient numbers on two sides "
            "of the split; merge the numbers in the export, or set `curate.same_panels: reject`."
        )
    side = pl.col("split").replace_strict(_SIDE_ORDER, return_dtype=pl.Int8)
    copies = (
        full.join(across.select(same), on=same, how="semi")
        .with_columns(side.alias("_side"))
        .sort("_side", "patient_id", "report_id")
    )
    first = [pl.col(name).first().over(same) for name in ("split", "fold")]
    elsewhere = pl.col("split").ne_missing(first[0]) | pl.col("fold").ne_missing(first[1])
    refused = copies.filter(elsewhere).select("patient_id", "report_id")
    return SamePanels(groups.height, across.height, refused)


def require_one_side(results: Path) -> None:
    """Read the written file back: no patient on two sides, none in two folds.

    Raises:
        StageError: a patient is; names how many.
    """
    torn = (
        pl.scan_parquet(results)
        .group_by("patient_id")
        .agg(pl.struct("split", "fold").n_unique().alias("places"))
        .filter(pl.col("places") > 1)
        .select(pl.len())
        .collect(engine="streaming")
        .item()
    )
    if torn:
        raise StageError(f"{results.name}: {torn:,} patients stand on two sides of the split.")


SAME_PANEL_MESSAGE = (
    "The same full panel stands under another patient number on another side of the split; "
    "it is taken for the same person, and kept only on the side that measures."
)
SAME_PANEL_CODE = RejectCode.SAME_PANEL
