"""Parquet, as data sets are published in it: a schema, and rows a bounded number at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.sources.exports import Export

ROWS_PER_PART = 200_000
_MARK = b"PAR1"
_DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)


def is_parquet(export: Export) -> bool:
    """Whether a file is Parquet that can be scanned: not one inside gzip, xz or a zip."""
    return export.sample.startswith(_MARK) and not export.compressed


def schema_of(export: Export) -> Mapping[str, pl.DataType]:
    """Column -> type.

    Raises:
        SourceError: the file is damaged.
    """
    try:
        return pl.read_parquet_schema(export.path)
    except _DAMAGE as error:
        raise _damaged(export) from error


def collected(export: Export, frame: pl.LazyFrame) -> pl.DataFrame:
    """What a scan of this file gives.

    Raises:
        SourceError: the file is damaged.
    """
    try:
        return frame.collect()
    except _DAMAGE as error:
        raise _damaged(export) from error


def parts(export: Export, columns: list[pl.Expr]) -> Iterator[tuple[int, pl.DataFrame]]:
    """(number of rows before, rows) until the end of the file.

    Raises:
        SourceError: the file is damaged.
    """
    scan = pl.scan_parquet(export.path)
    height = collected(export, scan.select(pl.len())).item()
    for start in range(0, height, ROWS_PER_PART):
        yield start, collected(export, scan.select(columns).slice(start, ROWS_PER_PART))


def _damaged(export: Export) -> SourceError:
    return SourceError(export.name, "it begins as Parquet and is damaged", remedy="Fetch it again.")
