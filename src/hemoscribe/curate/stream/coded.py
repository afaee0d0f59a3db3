"""The rows of a read folder as codes: their texts are never spelt out.

A text column of Parquet is a dictionary of its texts and, for each row, a place in it. The texts
are few where the rows are many, so what is to be done to a text (stripped, scrubbed, coded) is done
to each entry of the dictionary, and a row keeps its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.curate.cleaning.rejection import ROW
from hemoscribe.curate.pseudonyms.policies import policies
from hemoscribe.curate.stream.threads import in_order
from hemoscribe.records import CARRIED, Result

ROWS_PER_CHUNK = 500_000
_FREE = policies()["free_text"]
_SAMPLE = "sample_id"
_SCHEMA = Result.create_empty().schema
TEXTS = tuple(name for name, dtype in _SCHEMA.items() if dtype == pl.String)
NUMBERS = tuple(name for name in _SCHEMA if name not in TEXTS)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Row groups that stand together: their places, the number of the first row, the rows."""

    groups: tuple[int, ...]
    first: int
    rows: int


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A text column: for each row a place in ``words`` (or null), which may hold a text twice."""

    places: pl.Series
    words: pl.Series


def chunks_of(results: Path) -> list[Chunk]:
    """The rows of ``results`` in chunks of at most ``ROWS_PER_CHUNK``, or of one row group."""
    metadata = _opened(results).metadata
    chunks: list[Chunk] = []
    groups: list[int] = []
    first = rows = 0
    for group in range(metadata.num_row_groups):
        height = metadata.row_group(group).num_rows
        if groups and rows + height > ROWS_PER_CHUNK:
            chunks.append(Chunk(tuple(groups), first, rows))
            first, groups, rows = first + rows, [], 0
        groups.append(group)
        rows += height
    return [*chunks, Chunk(tuple(groups), first, rows)] if groups else chunks


def left_out(results: Path) -> frozenset[str]:
    """The columns that are not carried: removed by pseudonymisation, or stated by no row.

    A sample's number is carried as far as the comments that may hold it.
    """
    metadata = _opened(results).metadata
    place = {name: at for at, name in enumerate(metadata.schema.names)}

    def is_empty(name: str) -> bool:
        groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
        return all(_holds_nothing(group.column(place[name])) for group in groups)

    empty = {name for name in (*CARRIED, *_FREE) if is_empty(name)}
    noted = not empty.issuperset(_FREE)
    own = {_SAMPLE} - empty if noted else set[str]()
    return frozenset((*policies()["removed"], *empty.intersection(CARRIED))) - own


def _holds_nothing(column: Any) -> bool:
    found = column.statistics
    return found is not None and found.has_null_count and found.null_count == column.num_values


def distinct_texts(
    results: Path, names: Sequence[str], threads: ThreadPoolExecutor
) -> dict[str, pl.Series]:
    """The texts of each column of ``names``, each once, in no order."""

    def one(chunk: Chunk) -> dict[str, pl.Series]:
        read = list(_read(results, chunk, names))
        return {name: _once(columns[name].words for columns in read) for name in names}

    found = list(in_order(threads, one, chunks_of(results)))
    return {name: _once(words[name] for words in found) for name in names}


def read_places(
    results: Path, chunk: Chunk, without: frozenset[str] = frozenset()
) -> tuple[pl.DataFrame, dict[str, TextColumn]]:
    """(number columns with ``row``, text columns) of a chunk, but those of ``without``."""
    stated = [name for name in NUMBERS if name not in without]
    names = [name for name in TEXTS if name not in without]
    numbers = pl.scan_parquet(results, row_index_name=ROW).select(ROW, *stated)
    read = list(_read(results, chunk, names))
    texts = {name: _joined([columns[name] for columns in read]) for name in names}
    return numbers.slice(chunk.first, chunk.rows).collect(), texts


def coded(column: TextColumn, replaced: Mapping[str, str], codes: pl.Enum) -> pl.Series:
    """A text column as codes, after some texts became others.

    Raises:
        polars.exceptions.InvalidOperationError: a text has no code.
    """
    return with_replaced(column.words, replaced).cast(codes).gather(column.places)


def with_replaced(words: pl.Series, replaced: Mapping[str, str]) -> pl.Series:
    """The texts, some of which became others."""
    return words.replace(list(replaced), list(replaced.values())) if replaced else words


def _opened(results: Path) -> Any:
    from pyarrow import parquet  # type: ignore[import-untyped]

    return parquet.ParquetFile(results, read_dictionary=list(TEXTS))


def _read(results: Path, chunk: Chunk, names: Sequence[str]) -> Iterator[dict[str, TextColumn]]:
    """The text columns ``names`` of each row group."""
    file = _opened(results)
    for group in chunk.groups:
        table = file.read_row_group(group, columns=list(names), use_threads=False)
        yield {name: _joined(map(_places, table.column(name).chunks)) for name in names}


def _places(column: Any) -> TextColumn:
    places, words = pl.from_arrow(column.indices), pl.from_arrow(column.dictionary)
    assert isinstance(places, pl.Series)  # of an array from_arrow makes nothing else
    assert isinstance(words, pl.Series)
    return TextColumn(places, words)


def _joined(columns: Iterable[TextColumn]) -> TextColumn:
    """Columns one after the other; the words of the later ones have later places."""
    all_places, all_words, before = [], [], 0
    for column in columns:
        all_places.append(column.places + before if before else column.places)
        all_words.append(column.words)
        before += len(column.words)
    if len(all_places) == 1:
        return TextColumn(all_places[0], all_words[0])
    if not all_places:
        return TextColumn(pl.Series([], dtype=pl.Int32), pl.Series([], dtype=pl.String))
    return TextColumn(pl.concat(all_places, rechunk=True), pl.concat(all_words, rechunk=True))


def _once(words: Iterable[pl.Series]) -> pl.Series:
    listed = list(words)
    return pl.concat(listed).unique() if listed else pl.Series([], dtype=pl.String)
