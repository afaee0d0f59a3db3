"""The Parquet files of rows and rejects: written with the schema's version, read whatever it was.

Version 1 (0.1.0) has fewer columns and no mark of its version; what it lacks is null. A file of a
later version than ours is refused, as what its columns mean is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from hemoscribe.errors import StageError
from hemoscribe.records import ROW_SCHEMA, CuratedResult, Reject, Result

_VERSION = "hemoscribe.row_schema"
MARK: Mapping[str, str] = {_VERSION: str(ROW_SCHEMA)}
"""What a file's metadata hold of its version."""


def scan_rows(path: Path) -> pl.LazyFrame:
    """The rows of ``results.parquet``, of a read or a curated folder, in today's columns.

    Raises:
        StageError: a later version wrote the file.
    """
    found = pl.scan_parquet(path)
    if is_current(path):
        return found
    held = found.collect_schema()
    schema = CuratedResult if "split" in held else Result
    return _completed(found, schema.create_empty().schema)


def read_rejects(path: Path) -> pl.DataFrame:
    """The rejects of a read or a curated folder, in today's columns.

    Raises:
        StageError: a later version wrote the file.
    """
    is_current(path)
    return _completed(pl.scan_parquet(path), Reject.create_empty().schema).collect()


def write_rejects(rejects: pl.DataFrame, path: Path) -> None:
    """Write rejects, marked with their version."""
    rejects.write_parquet(path, metadata=dict(MARK))


def brought_up_to_date(path: Path, scratch: Path) -> Path:
    """``path`` itself, or a copy in ``scratch`` with the columns that an earlier version lacked."""
    if is_current(path):
        return path
    copy = scratch / f"today-{path.name}"
    scan_rows(path).sink_parquet(copy, metadata=dict(MARK))
    return copy


def is_current(path: Path) -> bool:
    """Whether a file is of today's version; an earlier one lacks columns.

    Raises:
        StageError: a later version wrote the file.
    """
    version = int(pl.read_parquet_metadata(path).get(_VERSION, "1"))
    if version > ROW_SCHEMA:
        raise StageError(
            f"{path}: a later version of Hemoscribe wrote it (row schema {version}; this one knows "
            f"{ROW_SCHEMA}); update Hemoscribe, or run the stage again with this one."
        )
    return version == ROW_SCHEMA


def _completed(rows: pl.LazyFrame, schema: pl.Schema) -> pl.LazyFrame:
    """``rows`` in the columns of ``schema``; one that is lacking is null, another is left out."""
    held = rows.collect_schema()
    return rows.select(
        pl.col(name) if name in held else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    )
