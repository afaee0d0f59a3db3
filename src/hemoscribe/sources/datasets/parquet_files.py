"""Parquet, as data sets are published in it: a schema, and rows a bounded number at a time.

It is decoded by pyarrow and checked whole: a damaged page is an error there, where polars asks for
more memory than there is and ends the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.sources.exports import Export

ROWS_PER_PART = 200_000
_MARK = b"PAR1"


def is_parquet(export: Export) -> bool:
    """Whether a file is Parquet that can be read where it is: not inside gzip, xz or a zip."""
    return export.sample.startswith(_MARK) and not export.compressed


@cache
def _damage() -> tuple[type[BaseException], ...]:
    import pyarrow  # type: ignore[import-untyped]

    polars = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
    return (pyarrow.ArrowException, OSError, ValueError, MemoryError, KeyError, *polars)


def schema_of(export: Export) -> Mapping[str, pl.DataType]:
    """Column -> type.

    Raises:
        SourceError: the file is damaged.
    """
    import pyarrow.parquet  # type: ignore[import-untyped]

    try:
        empty: Any = pl.from_arrow(pyarrow.parquet.read_schema(export.path).empty_table())
    except _damage() as error:
        raise _damaged(export) from error
    schema: Mapping[str, pl.DataType] = empty.schema
    return schema


def parts(
    export: Export, columns: Sequence[str], *, rows_per_part: int = ROWS_PER_PART
) -> Iterator[tuple[int, pl.DataFrame]]:
    """(number of rows before, rows of these columns) until the end of the file.

    Raises:
        SourceError: the file is damaged.
    """
    import pyarrow.parquet

    before = 0
    try:
        with pyarrow.parquet.ParquetFile(export.path) as file:
            for batch in file.iter_batches(batch_size=rows_per_part, columns=list(columns)):
                batch.validate(full=True)
                frame: Any = pl.from_arrow(batch)
                yield before, frame
                before += frame.height
    except _damage() as error:
        raise _damaged(export) from error


def _damaged(export: Export) -> SourceError:
    return SourceError(export.name, "it begins as Parquet and is damaged", remedy="Fetch it again.")
