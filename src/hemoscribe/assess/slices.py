"""Where it reads worst: accuracy and recall by analyte, sex, age, language, site, panel size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypedDict

import numpy as np
import polars as pl

from hemoscribe.assess.bootstrap import Estimate
from hemoscribe.assess.directions import NORMAL, TRUTHS, Read
from hemoscribe.records import DIRECTIONS

DIMENSIONS: Mapping[str, str] = {
    "analyte": "analyte",
    "sex": "sex",
    "age": "age_band",
    "language": "language",
    "laboratory": "laboratory",
    "panel size": "panel_size",
}
"""What an assessment is sliced by -> the column of the table of observations."""

WORST = 10
MIN_RESULTS = 30


class Slice(TypedDict):
    """One part of the held-out results, and how well it was read."""

    dimension: str
    name: str
    accuracy: Estimate
    abnormal_recall: Estimate
    abnormal_precision: Estimate


def slices(read: Read, dimensions: Iterable[str] = tuple(DIMENSIONS)) -> list[Slice]:
    """Every slice of every dimension, the dimension's largest first."""
    found: list[Slice] = []
    if not len(read.truth):
        return found
    counts = [
        read.correct,
        np.ones(len(read.truth)),
        read.correct & read.abnormal,
        read.abnormal,
        read.read != NORMAL,
    ]
    for dimension in dimensions:
        names = read.table[DIMENSIONS[dimension]].unique().sort()
        groups = _numbers(read.table[DIMENSIONS[dimension]], names)
        right, every, right_abnormal, abnormal, read_abnormal = (
            read.bootstrap.per_patient_and_group(column, groups, len(names)) for column in counts
        )
        parts = zip(
            names.to_list(),
            read.bootstrap.ratios(right, every),
            read.bootstrap.ratios(right_abnormal, abnormal),
            read.bootstrap.ratios(right_abnormal, read_abnormal),
            strict=True,
        )
        of_dimension = [
            Slice(
                dimension=dimension,
                name=name,
                accuracy=accuracy,
                abnormal_recall=recall,
                abnormal_precision=precision,
            )
            for name, accuracy, recall, precision in parts
        ]
        found += sorted(of_dimension, key=lambda part: -part["accuracy"]["n"])
    return found


def worst(found: Iterable[Slice], metric: str) -> list[Slice]:
    """The ten slices with the lowest value of a metric, of those that rest on 30 cases or more.

    A dimension with one slice only is the whole again, and tells nothing.
    """
    found = list(found)
    parts_of = Counter(part["dimension"] for part in found)

    def key(part: Slice) -> tuple[float, int]:
        estimate = _metric(part, metric)
        return (estimate["value"] if estimate["value"] is not None else 2.0, -estimate["n"])

    large = [
        part
        for part in found
        if _metric(part, metric)["n"] >= MIN_RESULTS and parts_of[part["dimension"]] > 1
    ]
    return sorted(large, key=key)[:WORST]


def _metric(part: Slice, metric: str) -> Estimate:
    estimates: dict[str, Estimate] = {
        "accuracy": part["accuracy"],
        "abnormal_recall": part["abnormal_recall"],
        "abnormal_precision": part["abnormal_precision"],
    }
    return estimates[metric]


def confusion_by_analyte(read: Read) -> dict[str, list[list[int]]]:
    """Analyte -> counts: a row per truth (low, normal, high, abnormal), a column per reading."""
    if not len(read.truth):
        return {}
    names = read.table["analyte"].unique().sort()
    groups = _numbers(read.table["analyte"], names)
    rows, columns = len(TRUTHS), len(DIRECTIONS)
    cell = (groups * rows + read.truth) * columns + read.read
    counts = np.bincount(cell, minlength=len(names) * rows * columns)
    table = counts.reshape(len(names), rows, columns)
    return {name: table[i].tolist() for i, name in enumerate(names.to_list())}


def _numbers(column: pl.Series, names: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Each name's position in the sorted list of names."""
    numbered = column.replace_strict(names, pl.int_range(len(names), eager=True))
    return np.asarray(numbered.to_numpy(), dtype=np.int64)
