"""Whose an Observation is: the patient's sex, birth date, number, and who gave the number."""

from __future__ import annotations

from typing import Any, NamedTuple

from hemoscribe.sources.authorities import authority_named, best, identity
from hemoscribe.sources.fhir.documents import Resource, first, many, text_of
from hemoscribe.sources.fhir.modifiers import modifier_of
from hemoscribe.sources.fhir.observations import codes

_PATIENT = "/Patient/"


class Person(NamedTuple):
    """What a Patient resource says: sex and birth date as texts, and of its identifiers.

    ``national``: the (number, system) that a country gave. ``authority``: the system of the
    record's identifier, which tells whose a Patient's id is. ``modifier``: what it carries that
    may change its meaning.
    """

    sex: str | None = None
    born: str | None = None
    national: tuple[str, str] | None = None
    authority: str = ""
    modifier: str | None = None


NOBODY = Person()


def person(patient: Resource | None) -> Person:
    """Who a Patient resource is."""
    identifiers = many(patient, "identifier")
    modifier = modifier_of(patient)
    if not identifiers:
        return Person(text_of(patient, "gender"), text_of(patient, "birthDate"), modifier=modifier)
    given = [(text_of(one, "value") or "", _system(one)) for one in identifiers]
    return Person(
        text_of(patient, "gender"),
        text_of(patient, "birthDate"),
        best(given),
        _authority(identifiers),
        modifier,
    )


def _system(identifier: Any) -> str:
    return text_of(identifier, "system") or text_of(identifier, "assigner", "display") or ""


def _authority(identifiers: list[Any]) -> str:
    """The system of the record's identifier, else of the first that names one."""
    ranks = {kind: rank for rank, kind in enumerate(codes()["patient_identifiers"])}
    named = [
        (ranks.get(text_of(one, "type", "coding", "code") or "", len(ranks)), at, system)
        for at, one in enumerate(identifiers)
        if (system := authority_named(_system(one)))
    ]
    return min(named)[2] if named else ""


def patient_number(
    known: Person, patient: Resource | None, subject: Any, server: str
) -> str | None:
    """The patient's identity: a country's number, else the resource's id with who gave it.

    Args:
        known: who the patient is, of the document or of the files beside it.
        patient: the resource, where the document holds it. That of a contained or only described
            patient has a business number; its id means nothing outside.
        subject: the reference to the patient.
        server: where the document comes from, if it says.
    """
    if known.national is not None:
        return identity(*known.national)
    reference = text_of(subject, "reference") or ""
    inside = reference.startswith("#")
    found = None
    if patient is not None:
        found = None if inside else text_of(patient, "id")
        found = found or text_of(patient, "identifier", "value")
    if found is None and reference and not inside:
        found = reference.split("/_history/")[0].rsplit("/", 1)[-1]
    if found is not None:
        base = reference.rpartition(_PATIENT)[0]
        return identity(found, known.authority, base if "://" in base else server)
    own = text_of(subject, "identifier", "value")
    if own is not None:
        return identity(own, _system(first(subject, "identifier")))
    return identity(text_of(patient, "id"), known.authority, server)
