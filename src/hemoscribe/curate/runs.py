"""The order of rows, found by their runs.

The results of a report stand together, before curation and after each of its steps. So rows form
runs that are alike in patient and time, and putting a few runs in order is all there is to
putting many rows in order.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl


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
    first, sorted_runs = firsts.to_numpy(), order.to_numpy()
    length = np.diff(np.append(first, len(rows)))[sorted_runs]
    moved = first[sorted_runs] - (np.cumsum(length) - length)
    places = np.arange(len(rows)) + np.repeat(moved, length)
    return pl.Series(places.astype(np.uint32))
