"""The coded results of a CDA body, each with what the elements around it say of it.

A result inherits its specimen, time, laboratory, state and comments from the battery, the act and
the section it stands in. Results of earlier reports that a document repeats (``REFR``) keep their
own time and are results of that time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

from hemoscribe.files import package_yaml
from hemoscribe.sources.cda.narrative import Narrative
from hemoscribe.sources.specimens import OtherSpecimen, heading_specimen, other_specimen
from hemoscribe.sources.xml_trees import local_name

V3 = "{urn:hl7-org:v3}"
_HOLDERS = ("component", "entry", "entryRelationship")
_STATEMENTS = ("act", "organizer", "observation", "procedure", "section", "structuredBody")


@cache
def codes() -> Mapping[str, Any]:
    """The codes of the format, as this reader takes them."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "documents.yaml")
    return loaded


@dataclass(frozen=True, slots=True)
class Around:
    """What the elements around a result say of it."""

    fluid: OtherSpecimen | None = None
    microbiology: str | None = None
    collected: str | None = None
    observed: str | None = None
    laboratory: str | None = None
    status: str | None = None
    comments: tuple[str, ...] = ()


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


def find(element: Element | None, *path: str) -> Element | None:
    """The first element along a path of names of CDA's namespace."""
    for name in path:
        if element is None:
            return None
        element = element.find(V3 + name)
    return element


def attribute(element: Element | None, name: str) -> str | None:
    """An element's attribute, trimmed; None where either is missing or empty."""
    text = element.attrib.get(name, "").strip() if element is not None else ""
    return text or None


def read_body(root: Element, said: Narrative) -> Body:
    """Every observation under ``structuredBody``, with what stands around it."""
    body = Body()
    start = find(root, "component", "structuredBody")
    if start is not None:
        _walk(start, Around(), body, said, earlier=False)
    return body


def _walk(element: Element, around: Around, body: Body, said: Narrative, *, earlier: bool) -> None:
    """Depth is bounded by ``xml_trees.MAX_DEPTH``."""
    name = local_name(element)
    code = attribute(find(element, "code"), "code")
    if code in codes()["copies"]:
        body.copies += _media(element)
        return
    if name == "section" and code in codes()["comments"]:
        title, text = find(element, "title"), find(element, "text")
        parts = (said.words(part) for part in (title, text) if part is not None)
        body.comments += [": ".join(part for part in parts if part)]
        return
    if name == "observation":
        comments = tuple(_comments(element, said))
        inside = replace(around, comments=around.comments + comments)
        body.entries.append(Entry(len(body.entries) + 1, element, inside, earlier))
    else:
        around = _around(element, name, code, around, said)
        before = len(body.entries)
    for holder in element:
        if local_name(holder) not in _HOLDERS:
            continue
        repeated = earlier or (name == "observation" and holder.get("typeCode") == "REFR")
        held = replace(around, comments=(), collected=None) if repeated else around
        for child in holder:
            if local_name(child) in _STATEMENTS and not _is_comment(child):
                _walk(child, held, body, said, earlier=repeated)
    if name in ("act", "organizer") and before == len(body.entries):
        body.unattached += _comments(element, said)


def _around(
    element: Element, name: str, code: str | None, outer: Around, said: Narrative
) -> Around:
    """What an act, a battery or a section adds to what stands around its results."""
    own = tuple(_comments(element, said)) if name != "section" else ()
    status = attribute(find(element, "statusCode"), "code")
    laboratory = _words(
        find(element, "performer", "assignedEntity", "representedOrganization"), said
    )
    laboratory = laboratory or _words(find(element, "performer", "representedOrganization"), said)
    fluid, collected = outer.fluid, outer.collected
    for holder in element:
        procedure = find(holder, "procedure")
        if local_name(holder) in _HOLDERS and procedure is not None:
            fluid = _fluid(procedure) or fluid
            collected = time_of(procedure) or collected
    germ = find(element, "specimen", "specimenRole", "specimenPlayingEntity")
    microbiology = outer.microbiology
    if germ is not None and germ.get("classCode") == "MIC":
        microbiology = attribute(find(germ, "code"), "displayName") or "a germ"
    elif germ is not None:
        fluid = _other(find(germ, "code")) or fluid
    elif code in codes()["microbiology"]:
        microbiology = microbiology or attribute(find(element, "code"), "displayName") or "germs"
    if fluid is None and germ is None and name == "organizer":
        fluid = _named_fluid(find(element, "code"))  # a battery that states no specimen
    return Around(
        fluid=fluid,
        microbiology=microbiology,
        collected=collected,
        observed=(time_of(element) if name in ("organizer", "act") else None) or outer.observed,
        laboratory=laboratory or outer.laboratory,
        status=status if status not in (None, "completed") else outer.status,
        comments=outer.comments + own,
    )


def _words(organization: Element | None, said: Narrative) -> str | None:
    name = find(organization, "name")
    return None if name is None else said.words(name)


def _fluid(procedure: Element) -> OtherSpecimen | None:
    for participant in procedure.findall(V3 + "participant"):
        fluid = _other(find(participant, "participantRole", "playingEntity", "code"))
        if fluid is not None:
            return fluid
    return None


def _named_fluid(code: Element | None) -> OtherSpecimen | None:
    """The name of a battery, where it is another fluid's ("Urinalysis")."""
    return heading_specimen(attribute(code, "displayName"))


def _other(code: Element | None) -> OtherSpecimen | None:
    return other_specimen([attribute(code, "code") or "", attribute(code, "displayName") or ""])


def time_of(element: Element | None) -> str | None:
    """The time of a statement: a point, else the start of a span, else its end."""
    time = find(element, "effectiveTime")
    return (
        attribute(time, "value")
        or attribute(find(time, "low"), "value")
        or attribute(find(time, "high"), "value")
    )


def _is_comment(element: Element) -> bool:
    return (
        local_name(element) == "act"
        and attribute(find(element, "code"), "code") in codes()["comments"]
    )


def _comments(element: Element, said: Narrative) -> Iterator[str]:
    """The comments attached to a statement, by reference or in place."""
    for holder in element:
        if local_name(holder) not in _HOLDERS:
            continue
        for child in holder:
            text = find(child, "text") if _is_comment(child) else None
            if text is None:
                continue
            words = said.text_of(attribute(find(text, "reference"), "value")) or said.words(text)
            if words:
                yield words


def _media(element: Element) -> list[str]:
    return [
        attribute(find(media, "value"), "mediaType") or "unknown type"
        for media in element.iter(V3 + "observationMedia")
    ]
