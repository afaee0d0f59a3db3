"""What the elements around a coded result say of it, from the section down to the result itself.

The nearest statement wins for the specimen, the time and what is carried; the worst state wins, and
what is negated, planned or of another person anywhere above is so for all that it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

from hemoscribe.files import package_yaml
from hemoscribe.sources.cda.narrative import Narrative
from hemoscribe.sources.fluid_statements import fluid_of_site
from hemoscribe.sources.specimens import OtherSpecimen, heading_specimen
from hemoscribe.sources.xml_trees import local_name

V3 = "{urn:hl7-org:v3}"
HOLDERS = ("component", "entry", "entryRelationship")
_TRUE = ("true", "1")
_RANKS = {"final": 0, "preliminary": 1, "cancelled": 3}
_UNKNOWN_RANK = 2
_GERM = "MIC"
_DEVICE = "DEV"
_NO_SAMPLE = (_DEVICE, "LOC")  # participants of a procedure that are no specimen


@cache
def codes() -> Mapping[str, Any]:
    """The codes of the format, as this reader takes them."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "documents.yaml")
    return loaded


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


def time_of(element: Element | None, name: str = "effectiveTime") -> str | None:
    """The time of a statement: a point, else the start of a span, else its end."""
    time = find(element, name)
    return (
        attribute(time, "value")
        or attribute(find(time, "low"), "value")
        or attribute(find(time, "high"), "value")
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What the elements around a result, and the result itself, say of it.

    ``specimens``: codes and words of the nearest ones; ``heading``: a nearer name of another
    fluid. ``denied``: why it is no result of the patient, where something above says so.
    """

    specimens: tuple[tuple[str, ...], ...] = ()
    heading: OtherSpecimen | None = None
    microbiology: str | None = None
    denied: str | None = None
    collected: str | None = None
    observed: str | None = None
    laboratory: str | None = None
    status: str | None = None
    comments: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    carried: Mapping[str, str] = field(default_factory=dict)

    def of_earlier(self) -> Around:
        """What holds for a result of an earlier report that stands in this one."""
        return replace(self, comments=(), authors=(), collected=None, observed=None, status=None)


def meaning(status: str | None) -> str | None:
    """A state in the words of knowledge; itself where it is none of the format's."""
    found: str | None = codes()["status"].get((status or "completed").lower(), status)
    return found


def inside(element: Element, outer: Around, said: Narrative) -> Around:
    """What holds inside a section, an act, a battery or an observation."""
    name = local_name(element)
    code = find(element, "code")
    specimens, number, collected = _specimens(element, said)
    specimens = _sites(element, said) or specimens
    heading = None if specimens else _heading(element, name, code, said)
    own = time_of(element) if name in ("organizer", "act") else None
    return Around(
        specimens=specimens or (() if heading else outer.specimens),
        heading=None if specimens else heading or outer.heading,
        microbiology=_microbiology(element, code) or outer.microbiology,
        denied=outer.denied or _denied(element),
        collected=collected or outer.collected,
        observed=own or outer.observed,
        laboratory=_laboratory(element, said) or outer.laboratory,
        status=_worst(outer.status, attribute(find(element, "statusCode"), "code")),
        comments=outer.comments,
        authors=outer.authors,
        carried=_carried(element, outer.carried, specimens, number, said),
    )


def _worst(outer: str | None, own: str | None) -> str | None:
    if own is None or outer is None:
        return outer or own
    ranks = [_RANKS.get(meaning(one) or "", _UNKNOWN_RANK) for one in (outer, own)]
    return outer if ranks[0] > ranks[1] else own


def _denied(element: Element) -> str | None:
    """Why nothing in an element is a result of the patient."""
    if element.get("negationInd") in _TRUE:
        return "The entry says that this was not observed."
    mood = element.get("moodCode", "EVN")
    if mood != "EVN":
        return f"It is no finding but what is asked for or aimed at (mood {mood})."
    subject = find(element, "subject", "relatedSubject")
    if subject is not None:
        code = find(subject, "code")
        who = attribute(code, "displayName") or attribute(code, "code") or "unnamed"
        return f"It is of another person or thing than the patient ({who})."
    return None


def _specimens(
    element: Element, said: Narrative
) -> tuple[tuple[tuple[str, ...], ...], str | None, str | None]:
    """(codes and words of each specimen, the number and the time of the only one or the first)."""
    found: dict[tuple[str, ...], None] = {}
    numbers: dict[str, None] = {}
    for role, entity in _roles(element):
        texts = _texts(find(entity, "code"), said)
        name = find(entity, "name")
        texts += [said.words(name) or ""] if name is not None and not texts else []
        found.update({tuple(texts): None} if texts else {})
        stated = (attribute(one, "extension") for one in role.findall(V3 + "id"))
        numbers.update({one: None for one in stated if one})
    times = (time_of(procedure) for procedure in _procedures(element))
    number = next(iter(numbers)) if len(numbers) == 1 else None
    return tuple(found), number, next((time for time in times if time), None)


def _sites(element: Element, said: Narrative) -> tuple[tuple[str, ...], ...]:
    """The site of an element, or of what took its specimen, where it holds another fluid."""
    for holder in (element, *_procedures(element)):
        for site in holder.findall(V3 + "targetSiteCode"):
            named = [text for text in _texts(site, said) if fluid_of_site(text) is not None]
            if named:
                return ((named[0],),)
    return ()


def _roles(element: Element) -> Iterator[tuple[Element, Element | None]]:
    """(role, what plays it) of each specimen of an element, and of the procedures that took it."""
    for holder in (element, *_procedures(element)):
        for specimen in holder.findall(V3 + "specimen"):
            role = find(specimen, "specimenRole")
            entity = find(role, "specimenPlayingEntity")
            if role is not None and (entity is None or entity.get("classCode") != _GERM):
                yield role, entity
    for procedure in _procedures(element):
        for participant in procedure.findall(V3 + "participant"):
            role = find(participant, "participantRole")
            if role is not None and participant.get("typeCode", "PRD") not in _NO_SAMPLE:
                yield role, find(role, "playingEntity")


def _procedures(element: Element) -> Iterator[Element]:
    for holder in element:
        if local_name(holder) in HOLDERS:
            yield from holder.findall(V3 + "procedure")


def _texts(code: Element | None, said: Narrative) -> list[str]:
    """The code and every word of a coded element."""
    if code is None:
        return []
    found = [text for one in _codings(code) for text in _coding(one)]
    original = find(code, "originalText")
    if original is not None:
        reference = attribute(find(original, "reference"), "value")
        found += [said.text_of(reference) or said.words(original) or ""]
    return [text for text in dict.fromkeys(found) if text]


def _codings(code: Element) -> list[Element]:
    return [code, *code.findall(V3 + "translation")]


def _coding(code: Element) -> tuple[str, str]:
    return attribute(code, "code") or "", attribute(code, "displayName") or ""


def _heading(
    element: Element, name: str, code: Element | None, said: Narrative
) -> OtherSpecimen | None:
    """What the names of a section, an act or a battery say of all that they hold."""
    if name == "observation":
        return None
    texts = _texts(code, said)
    title = find(element, "title")
    texts += [said.words(title) or ""] if title is not None else []
    return next((other for text in texts if (other := heading_specimen(text))), None)


def _microbiology(element: Element, code: Element | None) -> str | None:
    for specimen in element.findall(V3 + "specimen"):
        germ = find(specimen, "specimenRole", "specimenPlayingEntity")
        if germ is not None and germ.get("classCode") == _GERM:
            return attribute(find(germ, "code"), "displayName") or "a germ"
    if attribute(code, "code") in codes()["microbiology"]:
        return attribute(code, "displayName") or "germs"
    return None


def _laboratory(element: Element, said: Narrative) -> str | None:
    for path in (("assignedEntity", "representedOrganization"), ("representedOrganization",)):
        name = find(element, "performer", *path, "name")
        if name is not None and (words := said.words(name)):
            return words
    return None


def _carried(
    element: Element,
    outer: Mapping[str, str],
    specimens: tuple[tuple[str, ...], ...],
    number: str | None,
    said: Narrative,
) -> Mapping[str, str]:
    """The columns that are carried as they are stated (``records.CARRIED``)."""
    method = _texts(find(element, "methodCode"), said)
    own = {
        "specimen": _words(specimens[0]) if len(specimens) == 1 else None,
        "sample_id": number,
        "method": _words(tuple(method)),
        "instrument": _instrument(element, said),
    }
    stated = {name: text for name, text in own.items() if text}
    return {**outer, **stated} if stated else outer


def _words(texts: tuple[str, ...]) -> str | None:
    """The first words of a code and its words; the code where there are none."""
    return next((text for text in texts if " " in text or text.isalpha()), (*texts, None)[0])


def _instrument(element: Element, said: Narrative) -> str | None:
    for participant in element.findall(V3 + "participant"):
        if participant.get("typeCode") != _DEVICE:
            continue
        device = find(participant, "participantRole", "playingDevice")
        for name in ("manufacturerModelName", "softwareName", "code"):
            part = find(device, name)
            words = attribute(part, "displayName")
            words = words or (said.words(part) if part is not None else None)
            if words or (words := attribute(part, "code")):
                return words
    return None
