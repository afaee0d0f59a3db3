"""Rows on disk between two steps: numbers a row, texts a run.

The results of a report stand together and share its number and its comment. So texts are written
once for every run of rows that has them, beside rows that hold numbers only: less than half of the
bytes, and none of the work of copying the same words for every result.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from hemoscribe.curate.runs import run_starts

_RUN = "_run"
_TEXTS = ".texts"


def split_texts(
    rows: pl.DataFrame, *borders: str, words: Mapping[str, pl.Series] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows with the number of their run in place of texts, texts of each run); rows have texts.

    Args:
        borders: columns in which the rows of a run must be alike as well.
        words: what the columns that hold places in a list of texts stand for.
    """
    words = words or {}
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String or name in words]
    starts = run_starts(rows, (*texts, *borders))
    numbers = rows.drop(texts).with_columns((starts.cum_sum() - 1).cast(pl.UInt32).alias(_RUN))
    runs = rows.select(texts).filter(starts)
    told = (listed.gather(runs[name]).alias(name) for name, listed in words.items())
    return numbers, runs.with_columns(*told)


def write_part(
    path: Path,
    numbers: pl.DataFrame,
    texts: pl.DataFrame,
    start: int = 0,
    length: int | None = None,
) -> None:
    """Some rows of what ``split_texts`` gave, with the texts of their runs."""
    own = numbers.slice(start, length)
    own.write_ipc(path)
    runs = own[_RUN]
    first, last = (runs[0], runs[-1]) if len(runs) else (0, -1)
    texts.slice(first, last - first + 1).write_ipc(path.with_suffix(_TEXTS))


def read_part(path: Path) -> pl.DataFrame:
    """The rows that a part holds."""
    numbers, texts = pl.read_ipc(path), pl.read_ipc(path.with_suffix(_TEXTS))
    runs = numbers[_RUN]
    own = runs - runs[0] if len(runs) else runs
    return numbers.drop(_RUN).with_columns(*(text.gather(own) for text in texts))


def drop_part(path: Path) -> None:
    """The files of a part go."""
    path.unlink()
    path.with_suffix(_TEXTS).unlink()
