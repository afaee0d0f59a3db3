"""PDF reports with a text layer: each page as fixed-width text, then read as printed text is.

Only text that the file holds is read. A scan has none and is refused: nothing here guesses letters
from an image. pypdf opens the file under limits of its own, so that no stream in it can grow beyond
``MAX_STREAM_BYTES`` and no page can hold more than ``MAX_OPERATIONS``.
"""

from __future__ import annotations

import io
import logging
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hemoscribe.errors import SourceError
from hemoscribe.sources.batches import Batch, Notices
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.printed.documents import reports_of
from hemoscribe.sources.printed.parts import Line

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_PAGES = 500
MAX_STREAM_BYTES = 8 * 1024 * 1024
MAX_OPERATIONS = 200_000
MAX_SECONDS = 60.0
_MARK_BYTES = 1024  # readers look for %PDF- in the first kilobyte
_DAMAGE = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, RecursionError,
    ArithmeticError, NotImplementedError, EOFError, OSError, struct.error, zlib.error,
)  # fmt: skip


def is_pdf(export: Export) -> bool:
    """Whether a file is a PDF."""
    return b"%PDF-" in export.sample[:_MARK_BYTES]


def recognises(export: Export, mapping: Mapping) -> bool:
    """Whether a file is a PDF; what it holds is seen when it is read."""
    del mapping
    return is_pdf(export)


def read(export: Export, mapping: Mapping, notices: Notices) -> Iterator[Batch]:
    """The reported rows of a PDF's reports.

    Raises:
        SourceError: it is encrypted, damaged, a scan without text, or larger than any report is.
    """
    from hemoscribe.sources.printed.text import read_documents

    pages = page_texts(export)
    empty = [number for number, text in enumerate(pages, start=1) if not text.strip()]
    if len(empty) == len(pages):
        raise SourceError(
            export.name,
            "it is a PDF without text, such as a scan, and images are not read",
            remedy="Export the report as text, HL7, CSV or a PDF with text.",
        )
    if empty:
        shown = ", ".join(map(str, empty))
        notices.say(f"{export.name}: pages without text, such as scans, are not read: {shown}.")
    yield from read_documents(export, reports_of(export.name, _lines(pages)), mapping, notices)


def _lines(pages: list[str]) -> Iterator[Line]:
    for page, text in enumerate(pages, start=1):
        for number, line in enumerate(text.split("\n"), start=1):
            yield Line(line, f"page {page}, line {number}")


def page_texts(export: Export) -> list[str]:
    """The text of each page, its words where they stand on the page.

    Raises:
        SourceError: as ``read``, but for a scan, whose pages are empty here.
    """
    from pypdf import PdfReader, apply_configuration

    with export.open() as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise _too_large(export, f"it has more than {MAX_FILE_BYTES:,} bytes")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # damage is worded below
    limits: dict[str, Any] = dict.fromkeys(
        (
            "maximum_declared_stream_length", "array_based_stream_maximum_output_length",
            "lzw_maximum_output_length", "run_length_maximum_output_length",
            "zlib_maximum_output_length", "image_maximum_buffer_size",
        ),
        MAX_STREAM_BYTES,
    )  # fmt: skip
    with apply_configuration(
        stream_parsing_work_maximum_count=MAX_OPERATIONS,
        page_tree_maximum_entries=MAX_PAGES * 2,
        **limits,
    ):
        with _damage_of(export):
            reader = PdfReader(io.BytesIO(data))
        return _extracted(export, reader)


@contextmanager
def _damage_of(export: Export) -> Iterator[None]:
    """Word what pypdf raises; nothing of ours stands inside, or its faults would be the file's.

    Raises:
        SourceError: the PDF is damaged, or a part of it grows too large.
    """
    from pypdf.errors import DependencyError, DeprecationError, LimitReachedError, PyPdfError

    try:
        yield
    except LimitReachedError as error:
        raise _too_large(export, "a part of it grows beyond any report's size") from error
    except (PyPdfError, DependencyError, DeprecationError, *_DAMAGE) as error:
        raise SourceError(
            export.name, "it is a damaged PDF and cannot be read", remedy="Export it again."
        ) from error


def _extracted(export: Export, reader: PdfReader) -> list[str]:
    with _damage_of(export):
        encrypted = reader.is_encrypted
    if encrypted:
        raise SourceError(
            export.name, "it is an encrypted PDF", remedy="Save it without a password first."
        )
    with _damage_of(export):
        count = len(reader.pages)
    if count > MAX_PAGES:
        raise _too_large(export, f"it has more than {MAX_PAGES:,} pages")
    started = time.monotonic()
    texts = []
    for number in range(count):
        with _damage_of(export):
            texts.append(reader.pages[number].extract_text(extraction_mode="layout"))
        if time.monotonic() - started > MAX_SECONDS:
            raise _too_large(export, f"it takes more than {MAX_SECONDS:.0f} s to read")
    return texts


def _too_large(export: Export, reason: str) -> SourceError:
    return SourceError(export.name, reason, remedy="Export fewer reports to a file.")
