"""What stands beside a result: who asked for it, when, for where, and how it was made.

These columns of the row are carried as they are stated (``records.CARRIED``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hemoscribe.sources.fhir.documents import Resource, first, many, text_of
from hemoscribe.sources.stated import bounded

Find = Callable[[str | None], Resource | None]
Carried = dict[str, str]
_TOLD_BY = frozenset(("basedOn", "encounter", "device", "method"))


def carried(resource: Resource, find: Find) -> Carried:
    """The columns that a result, a panel or a report fills, by name; none where nothing is said."""
    if _TOLD_BY.isdisjoint(resource):
        return {}
    found: Carried = {}
    if "basedOn" in resource:
        for reference in many(resource, "basedOn")[:1]:
            _request(find(text_of(reference, "reference")), find, found)
    if "encounter" in resource:
        _put(found, "ward", _ward(find(text_of(resource, "encounter", "reference")), find))
    if "device" in resource:
        _put(found, "instrument", _device(first(resource, "device"), find))
    if "method" in resource:
        _put(found, "method", concept_words(first(resource, "method")))
    return found


def concept_words(concept: Any) -> str | None:
    """The words of a coded concept, else its code."""
    texts = (text_of(concept, "text"), text_of(concept, "coding", "display"))
    return texts[0] or texts[1] or text_of(concept, "coding", "code")


def name_of(reference: Any, find: Find) -> str | None:
    """What a reference calls what it names: its words, else the name of the resource."""
    if isinstance(reference, str):
        return reference.strip() or None
    said = text_of(reference, "display")
    named = None if said else find(text_of(reference, "reference"))
    if named is None:
        return said
    if named.get("resourceType") == "PractitionerRole":
        within = first(named, "practitioner") or first(named, "organization")
        return text_of(within, "display") or _own_name(find(text_of(within, "reference")))
    return _own_name(named)


def _own_name(resource: Resource | None) -> str | None:
    name = first(resource, "name")
    if isinstance(name, str):
        return name.strip() or None
    parts = (text_of(name, "family"), text_of(name, "given"))
    return text_of(name, "text") or " ".join(part for part in parts if part) or None


def _put(found: Carried, column: str, text: str | None) -> None:
    if text:
        found.setdefault(column, text)


def _request(request: Resource | None, find: Find, found: Carried) -> None:
    if request is None:
        return
    _put(found, "requested", text_of(request, "authoredOn"))
    _put(found, "requester", name_of(first(request, "requester"), find))
    reasons = [concept_words(one) for one in many(request, "reasonCode")]
    reasons += [concept_words(first(one, "concept")) for one in many(request, "reason")]  # R5
    reasons += [text_of(note, "text") for note in many(request, "note")]
    _put(found, "clinical_note", bounded(" ".join(dict.fromkeys(one for one in reasons if one))))
    if "encounter" in request:
        _put(found, "ward", _ward(find(text_of(request, "encounter", "reference")), find))


def _ward(encounter: Resource | None, find: Find) -> str | None:
    """The place of an encounter: the last that it names, where the patient went."""
    places = [name_of(first(one, "location"), find) for one in many(encounter, "location")]
    named = [place for place in places if place]
    return named[-1] if named else name_of(first(encounter, "serviceProvider"), find)


def _device(reference: Any, find: Find) -> str | None:
    said = text_of(reference, "display")
    device = None if said else find(text_of(reference, "reference"))
    if device is None:
        return said
    named = first(device, "deviceName") or first(device, "name")
    return (
        text_of(named, "name")
        or text_of(named, "value")
        or text_of(device, "displayName")
        or text_of(device, "modelNumber")
        or concept_words(first(device, "type"))
    )
