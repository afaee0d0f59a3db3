"""The resources of a document by every way they are referred to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hemoscribe.sources.fhir.documents import Resource, first, many, text_of
from hemoscribe.sources.fhir.observations import codes
from hemoscribe.sources.specimens import OtherSpecimen, other_specimen

MAX_NESTED_BUNDLES = 10


@dataclass(frozen=True, slots=True)
class Member:
    """A resource of a document, where it stands, the resource that contains it, its full URL."""

    place: str
    resource: Resource
    inside: Resource | None = None
    url: str | None = None


@dataclass
class Document:
    """One document: its resources by URL and by type and id, its reports by their results."""

    number: int
    resources: dict[str, Resource] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    reports: dict[int, Resource] = field(default_factory=dict)  # by id() of an Observation
    joined: set[int] = field(default_factory=set)  # by id(), reports with a result in the document
    contained: dict[int, dict[str, Resource]] = field(default_factory=dict)  # by id() of its holder

    def resolve(self, reference: str | None, container: Resource | None = None) -> Resource | None:
        """The resource a reference names, if it is in the document.

        Args:
            container: the resource in which ``#id`` is looked for.
        """
        if not reference:
            return None
        if reference.startswith("#"):
            return self.contained.get(id(container), {}).get(reference)
        return self.resources.get(reference) or self.resources.get(short(reference))


def short(reference: str) -> str:
    """``Patient/p1`` of a reference that may be a URL or name a version."""
    return "/".join(reference.split("/_history/")[0].rsplit("/", 2)[-2:])


def document_of(root: Resource, number: int) -> Document:
    """A document's resources, those in Bundles in Bundles and contained ones too."""
    found = Document(number)
    place = f"document {number}"
    for where, url, resource in _members(root, place, 0):
        found.members.append(Member(where, resource, url=url))
        if url:
            found.resources[url] = resource
        if isinstance(resource.get("id"), str):
            found.resources[f"{resource.get('resourceType')}/{resource['id']}"] = resource
        for at, contained in enumerate(many(resource, "contained"), start=1):
            if isinstance(contained, dict):
                place = f"{where}, contained {at}"
                found.members.append(Member(place, contained, resource, url))
                inside = found.contained.setdefault(id(resource), {})
                inside.setdefault(f"#{contained.get('id')}", contained)
    for member in found.members:
        if member.resource.get("resourceType") == "DiagnosticReport":
            container = member.inside or member.resource
            for reference in many(member.resource, "result"):
                result = found.resolve(text_of(reference, "reference"), container)
                if result is not None:
                    known = found.reports.get(id(result))
                    found.reports[id(result)] = together(known, member.resource)
                    found.joined.add(id(member.resource))
    return found


def together(report: Resource | None, other: Resource) -> Resource:
    """What two reports say of one result: both conclusions, and withdrawn if one of them is."""
    if report is None or report is other:
        return other
    said = (text_of(one, "conclusion") for one in (report, other))
    withdrawn = (text_of(one, "status") for one in (report, other))
    status = next((one for one in withdrawn if one in codes()["withdrawn"]), other.get("status"))
    both = {**report, **other, "status": status}
    both["conclusion"] = " ".join(dict.fromkeys(text for text in said if text))
    both["reports"] = [*report.get("reports", ()), *other.get("reports", ())]
    return both


def _members(root: Resource, place: str, depth: int) -> Iterator[tuple[str, str | None, Resource]]:
    kind = root.get("resourceType")
    if kind not in ("Bundle", "Parameters") or depth > MAX_NESTED_BUNDLES:
        yield place, None, root
        return
    entries = many(root, "entry" if kind == "Bundle" else "parameter")
    for at, entry in enumerate(entries, start=1):
        resource = first(entry, "resource")
        if isinstance(resource, dict):
            url = text_of(entry, "fullUrl")
            for where, inner, one in _members(resource, f"{place}, entry {at}", depth + 1):
                yield where, inner or url, one


def fluid_of(specimen: object) -> OtherSpecimen | None:
    """A specimen, or the words of a reference to one, not known as blood; None for blood."""
    kind = first(specimen, "type")
    if isinstance(kind, str):
        return None  # the type of a reference, which is Specimen
    stated = [
        text
        for coding in many(kind, "coding")
        for text in (text_of(coding, "code"), text_of(coding, "display"))
    ]
    stated += [text_of(kind, "text"), text_of(specimen, "display")]
    parts = [text for text in stated if text]
    return other_specimen(parts)
