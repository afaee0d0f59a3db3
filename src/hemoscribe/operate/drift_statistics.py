"""How far two samples of one analyte are apart: PSI, Kolmogorov-Smirnov, abnormal shares.

The population stability index compares shares over bins that the training rows fill evenly. Its
usual levels, 0.1 and 0.25, are those of Siddiqi, *Credit Risk Scorecards* (Wiley, 2006). They say
nothing of sample size: without any drift, PSI is distributed as (1/n + 1/m) times a chi-square
with (bins - 1) degrees of freedom (Yurdakul and Naranjo, J. Risk Model Validation 2020; 14(4):89,
doi:10.21314/JRMV.2020.227), 0.15 on average for 60 served values in ten bins. So a level counts
only where PSI is also above the 95th centile of that distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
BINS = 10
MIN_PER_BIN = 5
PSI_WATCH = 0.1
PSI_DRIFT = 0.25
CHANCE = 0.95
_EMPTY_BIN = 0.5  # counted in place of nothing, so that the logarithm is finite
_Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Stability:
    """PSI with its bins: ``edges`` between bins, shares of both samples, the bound of chance."""

    psi: float
    chance: float
    edges: tuple[float, ...]
    training: tuple[float, ...]
    served: tuple[float, ...]

    @property
    def level(self) -> str:
        """stable, watch or drift."""
        if self.psi < PSI_WATCH or self.psi <= self.chance:
            return "stable"
        return "drift" if self.psi >= PSI_DRIFT else "watch"


def stability(training: Values, served: Values) -> Stability:
    """The population stability index over bins of equal training shares, at most ten.

    Args:
        training, served: values in the same unit; neither may be empty.
    """
    bins = max(2, min(BINS, len(served) // MIN_PER_BIN))
    quantiles = np.quantile(training, np.linspace(0, 1, bins + 1)[1:-1])
    edges = np.unique(quantiles)
    expected, actual = (_counts(values, edges) for values in (training, served))
    keep = (expected > 0) | (actual > 0)
    p, q = (_shares(counts[keep]) for counts in (expected, actual))
    psi = float(np.sum((q - p) * np.log(q / p)))
    return Stability(
        psi,
        _chance_bound(int(keep.sum()), len(training), len(served)),
        tuple(float(edge) for edge in edges),
        tuple(float(share) for share in expected / expected.sum()),
        tuple(float(share) for share in actual / actual.sum()),
    )


def _counts(values: Values, edges: Values) -> NDArray[np.float64]:
    """How many values fall in each bin; a value at an edge belongs to the bin above it."""
    places = np.searchsorted(edges, values, side="right")
    return np.bincount(places, minlength=len(edges) + 1).astype(np.float64)


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    filled = np.where(counts == 0, _EMPTY_BIN, counts)
    shares: NDArray[np.float64] = filled / filled.sum()
    return shares


def _chance_bound(bins: int, training: int, served: int) -> float:
    from scipy.stats import chi2

    if bins < 2:
        return 0.0
    return float((1 / training + 1 / served) * chi2.ppf(CHANCE, bins - 1))


def kolmogorov_smirnov(training: Values, served: Values) -> tuple[float, float]:
    """(largest distance between the two distributions, two-sided p)."""
    from scipy.stats import ks_2samp

    found = ks_2samp(training, served, method="auto")
    return float(found.statistic), float(found.pvalue)


def adjusted(p_values: list[float]) -> list[float]:
    """Benjamini-Hochberg: p-values that keep the false discovery rate over many analytes."""
    from scipy.stats import false_discovery_control

    if not p_values:
        return []
    return [float(p) for p in false_discovery_control(p_values)]


def share_difference(
    abnormal: int, total: int, abnormal_before: int, total_before: int
) -> dict[str, float] | None:
    """Share now less share before, with Newcombe's 95 % interval.

    Newcombe, Stat. Med. 1998; 17:873-890, method 10 (from Wilson's intervals of both).
    None when either sample has no result with a flag.
    """
    if not total or not total_before:
        return None
    now, before = abnormal / total, abnormal_before / total_before
    low_now, high_now = wilson(abnormal, total)
    low_before, high_before = wilson(abnormal_before, total_before)
    difference = now - before
    return {
        "value": difference,
        "low": difference - math.hypot(now - low_now, high_before - before),
        "high": difference + math.hypot(high_now - now, before - low_before),
    }


def wilson(count: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share = count / total
    z2 = _Z_95**2
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z_95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return max(0.0, middle - half), min(1.0, middle + half)
