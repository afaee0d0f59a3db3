"""Curated rows as Parquet: codes are written as the file's own dictionaries, never spelt out.

A text column of Parquet is a dictionary of its texts and a code a row, which is what rows carry on
their way here. Spelling codes out as text, for the writer to find the same codes again, would cost
as much as all cleaning steps together. Each row group's dictionary holds the texts of its own rows
alone: not one that stood only in a refused row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.curate.stream.threads import in_order
from hemoscribe.records import CuratedResult
from hemoscribe.row_files import MARK

ROWS_PER_GROUP = 250_000
_COMPRESSION: Mapping[str, Any] = {"compression": "zstd", "compression_level": 1}
"""Level 3 takes a fifth more time and saves a thirtieth of the file."""

NamedRows = tuple[pl.DataFrame, pl.Series]
"""Rows whose ``report_id`` is a place in a list of pseudonyms, and that list."""


def write_coded(
    parts: Iterable[NamedRows], patients: pl.Series, results: Path, threads: ThreadPoolExecutor
) -> None:
    """Write all ``parts``, one after the other, in the columns of ``CuratedResult``.

    The same rows give the same bytes, however they are dealt out to parts. Rows stand in the order
    of pseudonyms, so statistics of row groups would tell nothing and are left out.

    Args:
        patients: the patients' pseudonyms; ``patient_id`` of the rows is a place in it.
        threads: make the next groups while one is written.
    """
    from pyarrow import parquet  # type: ignore[import-untyped]

    def table_of(group: NamedRows) -> Any:
        rows, reports = group
        return _table(rows, {"patient_id": patients, "report_id": reports})

    writer = None
    try:
        for table in in_order(threads, table_of, _groups(parts)):
            if writer is None:
                # Without Arrow's own schema every reader takes the columns for texts.
                writer = parquet.ParquetWriter(
                    results,
                    table.schema,
                    write_statistics=False,
                    store_schema=False,
                    **_COMPRESSION,
                )
            writer.write_table(table)
        if writer is None:
            CuratedResult.create_empty().write_parquet(results, metadata=dict(MARK))
        else:
            writer.add_key_value_metadata(dict(MARK))
    finally:
        if writer is not None:
            writer.close()


def _groups(parts: Iterable[NamedRows]) -> Iterator[NamedRows]:
    """The same rows in groups of ``ROWS_PER_GROUP``; the last one may be smaller."""
    left: NamedRows | None = None
    for rows, reports in parts:
        if left is not None:
            before, names = left
            numbered = rows.with_columns(pl.col("report_id") + len(names))
            rows, reports = pl.concat([before, numbered]), pl.concat([names, reports])
        while rows.height >= ROWS_PER_GROUP:
            yield rows.head(ROWS_PER_GROUP), reports
            rows = rows.slice(ROWS_PER_GROUP)
        left = None
        if rows.height:
            first = int(rows["report_id"].to_numpy().min())
            left = rows.with_columns(pl.col("report_id") - first), reports.slice(first)
    if left is not None:
        yield left


def _table(rows: pl.DataFrame, words: dict[str, pl.Series]) -> Any:
    import pyarrow as pa

    columns = {
        name: _column(rows[name], words.get(name)) if name in rows.columns else _nothing(kind, rows)
        for name, kind in CuratedResult.create_empty().schema.items()
    }
    return pa.table(columns)


def _nothing(kind: pl.DataType, rows: pl.DataFrame) -> Any:
    """A column that was not carried."""
    import pyarrow as pa

    # An empty pa.array would import pandas, for a fifth of a second.
    return pa.nulls(rows.height, pa.large_string() if kind == pl.String else pa.timestamp("us"))


def _column(column: pl.Series, words: pl.Series | None) -> Any:
    if words is None and isinstance(column.dtype, pl.Enum):
        words, column = column.dtype.categories, column.to_physical()
    if words is None:
        return column.to_arrow()
    return _dictionary(column, words)


def _dictionary(codes: pl.Series, words: pl.Series) -> Any:
    """``codes``, renumbered so that the dictionary holds only what they stand for, in its order."""
    import pyarrow as pa

    present = codes.drop_nulls().to_numpy()
    first, end = (int(present.min()), int(present.max()) + 1) if len(present) else (0, 0)
    used = np.bincount(present - first if first else present, minlength=end - first) > 0
    places = pl.Series((np.cumsum(used) - 1).astype(np.int32))
    indices = places.gather(codes - first if first else codes)
    texts = words.slice(first, len(used)).filter(pl.Series(used, dtype=pl.Boolean))
    return pa.DictionaryArray.from_arrays(
        indices.to_arrow(), texts.cast(pl.String).to_arrow().cast(pa.large_string())
    )
