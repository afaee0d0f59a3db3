"""The resources of a document by every way they are referred to, and which of them group others.

Reports group their results, panels (Observations with members) their members, a Composition and
each of its sections what they list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hemoscribe.sources.fhir.documents import Resource, first, many, text_of
from hemoscribe.sources.fhir.modifiers import modifier_of

MAX_NESTED_BUNDLES = 10
MAX_NESTED_SECTIONS = 20
MAX_TITLES = 100
MAX_SAME = 200  # resources of one reference, such as the versions in a history
_OF_ALL_SECTIONS = ("resourceType", "status", "subject", "implicitRules")


@dataclass(frozen=True, slots=True)
class Member:
    """A resource of a document: where it stands, what contains it, its full URL.

    ``modifier``: what the Bundle, its entry or its container carries that may change its meaning.
    """

    place: str
    resource: Resource
    inside: Resource | None = None
    url: str | None = None
    modifier: str | None = None

    @property
    def container(self) -> Resource:
        """The resource in which ``#id`` is looked for."""
        return self.inside or self.resource


Groups = dict[int, list[Member]]
"""By ``id()`` of a resource, what groups it."""


@dataclass
class Document:
    """One document: its resources by URL and by type and id, and what groups them."""

    number: int
    resources: dict[str, Resource] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    groups: Groups = field(default_factory=dict)
    joined: set[int] = field(default_factory=set)  # by id(), groups with a member in the document
    contained: dict[int, dict[str, Resource]] = field(default_factory=dict)  # by id() of its holder
    again: dict[str, list[Resource]] = field(default_factory=dict)  # others of the same reference

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

    def hold(self, reference: str, resource: Resource) -> None:
        """Keep a resource by what it is referred to by; two of one reference are both kept."""
        known = self.resources.get(reference)
        if known is not None and known is not resource:
            again = self.again.setdefault(reference, [])
            if len(again) < MAX_SAME:
                again.append(known)
        self.resources[reference] = resource


def short(reference: str) -> str:
    """``Patient/p1`` of a reference that may be a URL or name a version."""
    return "/".join(reference.split("/_history/")[0].rsplit("/", 2)[-2:])


def document_of(root: Resource, number: int) -> Document:
    """A document's resources, those in Bundles in Bundles and contained ones too."""
    found = Document(number)
    for member in _members(Member(f"document {number}", root), 0):
        resource = member.resource
        found.members.append(member)
        if member.url:
            found.hold(member.url, resource)
        if isinstance(resource.get("id"), str):
            found.hold(f"{resource.get('resourceType')}/{resource['id']}", resource)
        if "contained" in resource:
            _contained(member, found)
    for member in found.members:
        if grouping := references_of(member.resource):
            _group(member, grouping, found)
    return found


def _contained(holder: Member, found: Document) -> None:
    resource = holder.resource
    modifier = holder.modifier or modifier_of(resource)
    for at, contained in enumerate(many(resource, "contained"), start=1):
        if isinstance(contained, dict):
            place = f"{holder.place}, contained {at}"
            found.members.append(Member(place, contained, resource, holder.url, modifier))
            inside = found.contained.setdefault(id(resource), {})
            inside.setdefault(f"#{contained.get('id')}", contained)


def references_of(resource: Resource) -> list[tuple[Resource, list[str]]]:
    """(what groups, the references to what it groups): the resource, or the sections in it."""
    kind = resource.get("resourceType")
    if kind == "Observation":
        return [(resource, _named(resource, "hasMember"))] if "hasMember" in resource else []
    if kind == "DiagnosticReport":
        return [(resource, _named(resource, "result"))] if "result" in resource else []
    if kind == "Composition":
        return list(_sections(resource, resource, 0))
    return []


def _named(resource: Resource, name: str) -> list[str]:
    found = (text_of(one, "reference") for one in many(resource, name))
    return [one for one in dict.fromkeys(found) if one]


def _sections(
    composition: Resource, outer: Resource, depth: int
) -> Iterator[tuple[Resource, list[str]]]:
    """Each section as a resource that groups, with the document's state and the titles so far."""
    if depth >= MAX_NESTED_SECTIONS:
        return
    for one in many(outer, "section"):
        if not isinstance(one, dict):
            continue
        titles = [
            *many(outer, "category")[:MAX_TITLES],
            first(outer, "type"),
            {"text": outer.get("title")},
        ]
        held = {
            **{name: composition.get(name) for name in _OF_ALL_SECTIONS},
            **{name: one.get(name) for name in ("title", "section")},
            "type": first(one, "code"),
            "category": [title for title in titles if title],
            "modifierExtension": one.get("modifierExtension") or outer.get("modifierExtension"),
        }
        yield held, _named(one, "entry")
        yield from _sections(composition, held, depth + 1)


def _group(member: Member, grouping: list[tuple[Resource, list[str]]], found: Document) -> None:
    for resource, references in grouping:
        own = resource is member.resource
        group = (
            member
            if own
            else Member(member.place, resource, member.inside, member.url, member.modifier)
        )
        for reference in references:
            result = found.resolve(reference, member.container)
            if result is None:
                continue
            found.joined.add(id(resource))
            same = found.again.get(reference) or found.again.get(short(reference)) or []
            for one in (result, *same):
                around = found.groups.setdefault(id(one), [])
                if not around or around[-1] is not group:
                    around.append(group)


def _members(root: Member, depth: int) -> Iterator[Member]:
    """The resources of a Bundle, each with where it stands and what the Bundle says of it."""
    kind = root.resource.get("resourceType")
    if kind not in ("Bundle", "Parameters") or depth > MAX_NESTED_BUNDLES:
        yield root
        return
    entries = many(root.resource, "entry" if kind == "Bundle" else "parameter")
    modifier = root.modifier or modifier_of(root.resource)
    for at, entry in enumerate(entries, start=1):
        resource = first(entry, "resource")
        if isinstance(resource, dict):
            url = text_of(entry, "fullUrl") or root.url
            place = f"{root.place}, entry {at}"
            around = modifier or modifier_of(entry)
            yield from _members(Member(place, resource, None, url, around), depth + 1)
