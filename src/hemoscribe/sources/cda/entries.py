"""The coded results of a CDA body, each with what the elements around it say of it.

A result inherits its specimen, time, laboratory, state and comments from the battery, the act and
the section it stands in (``surroundings``). Results of earlier reports that a document repeats
(``REFR``) keep their own time and are results of that time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

from hemoscribe.sources.cda.header import person_of
from hemoscribe.sources.cda.narrative import Narrative
from hemoscribe.sources.cda.surroundings import (
    HOLDERS,
    V3,
    Around,
    attribute,
    codes,
    find,
    inside,
)
from hemoscribe.sources.xml_trees import local_name

_STATEMENTS = frozenset(
    [
        *("act", "organizer", "observation", "procedure", "section", "structuredBody"),
        *("substanceAdministration", "supply", "encounter"),
    ]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One coded observation; ``earlier``: repeated from an earlier report."""

    number: int
    element: Element
    around: Around
    earlier: bool


@dataclass
class Body:
    """The results of a body, and what it holds beside them."""

    entries: list[Entry] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)  # of the document
    unattached: list[str] = field(default_factory=list)  # of acts that hold no result
    copies: list[str] = field(default_factory=list)  # media types of attached documents
    clinical: list[str] = field(default_factory=list)  # what was said of the patient


def read_body(root: Element, said: Narrative) -> Body:
    """Every observation under ``structuredBody``, with what stands around it."""
    body = Body()
    start = find(root, "component", "structuredBody")
    if start is not None:
        _walk(start, Around(), body, said, earlier=False)
    return body


def _walk(element: Element, outer: Around, body: Body, said: Narrative, *, earlier: bool) -> None:
    """Depth is bounded by ``xml_trees.MAX_DEPTH``."""
    name = local_name(element)
    if _is_no_result(element, name, body, said):
        return
    around = inside(element, outer, said)
    own = tuple(_comments(element, said)) if name != "section" else ()
    if own:
        texts, authors = zip(*own, strict=True)
        named = tuple(one for one in authors if one)
        around = replace(around, comments=around.comments + texts, authors=around.authors + named)
    before = len(body.entries)
    if name == "observation":
        body.entries.append(Entry(before + 1, element, around, earlier))
        around = replace(around, comments=outer.comments, authors=outer.authors)
    for holder in element:
        if local_name(holder) not in HOLDERS:
            continue
        repeated = earlier or (name == "observation" and holder.get("typeCode") == "REFR")
        held = around.of_earlier() if repeated and not earlier else around
        for child in holder:
            if local_name(child) in _STATEMENTS and not _is_comment(child):
                _walk(child, held, body, said, earlier=repeated)
    if name in ("act", "organizer") and before == len(body.entries):
        body.unattached += [text for text, _ in own]


def _is_no_result(element: Element, name: str, body: Body, said: Narrative) -> bool:
    """Whether an element is a copy, a comment or what was said of the patient; that is kept."""
    code = attribute(find(element, "code"), "code")
    if code in codes()["copies"]:
        body.copies += _media(element)
        return True
    title, text = find(element, "title"), find(element, "text")
    if name == "section" and code in codes()["comments"]:
        parts = (said.words(part) for part in (title, text) if part is not None)
        body.comments += [": ".join(part for part in parts if part)]
        return True
    heading = (said.words(title) or "").strip(" :").casefold() if title is not None else ""
    if code in codes()["clinical"] or (name == "section" and heading in codes()["clinical_titles"]):
        words = _clinical(element, text, said)
        body.clinical += [words] if words else []
        return bool(words) and not _observations(element)
    return False


def _clinical(element: Element, text: Element | None, said: Narrative) -> str | None:
    """What a section, or an observation, says of the patient."""
    value = find(element, "value")
    for part in (value, text):
        if part is not None:
            reference = attribute(find(part, "reference"), "value")
            words = said.text_of(reference) or said.words(part) or attribute(part, "displayName")
            if words:
                return words
    return None


def _observations(element: Element) -> bool:
    """Whether a section holds coded entries, which are read whatever its name."""
    found = next(element.iter(V3 + "observation"), None)
    return local_name(element) == "section" and found is not None


def _is_comment(element: Element) -> bool:
    return (
        local_name(element) == "act"
        and attribute(find(element, "code"), "code") in codes()["comments"]
    )


def _comments(element: Element, said: Narrative) -> Iterator[tuple[str, str | None]]:
    """(comment, who wrote it) of those attached to a statement, by reference or in place."""
    for holder in element:
        if local_name(holder) not in HOLDERS:
            continue
        for child in holder:
            text = find(child, "text") if _is_comment(child) else None
            if text is None:
                continue
            words = said.text_of(attribute(find(text, "reference"), "value")) or said.words(text)
            if words:
                yield words, person_of(find(child, "author", "assignedAuthor"), said)


def _media(element: Element) -> list[str]:
    return [
        attribute(find(media, "value"), "mediaType") or "unknown type"
        for media in element.iter(V3 + "observationMedia")
    ]
