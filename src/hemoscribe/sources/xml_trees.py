"""XML documents opened so that none can do harm: no DOCTYPE, no entities, bounded size and depth.

FHIR in XML and CDA are opened here. A document type or an entity is refused by defusedxml before
anything is expanded; nesting and the number of elements are bounded while the document is parsed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from hemoscribe.errors import SourceError
from hemoscribe.sources.exports import Export, read_exactly

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 200
MAX_ELEMENTS = 1_000_000

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SPACE = b" \t\r\n"
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def root_of(export: Export) -> Element:
    """The root of an export that is one XML document.

    Raises:
        SourceError: not XML, too large, too deep, or with a document type or entities.
    """
    with export.open() as stream:
        data = read_exactly(export, stream, MAX_DOCUMENT_BYTES + 1)
    return root_of_bytes(data, export.name)


def root_of_bytes(data: bytes, name: str) -> Element:
    """As ``root_of``, for a document in memory that errors call ``name``."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise SourceError(
            name,
            f"it is one XML document of more than {MAX_DOCUMENT_BYTES:,} bytes",
            remedy="Export fewer results at a time.",
        )
    return _parsed(io.BytesIO(data), name)


def _events(stream: BinaryIO, name: str) -> Iterator[tuple[str, Element]]:
    """Starts and ends of elements; only what the parser raises is the document's fault."""
    events = iterparse(stream, events=("start", "end"), forbid_dtd=True)
    while True:
        try:
            event = next(events, None)
        except DefusedXmlException as error:
            raise SourceError(
                name, "it declares entities or a document type, which is refused"
            ) from error
        except (ParseError, ValueError, LookupError) as error:
            raise SourceError(name, f"it is not valid XML ({error})") from error
        if event is None:
            return
        yield event


def _parsed(stream: BinaryIO, name: str) -> Element:
    depth = elements = 0
    root: Element | None = None
    for event, element in _events(stream, name):
        if event == "end":
            depth -= 1
            continue
        root = element if root is None else root
        depth, elements = depth + 1, elements + 1
        if depth > MAX_DEPTH:
            raise SourceError(name, f"it is nested too deeply (more than {MAX_DEPTH} levels)")
        if elements > MAX_ELEMENTS:
            raise SourceError(name, f"it has more than {MAX_ELEMENTS:,} elements")
    return cast(Element, root)


def sample_start(sample: bytes, length: int = 16_384) -> bytes:
    """The first bytes of a document without byte order mark, blanks and the NULs of UTF-16."""
    for mark in _BOMS:
        sample = sample.removeprefix(mark)
    return sample[:length].replace(b"\x00", b"").lstrip(_SPACE)


def local_name(element: Element) -> str:
    """An element's name without its namespace; empty for comments and instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
