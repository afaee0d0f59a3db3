"""Of whom or what an Observation is: a patient, another thing, or something beside its subject."""

from __future__ import annotations

from collections.abc import Callable

from hemoscribe.sources.fhir.bundles import short
from hemoscribe.sources.fhir.documents import Resource, first, many, text_of
from hemoscribe.sources.fhir.observations import codes

Find = Callable[[str | None], Resource | None]


def no_patient(resource: Resource, find: Find) -> str | None:
    """Why what a resource states is no patient's: its subject is a device, a group, a place."""
    subject = first(resource, "subject")
    reference = text_of(subject, "reference")
    held = find(reference)
    kinds = (
        text_of(held, "resourceType"),
        short(reference).split("/")[0] if reference and not reference.startswith("#") else None,
        text_of(subject, "type"),
    )
    kind = next((one for one in kinds if one in codes()["no_patients"]), None)
    return None if kind is None else f"It is of a {kind}, which is no patient."


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
