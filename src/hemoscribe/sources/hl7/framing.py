"""The segments of a file of messages, as text, whatever frames, line ends and character sets.

Segments may end in CR, LF or CRLF, messages may be framed for MLLP, a line that begins no segment
goes on from the line before, and so does an ADD segment. A message is decoded by its own MSH-18.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from functools import cache

from hemoscribe.errors import SourceError
from hemoscribe.files import package_yaml
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import Export, read_exactly
from hemoscribe.sources.lines import UTF8, blocks, encoding_of

CHUNK_BYTES = 4 * 1024 * 1024
MAX_SEGMENT_BYTES = 32 * 1024 * 1024  # documents travel inside segments
_BEGINS = re.compile(rb"[A-Z][A-Z0-9]{2}(?![A-Za-z0-9])")
_BLANKS = b"\x0b\x1c \t"
_ADDITION = b"ADD"


@cache
def _codecs() -> Mapping[str, str]:
    loaded: Mapping[str, str] = package_yaml(__package__, "character_sets.yaml")
    return loaded


def segments(export: Export, encoding: str | None, notices: Notices) -> Iterator[str]:
    """Each segment of the file, decoded and trimmed.

    Args:
        encoding: what the user's mapping says, which MSH-18 does not overrule.

    Raises:
        SourceError: NUL bytes, or a segment longer than ``MAX_SEGMENT_BYTES``.
    """
    as_it_is = encoding is None and encoding_of(export)[0] == UTF8
    codec = UTF8
    for segment in _raw(export, encoding, as_it_is=as_it_is):
        if as_it_is and segment.startswith(b"MSH"):
            codec = _codec(segment, export.name, notices)
        yield _decoded(segment, codec)


def _raw(export: Export, encoding: str | None, *, as_it_is: bool) -> Iterator[bytes]:
    held = bytearray()
    for data in _whole_lines(export) if as_it_is else _as_utf8(export, encoding):
        for line in data.split(b"\n"):
            text = line.strip(_BLANKS)
            if text.startswith(codecs.BOM_UTF8):
                text = text[3:].lstrip(_BLANKS)
            if not text:
                continue
            begins = _BEGINS.match(text) is not None
            if begins and not text.startswith(_ADDITION):
                if held:
                    yield bytes(held)
                held = bytearray(text)
            elif held and len(held) < MAX_SEGMENT_BYTES:
                held += text[4:] if begins else b" " + text
    if held:
        yield bytes(held)


def _as_utf8(export: Export, encoding: str | None) -> Iterator[bytes]:
    for block in blocks(
        export,
        encoding=encoding,
        quoted=False,
        record_bytes=MAX_SEGMENT_BYTES,
        returns_end_lines=True,
    ):
        yield block.data


def _whole_lines(export: Export) -> Iterator[bytes]:
    """The bytes of the file in parts that end where a line does, CR as LF."""
    carry = b""
    with export.open() as stream:
        while True:
            read = read_exactly(export, stream, CHUNK_BYTES)
            if b"\x00" in read:
                raise SourceError(
                    export.name,
                    "it holds NUL bytes, so it is not text or it is damaged",
                    remedy="Export it again.",
                )
            data = carry + read.replace(b"\r", b"\n")
            if not read:
                yield data
                return
            end = data.rfind(b"\n") + 1
            if len(data) - end > MAX_SEGMENT_BYTES:
                raise SourceError(
                    export.name,
                    f"a segment is longer than {MAX_SEGMENT_BYTES:,} bytes",
                    remedy="Check that this is the export you meant.",
                )
            if end:
                yield data[:end]
            carry = data[end:]


def _codec(segment: bytes, name: str, notices: Notices) -> str:
    """The codec of MSH-18; its first repetition is the one of the message."""
    fields = segment.split(segment[3:4])
    stated = fields[17].split(b"~")[0].decode("latin-1").strip().upper() if len(fields) > 17 else ""
    codec = _codecs().get(stated)
    if codec is None:
        notices.say(f"{name}: the character set {stated!r} of MSH-18 is not known; UTF-8 is tried.")
        return _codecs()[""]
    return UTF8 if codec.startswith(("utf-16", "utf-32")) else codec


def _decoded(segment: bytes, codec: str) -> str:
    """UTF-8 where it is; else the message's own set, else Windows cp1252."""
    if segment.isascii() and codec != "iso2022_jp":
        return segment.decode("ascii")
    several = codec.startswith(("gb", "big5", "euc", "iso2022"))
    for one in ((codec,) if several else (UTF8, codec)) + ("cp1252", "latin-1"):
        try:
            return segment.decode(one)
        except UnicodeDecodeError:
            continue
    return segment.decode(UTF8, "replace")
