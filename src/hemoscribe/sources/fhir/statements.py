"""What one resource states for itself and for what it groups: an Observation, a report, a panel.

The same is read of all three, so that a result's own statement and those around it can be compared
(``groups``). Specimens are judged here, once for each resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.knowledge.names import by_loinc
from hemoscribe.records import RejectCode
from hemoscribe.sources.fhir.bulk import Bulk
from hemoscribe.sources.fhir.bundles import Document, Member, short
from hemoscribe.sources.fhir.documents import Resource, first, many, text_of, words_of
from hemoscribe.sources.fhir.modifiers import modifier_of
from hemoscribe.sources.fhir.patients import NOBODY, Person, patient_number, person
from hemoscribe.sources.fhir.requests import Carried, carried, name_of
from hemoscribe.sources.fhir.subjects import no_patient, other_focus
from hemoscribe.sources.fhir.tubes import (
    MISSING,
    Tube,
    as_one,
    fluid_of_site,
    named_tube,
    tube_of,
)
from hemoscribe.sources.fluid_statements import fluid_in_field
from hemoscribe.sources.fluid_statements import fluid_of_site as site_of_fluid
from hemoscribe.sources.specimens import OtherSpecimen, heading_specimen
from hemoscribe.sources.stated import bounded

_EFFECTIVE = (
    ("effectiveDateTime",),
    ("effectivePeriod", "start"),
    ("effectivePeriod", "end"),
    ("effectiveInstant",),
    ("effectiveTiming", "event"),
)
MAX_NOTES = 50  # of one resource that are told apart
_SAYS = frozenset(("note", "comment", "conclusion"))
Judge = Callable[[tuple[str, ...]], OtherSpecimen | None]


class Verdict(NamedTuple):
    """What a stated specimen, or a heading, makes of a result: ``other`` is None for blood.

    ``certain``: False where blood and another fluid are both named, so that it does not tell which.
    """

    other: OtherSpecimen | None
    certain: bool = True
    texts: tuple[str, ...] = ()  # what was judged, where it is a specimen
    named: bool = False  # by the name of a group


class Whose(NamedTuple):
    """The patient's number, and who it is."""

    number: str | None
    person: Person


@dataclass(slots=True)
class Statement:
    """What a resource states; None and empty where it does not."""

    kind: str
    name: str | None = None  # its id
    status: str | None = None
    time: str | None = None  # when the specimen was taken, or the finding was true
    issued: str | None = None
    whose: Whose | None = None
    tube: Tube | None = None  # its specimens as one: what they have in common
    verdict: Verdict | None = None
    laboratory: str | None = None
    said: tuple[str, ...] = ()  # notes and conclusions
    authors: tuple[str, ...] = ()  # of those
    modifier: str | None = None
    carried: Carried = field(default_factory=dict)
    no_patient: str | None = None  # why it is no patient's, where its subject says so
    other_focus: str | None = None  # why it is not about its subject
    here: bool = True  # in the document of the result


def statement_of(
    document: Document, member: Member, bulk: Bulk, judge: Judge, *, groups: bool
) -> Statement:
    """What a resource states.

    Args:
        groups: whether it groups results, so that its name is a heading.
    """
    resource, container = member.resource, member.container

    def find(reference: str | None) -> Resource | None:
        return document.resolve(reference, container)

    found = Statement(
        kind=str(resource.get("resourceType")),
        name=text_of(resource, "id"),
        status=text_of(resource, "status"),
        time=_effective(resource),
        issued=text_of(resource, "issued") if "issued" in resource else None,
        laboratory=_laboratory(resource, find) if "performer" in resource else None,
        modifier=member.modifier or modifier_of(resource),
        carried=carried(resource, find),
        other_focus=other_focus(resource),
    )
    if "specimen" in resource:
        tubes = _tubes(resource, document, container, bulk)
        found.verdict = specimen_verdict(tubes, judge)
        found.tube = as_one(tubes)
        found.time = found.time or found.tube.collected
        found.modifier = found.modifier or found.tube.modifier
    site = site_verdict(resource) if "bodySite" in resource else None
    made = _method_verdict(resource) if "method" in resource else None
    found.verdict = site or made or found.verdict or heading_verdict(resource, groups=groups)
    if found.verdict is None and "basedOn" in resource:
        found.verdict = _asked_verdict(resource, document, container, bulk, judge)
    if (subject := first(resource, "subject")) is not None:
        patient = find(text_of(subject, "reference"))
        found.whose = _whose(member, subject, patient, bulk)
        found.no_patient = no_patient(subject, patient)
        found.modifier = found.modifier or found.whose.person.modifier
    if not _SAYS.isdisjoint(resource):
        found.said, found.authors = _said(resource, find)
    return found


def _effective(resource: Resource) -> str | None:
    for path in _EFFECTIVE:
        if path[0] in resource and (time := text_of(resource, *path)):
            return time
    return None


def _tubes(
    resource: Resource, document: Document, container: Resource, bulk: Bulk
) -> tuple[Tube, ...]:
    found = []
    for reference in many(resource, "specimen"):
        named = text_of(reference, "reference")
        specimen = document.resolve(named, container)
        if specimen is not None:
            tube = tube_of(specimen, lambda one: document.resolve(one, container))
        else:
            tube = bulk.tubes.get(short(named), MISSING) if named else MISSING
        if not tube.texts:
            words = named_tube(reference)
            tube = tube._replace(
                texts=words.texts, words=words.words, number=tube.number or words.number
            )
        found.append(tube)
    return tuple(found)


