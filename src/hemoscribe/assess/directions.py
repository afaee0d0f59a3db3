"""How well results are read: each result's most likely direction against the truth.

``abnormal_recall`` asks for the right direction: a low result read as high is missed.
``detection_*`` ask only whether it was seen to be abnormal. Results without a truth (no range) are
left out and counted. Where the laboratory's flag gives no direction (A), either is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.assess.bootstrap import NOT_MEASURED, Bootstrap, Estimate, Floats, divide
from hemoscribe.assess.read_results import ABNORMAL, Truth
from hemoscribe.records import DIRECTIONS

Codes = npt.NDArray[np.int8]

LOW, NORMAL, HIGH, SOME = 0, 1, 2, 3  # SOME: abnormal, direction not stated
TRUTHS = (*DIRECTIONS, ABNORMAL)
BINS = 10
HEADLINE = ("accuracy", "abnormal_recall", "abnormal_precision")


@dataclass(frozen=True)
class Read:
    """Truth and the model's reading of the results that have a truth, as arrays of one length."""

    truth: Codes
    read: Codes
    p_abnormal: Floats
    critical: npt.NDArray[np.bool_]
    table: pl.DataFrame
    bootstrap: Bootstrap
    left_out: int

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether each result was read right."""
        return is_correct(self.truth, self.read)

    @property
    def abnormal(self) -> npt.NDArray[np.bool_]:
        """Whether each result is abnormal in truth."""
        return np.not_equal(self.truth, NORMAL)


def is_correct(truth: Codes, read: Codes) -> npt.NDArray[np.bool_]:
    """Element by element; an abnormal truth without a direction is met by either."""
    either = np.equal(truth, SOME) & np.not_equal(read, NORMAL)
    return np.logical_or(np.equal(truth, read), either)


def codes(directions: pl.Series) -> Codes:
    """low, normal, high, abnormal as 0, 1, 2, 3; null as -1."""
    numbers = {name: number for number, name in enumerate(TRUTHS)}
    coded = directions.replace_strict(numbers, default=-1, return_dtype=pl.Int8)
    return np.asarray(coded.fill_null(-1).to_numpy(), dtype=np.int8)


def probabilities(table: pl.DataFrame) -> Floats:
    """The columns p_low, p_normal, p_high as an array (rows, 3)."""
    return np.asarray(
        table.select([f"p_{name}" for name in DIRECTIONS]).to_numpy(), dtype=np.float64
    )


def read_of(table: pl.DataFrame, *, truth: Truth, draws: int, seed: int = 1) -> Read:
    """What is measured, from a table of observations with probabilities."""
    column = "rules" if truth == "rules" else "laboratory_says"
    kept = table.filter(pl.col(column).is_not_null())
    chances = probabilities(kept)
    return Read(
        truth=codes(kept[column]),
        read=chances.argmax(axis=1).astype(np.int8) if len(kept) else np.zeros(0, np.int8),
        p_abnormal=np.clip(1 - chances[:, NORMAL], 0, 1),
        critical=kept["critical"].to_numpy().astype(bool),
        table=kept,
        bootstrap=Bootstrap(kept["patient_id"].to_numpy(), draws=draws, seed=seed),
        left_out=len(table) - len(kept),
    )


def measure_reading(read: Read) -> dict[str, Any]:
    """Every metric of one track's reading, with intervals, and the tables behind its plots."""
    cells = _confusion_cells(read)
    bootstrap = read.bootstrap
    per_patient = bootstrap.per_patient(cells)
    counts = per_patient.sum(axis=0).reshape(len(TRUTHS), len(DIRECTIONS))
    metrics: dict[str, Any] = {
        name: _estimate(bootstrap, per_patient, name) for name in _RATIOS if len(read.truth)
    } or dict.fromkeys(_RATIOS, NOT_MEASURED)
    n = len(read.truth)
    metrics["macro_f1"] = bootstrap.statistic(per_patient, _macro_f1, n) if n else NOT_MEASURED
    metrics["critical_recall"] = bootstrap.ratio(read.critical & read.correct, read.critical)
    metrics["roc_auc"] = bootstrap.roc_auc(read.abnormal, read.p_abnormal)
    metrics["brier"] = bootstrap.ratio((read.p_abnormal - read.abnormal) ** 2, np.ones(n))
    bins = _bin_cells(read)
    per_patient_bins = bootstrap.per_patient(bins)
    metrics["ece"] = bootstrap.statistic(per_patient_bins, _ece, n) if n else NOT_MEASURED
    return {
        **metrics,
        "left_out": read.left_out,
        "confusion": {
            TRUTHS[i]: {name: int(counts[i, j]) for j, name in enumerate(DIRECTIONS)}
            for i in range(len(TRUTHS))
            if i != SOME or counts[SOME].any()
        },
        "reliability": _reliability(per_patient_bins.sum(axis=0)),
    }


def headline(read: Read) -> dict[str, Estimate]:
    """Accuracy, recall and precision of abnormal results with their direction, with intervals."""
    if not len(read.truth):
        return dict.fromkeys(HEADLINE, NOT_MEASURED)
    per_patient = read.bootstrap.per_patient(_confusion_cells(read))
    return {name: _estimate(read.bootstrap, per_patient, name) for name in HEADLINE}


def _confusion_cells(read: Read) -> Floats:
    """One-hot cell of the confusion matrix for each result, shape (results, 4 x 3)."""
    size = len(TRUTHS) * len(DIRECTIONS)
    cells = np.zeros((len(read.truth), size))
    cell = read.truth.astype(np.int64) * len(DIRECTIONS) + read.read
    cells[np.arange(len(cell)), cell] = 1
    return cells


