"""Rows on disk between two steps: what a result has of its own, and once what its report has.

The results of a report stand together and share its number, times, patient and comment. So these
are written once for every run of rows that has them alike, which halves the bytes, and nearly all
of what writing costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.curate.stream.runs import gathered_runs, run_starts

_OF_A_REPORT = frozenset(
    ("patient_id", "report_id", "collected_at", "sex", "age_years", "pregnant", "laboratory")
)
_LENGTH = "_length"
_SHARED = ".shared"


@dataclass(frozen=True, slots=True)
class Runs:
    """Rows by their runs.

    Attributes:
        rows: one line per row: the columns that differ within a run.
        shared: one line per run: its length, and the columns that its rows share.
    """

    rows: pl.DataFrame
    shared: pl.DataFrame

    def in_order(self, order: pl.Series) -> Runs:
        """The same runs in another order."""
        if order.is_sorted():
            return self
        places = gathered_runs(self.shared[_LENGTH].to_numpy(), order.to_numpy())
        return Runs(self.rows[places], self.shared[order])

    def cut(self, names: pl.Series) -> dict[int, Runs]:
        """The runs of each name; ``names`` has one a run, and like ones stand together."""
        parts: dict[int, Runs] = {}
        first_run = first_row = 0
        for count, name in pl.select(names.rle().struct.unnest()).iter_rows():
            shared = self.shared.slice(first_run, count)
            height = int(shared[_LENGTH].sum())
            parts[name] = Runs(self.rows.slice(first_row, height), shared)
            first_run, first_row = first_run + count, first_row + height
        return parts

    def joined(self) -> pl.DataFrame:
        """The rows with all their columns."""
        lengths = self.shared[_LENGTH].to_numpy()
        run = pl.Series(np.repeat(np.arange(len(lengths), dtype=np.uint32), lengths))
        return self.rows.with_columns(
            column.gather(run) for column in self.shared.drop(_LENGTH).iter_columns()
        )


def split_runs(rows: pl.DataFrame, words: Mapping[str, pl.Series] | None = None) -> Runs:
    """Rows as runs of those that are alike in texts and in what a report has once.

    Args:
        words: what the columns that hold places in a list of texts stand for.
    """
    words = words or {}
    names = [
        name
        for name, dtype in rows.schema.items()
        if name in _OF_A_REPORT or name in words or dtype == pl.String
    ]
    firsts = run_starts(rows, names).arg_true()
    shared = rows.select(names)[firsts]
    lengths = np.diff(np.append(firsts.to_numpy(), len(rows)))
    told = (listed.gather(shared[name]).alias(name) for name, listed in words.items())
    return Runs(
        rows.drop(names), shared.with_columns(*told, pl.Series(_LENGTH, lengths, pl.UInt32))
    )


def write_part(path: Path, runs: Runs) -> None:
    """Write runs as one part."""
    _write(path, runs.rows)
    _write(path.with_suffix(_SHARED), runs.shared)


def read_part(path: Path) -> Runs:
    """The runs that a part holds."""
    return Runs(_read(path), _read(path.with_suffix(_SHARED)))


def drop_part(path: Path) -> None:
    """The files of a part go."""
    path.unlink()
    path.with_suffix(_SHARED).unlink()


def _write(path: Path, frame: pl.DataFrame) -> None:
    # Arrow's own writer takes two thirds of the time of polars', its mapped reader less than half.
    from pyarrow import ipc  # type: ignore[import-untyped]

    table = frame.to_arrow()
    with ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)


def _read(path: Path) -> pl.DataFrame:
    import pyarrow as pa
    from pyarrow import ipc

    with pa.memory_map(str(path)) as mapped:
        frame: Any = pl.from_arrow(ipc.open_file(mapped).read_all())
    return pl.DataFrame(frame)
