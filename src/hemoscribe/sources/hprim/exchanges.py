"""The two shapes of HPRIM, told apart by what a file begins with and read by their own readers.

H' Santé (1.x, 2.x) is built as ASTM E1238 is, of segments; HPRIM Médecins is a letter of text with
twelve lines before it and its results in lines of their own at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hemoscribe.sources.batches import Batch, Notices
from hemoscribe.sources.enclosed import Opener
from hemoscribe.sources.exports import Export
from hemoscribe.sources.hprim import medecins, sante
from hemoscribe.sources.lines import UTF8, blocks, encoding_of, sample_text
from hemoscribe.sources.mapping import Mapping as MappingFile

MAX_LINE_BYTES = 1024 * 1024
_FRAMING = "\x0b\x1c\x02 \t\r\n\ufeff"
# In DOS's code page (cp850) "é" is a byte that Windows prints as a low comma: between two letters
# it is none. Windows' own letters with accents begin at 0xc0.
_DOS = re.compile(rb"[A-Za-z][\x82\x85\x87\x88\x8a\x8c\x93\x96\x97][A-Za-z]")
_WINDOWS = re.compile(rb"[A-Za-z][\xc0-\xff][A-Za-z]")


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the file begins with a message of H' Santé or is a letter of HPRIM Médecins."""
    if not (b"H" in export.sample or b"****" in export.sample):
        return False
    text = sample_text(export, mapping.encoding).lstrip(_FRAMING)
    return sante.begins(text) or medecins.begins(text)


def read(export: Export, mapping: MappingFile, notices: Notices, opener: Opener) -> Iterator[Batch]:
    """The results of every message or letter, some ten thousand at a time."""
    text = sample_text(export, mapping.encoding).lstrip(_FRAMING)
    lines = _lines(export, _encoding(export, mapping, notices))
    if sante.begins(text):
        yield from sante.read(export.name, lines, mapping, notices)
    else:
        yield from medecins.read(export.name, lines, mapping, notices, opener)


def _encoding(export: Export, mapping: MappingFile, notices: Notices) -> str | None:
    """The mapping's, or DOS's where the file shows it; None: as every text is decoded."""
    if mapping.encoding is not None or encoding_of(export)[0] != UTF8:
        return mapping.encoding
    sample = export.sample
    if _DOS.search(sample) is None or _WINDOWS.search(sample) is not None or _is_utf8(sample):
        return None
    notices.say(
        f"{export.name}: its accents are those of DOS (cp850), and are read so; write "
        "`encoding: cp1252` in a file given with --mapping where they are not."
    )
    return "cp850"


def _is_utf8(sample: bytes) -> bool:
    try:
        sample[:-4].decode(UTF8)
    except UnicodeDecodeError as error:
        return error.end >= len(sample) - 4
    return True


def _lines(export: Export, encoding: str | None) -> Iterator[list[str]]:
    """The lines of the file, some thousand at a time."""
    found = blocks(export, encoding=encoding, quoted=False, record_bytes=MAX_LINE_BYTES)
    for block in found:
        text = block.data.decode(UTF8, "replace").replace("\r\n", "\n").replace("\r", "\n")
        yield text.removesuffix("\n").split("\n")