def specimen_verdict(tubes: tuple[Tube, ...], judge: Judge) -> Verdict | None:
    """What several specimens make of a result that may be of any of them."""
    stated = [tube for tube in tubes if tube.texts]
    if not stated:
        return None
    judged = [(tube, judge(tube.texts)) for tube in stated]
    others = [(tube, other) for tube, other in judged if other is not None]
    if not others and len(stated) == len(tubes):
        return Verdict(None, texts=stated[0].texts)
    if len(others) == len(tubes):
        return Verdict(others[0][1], texts=others[0][0].texts)
    names = list(dict.fromkeys(tube.words or "" for tube in stated))[:3]
    names += ["a specimen that is not in the file"] if len(stated) < len(tubes) else []
    unknown = OtherSpecimen(", ".join(names), RejectCode.UNKNOWN_SPECIMEN)
    return Verdict(unknown, certain=False, texts=(others or judged)[0][0].texts)


def site_verdict(resource: Resource) -> Verdict | None:
    """What a body site makes of a result, where it is one of another fluid."""
    site = fluid_of_site(resource)
    other = None if site is None else site_of_fluid(site)
    return None if site is None or other is None else Verdict(other, texts=(site,))


def _method_verdict(resource: Resource) -> Verdict | None:
    """What a method makes of a result, where it is one for another fluid ("Urine dipstick")."""
    for text in words_of(first(resource, "method")):
        if (other := fluid_in_field(text, method=True)) is not None:
            return Verdict(other, texts=(text,))
    return None


def _asked_verdict(
    resource: Resource, document: Document, container: Resource, bulk: Bulk, judge: Judge
) -> Verdict | None:
    """What the requests make of what they asked for: by their specimens, else by their names.

    Requests for several fluids at once tell nothing of this result.
    """
    found: list[Verdict | None] = []
    for reference in many(resource, "basedOn"):
        request = document.resolve(text_of(reference, "reference"), container)
        if request is None:
            continue
        asked = specimen_verdict(_tubes(request, document, request, bulk), judge)
        texts = (
            text
            for name in ("code", "category")
            for one in many(request, name)
            for text in words_of(one)
        )
        named = (verdict for text in texts if (verdict := _named_verdict(text)) is not None)
        found.append(asked or next(named, None))
    alike = found and all(one is not None and one.other is not None for one in found)
    return found[0] if alike else None


def headings(resource: Resource, *, groups: bool) -> Iterator[str]:
    """The names that a resource goes under: of what it is, and of what kind of thing it is."""
    for name in ("code", "category", "type", "title") if groups else ("category",):
        for concept in many(resource, name):
            yield from words_of(concept)


def heading_verdict(resource: Resource, *, groups: bool) -> Verdict | None:
    """What the names of a group make of what it holds; None where they name no other fluid."""
    if not groups and "category" not in resource:
        return None
    for text in headings(resource, groups=groups):
        if (verdict := _named_verdict(text)) is not None:
            return verdict
    return None


@lru_cache(maxsize=4096)
def _named_verdict(heading: str) -> Verdict | None:
    """Kept, because the results of a file stand under a few categories."""
    other = heading_specimen(heading)
    if other is None:
        return None
    return Verdict(other, other.code == RejectCode.OTHER_SPECIMEN, named=True)


def name_verdict(part: Resource) -> Verdict | None:
    """What the displays of a result's codes say, where none of the codes is one of blood."""
    codings = [one for one in many(first(part, "code"), "coding") if text_of(one, "display")]
    if not codings or any(by_loinc(text_of(coding, "code")) for coding in codings):
        return None
    for coding in codings:
        display = text_of(coding, "display")
        if display and not_blood(display):
            return Verdict(OtherSpecimen(display, RejectCode.OTHER_SPECIMEN))
    return None


def _whose(member: Member, subject: Any, patient: Resource | None, bulk: Bulk) -> Whose:
    if patient is None:
        known = bulk.people.get(short(text_of(subject, "reference") or ""), NOBODY)
    else:
        known = person(patient)
    server = ""
    if member.url:
        server = member.url.rpartition(f"/{member.resource.get('resourceType')}/")[0]
    number = patient_number(known, patient, subject, server if "://" in server else "")
    return Whose(number, known)


def _said(
    resource: Resource, find: Callable[[str | None], Resource | None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what is said of the results, who says it)."""
    said: list[str | None] = []
    authors: list[str | None] = []
    if "note" in resource:
        for note in many(resource, "note"):
            if text := text_of(note, "text"):
                said.append(text)
                author = text_of(note, "authorString")
                authors.append(author or name_of(first(note, "authorReference"), find))
    said += [text_of(resource, "comment"), text_of(resource, "conclusion")]
    if said[-1] and "resultsInterpreter" in resource:
        authors += [name_of(one, find) for one in many(resource, "resultsInterpreter")]
    texts = tuple(text for text in said if text)
    if len(texts) > MAX_NOTES:
        texts = (bounded(" ".join(texts)),)
    return texts, tuple(dict.fromkeys(one for one in authors if one))[:MAX_NOTES]


def _laboratory(resource: Resource, find: Callable[[str | None], Resource | None]) -> str | None:
    """The performing organization; a performer may also be a person, who is not named."""
    for performer in many(resource, "performer"):
        if "Organization" in (text_of(performer, "reference") or ""):
            return name_of(performer, find)
        held = find(text_of(performer, "reference"))
        if held is not None and held.get("resourceType") == "Organization":
            return name_of(performer, find)
    return None
