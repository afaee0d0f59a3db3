"""Where the rows of each report stand in a frame of results, and the frame in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

REPORTS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Positions:
    """Where rows stand: ``report`` numbers the reports in order of first appearance."""

    report_ids: pl.Series
    report: np.ndarray[Any, np.dtype[np.int64]]
    first_row: np.ndarray[Any, np.dtype[np.int64]]


def positions(rows: pl.DataFrame) -> Positions:
    """The number of each row's report; reports may be interleaved."""
    ids = rows["report_id"]
    runs = ids.rle_id().to_numpy()
    first_of_run = np.flatnonzero(np.diff(runs, prepend=-1))
    heads = ids.gather(first_of_run)
    if heads.n_unique() == len(heads):
        return Positions(heads, runs.astype(np.int64), first_of_run)
    unique = heads.unique(maintain_order=True)
    number_of = {report: index for index, report in enumerate(unique.to_list())}
    of_run = np.fromiter((number_of[head] for head in heads.to_list()), np.int64, len(heads))
    first_row = np.zeros(len(unique), dtype=np.int64)
    first_row[of_run[::-1]] = first_of_run[::-1]
    return Positions(unique, of_run[runs], first_row)


def partitions(
    rows: pl.DataFrame, where: Positions, reports: int = REPORTS_AT_ONCE
) -> Iterator[tuple[int, pl.DataFrame, Positions]]:
    """The rows in parts of at most ``reports`` reports: (the part's first report, rows, positions).

    Parts keep memory bounded and the arrays of a part small enough for the processor's caches.
    """
    count = len(where.report_ids)
    if count <= reports:
        yield 0, rows, where
        return
    order = np.argsort(where.report, kind="stable")
    starts = np.searchsorted(where.report[order], np.arange(count + 1))
    for first in range(0, count, reports):
        last = min(first + reports, count)
        numbers = order[starts[first] : starts[last]]
        yield (
            first,
            rows[numbers],
            Positions(
                where.report_ids[first:last],
                where.report[numbers] - first,
                starts[first:last] - starts[first],
            ),
        )
