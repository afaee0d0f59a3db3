"""The order of rows, found by their runs.

The results of a report stand together, before curation and after each of its steps. So rows form
runs that are alike in patient and time, and putting a few runs in order is all there is to
putting many rows in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray


def run_starts(rows: pl.DataFrame, names: Iterable[str]) -> pl.Series:
    """Whether a row differs in ``names`` from the one before it; the first row always does."""
    starts = rows.select(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in names).alias(
            "_starts"
        )
    ).to_series()
    if len(starts):
        starts[0] = True
    return starts


def stable_order(rows: pl.DataFrame, *names: str) -> pl.Series:
    """Places of ``rows`` in the order of ``names`` (nulls first), as they stand where alike."""
    keys = rows.select(names)
    firsts = run_starts(keys, names).arg_true()
    order = keys[firsts].select(pl.arg_sort_by(*names, maintain_order=True)).to_series()
    if order.is_sorted():
        return pl.int_range(len(rows), dtype=pl.UInt32, eager=True)
    length = np.diff(np.append(firsts.to_numpy(), len(rows)))
    return gathered_runs(length, order.to_numpy())


def gathered_runs(length: NDArray[Any], order: NDArray[Any]) -> pl.Series:
    """Places of the rows when runs of these lengths are put in another order."""
    length = length.astype(np.int64)
    first = np.cumsum(length) - length
    new = length[order]
    moved = first[order] - (np.cumsum(new) - new)
    places = np.arange(int(length.sum())) + np.repeat(moved, new)
    return pl.Series(places.astype(np.uint32))
