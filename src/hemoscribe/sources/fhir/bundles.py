"""The resources of a document by every way they are referred to, and those of a bulk export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.fhir.documents import (
    Resource,
    documents,
    first,
    is_ndjson,
    many,
    text_of,
)
from hemoscribe.sources.fhir.patients import Person, person
from hemoscribe.sources.specimens import other_fluid

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
                    found.reports[id(result)] = member.resource
    return found


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


@dataclass
class Bulk:
    """What the other files of a bulk export say of its Observations, by reference."""

    people: dict[str, Person] = field(default_factory=dict)
    fluids: dict[str, str] = field(default_factory=dict)  # of specimens that are not blood


def bulk_of(export: Export) -> Bulk:
    """Patients and specimens in an NDJSON file, and in the files of its folder named after them."""
    bulk = Bulk()
    if not is_ndjson(export):
        return bulk
    folder = export.path.parent
    beside = folder.iterdir() if folder.is_dir() else ()
    named = (path for path in beside if path.name.startswith(("Patient", "Specimen")))
    paths = {path for path in (export.path, *named) if path.is_file() and path.stat().st_size}
    for file in exports(sorted(paths)):
        if is_ndjson(file) and _may_hold(file):
            for _, resource in documents(file):
                if isinstance(resource, dict):
                    _note(resource, bulk)
    return bulk


def _may_hold(file: Export) -> bool:
    return any(kind in file.sample for kind in (b'"Patient"', b'"Specimen"'))


def _note(resource: Resource, bulk: Bulk) -> None:
    kind, identifier = resource.get("resourceType"), resource.get("id")
    if kind == "Patient":
        bulk.people[f"Patient/{identifier}"] = person(resource)
    elif kind == "Specimen" and (fluid := fluid_of(resource)) is not None:
        bulk.fluids[f"Specimen/{identifier}"] = fluid


def fluid_of(specimen: object) -> str | None:
    """The fluid of a specimen or of the words of a reference to one; None for blood."""
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
    return other_fluid(parts) if parts else None
