"""A data set's tables, known by their columns' names: CSV, tab-separated or Parquet, as text.

A table is read with the others that stand in its folder and say what its codes mean or who its
patients are; each of those is read once in a reading, whichever file asks for it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from hemoscribe.sources.batches import Notices
from hemoscribe.sources.datasets.parquet_files import is_parquet, parts, schema_of
from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.lines import UTF8, encoding_of
from hemoscribe.sources.tables.delimited import DELIMITERS, LINE, Layout, Table, split_line, tables

MAX_HEADER_BYTES = 64 * 1024
_SUFFIXES = {".csv", ".tsv", ".txt", ".parquet", ".zip"}
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class SourceTable:
    """A table and its columns' names without regard to case; ``layout`` is None for Parquet."""

    export: Export
    names: tuple[str, ...]
    layout: Layout | None

    def has(self, columns: Sequence[str]) -> bool:
        """Whether it has all of these columns."""
        return set(columns) <= set(self.names)

    @property
    def place(self) -> pl.Expr:
        """Where a row of ``parts`` stands."""
        return pl.format("row {}" if self.layout is None else "line {}", pl.col(LINE))

    def parts(self, columns: Sequence[str]) -> Iterator[Table]:
        """These columns as text, null where the table has none, and ``LINE``, part by part.

        Of two columns with one name the first counts.
        """
        wanted = {name: self.names.index(name) for name in columns if name in self.names}
        absent = [pl.lit(None, pl.String).alias(name) for name in columns if name not in wanted]
        if self.layout is None:
            for before, frame in self._rows(wanted):
                numbered = frame.with_row_index(LINE, offset=before + 1).with_columns(absent)
                yield Table(_bare(numbered), [])
            return
        own = [pl.col(f"c{at}").alias(name) for name, at in wanted.items()]
        for table in tables(self.export, self.layout):
            yield Table(table.frame.select(LINE, *own, *absent), table.rejects)

    def _rows(self, wanted: Mapping[str, int]) -> Iterator[tuple[int, pl.DataFrame]]:
        spelt = list(schema_of(self.export))
        own = {name: spelt[at] for name, at in wanted.items()}
        columns = [
            pl.col(column).cast(pl.String, strict=False).alias(name) for name, column in own.items()
        ]
        for before, frame in parts(self.export, list(own.values())):
            yield before, frame.select(columns)


def _bare(frame: pl.DataFrame) -> pl.DataFrame:
    text = pl.col(pl.String).str.strip_chars()
    return frame.with_columns(pl.when(text != "").then(text).name.keep())


def table_of(export: Export) -> SourceTable | None:
    """The table that a file is by its first line or its schema; None where it is none.

    Raises:
        SourceError: damaged Parquet, or a file that is no text.
    """
    if is_parquet(export):
        # a list or a structure is no column of a table, but keeps its place among them
        schema = schema_of(export).items()
        names = ("" if kind.is_nested() else name.strip().casefold() for name, kind in schema)
        return SourceTable(export, tuple(names), None)
    line = _first_line(export)
    delimiter = max(DELIMITERS, key=line.count)
    header = tuple(name.strip().casefold() for name in split_line(line, delimiter))
    if len(header) < 2:
        return None
    return SourceTable(export, header, Layout(delimiter, header, 1))


def _first_line(export: Export) -> str:
    encoding, skip = encoding_of(export)
    raw = export.sample[skip : skip + MAX_HEADER_BYTES]
    return _LINE_END.split(raw.decode(encoding or UTF8, "replace"), maxsplit=1)[0]


def beside(
    table: SourceTable,
    notices: Notices,
    marks: Sequence[str],
    *,
    also: Sequence[str] = (),
    where: pl.Expr | None = None,
) -> pl.DataFrame | None:
    """Another table of the same folder, told by its columns ``marks``; None: there is none.

    Args:
        also: more of its columns, null where it has none.
        where: which of its rows are wanted; the columns are ``marks`` and ``also``.

    Returns:
        One row for each value of the first of ``marks``: the first there is.
    """
    key = (__name__, table.export.path.parent, *marks)
    if key not in notices.beside:
        notices.beside[key] = _looked_for(table, marks, also, where)
    found = notices.beside[key]
    assert found is None or isinstance(found, pl.DataFrame)
    return found


def _looked_for(
    table: SourceTable, marks: Sequence[str], also: Sequence[str], where: pl.Expr | None
) -> pl.DataFrame | None:
    for path in sorted(table.export.path.parent.iterdir()):
        if not _SUFFIXES & {suffix.casefold() for suffix in path.suffixes}:
            continue
        if not path.is_file() or not path.stat().st_size:
            continue
        for other in exports([path]):
            found = table_of(other)
            if found is not None and found.names != table.names and found.has(marks):
                frames = [part.frame for part in found.parts([*marks, *also])]
                whole = [frame if where is None else frame.filter(where) for frame in frames]
                if whole:
                    one = pl.concat(whole).drop(LINE)
                    return one.unique(marks[0], keep="first", maintain_order=True)
    return None
