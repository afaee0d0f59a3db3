"""95 % intervals by bootstrap over patients: a patient's results are drawn together or not at all.

Results of one patient resemble each other, so drawing results one by one would give intervals that
are too narrow. Every statistic here is a function of sums over patients: patients are drawn with
replacement, and the sums are one matrix product away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], Floats]

LEVEL = 0.95
_Z = 1.959963984540054  # standard normal quantile of 97.5 %
_CHUNK_CELLS = 4_000_000
_KEPT_CELLS = 16_000_000  # 64 MB: drawn once, used for every statistic
_MAX_CURVE_CELLS = 400_000_000


class Estimate(TypedDict):
    """A measured number, its 95 % interval, and the cases it rests on; None: not measurable."""

    value: float | None
    low: float | None
    high: float | None
    n: int


NOT_MEASURED = Estimate(value=None, low=None, high=None, n=0)


class Bootstrap:
    """Draws of patients, the same for every statistic computed on one table.

    Args:
        patients: the patient of each row, any hashable labels, shape (rows,).
        draws: how many times the patients are drawn.
        seed: the same seed gives the same intervals.
    """

    def __init__(
        self, patients: Sequence[Any] | npt.NDArray[Any], *, draws: int, seed: int = 1
    ) -> None:
        labels, index = np.unique(np.asarray(patients), return_inverse=True)
        self.patients = len(labels)
        self.index: npt.NDArray[np.int64] = index.reshape(-1).astype(np.int64)
        self.draws = draws
        self.seed = seed
        self._kept: npt.NDArray[np.float32] | None = None

    def per_patient(self, rows: npt.ArrayLike) -> Floats:
        """Sums over each patient's rows: shape (rows, columns) to (patients, columns)."""
        table = np.asarray(rows, dtype=np.float64)
        columns = table.shape[1]
        cells = self.index[:, None] * columns + np.arange(columns)
        sums = np.bincount(cells.ravel(), weights=table.ravel(), minlength=self.patients * columns)
        return sums.reshape(self.patients, columns).astype(np.float64)

    def per_patient_and_group(
        self, values: npt.ArrayLike, groups: npt.NDArray[np.int64], count: int
    ) -> Floats:
        """Sums of one column over each patient's rows of each group, shape (patients, count)."""
        sums = np.bincount(
            self.index * count + groups,
            weights=np.asarray(values, dtype=np.float64),
            minlength=self.patients * count,
        )
        return sums.reshape(self.patients, count).astype(np.float64)

    def weights(self, draws: int | None = None) -> Iterator[npt.NDArray[np.float32]]:
        """How often each patient is drawn: chunks (some draws, patients), always the same."""
        left = self.draws if draws is None else draws
        if self._kept is None and self.draws * self.patients <= _KEPT_CELLS:
            self._kept = np.concatenate(
                [np.zeros((0, self.patients), np.float32), *self._drawn(self.draws)]
            )
        if self._kept is not None:
            yield self._kept[:left]
        else:
            yield from self._drawn(left)

    def _drawn(self, left: int) -> Iterator[npt.NDArray[np.float32]]:
        generator = np.random.default_rng(self.seed)
        chunk = max(1, _CHUNK_CELLS // max(self.patients, 1))
        while left > 0 and self.patients:
            now = min(chunk, left)
            drawn = generator.integers(0, self.patients, (now, self.patients))
            drawn += np.arange(now)[:, None] * self.patients
            counts = np.bincount(drawn.ravel(), minlength=now * self.patients)
            yield counts.reshape(now, self.patients).astype(np.float32)
            left -= now

    def drawn_sums(self, per_patient: Floats) -> Floats:
        """The columns' sums in every draw, shape (draws, columns)."""
        if not self.patients:
            return np.zeros((0, per_patient.shape[1]))
        columns = per_patient.astype(np.float32)
        return np.concatenate([chunk @ columns for chunk in self.weights()]).astype(np.float64)

    def ratio(self, numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Estimate:
        """The share of ``denominator`` rows that are ``numerator`` rows too, with its interval."""
        both = self.per_patient(
            np.column_stack(
                [np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)]
            )
        )
        return self.ratios(both[:, :1], both[:, 1:])[0]

    def ratios(self, numerators: Floats, denominators: Floats) -> list[Estimate]:
        """One share per column of two tables of per-patient sums, shape (patients, columns)."""
        columns = numerators.shape[1]
        drawn = self.drawn_sums(np.hstack([numerators, denominators]))
        draws = divide(drawn[:, :columns], drawn[:, columns:])
        totals = denominators.sum(axis=0)
        values = divide(numerators.sum(axis=0), totals)
        with_any = (denominators > 0).sum(axis=0)
        return [
            interval_of(values[i], draws[:, i], int(totals[i]), patients=int(with_any[i]))
            for i in range(columns)
        ]

    def statistic(self, per_patient: Floats, statistic: Statistic, n: int) -> Estimate:
        """Any function of the columns' sums; ``statistic`` works along the last axis."""
        value = statistic(per_patient.sum(axis=0))
        return interval_of(float(value), statistic(self.drawn_sums(per_patient)), n)

    def roc_auc(self, positive: npt.NDArray[np.bool_], scores: Floats) -> Estimate:
        """Area under the ROC curve; fewer draws on tables above 400,000 rows, to end in seconds."""
        n = len(scores)
        value = roc_auc(positive, scores)
        if value is None:
            return Estimate(value=None, low=None, high=None, n=n)
        order = np.argsort(scores, kind="stable")
        ordered, who, truth = scores[order], self.index[order], positive[order]
        ups = np.flatnonzero(truth)
        first = np.searchsorted(ordered, ordered[ups], side="left")
        last = np.searchsorted(ordered, ordered[ups], side="right")
        draws = int(np.clip(_MAX_CURVE_CELLS // max(n, 1), 100, self.draws))
        rows_at_once = max(1, _CHUNK_CELLS // n)
        areas: list[Floats] = []
        for chunk in self.weights(draws):
            for start in range(0, len(chunk), rows_at_once):
                rows = chunk[start : start + rows_at_once][:, who]
                up = rows[:, ups]
                rows[:, ups] = 0
                below = np.zeros((len(rows), n + 1), dtype=np.float32)
                np.cumsum(rows, axis=1, out=below[:, 1:])
                won = (below[:, first] + below[:, last]) / 2  # of the negatives, ties half
                pairs = up.sum(axis=1, dtype=np.float64) * below[:, -1]
                areas.append(divide(np.einsum("ij,ij->i", up, won, dtype=np.float64), pairs))
        return interval_of(value, np.concatenate(areas), n)


def roc_auc(positive: npt.NDArray[np.bool_], scores: Floats) -> float | None:
    """Probability that a positive scores above a negative, ties counted half; None without both."""
    ups, downs = int(positive.sum()), int((~positive).sum())
    if not ups or not downs:
        return None
    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    ranks = (last - (sizes - 1) / 2)[group.reshape(-1)]
    return float((ranks[positive].sum() - ups * (ups + 1) / 2) / (ups * downs))


def divide(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Floats:
    """Element by element; NaN, without a warning, where the denominator is 0."""
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    quotient: Floats = np.full(np.broadcast(top, bottom).shape, np.nan)
    np.divide(top, bottom, out=quotient, where=bottom != 0)
    return quotient


def wilson(successes: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    share, square = successes / n, _Z**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _Z / (1 + square / n) * np.sqrt(share * (1 - share) / n + square / (4 * n**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def interval_of(value: float, draws: Floats, n: int, *, patients: int | None = None) -> Estimate:
    """A value with the percentile interval of its draws, shape (draws,).

    With ``patients``, the value is a share: one of exactly 0 or 1 has no spread to resample, and
    its interval is Wilson's over the patients.
    """
    if not np.isfinite(value):
        return Estimate(value=None, low=None, high=None, n=n)
    if patients and value in (0.0, 1.0):
        low, high = wilson(value * patients, patients)
        low, high = (low, 1.0) if value == 1.0 else (0.0, high)
        return Estimate(value=float(value), low=low, high=high, n=n)
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return Estimate(value=float(value), low=None, high=None, n=n)
    low, high = (float(q) for q in np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    return Estimate(value=float(value), low=min(low, value), high=max(high, value), n=n)
