"""Of whom or what an Observation is: a patient, another thing, or something beside its subject."""

from __future__ import annotations

from typing import Any

from hemoscribe.sources.fhir.bundles import short
from hemoscribe.sources.fhir.documents import Resource, many, text_of
from hemoscribe.sources.fhir.observations import codes


def no_patient(subject: Any, held: Resource | None) -> str | None:
    """Why what a resource states is no patient's: its subject is a device, a group, a place.

    Args:
        subject: the reference to it.
        held: the resource that it refers to, where the document holds it.
    """
    reference = text_of(subject, "reference")
    kinds = (
        text_of(held, "resourceType"),
        short(reference).split("/")[0] if reference and not reference.startswith("#") else None,
        text_of(subject, "type"),
    )
    for kind in kinds:
        if kind in codes()["no_patients"]:
            return f"It is of a {kind}, which is no patient."
    return None


def other_focus(resource: Resource) -> str | None:
    """Why what a resource states is not about its subject: it names what it is about instead."""
    if "focus" not in resource:
        return None
    subject = text_of(resource, "subject", "reference")
    for focus in many(resource, "focus"):
        reference = text_of(focus, "reference")
        if reference is not None and subject is not None and short(reference) == short(subject):
            continue
        named = text_of(focus, "display") or reference or "unnamed"
        return f"It is about another person or thing than its subject ({named})."
    return None
