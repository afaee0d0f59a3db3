"""What is assessed: held-out reports of a curated folder, read by the rules, with a language."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hemoscribe.assess.read_results import describe
from hemoscribe.corpus.jitter import jitter_ranges
from hemoscribe.curate import load_curated, load_rejects
from hemoscribe.errors import InputError
from hemoscribe.knowledge import read_rows
from hemoscribe.records import LANGUAGES, SPLITS, Language, Reading

EVERYTHING = "all"
VALIDATION_REPORTS = 200
TRAINING_REPORTS = 3_000
JITTER_SEED = 2  # never that of a corpus by default


@dataclass(frozen=True)
class HeldOut:
    """Reports to assess on. ``table`` has one row per result, in the order of ``readings``."""

    readings: Sequence[Reading]
    languages: Sequence[Language]
    table: pl.DataFrame
    available: int  # reports on that side, before a limit
    split: str  # the side they are on; "all" where every side was taken


@dataclass(frozen=True)
class Material:
    """Reports to assess on; and, where the folder has them, others for threshold and baseline."""

    test: HeldOut
    validation: HeldOut | None = None
    training: HeldOut | None = None


def language_of(report_id: str) -> Language:
    """The language a report is assessed in: English or French, by a hash of its identifier."""
    return LANGUAGES[_digest(report_id)[-1] % len(LANGUAGES)]


def held_out(
    folder: Path, split: str = "test", *, limit: int | None = None, range_jitter: float = 0.0
) -> HeldOut:
    """The reports of one side of a curated folder, a hash-ordered sample when limited.

    A folder without that side (another laboratory's) is taken whole; ``split`` then says ``all``.
    The sample of a smaller limit is part of that of a larger one.

    Args:
        range_jitter: every limit is moved by up to this share of its range's width first.

    Raises:
        InputError: the folder holds no report, or the side is not one that is known.
    """
    if split not in (*SPLITS, EVERYTHING):
        raise InputError(
            f"{split}: is no side of a split; name one of {', '.join(SPLITS)} or {EVERYTHING}."
        )
    rows = load_curated(folder, None if split == EVERYTHING else split)
    if rows.is_empty() and split != EVERYTHING:
        rows, split = load_curated(folder, None), EVERYTHING
    if rows.is_empty():
        raise InputError(f"{folder}: it holds no result to assess on; see its rejects.parquet.")
    rows = jitter_ranges(rows, share=range_jitter, seed=JITTER_SEED)
    return from_rows(rows, load_rejects(folder), split=split, limit=limit)


def gather(
    folder: Path, *, split: str = "test", limit: int | None = None, range_jitter: float = 0.0
) -> Material:
    """The reports an assessment needs, from a curated folder, ranges as ``held_out`` moves them."""
    test = held_out(folder, split, limit=limit, range_jitter=range_jitter)
    if test.split != "test":
        return Material(test)
    sides = {}
    for side, most in (("validation", VALIDATION_REPORTS), ("train", TRAINING_REPORTS)):
        if side == "validation" and limit is not None:
            most = min(most, limit)
        found = held_out(folder, side, limit=most, range_jitter=range_jitter)
        sides[side] = found if found.split == side else None
    return Material(test, sides["validation"], sides["train"])


def from_rows(
    rows: pl.DataFrame, rejects: pl.DataFrame | None = None, *, split: str, limit: int | None = None
) -> HeldOut:
    """Curated rows as held-out reports, in the order of the hash of their identifiers."""
    reports = sorted(rows["report_id"].unique().to_list(), key=_digest)
    chosen = {report: place for place, report in enumerate(reports[:limit])}
    if len(chosen) < len(reports):  # with the patients' earlier reports, which findings rest on
        whose = rows.filter(pl.col("report_id").is_in(list(chosen)))["patient_id"].unique()
        rows = rows.filter(pl.col("patient_id").is_in(whose.implode()))
    readings = [
        reading
        for reading in read_rows(rows.drop("split", "fold", strict=False), rejects)
        if reading.panel.report_id in chosen and reading.results
    ]
    readings.sort(key=lambda reading: chosen[reading.panel.report_id])
    languages = [language_of(reading.panel.report_id) for reading in readings]
    return HeldOut(readings, languages, describe(readings, languages), len(reports), split)


def _digest(report_id: str) -> bytes:
    return hashlib.sha256(report_id.encode("utf-8")).digest()
