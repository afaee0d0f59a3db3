"""Delimited text as frames of strings: the delimiter found, records cut, bad lines rejected.

A block without quotes goes straight through polars. A block that polars refuses (a stray quote, a
record with too many fields) is read record by record, so that one bad line costs one reject.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import reject
from hemoscribe.sources.exports import Export
from hemoscribe.sources.lines import CHUNK_BYTES, Block, blocks, record_ends, sample_text

DELIMITERS = (",", ";", "\t", "|")
MAX_HEADER_LINE = 50  # titles that some laboratories print above the header
MAX_COLUMNS = 2_000
MAX_TORN_RECORDS = 100
LINE = "line"
_SPACE = 32


@dataclass(frozen=True)
class Layout:
    """Where a delimited file's header stands and what it says."""

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    """The last line of the header."""
    header_lines: int = 1
    """How many lines it has."""

    @property
    def columns(self) -> tuple[str, ...]:
        """One name per column for frames: ``c0``, ``c1``..."""
        return tuple(f"c{number}" for number in range(len(self.header)))

    def with_line(self, header: Sequence[str]) -> Layout:
        """The layout whose header ends one line further down."""
        return Layout(self.delimiter, tuple(header), self.header_line + 1, self.header_lines + 1)


def layouts(
    export: Export, *, encoding: str | None = None, delimiter: str | None = None
) -> Iterator[Layout]:
    """Every way the first lines could be a header: the likeliest delimiter first, line by line."""
    lines = sample_text(export, encoding).split("\n")[:MAX_HEADER_LINE]
    candidates = [delimiter] if delimiter else _by_frequency(lines)
    for number, line in enumerate(lines, start=1):
        for candidate in candidates:
            fields = split_line(line, candidate)
            if 2 <= len(fields) <= MAX_COLUMNS:
                yield Layout(candidate, tuple(field.strip() for field in fields), number)


def _by_frequency(lines: Sequence[str]) -> list[str]:
    counts = {mark: sum(line.count(mark) for line in lines) for mark in DELIMITERS}
    return sorted((mark for mark in DELIMITERS if counts[mark]), key=lambda mark: -counts[mark])


def split_line(line: str, delimiter: str) -> list[str]:
    """The fields of one line."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


@dataclass(frozen=True)
class Table:
    """A block's records: string columns ``c0``... and ``line``; ``rejects`` the lines left out."""

    frame: pl.DataFrame
    rejects: list[dict[str, Any]]


