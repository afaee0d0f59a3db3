"""Spreadsheets (.xlsx): each sheet as the table it shows, read by the readers of CSV.

A sheet is turned into lines as they are asked for, so that a million rows cost no more memory than
ten. openpyxl parses with defusedxml; what a workbook unpacks to is bounded before it is opened.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from hemoscribe.errors import SourceError
from hemoscribe.sources.batches import Batch, Notices
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.tables import csv_grouped, csv_long, csv_wide
from hemoscribe.sources.tables.cell_texts import cell_text
from hemoscribe.sources.tables.delimited import MAX_COLUMNS
from hemoscribe.sources.tables.sheet_names import of_sheet, sheet_specimen

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_ROWS = 1_048_576  # of an .xlsx sheet
MAX_SHEETS = 200
MAX_PART_BYTES = 256 * 1024 * 1024  # of shared texts, which are held in memory
MAX_STYLES_BYTES = 16 * 1024 * 1024
MAX_SHEET_BYTES = 4 * 1024 * 1024 * 1024
MAX_EXPANSION = 300
FREE_BYTES = 256 * 1024 * 1024
DELIMITER = "\t"
_ZIP = b"PK\x03\x04"
_WORKBOOK = "xl/workbook.xml"
_HEAD_BYTES = 4096
_BUFFER_BYTES = 1024 * 1024
_DAMAGE = (
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    ValueError,
    OverflowError,
    EOFError,
    OSError,
    AssertionError,
    RecursionError,
    SyntaxError,
    zipfile.BadZipFile,
    NotImplementedError,
    zlib.error,
)  # fmt: skip  (XML parsers raise kinds of SyntaxError)

_READERS = (csv_grouped, csv_long, csv_wide)
_Cell = tuple[Any, str]


def recognises(export: Export, mapping: Mapping) -> bool:
    """Whether a file is an .xlsx workbook; what its sheets hold is seen when they are read."""
    del mapping
    if not export.sample.startswith(_ZIP):
        return False
    try:
        with _archive(export) as archive:
            return _WORKBOOK in archive.namelist()
    except zipfile.BadZipFile:
        return False


def read(export: Export, mapping: Mapping, notices: Notices) -> Iterator[Batch]:
    """The reported rows of every sheet that has a header of results.

    Raises:
        SourceError: the workbook is damaged, beyond any workbook's size, or no sheet has results.
    """
    rules = mapping.model_copy(update={"delimiter": DELIMITER, "encoding": "utf-8"})
    unread = []
    any_read = False
    for sheet in sheets(export):
        reader = next((one for one in _READERS if one.recognises(sheet, rules)), None)
        if reader is None:
            unread.append(sheet)
            continue
        any_read = True
        other = sheet_specimen(sheet.name.rpartition("/")[2])
        for batch in reader.read(sheet, rules, notices):
            yield batch if other is None else of_sheet(batch, sheet.name, other)
    names = ", ".join(sheet.name.rpartition("/")[2] for sheet in unread)
    if not any_read:
        raise SourceError(
            export.name,
            "no sheet has a column for what was measured and its value, nor one named after an "
            f"analyte ({names})",
            remedy="Name the columns in a file given with --mapping.",
        )
    if unread:
        notices.say(f"{export.name}: sheets without a header of results are not read: {names}.")


def sheets(export: Export) -> list[Export]:
    """Each visible or hidden sheet as an export of tab-separated lines, one per row.

    Raises:
        SourceError: as ``read``.
    """
    _check(export)
    with _opened(export) as book:
        names = [sheet.title for sheet in book.worksheets]
    if len(names) > MAX_SHEETS:
        raise _refused(export, f"it has more than {MAX_SHEETS} sheets")
    return [
        Export(export.path, f"{export.name}/{name}", _opener(export, position), True, export.named)
        for position, name in enumerate(names)
    ]


def _opener(export: Export, position: int) -> Any:
    return lambda: cast(BinaryIO, io.BufferedReader(_Lines(export, position), _BUFFER_BYTES))


@contextmanager
def _archive(export: Export) -> Iterator[zipfile.ZipFile]:
    with _seekable(export) as stream, zipfile.ZipFile(stream) as archive:
        yield archive


def _seekable(export: Export) -> IO[bytes]:
    """The workbook's bytes, in memory where they come out of another archive."""
    if not export.compressed:
        return export.path.open("rb")
    with export.open() as stream:
        data = stream.read(MAX_PART_BYTES + 1)
    if len(data) > MAX_PART_BYTES:
        raise _refused(export, f"it has more than {MAX_PART_BYTES:,} bytes")
    return io.BytesIO(data)


