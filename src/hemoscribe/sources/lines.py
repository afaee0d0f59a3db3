"""Text exports as UTF-8 blocks of whole records, in bounded memory, whatever their encoding.

UTF-8 (with or without BOM) and UTF-16 are recognised; a line that is not UTF-8 is read as Windows
cp1252, so a file whose first accent comes after a gigabyte, or that joins two exports in two
encodings, is read rightly line by line. Line ends may be LF, CRLF or CR.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hemoscribe.errors import SourceError
from hemoscribe.sources.exports import Export, read_exactly

CHUNK_BYTES = 16 * 1024 * 1024
MAX_RECORD_BYTES = 1024 * 1024
MAX_RECORDS = 500_000  # of a block: lines of a byte or two become columns of many more
UTF8 = "utf-8"
_UTF8_LETTER = re.compile(
    rb"[\xc2-\xf4][\x80-\xbf]"
)  # without one, no line with an accent is UTF-8
_NO_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_NEWLINE = 10
_QUOTE = 34
_BOMS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class Block:
    """Whole records as UTF-8. ``torn``: the block was cut inside a quote that does not close."""

    data: bytes
    first_line: int
    torn: bool = False


def encoding_of(export: Export, wanted: str | None = None) -> tuple[str, int]:
    """(encoding, bytes of BOM) of a text export.

    Raises:
        SourceError: the file is binary, or ``wanted`` is no encoding of text that Python knows.
    """
    sample = export.sample
    if wanted is not None:
        try:
            bytes(range(256)).decode(wanted, "replace")
        except (LookupError, ValueError) as error:  # unknown, or no encoding of text
            raise SourceError(
                export.name, f"the mapping's encoding {wanted!r} is unknown"
            ) from error
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return wanted or encoding, len(bom)
    if wanted is not None:
        return wanted, 0
    if b"\x00" in sample:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        few, many = sorted((even, odd))
        if many < len(sample) // 4 or few > many // 10:
            raise SourceError(
                export.name,
                "it holds NUL bytes, so it is not text",
                remedy="Export it as text, such as CSV.",
            )
        return ("utf-16-le" if odd > even else "utf-16-be"), 0
    return UTF8, 0


def sample_text(export: Export, wanted: str | None = None) -> str:
    """The first lines of a text export, line ends as LF; the last, perhaps cut, line left out."""
    encoding, skip = encoding_of(export, wanted)
    raw = export.sample[skip:]
    text = _decode_lines(raw) if encoding == UTF8 else raw.decode(encoding, "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    whole = text.rpartition("\n")[0]
    return whole or text


def blocks(
    export: Export,
    *,
    encoding: str | None = None,
    quoted: bool = True,
    chunk_bytes: int = CHUNK_BYTES,
    record_bytes: int = MAX_RECORD_BYTES,
    returns_end_lines: bool = False,
) -> Iterator[Block]:
    """The export in blocks that end where a record ends: a line end outside quotes.

    Args:
        quoted: whether a line end inside double quotes is part of a cell.
        record_bytes: the longest line that is read.
        returns_end_lines: CR ends a line wherever it stands, beside LF.

    Raises:
        SourceError: NUL bytes, or a line longer than ``record_bytes``; names the line.
    """
    codec, skip = encoding_of(export, encoding)
    decoder = None if codec == UTF8 else codecs.getincrementaldecoder(codec)("replace")
    lone_cr = returns_end_lines or (
        b"\n" not in export.sample and b"\r" in export.sample and decoder is None
    )
    first_line = 1
    carry = b""
    with export.open() as stream:
        stream.read(skip)
        while True:
            raw = read_exactly(export, stream, chunk_bytes)
            data = raw if decoder is None else decoder.decode(raw, final=not raw).encode()
            if lone_cr:
                data = data.replace(b"\r", b"\n")
            if b"\x00" in data:
                line = first_line + (carry + data[: data.index(b"\x00")]).count(b"\n")
                raise SourceError(
                    export.name,
                    "it holds NUL bytes, so it is not text or it is damaged",
                    place=f"line {line}",
                    remedy="Export it again.",
                )
            data = carry + data
            limit = record_bytes if raw else None
            for block in _cut(export, data, first_line, quoted=quoted, record_bytes=limit):
                for part in _in_parts(block, quoted=quoted):
                    yield _as_utf8(part) if decoder is None else part
                first_line += block.data.count(b"\n")
                data = data[len(block.data) :]
            carry = data
            if not raw:
                return


def _cut(
    export: Export, data: bytes, first_line: int, *, quoted: bool, record_bytes: int | None
) -> Iterator[Block]:
    """At most one block of whole records from the front of ``data``; all of it without a limit."""
    if not data:
        return
    open_quote = False
    if quoted and b'"' in data:
        ends, open_quote = record_ends(data)
        end = int(ends[-1]) + 1 if len(ends) else 0
    else:
        end = data.rfind(b"\n") + 1
    rest = len(data) - end
    if record_bytes is None:
        yield Block(data, first_line, torn=open_quote)
    elif rest > record_bytes:
        newline = data.rfind(b"\n", end)
        if newline < 0:
            line = first_line + data[:end].count(b"\n")
            raise SourceError(
                export.name,
                f"a line is longer than {record_bytes:,} bytes, which no result is",
                place=f"line {line}",
                remedy="Check that this is the export you meant.",
            )
        yield Block(data[: newline + 1], first_line, torn=True)
    elif end:
        yield Block(data[:end], first_line)


def _in_parts(block: Block, *, quoted: bool) -> Iterator[Block]:
    """The block in parts of at most ``MAX_RECORDS``; blank lines without end are left out."""
    if block.torn or block.data.count(b"\n") <= MAX_RECORDS:
        yield block
        return
    ends, _ = record_ends(block.data, quoted=quoted)
    cuts = [*(ends[MAX_RECORDS - 1 :: MAX_RECORDS] + 1).tolist(), len(block.data)]
    start, line = 0, block.first_line
    for cut in cuts:
        data = block.data[start:cut]
        breaks = data.count(b"\n")
        if breaks < len(data):
            yield Block(data, line)
        start, line = cut, line + breaks


def record_ends(data: bytes, *, quoted: bool = True) -> tuple[npt.NDArray[np.int64], bool]:
    """(offsets of the line ends outside quotes, whether the data ends inside a quote)."""
    buffer = np.frombuffer(data, dtype=np.uint8)
    newlines = np.flatnonzero(buffer == _NEWLINE)
    if not quoted:
        return newlines, False
    quotes = np.flatnonzero(buffer == _QUOTE)
    if not len(quotes):
        return newlines, False
    return newlines[np.searchsorted(quotes, newlines) % 2 == 0], bool(len(quotes) % 2)


def _as_utf8(block: Block) -> Block:
    if block.data.isascii():
        return block
    try:
        block.data.decode(UTF8)
    except UnicodeDecodeError:
        return Block(_decode_lines(block.data).encode(), block.first_line, block.torn)
    return block


def _decode_lines(data: bytes) -> str:
    """UTF-8 where a line is UTF-8, Windows cp1252 where it is not."""
    try:
        return data.decode(UTF8)
    except UnicodeDecodeError:
        if _UTF8_LETTER.search(data) is None and not _NO_CP1252.search(data):
            return data.decode("cp1252")
        return "".join(_decode_line(line) for line in data.splitlines(keepends=True))


def _decode_line(line: bytes) -> str:
    for encoding in (UTF8, "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")
