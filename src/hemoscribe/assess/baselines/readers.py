"""Baselines that need no language model: always normal, the rules, and small table models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.assess.baselines.baseline import Baseline
from hemoscribe.assess.baselines.linear import FILLINGS, Filling, read_linearly
from hemoscribe.assess.bootstrap import Floats
from hemoscribe.assess.directions import NORMAL, codes
from hemoscribe.assess.read_results import Truth
from hemoscribe.records import DIRECTIONS

MIN_TRAINING_RESULTS = 200
MAX_TRAINING_RESULTS = 40_000

RULES_BY_CONSTRUCTION = (
    "1 by construction: the truth here is what the rules say, so this row says nothing about how "
    "right the rules are; it is the ceiling for any reader."
)
RULES_AGAINST_LABORATORY = (
    "Our rules against the laboratory's own flags, on the results that have a range."
)
ALWAYS_NORMAL = "Calls every result normal: the accuracy that reading nothing would give."
BOOSTING = (
    "Gradient boosting (scikit-learn) on value, limits and their ratio, taught on {n:,} results of "
    "the training side: what a small table model reads from numbers alone."
)
LINEAR = (
    "Logistic regression (scikit-learn) on where the value lies between its limits, taught on the "
    "same {n:,} results. It cannot do without a limit, so a missing one becomes the training "
    "side's median of the same analyte, sex and age band; where a test has but one limit, {how}. "
    "What was filled is marked. No other model ever sees a filled number."
)
_HOW: Mapping[Filling, str] = {
    "medians": "the place beside the other is the median of the same sex and age band",
    "iterative": "the place beside the other is estimated from the one known (IterativeImputer)",
}


def plain_readers(
    table: pl.DataFrame, training: pl.DataFrame | None, *, truth: Truth
) -> list[Baseline]:
    """Each reader's reading of ``table``; the table models only where there is a training side.

    Args:
        table: observations, one row per result.
        training: observations of the training side, for the table models; None: there are none.
    """
    normal = _certain(np.full(len(table), NORMAL))
    found = [Baseline("always normal", normal, ALWAYS_NORMAL), _rules(table, truth)]
    column = "rules" if truth == "rules" else "laboratory_says"
    taught = None if training is None else _taught(training, column)
    if taught is not None:
        boosted = _boosting(table, taught, column)
        found.append(Baseline("gradient boosting", boosted, BOOSTING.format(n=len(taught))))
        for filling in FILLINGS:
            read = read_linearly(table, taught, column, filling)
            note = LINEAR.format(n=len(taught), how=_HOW[filling])
            found.append(Baseline(f"logistic regression, {filling}", read, note))
    return found


def _taught(training: pl.DataFrame, column: str) -> pl.DataFrame | None:
    """What the table models learn from; None with too few or one class of truth."""
    taught = training.filter(pl.col(column).is_in(DIRECTIONS)).head(MAX_TRAINING_RESULTS)
    if len(taught) < MIN_TRAINING_RESULTS or taught[column].n_unique() < 2:
        return None
    return taught


def _certain(read: np.ndarray[Any, Any]) -> Floats:
    """Probabilities of 1 for each result's reading."""
    certain: Floats = np.eye(len(DIRECTIONS))[read.astype(np.int64)]
    return certain


def _rules(table: pl.DataFrame, truth: Truth) -> Baseline:
    """The rules' own reading; a result without a range has none."""
    read = codes(table["rules"])
    probabilities = _certain(np.maximum(read, 0))
    probabilities[read < 0] = np.nan
    is_truth = truth == "rules"
    note = RULES_BY_CONSTRUCTION if is_truth else RULES_AGAINST_LABORATORY
    return Baseline("rules alone", probabilities, note, is_truth=is_truth)


def _boosting(table: pl.DataFrame, taught: pl.DataFrame, column: str) -> Floats:
    """Probabilities on ``table`` of a model that learnt ``column`` from ``taught``."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # has no types

    forest = HistGradientBoostingClassifier(random_state=1, early_stopping=False)
    probabilities = np.zeros((len(table), len(DIRECTIONS)))
    with threadpool_limits(1, user_api="openmp"):  # a busy machine makes its threads wait for long
        forest.fit(_features(taught), codes(taught[column]))
        if len(table):
            read = forest.predict_proba(_features(table))
            probabilities[:, forest.classes_.astype(np.int64)] = read
    return probabilities


def _features(table: pl.DataFrame) -> Floats:
    """value, low, high and where the value lies among them, shape (rows, 4); NaN: unknown."""
    value, low, high = pl.col("value"), pl.col("low"), pl.col("high")
    width = pl.when(high > low).then(high - low)
    columns = table.select(
        value,
        low,
        high,
        pl.coalesce((value - low) / width, value / pl.when(high > 0).then(high)).alias("ratio"),
    )
    return np.asarray(columns.cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)
