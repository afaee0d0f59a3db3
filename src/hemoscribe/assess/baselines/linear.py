"""Logistic regression on where a value lies between its limits, which needs missing limits filled.

Gradient boosting takes a missing limit as it is; a linear model cannot. Limits are filled with the
median of the same analyte, sex and age band; a place between limits that then is still unknown (a
test with an upper limit alone) is filled in one of two ways, which are two baselines. All that
fills, and the model, learn from the training side only; what was filled is marked, and the model
sees the mark.
"""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
import polars as pl

from hemoscribe.assess.bootstrap import Floats
from hemoscribe.assess.directions import codes
from hemoscribe.curate.cleaning.imputation import FILLED, Imputation, Iterative, Medians
from hemoscribe.records import DIRECTIONS

Filling = Literal["medians", "iterative"]
FILLINGS: tuple[Filling, ...] = ("medians", "iterative")

_LIMITS = ("low", "high")
_PLACES = ("above_low", "below_high")
_ALIKE = (("analyte", "sex", "age_band"), ("analyte",))
_PEOPLE = (("sex", "age_band"), ())
_FARTHEST = 1.0
_MOST_STEPS = 200
_STRENGTH = 100.0  # the inverse of the penalty: a limit is a steep step


def read_linearly(
    table: pl.DataFrame, taught: pl.DataFrame, column: str, filling: Filling
) -> Floats:
    """Probabilities of low, normal and high for each row of ``table``, shape (rows, 3).

    Args:
        taught: observations of the training side, of which ``column`` is the truth.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # has no types

    probabilities = np.zeros((len(table), len(DIRECTIONS)))
    model = LogisticRegression(C=_STRENGTH, max_iter=_MOST_STEPS)
    with threadpool_limits(1), warnings.catch_warnings():
        # Whether the last digits still move does not matter to a baseline.
        warnings.simplefilter("ignore", ConvergenceWarning)
        limits = Medians.of(taught, _LIMITS, _ALIKE)
        known = _placed(limits.fill(taught))
        places: Imputation = (
            Medians.of(known, _PLACES, _PEOPLE)
            if filling == "medians"
            else Iterative.of(known, _PLACES)
        )
        model.fit(_features(places.fill(known)), codes(taught[column]))
        if len(table):
            read = model.predict_proba(_features(places.fill(_placed(limits.fill(table)))))
            probabilities[:, model.classes_.astype(np.int64)] = read
    return probabilities


def _placed(table: pl.DataFrame) -> pl.DataFrame:
    """With ``above_low`` and ``below_high``, in widths of the range, at most one."""
    value, low, high = pl.col("value"), pl.col("low"), pl.col("high")
    width = pl.when(high > low).then(high - low)
    one_sided = pl.coalesce(high, low).abs()
    scale = pl.coalesce(width, pl.when(one_sided > 0).then(one_sided))
    return table.with_columns(
        ((value - low) / scale).clip(-_FARTHEST, _FARTHEST).alias("above_low"),
        ((high - value) / scale).clip(-_FARTHEST, _FARTHEST).alias("below_high"),
    )


def _features(table: pl.DataFrame) -> Floats:
    """Places and marks, shape (rows, 6); a place that nothing could fill counts as 0."""
    marks = [pl.col(f"{name}{FILLED}").cast(pl.Float64) for name in (*_LIMITS, *_PLACES)]
    columns = table.select(pl.col(_PLACES).fill_null(0.0), *marks)
    return np.asarray(columns.to_numpy(), dtype=np.float64)
