"""Whose report a document is, whence, of when, and who asked for it: the CDA header."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from hemoscribe.sources.authorities import best, identity
from hemoscribe.sources.cda.narrative import Narrative
from hemoscribe.sources.cda.surroundings import V3, attribute, find, time_of

_COLLECTOR = "PRELV"
_REQUESTER = "REF"


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says of all results."""

    patient_id: str | None
    sex: str | None
    born: str | None
    laboratory: str | None
    collected: str | None
    report: str | None
    replaces: bool
    requested: str | None
    requester: str | None
    ward: str | None
    author: str | None  # who answers for what the document concludes


def header_of(root: Element, said: Narrative) -> Header:
    """The header of a document."""
    role = find(root, "recordTarget", "patientRole")
    patient = find(role, "patient")
    identifiers = role.findall(V3 + "id") if role is not None else []
    stated = [
        (extension, attribute(identifier, "root") or "")
        for identifier in identifiers
        if (extension := attribute(identifier, "extension"))
    ]
    own = best(stated) or (stated[0] if stated else (None, None))
    service = find(root, "documentationOf", "serviceEvent")
    number = find(root, "setId")
    number = find(root, "id") if number is None else number
    parts = (attribute(number, "root"), attribute(number, "extension"))
    related = root.findall(V3 + "relatedDocument")
    asked = _participant(root, lambda one: one.get("typeCode") == _REQUESTER)
    order = find(root, "inFulfillmentOf", "order")
    return Header(
        patient_id=identity(*own),
        sex=attribute(find(patient, "administrativeGenderCode"), "code"),
        born=attribute(find(patient, "birthTime"), "value"),
        laboratory=_laboratory(root, service, said),
        collected=_collected(root)
        or time_of(service)
        or attribute(find(root, "effectiveTime"), "value"),
        report=" ".join(part for part in parts if part) or None,
        replaces=any(one.get("typeCode") == "RPLC" for one in related),
        requested=time_of(order) or time_of(asked, "time"),
        requester=_requester(asked, said),
        ward=_ward(root, said),
        author=person_of(find(root, "legalAuthenticator", "assignedEntity"), said),
    )


def person_of(entity: Element | None, said: Narrative) -> str | None:
    """The name of the person of a role, else of its organization."""
    for path in (
        ("assignedPerson", "name"),
        ("associatedPerson", "name"),
        ("representedOrganization", "name"),
        ("scopingOrganization", "name"),
    ):
        if words := _name(find(entity, *path), said):
            return words
    return None


def _name(name: Element | None, said: Narrative) -> str | None:
    return None if name is None else said.words(name)


def _participant(root: Element, wanted: Callable[[Element], bool]) -> Element | None:
    return next((one for one in root.findall(V3 + "participant") if wanted(one)), None)


def _collected(root: Element) -> str | None:
    """The time of the one who took the sample."""

    def collects(participant: Element) -> bool:
        return attribute(find(participant, "functionCode"), "code") == _COLLECTOR

    return time_of(_participant(root, collects), "time")


def _laboratory(root: Element, service: Element | None, said: Narrative) -> str | None:
    organization = find(root, "custodian", "assignedCustodian", "representedCustodianOrganization")
    performer = find(service, "performer", "assignedEntity", "representedOrganization")
    name = find(performer, "name")
    return _name(find(organization, "name") if name is None else name, said)


def _requester(asked: Element | None, said: Narrative) -> str | None:
    return person_of(find(asked, "associatedEntity"), said)


def _ward(root: Element, said: Narrative) -> str | None:
    """Where the patient was: the unit, else who runs it."""
    encounter = find(root, "componentOf", "encompassingEncounter")
    facility = find(encounter, "location", "healthCareFacility")
    unit = _name(find(facility, "location", "name"), said)
    return unit or _name(find(facility, "serviceProviderOrganization", "name"), said)