def _check(export: Export) -> None:
    """Refuse what would unpack to more than a workbook does, and XML that declares entities."""
    with _seekable(export) as stream:
        with _damage_of(export):
            archive = zipfile.ZipFile(stream)
        for part in archive.infolist():
            if part.flag_bits & 1:
                raise SourceError(
                    export.name, "it is encrypted", remedy="Save it without a password first."
                )
            if part.file_size > _limit(part):
                raise _refused(export, f"{part.filename} in it unpacks beyond any workbook")
            if part.filename.endswith((".xml", ".rels")):
                head = _head(export, archive, part)
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise _refused(export, f"{part.filename} in it declares XML entities")


def _head(export: Export, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    with _damage_of(export), archive.open(part) as stream:
        return stream.read(_HEAD_BYTES)


@contextmanager
def _damage_of(export: Export) -> Iterator[None]:
    """Word what the library raises; nothing of ours stands inside, or its faults would be theirs.

    Raises:
        SourceError: the workbook is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that do not matter here
            yield
    except _DAMAGE as error:
        raise _damaged(export) from error


def _limit(part: zipfile.ZipInfo) -> int:
    if part.filename.startswith("xl/worksheets/"):
        return min(MAX_SHEET_BYTES, max(FREE_BYTES, MAX_EXPANSION * part.compress_size))
    return MAX_STYLES_BYTES if part.filename == "xl/styles.xml" else MAX_PART_BYTES


@contextmanager
def _opened(export: Export) -> Iterator[Workbook]:
    """A workbook opened for reading row by row.

    Raises:
        SourceError: it is damaged.
    """
    from openpyxl import load_workbook

    with _seekable(export) as stream:
        with _damage_of(export):
            book = load_workbook(stream, read_only=True, data_only=True)
        try:
            yield book
        finally:
            book.close()


class _Lines(io.RawIOBase):
    """A sheet's rows as UTF-8 lines of tab-separated cells, made while they are read."""

    def __init__(self, export: Export, position: int) -> None:
        self._lines = _lines(export, position)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        parts = [self._rest]
        size = len(self._rest)
        while size < len(buffer) and (line := next(self._lines, None)) is not None:
            parts.append(line)
            size += len(line)
        data = b"".join(parts)
        given, self._rest = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)

    def close(self) -> None:
        self._lines.close()
        super().close()


def _lines(export: Export, position: int) -> Generator[bytes, None, None]:
    with _opened(export) as book:
        sheet = book.worksheets[position]
        for number, row in enumerate(_rows(export, sheet), start=1):
            if number > MAX_ROWS:
                return
            if len(row) > MAX_COLUMNS and any(row[MAX_COLUMNS:]):
                raise SourceError(
                    export.name,
                    f"a row of the sheet {sheet.title} has more than {MAX_COLUMNS:,} columns",
                    place=f"line {number}",
                )
            texts = ["" if cell is None else cell_text(*cell) for cell in row[:MAX_COLUMNS]]
            while texts and not texts[-1]:
                texts.pop()
            yield _line(texts)


def _rows(export: Export, sheet: Any) -> Iterator[list[_Cell | None]]:
    """Each row's values and number formats; None for a cell that is empty."""
    with _damage_of(export):
        sheet.reset_dimensions()  # what a sheet says of its own size may be untrue
        rows = sheet.iter_rows(max_row=MAX_ROWS)
    while True:
        try:
            row = next(rows, None)
            if row is None:
                return
            cells = [
                None if cell.value is None else (cell.value, cell.number_format) for cell in row
            ]
        except _DAMAGE as error:
            raise _damaged(export) from error
        yield cells


def _line(texts: list[str]) -> bytes:
    text = DELIMITER.join(texts)
    if '"' in text:
        out = io.StringIO()
        csv.writer(out, delimiter=DELIMITER, lineterminator="").writerow(texts)
        text = out.getvalue()
    return f"{text}\n".encode()


def _refused(export: Export, reason: str) -> SourceError:
    return SourceError(export.name, reason, remedy="Export the sheet as CSV.")


def _damaged(export: Export) -> SourceError:
    return SourceError(
        export.name, "it is a damaged workbook and cannot be read", remedy="Save it again."
    )
