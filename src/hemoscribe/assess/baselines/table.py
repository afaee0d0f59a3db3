"""The table of baselines: each measured on the results it read, and against the model, in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from hemoscribe.assess.baselines.baseline import Baseline
from hemoscribe.assess.baselines.readers import plain_readers
from hemoscribe.assess.bootstrap import NOT_MEASURED, Estimate
from hemoscribe.assess.directions import HEADLINE, Read, headline, read_of
from hemoscribe.assess.paired import paired
from hemoscribe.assess.read_results import Truth, with_probabilities


def baselines(
    table: pl.DataFrame,
    training: pl.DataFrame | None,
    *,
    truth: Truth,
    draws: int,
    model: pl.DataFrame | None = None,
    others: Sequence[Baseline] = (),
) -> dict[str, dict[str, Any]]:
    """Name -> accuracy, abnormal_recall, abnormal_precision (estimates), a ``note``, ``paired``.

    Args:
        table: the observations that the model was assessed on.
        training: observations of the training side, for the table models; None: there are none.
        model: ``table`` with the assessed model's probabilities; None: nothing is compared.
        others: other language models' readings of ``table``.
    """
    found = [*plain_readers(table, training, truth=truth), *others]
    return {one.name: _row(one, table, model, truth, draws) for one in found}


def _row(
    one: Baseline, table: pl.DataFrame, model: pl.DataFrame | None, truth: Truth, draws: int
) -> dict[str, Any]:
    kept = pl.Series(one.reads)
    read = read_of(
        with_probabilities(table.filter(kept), one.probabilities[one.reads], "baseline"),
        truth=truth,
        draws=draws,
    )
    compared = None
    if model is not None and not one.is_truth and len(read.truth):
        own = read_of(model.filter(kept), truth=truth, draws=draws)
        compared = paired(own, read, one.name)
    measured = _exact(read) if one.is_truth else headline(read)
    return {**measured, "note": one.note, "paired": compared}


def _exact(read: Read) -> dict[str, Estimate]:
    """1 without an interval to either side: what the truth is taken from is right by definition."""
    counts = dict.fromkeys(HEADLINE, int(read.abnormal.sum())) | {"accuracy": len(read.truth)}
    return {
        name: Estimate(value=1.0, low=1.0, high=1.0, n=counts[name])
        if counts[name]
        else NOT_MEASURED
        for name in HEADLINE
    }
