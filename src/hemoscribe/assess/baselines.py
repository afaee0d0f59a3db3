"""What the model is measured against, on the same results: readers that need no language model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.assess.baselines_linear import FILLINGS, Filling, read_linearly
from hemoscribe.assess.bootstrap import Estimate, Floats
from hemoscribe.assess.observations import Truth, with_probabilities
from hemoscribe.assess.reading import HEADLINE, NORMAL, codes, headline, read_of
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


def baselines(
    table: pl.DataFrame, training: pl.DataFrame | None, *, truth: Truth, draws: int
) -> dict[str, dict[str, Any]]:
    """Name -> accuracy, abnormal_recall, abnormal_precision (estimates) and a ``note``.

    Args:
        table: the observations that the model was assessed on.
        training: observations of the training side, for the table models; None: there are none.
    """
    found = {
        "always normal": _measure(table, _certain(np.full(len(table), NORMAL)), truth, draws)
        | {"note": ALWAYS_NORMAL},
        "rules alone": _rules(table, truth, draws),
    }
    column = "rules" if truth == "rules" else "laboratory_says"
    taught = None if training is None else _taught(training, column)
    if taught is not None:
        found["gradient boosting"] = _measure(
            table, _boosting(table, taught, column), truth, draws
        ) | {"note": BOOSTING.format(n=len(taught))}
        for filling in FILLINGS:
            read = read_linearly(table, taught, column, filling)
            found[f"logistic regression, {filling}"] = _measure(table, read, truth, draws) | {
                "note": LINEAR.format(n=len(taught), how=_HOW[filling])
            }
    return found


def _taught(training: pl.DataFrame, column: str) -> pl.DataFrame | None:
    """What the table models learn from; None with too few or one class of truth."""
    taught = training.filter(pl.col(column).is_in(DIRECTIONS)).head(MAX_TRAINING_RESULTS)
    if len(taught) < MIN_TRAINING_RESULTS or taught[column].n_unique() < 2:
        return None
    return taught


def _measure(
    table: pl.DataFrame, probabilities: Floats, truth: Truth, draws: int
) -> dict[str, Any]:
    read = read_of(with_probabilities(table, probabilities, "baseline"), truth=truth, draws=draws)
    return dict(headline(read))


def _certain(read: np.ndarray[Any, Any]) -> Floats:
    """Probabilities of 1 for each result's reading."""
    certain: Floats = np.eye(len(DIRECTIONS))[read.astype(np.int64)]
    return certain


def _rules(table: pl.DataFrame, truth: Truth, draws: int) -> dict[str, Any]:
    read = codes(table["rules"])
    if truth == "laboratory":
        known = table.filter(pl.Series(read >= 0))
        measured = _measure(known, _certain(read[read >= 0]), truth, draws)
        return measured | {"note": RULES_AGAINST_LABORATORY}
    counts = {
        "accuracy": int((read >= 0).sum()),
        "abnormal_recall": int(((read >= 0) & (read != NORMAL)).sum()),
    }
    counts["abnormal_precision"] = counts["abnormal_recall"]
    exact: dict[str, Any] = {
        name: Estimate(value=1.0, low=1.0, high=1.0, n=counts[name])
        if counts[name]
        else Estimate(value=None, low=None, high=None, n=0)
        for name in HEADLINE
    }
    return exact | {"note": RULES_BY_CONSTRUCTION}


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