def tables(
    export: Export,
    layout: Layout,
    *,
    encoding: str | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[Table]:
    """The records under the header, block by block; cells are trimmed and empty ones null."""
    for block in blocks(export, encoding=encoding, chunk_bytes=chunk_bytes):
        body = _after_header(block, layout)
        if body is None:
            continue
        rejects: list[dict[str, Any]] = []
        frame = _fast(body, layout)
        if frame is None:
            frame, rejects = _slow(export, body, layout)
        elif not _has_spaces(body.data, layout.delimiter):
            yield Table(_without_blanks(frame, layout), rejects)
            continue
        yield Table(_without_blanks(_trimmed(frame, layout), layout), rejects)


def _after_header(block: Block, layout: Layout) -> Block | None:
    skip = layout.header_line + 1 - block.first_line
    data = block.data
    for _ in range(skip):
        data = data[data.find(b"\n") + 1 :] if b"\n" in data else b""
    if not data:
        return None
    return Block(data, block.first_line + max(skip, 0), block.torn)


def _fast(block: Block, layout: Layout) -> pl.DataFrame | None:
    """The block through polars, or None where polars and the quotes do not agree on it."""
    if block.torn:
        return None
    data = block.data if block.data.endswith(b"\n") else block.data + b"\n"
    quoted = b'"' in data
    ends = record_ends(data)[0] if quoted else None
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            schema=dict.fromkeys(layout.columns, pl.String()),
            separator=layout.delimiter,
            quote_char='"' if quoted else None,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.height != (data.count(b"\n") if ends is None else len(ends)):
        return None
    lines = np.arange(frame.height, dtype=np.uint32)
    if ends is not None:
        every_end, _ = record_ends(data, quoted=False)
        before = np.searchsorted(every_end, ends)  # line ends before each record's own
        lines = np.concatenate(([0], before[:-1] + 1)).astype(np.uint32)
    return frame.with_columns(pl.Series(LINE, lines + np.uint32(block.first_line)))


def _slow(
    export: Export, block: Block, layout: Layout
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """The block record by record: too many fields, or a quote that never closes, is a reject."""
    width = len(layout.header)
    columns: list[list[str | None]] = [[] for _ in range(width)]
    lines: list[int] = []
    rejects: list[dict[str, Any]] = []

    def bad(line: int, message: str) -> None:
        rejects.append(reject(export.name, f"line {line}", RejectCode.UNREADABLE, message))

    def take(line: int, fields: list[str]) -> None:
        if any(field.strip() for field in fields[width:]):
            bad(line, f"The line has {len(fields)} fields and the header {width}.")
            return
        lines.append(line)
        for number, column in enumerate(columns):
            column.append(fields[number] if number < len(fields) else None)

    _records(export, block, layout.delimiter, take, bad)
    series = [
        pl.Series(name, column, dtype=pl.String)
        for name, column in zip(layout.columns, columns, strict=True)
    ]
    return pl.DataFrame([*series, pl.Series(LINE, lines, dtype=pl.UInt32)]), rejects


def _records(
    export: Export,
    block: Block,
    delimiter: str,
    take: Callable[[int, list[str]], None],
    bad: Callable[[int, str], None],
) -> None:
    text = block.data.decode("utf-8", "replace")
    first_line = block.first_line
    torn = 0
    while text:
        start = _take_until_torn(text, first_line, delimiter, take)
        if start is None:
            return
        torn += 1
        if torn > MAX_TORN_RECORDS:
            raise SourceError(
                export.name,
                "too many quotes are opened and never closed",
                place=f"line {first_line + start}",
                remedy="Export it again, with every quote inside a field doubled.",
            )
        bad(first_line + start, "A quote is opened and never closed.")
        text = _skip_lines(text, start + 1)
        first_line += start + 1


def _take_until_torn(
    text: str, first_line: int, delimiter: str, take: Callable[[int, list[str]], None]
) -> int | None:
    """Take every record; stops at one whose quote never closes and returns where it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    held: tuple[int, list[str]] | None = None
    start, end = 0, 0
    try:
        for fields in reader:
            if held is not None:
                take(*held)
            start, end = end, reader.line_num
            held = (first_line + start, fields)
    except csv.Error:  # a field beyond the csv module's limit: the quote before it never closes
        if held is not None:
            take(*held)
        return end
    if held is None:
        return None
    if end - start > 1 and _never_closes(_skip_lines(text, start), delimiter):
        return start
    take(*held)
    return None


def _never_closes(record: str, delimiter: str) -> bool:
    """Whether a record ends inside a quote."""
    try:
        list(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _skip_lines(text: str, count: int) -> str:
    start = 0
    for _ in range(count):
        start = text.find("\n", start) + 1
        if not start:
            return ""
    return text[start:]


def _has_spaces(data: bytes, delimiter: str) -> bool:
    """Whether some cell may have a space, a tab or quotes around it, or be quoted and empty."""
    if delimiter != "\t" and b"\t" in data:
        return True
    if b"\r" in data or b'"' in data:
        return True
    if not data.isascii() and (b"\xc2\xa0" in data or b"\xef\xbb\xbf" in data):
        return True
    if b" " not in data:
        return False
    buffer = np.frombuffer(data, dtype=np.uint8)
    spaces = np.flatnonzero(buffer == _SPACE)
    beside = np.zeros(256, dtype=np.bool_)
    beside[[ord("\n"), ord(delimiter)]] = True
    return bool(
        spaces[0] == 0
        or spaces[-1] == len(data) - 1
        or beside[buffer[spaces - 1]].any()
        or beside[buffer[spaces + 1]].any()
    )


def _trimmed(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Cells without spaces and line ends around them; empty ones null."""
    cells = pl.col(layout.columns)
    return frame.with_columns(cells.str.strip_chars(" \t\r\n\u00a0\ufeff")).with_columns(
        pl.when(cells.str.len_bytes() > 0).then(cells)
    )


def _without_blanks(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The frame without blank records, which hold no result."""
    if any(frame[column].null_count() == 0 for column in layout.columns):
        return frame
    return frame.filter(pl.any_horizontal(pl.col(layout.columns).is_not_null()))
