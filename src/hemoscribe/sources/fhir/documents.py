"""FHIR as plain dictionaries, one document at a time: JSON, an array, NDJSON (bulk export) or XML.

Numbers stay the text that the file has (``6.30`` is not 6.3). XML is turned into the same shape as
JSON, except that an element that stands once is no list: read fields with ``many`` and ``first``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from hemoscribe.errors import SourceError
from hemoscribe.sources.exports import Export, read_exactly
from hemoscribe.sources.fhir.arrays import documents_of, strays
from hemoscribe.sources.lines import blocks
from hemoscribe.sources.xml_trees import root_of, sample_start

MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
MAX_RESOURCE_BYTES = 32 * 1024 * 1024
_NAMESPACE = "{http://hl7.org/fhir}"
_XHTML = "{http://www.w3.org/1999/xhtml}"

# An escaped half of a character outside the first plane without its other half: no text at all.
_HALF_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)

Resource = dict[str, Any]


_PLAIN = (b"{", b"[")  # how UTF-8 begins; a NUL after it is another encoding


class NotJson(ValueError):
    """A text that is not a JSON object we accept; the message says why.

    ``unit``: what it is one of in its file, a line or an element of an array.
    """

    unit = "line"


def parse_json(text: str | bytes) -> Resource:
    """A JSON object, numbers as their text.

    Raises:
        NotJson: not JSON, nested too deeply, NaN or Infinity, or no object.
    """
    found = _parsed(text)
    if not isinstance(found, dict):
        raise NotJson("it is no object")
    return found


def _parsed(text: str | bytes) -> Any:
    if isinstance(text, bytes):
        text = _decoded(text)
    if "\\ud" in text or "\\uD" in text:
        text = _HALF_CHARACTER.sub(r"\\ufffd", text)
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise NotJson(why) from error


def _decoded(data: bytes) -> str:
    """JSON is UTF-8, 16 or 32; what is none of them is read as Windows cp1252."""
    try:
        plain = data[:1] in _PLAIN and data[1:2] != b"\x00"
        return data.decode("utf-8" if plain else json.detect_encoding(data))
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse)


def is_ndjson(export: Export) -> bool:
    """Whether the first line is a whole JSON object."""
    first, newline, _ = export.sample.lstrip(b"\xef\xbb\xbf \r\n").partition(b"\n")
    if not newline or not first.rstrip().endswith(b"}"):
        return False
    try:
        parse_json(first)
    except NotJson:
        return False
    return True


def documents(export: Export) -> Iterator[tuple[int, Resource | NotJson]]:
    """(number from 1, document) of each; a line of NDJSON that cannot be read comes as its error.

    Raises:
        SourceError: a JSON or XML document or array that cannot be read as a whole, or is too long.
    """
    if sample_start(export.sample).startswith(b"<"):
        yield 1, _resource(root_of(export))
    elif is_ndjson(export):
        yield from _lines(export)
    else:
        try:
            found = _parsed(_whole(export).removeprefix(b"\xef\xbb\xbf"))
        except NotJson as error:
            raise SourceError(export.name, f"it is not valid JSON ({error})") from error
        if isinstance(found, list):
            yield from _array(found)
        elif isinstance(found, dict):
            yield 1, found
        else:
            raise SourceError(export.name, "it is not valid JSON (it is no object)")


def _array(elements: list[Any]) -> Iterator[tuple[int, Resource | NotJson]]:
    """The resources of a JSON array; what is no object in it comes as its error."""
    yield from documents_of(elements)
    for number in strays(elements):
        error = NotJson("it is no object")
        error.unit = "element"
        yield number, error


def _lines(export: Export) -> Iterator[tuple[int, Resource | NotJson]]:
    number = 0
    for block in blocks(export, quoted=False, record_bytes=MAX_RESOURCE_BYTES):
        for line in block.data.split(b"\n"):
            if not line.strip():
                continue
            number += 1
            try:
                yield number, parse_json(line)
            except NotJson as error:
                yield number, error


def _whole(export: Export) -> bytes:
    with export.open() as stream:
        data = read_exactly(export, stream, MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise SourceError(
            export.name,
            f"it is one document of more than {MAX_DOCUMENT_BYTES:,} bytes",
            remedy="Export it as NDJSON, one resource a line.",
        )
    return data


def _resource(element: ElementTree.Element) -> Resource:
    content = _content(element)
    fields = content if isinstance(content, dict) else {}
    return {"resourceType": element.tag.removeprefix(_NAMESPACE), **fields}


def _content(element: ElementTree.Element) -> Any:
    """An element's value, or its children by name."""
    if "value" in element.attrib:  # a primitive; what may stand inside are extensions
        return element.attrib["value"]
    found: Resource = {"url": element.attrib["url"]} if "url" in element.attrib else {}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = child.tag.removeprefix(_NAMESPACE)
        if child.tag.startswith(_XHTML):
            continue
        inner = [grandchild for grandchild in child if isinstance(grandchild.tag, str)]
        if name in ("resource", "contained") and len(inner) == 1:
            value: Any = _resource(inner[0])
        else:
            value = _content(child)
        found.setdefault(name, []).append(value)
    return {
        name: values[0] if isinstance(values, list) and len(values) == 1 else values
        for name, values in found.items()
    }


def many(resource: Any, name: str) -> list[Any]:
    """A field's values, however many the document has."""
    value = resource.get(name) if isinstance(resource, dict) else None
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def first(resource: Any, *path: str) -> Any:
    """The first value along a path of fields; None where there is none."""
    for name in path:
        if not isinstance(resource, dict):
            return None
        resource = resource.get(name)
        if isinstance(resource, list):
            resource = resource[0] if resource else None
    return resource


def text_of(resource: Any, name: str, *more: str) -> str | None:
    """As ``first``, when it is text."""
    if not isinstance(resource, dict):
        return None
    found = resource.get(name)
    if more or isinstance(found, list):  # most texts are neither in a list nor further down
        found = first(resource, name, *more)
    return found.strip() or None if isinstance(found, str) else None


def words_of(concept: Any) -> list[str]:
    """The words and codes of a coded concept, or a plain text."""
    if isinstance(concept, str):
        return [concept]
    found = [text_of(concept, "text")]
    for coding in many(concept, "coding"):
        found += [text_of(coding, "display"), text_of(coding, "code")]
    return [text for text in found if text]
