"""Agreement corrected for chance: Cohen's and Fleiss' kappa, Krippendorff's alpha.

Each is a function of sums over items, along the last axis, so that bootstrap draws of reports cost
one matrix product. NaN where a coefficient is not defined (one category throughout, no pair).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from hemoscribe.assess.bootstrap import Floats, divide

Scale = Literal["nominal", "ordinal"]
Codes = npt.NDArray[np.int64]
"""Category 0 to k-1 of each item (columns) by each rater (rows); -1: not rated."""


def pair_cells(one: Codes, other: Codes, categories: int) -> Floats:
    """The confusion matrix of each item rated by both, shape (items, k * k)."""
    cells = np.zeros((len(one), categories * categories))
    both = np.flatnonzero((one >= 0) & (other >= 0))
    cells[both, one[both] * categories + other[both]] = 1
    return cells


def cohen(cells: Floats, scale: Scale) -> Floats:
    """Cohen's kappa (1960, doi:10.1177/001316446002000104); ordinal: quadratic weights (1968).

    Args:
        cells: summed confusion matrices, shape (..., k * k).
    """
    matrix = _square(cells)
    k = matrix.shape[-1]
    steps = np.arange(k)
    apart = np.subtract.outer(steps, steps) ** 2 if scale == "ordinal" else 1 - np.eye(k)
    n = matrix.sum(axis=(-2, -1))
    observed = (matrix * apart).sum(axis=(-2, -1))
    rows, columns = matrix.sum(axis=-1), matrix.sum(axis=-2)
    expected = np.einsum("...i,ij,...j->...", rows, apart.astype(np.float64), columns)
    return 1 - divide(observed * n, expected)


def fleiss_cells(ratings: Codes, categories: int) -> Floats:
    """Of each item that every rater rated: agreeing share of pairs, 1, counts, (items, 2 + k)."""
    raters = len(ratings)
    whole = ratings.min(axis=0) >= 0
    counts = np.stack([(ratings == step).sum(axis=0) for step in range(categories)], axis=1)
    share = divide((counts * (counts - 1)).sum(axis=1), raters * (raters - 1))
    cells = np.column_stack([np.nan_to_num(share), np.ones(len(share)), counts])
    return np.asarray(cells * whole.reshape(-1, 1), dtype=np.float64)


def fleiss(cells: Floats) -> Floats:
    """Fleiss' kappa (1971, doi:10.1037/h0031619) of summed ``fleiss_cells``, (..., 2 + k)."""
    observed = divide(cells[..., 0], cells[..., 1])
    counts = cells[..., 2:]
    shares = divide(counts, counts.sum(axis=-1, keepdims=True))
    expected = (shares**2).sum(axis=-1)
    return divide(observed - expected, 1 - expected)


def coincidences(ratings: Codes, categories: int) -> Floats:
    """Each item's coincidence matrix, shape (items, k * k); an item with one rating has none."""
    counts = np.stack([(ratings == step).sum(axis=0) for step in range(categories)], axis=1)
    n = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, np.arange(categories), np.arange(categories)] -= counts
    per_item = divide(pairs, np.maximum(n - 1, 1)[:, None, None])
    per_item[n < 2] = 0
    return per_item.reshape(len(n), -1)


def alpha(cells: Floats, scale: Scale) -> Floats:
    """Krippendorff's alpha (2011, "Computing Krippendorff's alpha-reliability"), missing allowed.

    Args:
        cells: summed ``coincidences``, shape (..., k * k).
    """
    matrix = _square(cells)
    k = matrix.shape[-1]
    counts = matrix.sum(axis=-1)
    n = counts.sum(axis=-1)
    if scale == "ordinal":
        middle = np.cumsum(counts, axis=-1) - counts / 2
        apart = (middle[..., :, None] - middle[..., None, :]) ** 2
    else:
        apart = np.broadcast_to(1 - np.eye(k), matrix.shape)
    observed = (matrix * apart).sum(axis=(-2, -1))
    expected = np.einsum("...i,...ij,...j->...", counts, apart, counts)
    return 1 - divide(observed * (n - 1), expected)


def _square(cells: Floats) -> Floats:
    k = round(cells.shape[-1] ** 0.5)
    return cells.reshape(*cells.shape[:-1], k, k)