def _cell_sums(*pairs: tuple[int, int]) -> list[int]:
    return [truth * len(DIRECTIONS) + read for truth, read in pairs]


_EVERY = [(t, r) for t in range(len(TRUTHS)) for r in range(len(DIRECTIONS))]
_RIGHT = [(LOW, LOW), (NORMAL, NORMAL), (HIGH, HIGH), (SOME, LOW), (SOME, HIGH)]
_RIGHT_ABNORMAL = [pair for pair in _RIGHT if pair[0] != NORMAL]
_ABNORMAL = [pair for pair in _EVERY if pair[0] != NORMAL]
_READ_ABNORMAL = [pair for pair in _EVERY if pair[1] != NORMAL]
_DETECTED = [pair for pair in _ABNORMAL if pair[1] != NORMAL]

_RATIOS: Mapping[str, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {
    "accuracy": (_RIGHT, _EVERY),
    "abnormal_recall": (_RIGHT_ABNORMAL, _ABNORMAL),
    "abnormal_precision": (_RIGHT_ABNORMAL, _READ_ABNORMAL),
    "abnormal_f1": (_RIGHT_ABNORMAL, [*_ABNORMAL, *_READ_ABNORMAL]),
    "detection_recall": (_DETECTED, _ABNORMAL),
    "detection_precision": (_DETECTED, _READ_ABNORMAL),
}
"""Shares of cells of the confusion matrix, as (truth, read) pairs: numerator, denominator."""


def _estimate(bootstrap: Bootstrap, per_patient: Floats, name: str) -> Estimate:
    numerator, denominator = _RATIOS[name]
    top = per_patient[:, _cell_sums(*numerator)].sum(axis=1, keepdims=True)
    bottom = per_patient[:, _cell_sums(*denominator)].sum(axis=1, keepdims=True)
    if name != "abnormal_f1":
        return bootstrap.ratios(top, bottom)[0]
    estimate = bootstrap.ratios(2 * top, bottom)[0]  # 2 TP / (abnormal + read abnormal)
    estimate["n"] = int(per_patient[:, _cell_sums(*_ABNORMAL)].sum())
    return estimate


def _macro_f1(cells: Floats) -> Floats:
    """Mean F1 of low, normal, high over those that occur in truth or reading."""
    matrix = cells.reshape(*cells.shape[:-1], len(TRUTHS), len(DIRECTIONS))[..., :SOME, :]
    hits = np.einsum("...ii->...i", matrix)
    occurs = matrix.sum(axis=-1) + matrix.sum(axis=-2)
    f1 = np.nan_to_num(divide(2 * hits, occurs))
    return divide(f1.sum(axis=-1), (occurs > 0).sum(axis=-1))


def _bin_cells(read: Read) -> Floats:
    """Per result: count, predicted, observed in its bin of p_abnormal, (results, 3 x BINS)."""
    which = np.minimum((read.p_abnormal * BINS).astype(np.int64), BINS - 1)
    rows = np.arange(len(which))
    cells = np.zeros((len(which), 3 * BINS))
    cells[rows, which] = 1
    cells[rows, BINS + which] = read.p_abnormal
    cells[rows, 2 * BINS + which] = read.abnormal
    return cells


def _ece(bins: Floats) -> Floats:
    """Expected calibration error (Naeini 2015): the bins' mean gap of predicted and observed."""
    predicted, observed = bins[..., BINS : 2 * BINS], bins[..., 2 * BINS :]
    return divide(np.abs(predicted - observed).sum(axis=-1), bins[..., :BINS].sum(axis=-1))


def _reliability(bins: Floats) -> list[dict[str, float | int]]:
    return [
        {
            "from": i / BINS,
            "to": (i + 1) / BINS,
            "n": int(bins[i]),
            "predicted": float(bins[BINS + i] / bins[i]),
            "observed": float(bins[2 * BINS + i] / bins[i]),
        }
        for i in range(BINS)
        if bins[i]
    ]


def choose_threshold(validation: Read, wanted_recall: float) -> dict[str, Any] | None:
    """The highest p_normal below which a result is called abnormal, for the wanted recall.

    Chosen on the validation side. A result called abnormal takes the likelier of low and high, so
    one whose wrong direction is likelier cannot be recovered by any threshold.

    Returns:
        ``p_normal`` (call abnormal at or below it), ``validation_recall``, ``reached``; None where
        no validation result is abnormal.
    """
    abnormal = validation.abnormal
    count = int(abnormal.sum())
    if not count:
        return None
    read = _abnormal_reading(validation)
    right = is_correct(validation.truth, read) & abnormal
    p_normal = np.sort(1 - validation.p_abnormal[right])
    needed = int(np.ceil(wanted_recall * count - 1e-9))
    reached = needed <= len(p_normal)
    if not len(p_normal):
        return {"p_normal": 1.0, "validation_recall": 0.0, "reached": False, "n": count}
    limit = float(p_normal[min(needed, len(p_normal)) - 1])
    recall = float((p_normal <= limit).sum() / count)
    return {"p_normal": limit, "validation_recall": recall, "reached": reached, "n": count}


def at_threshold(test: Read, p_normal: float) -> dict[str, Estimate]:
    """Recall and precision of abnormal results, with direction, when called at a threshold."""
    called = 1 - test.p_abnormal <= p_normal
    right = called & test.abnormal & is_correct(test.truth, _abnormal_reading(test))
    return {
        "abnormal_recall": test.bootstrap.ratio(right, test.abnormal),
        "abnormal_precision": test.bootstrap.ratio(right, called),
    }


def _abnormal_reading(read: Read) -> Codes:
    """The likelier of low and high at each result."""
    chances = probabilities(read.table)
    return np.where(chances[:, LOW] >= chances[:, HIGH], LOW, HIGH).astype(np.int8)
