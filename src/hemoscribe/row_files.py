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
    refuse_later(path)
    found = pl.scan_parquet(path)
    schema = CuratedResult if "split" in found.collect_schema() else Result
    return _completed(found, schema.create_empty().schema)


def read_rejects(path: Path) -> pl.DataFrame:
    """The rejects of a read or a curated folder, in today's columns.

    Raises:
        StageError: a later version wrote the file.
    """
    refuse_later(path)
    return _completed(pl.scan_parquet(path), Reject.create_empty().schema).collect()


def write_rejects(rejects: pl.DataFrame, path: Path) -> None:
    """Write rejects, marked with their version."""
    rejects.write_parquet(path, metadata=dict(MARK))


def brought_up_to_date(path: Path, scratch: Path) -> Path:
    """``path`` itself, or a copy in ``scratch`` with the columns that an earlier version lacked."""
    refuse_later(path)
    if Result.create_empty().schema.items() <= pl.read_parquet_schema(path).items():
        return path
    copy = scratch / f"today-{path.name}"
    scan_rows(path).sink_parquet(copy, metadata=dict(MARK))
    return copy


def refuse_later(path: Path) -> None:
    """Raise StageError where a later version wrote the file: what its columns mean is not known."""
    version = int(pl.read_parquet_metadata(path).get(_VERSION, "1"))
    if version > ROW_SCHEMA:
        raise StageError(
            f"{path}: a later version of Hemoscribe wrote it (row schema {version}; this one knows "
            f"{ROW_SCHEMA}); update Hemoscribe, or run the stage again with this one."
        )


def _completed(rows: pl.LazyFrame, schema: pl.Schema) -> pl.LazyFrame:
    """``rows`` with the columns of ``schema`` first; one that is lacking is null."""
    held = rows.collect_schema()
    missing = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in held]
    return rows.with_columns(missing).select(schema.names()) if missing else rows
