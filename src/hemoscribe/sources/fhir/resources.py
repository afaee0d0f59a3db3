"""FHIR R4 results: Observations alone, in Bundles, in DiagnosticReports or as NDJSON bulk exports.

R5 has the same fields wherever this reader looks, so an R5 document is read the same way. A panel
(an Observation with members and no value) is no result; its members are. Patients of a bulk export
are looked for in the same folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from hemoscribe.knowledge.names import is_loinc
from hemoscribe.records import REPORTED, RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject, reject_frame
from hemoscribe.sources.dates import parse_dates
from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.fhir.documents import (
    NotJson,
    Resource,
    documents,
    first,
    is_ndjson,
    many,
    text_of,
)
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import ages_at, sexes
from hemoscribe.sources.specimens import other_fluid

RESULTS_PER_BATCH = 100_000
_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"
_VALUES = (
    ("valueString", None),
    ("valueInteger", None),
    ("valueCodeableConcept", "text"),
    ("valueDateTime", "date"),
    ("valueTime", "date"),
    ("valuePeriod", "date"),
)
_TIMES = (("effectiveDateTime",), ("effectivePeriod", "start"), ("effectiveInstant",), ("issued",))


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the file is FHIR, in JSON or XML."""
    del mapping
    start = export.sample.lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"{"):
        return b'"resourceType"' in start
    return start.startswith(b"<") and b"http://hl7.org/fhir" in start[:4096]


Person = tuple[str | None, str | None]  # sex, birth date


@dataclass
class _Document:
    """One document's resources by every way they are referred to."""

    source: str
    number: int
    resources: dict[str, Resource] = field(default_factory=dict)
    reports: dict[int, Resource] = field(default_factory=dict)  # by id() of an Observation

    def resolve(self, reference: str | None) -> Resource | None:
        """The resource a reference names, if it is in the document."""
        if not reference:
            return None
        return self.resources.get(reference) or self.resources.get(_short(reference))


def _short(reference: str) -> str:
    return "/".join(reference.split("/_history/")[0].rsplit("/", 2)[-2:])


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The results of every document, some ten thousand at a time."""
    del mapping
    people = _people(export) if is_ndjson(export) else {}
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for number, document in documents(export):
        if isinstance(document, NotJson):
            why = f"It is not valid JSON ({document})."
            rejects.append(reject(export.name, f"line {number}", RejectCode.UNREADABLE, why))
            continue
        for row in _results(_Document(export.name, number), document, people):
            (rejects if "code" in row else rows).append(row)
        if len(rows) >= RESULTS_PER_BATCH:
            yield _batch(export.name, rows, rejects, notices)
            rows, rejects = [], []
    yield _batch(export.name, rows, rejects, notices)


def _people(export: Export) -> dict[str, Person]:
    """Patients of a bulk export: in this file, and in the Patient files of its folder."""
    beside = (path for path in export.path.parent.iterdir() if path.name.startswith("Patient"))
    paths = {export.path, *(path for path in beside if path.is_file() and path.stat().st_size)}
    return {
        f"Patient/{resource.get('id')}": _person(resource)
        for file in exports(sorted(paths))
        if is_ndjson(file)
        for _, resource in documents(file)
        if isinstance(resource, dict) and resource.get("resourceType") == "Patient"
    }


def _person(patient: Resource | None) -> Person:
    return text_of(patient, "gender"), text_of(patient, "birthDate")


def _results(
    document: _Document, root: Resource, people: Mapping[str, Person]
) -> Iterator[dict[str, Any]]:
    """Rows (and rejects, which have a ``code``) of a document."""
    observations: list[tuple[str, Resource]] = []
    for position, (url, resource) in enumerate(_members(root), start=1):
        _index(document, url, resource)
        place = f"document {document.number}"
        if root.get("resourceType") == "Bundle":
            place += f", entry {position}"
        if resource.get("resourceType") == "Observation":
            observations.append((place, resource))
        for inside, contained in enumerate(many(resource, "contained"), start=1):
            if isinstance(contained, dict):
                _index(document, f"#{contained.get('id')}", contained)
                if contained.get("resourceType") == "Observation":
                    observations.append((f"{place}, contained {inside}", contained))
    for resource in list(document.resources.values()):
        if resource.get("resourceType") == "DiagnosticReport":
            for reference in many(resource, "result"):
                member = document.resolve(text_of(reference, "reference"))
                if member is not None:
                    document.reports[id(member)] = resource
    for place, observation in observations:
        yield from _observation(document, place, observation, people)


def _members(root: Resource) -> Iterator[tuple[str | None, Resource]]:
    if root.get("resourceType") != "Bundle":
        yield None, root
        return
    for entry in many(root, "entry"):
        resource = first(entry, "resource")
        if isinstance(resource, dict):
            yield text_of(entry, "fullUrl"), resource


def _index(document: _Document, url: str | None, resource: Resource) -> None:
    if url:
        document.resources[url] = resource
    if isinstance(resource.get("id"), str) and not (url or "").startswith("#"):
        document.resources[f"{resource.get('resourceType')}/{resource['id']}"] = resource


def _observation(
    document: _Document, place: str, observation: Resource, people: Mapping[str, Person]
) -> Iterator[dict[str, Any]]:
    report = document.reports.get(id(observation))
    shared = _shared(document, observation, report, people)
    specimen = document.resolve(text_of(observation, "specimen", "reference"))
    fluid = _fluid(specimen) or _fluid(first(observation, "specimen"))
    parts = [(place, observation)] if _has_value(observation) else []
    for number, component in enumerate(many(observation, "component"), start=1):
        if isinstance(component, dict):
            parts.append((f"{place}, component {number}", component))
    if not parts and not many(observation, "hasMember"):
        parts = [(place, observation)]
    for where, part in parts:
        row = {**shared, **_stated(part), "place": where}
        row.setdefault("reported_name", None)
        if fluid is not None or row.pop("no_quantity", False):
            yield _refused(document.source, row, fluid)
        else:
            yield row


def _has_value(observation: Resource) -> bool:
    return any(name.startswith("value") for name in observation) or (
        "dataAbsentReason" in observation
    )


def _shared(
    document: _Document,
    observation: Resource,
    report: Resource | None,
    people: Mapping[str, Person],
) -> dict[str, Any]:
    """What an Observation says of all its values: whose, when, in which state."""
    reference = text_of(observation, "subject", "reference") or text_of(
        report, "subject", "reference"
    )
    patient = document.resolve(reference)
    sex, born = (
        _person(patient)
        if patient is not None
        else people.get(_short(reference or ""), (None, None))
    )
    times = (text_of(one, *path) for one in (observation, report) for path in _TIMES)
    notes = [text_of(note, "text") for note in many(observation, "note")]
    comments = [*notes, text_of(report, "conclusion")]
    identifier = text_of(patient, "id") or (_short(reference).split("/")[-1] if reference else None)
    return {
        "patient_id": identifier,
        "laboratory": _laboratory(report) or _laboratory(observation),
        "collected": next((time for time in times if time), None),
        "sex": sex,
        "born": born,
        "report": text_of(report, "id"),
        "status": text_of(observation, "status"),
        "comment": " ".join(text for text in comments if text) or None,
    }


def _laboratory(resource: Resource | None) -> str | None:
    """The performing organization; a performer may also be a person, who is not named."""
    for performer in many(resource, "performer"):
        if "Organization" in (text_of(performer, "reference") or ""):
            return text_of(performer, "display")
    return None


def _stated(part: Resource) -> dict[str, Any]:
    """What an Observation or a component of one states: name, value, unit, range, flag."""
    found: dict[str, Any] = {}
    code = first(part, "code")
    for coding in many(code, "coding"):
        value, system = text_of(coding, "code"), text_of(coding, "system")
        if system == _LOINC or (system is None and is_loinc(value)):
            found.setdefault("loinc", value)
        found.setdefault("reported_name", text_of(coding, "display"))
    found["reported_name"] = text_of(code, "text") or found.get("reported_name")
    quantity = first(part, "valueQuantity")
    if quantity is not None:
        comparator, number = text_of(quantity, "comparator"), text_of(quantity, "value")
        found["reported_value"] = f"{comparator or ''}{number}" if number else None
        found["reported_unit"] = _unit(quantity)
    for name, kind in _VALUES:
        if "reported_value" in found or first(part, name) is None:
            continue
        concept = first(part, name)
        if kind == "text":
            said = text_of(concept, "text") or text_of(concept, "coding", "display")
            found["reported_value"] = said or f"code {text_of(concept, 'coding', 'code')}"
        else:
            found["reported_value"] = concept if isinstance(concept, str) else str(concept)
            found["no_quantity"] = kind == "date"
    found["reported_low"], found["reported_high"] = _range(part)
    flag = first(part, "interpretation")
    found["reported_flag"] = text_of(flag, "coding", "code") or text_of(flag, "text")
    return found


def _unit(quantity: Resource) -> str | None:
    if text_of(quantity, "system") == _UCUM and text_of(quantity, "code"):
        return text_of(quantity, "code")
    return text_of(quantity, "unit") or text_of(quantity, "code")


def _range(part: Resource) -> tuple[str | None, str | None]:
    """The normal range: the first that is not of another type, such as therapeutic or critical."""
    for entry in many(part, "referenceRange"):
        kind = text_of(entry, "type", "coding", "code")
        if kind not in (None, "normal"):
            continue
        low, high = text_of(entry, "low", "value"), text_of(entry, "high", "value")
        return (low, high) if low or high else (text_of(entry, "text"), None)
    return None, None


def _fluid(specimen: Any) -> str | None:
    kind = first(specimen, "type")
    parts = [text_of(kind, "coding", "code"), text_of(kind, "coding", "display")]
    words = [part for part in (*parts, text_of(kind, "text"), text_of(specimen, "display")) if part]
    return other_fluid(words) if words else None


def _refused(source: str, row: Mapping[str, Any], fluid: str | None) -> dict[str, Any]:
    code = RejectCode.NOT_A_NUMBER if fluid is None else RejectCode.UNKNOWN_ANALYTE
    why = (
        "A date or time is no quantity."
        if fluid is None
        else f"A result of {fluid}; only blood is read."
    )
    return reject(
        source,
        row["place"],
        code,
        why,
        name=row.get("reported_name"),
        value=row.get("reported_value"),
        unit=row.get("reported_unit"),
    )


def _batch(
    source: str,
    rows: list[dict[str, Any]],
    rejects: list[dict[str, Any]],
    notices: Notices,
) -> Batch:
    extra = {"collected": pl.String(), "born": pl.String(), "report": pl.String()}
    frame = pl.DataFrame(rows, schema={**REPORTED, **extra})
    collected = parse_dates(frame["collected"], "day_first", latest_year=date.today().year + 1)
    born = parse_dates(frame["born"], "day_first", latest_year=date.today().year)
    unread = frame.filter(pl.col("collected").is_not_null() & collected.is_null())
    if unread.height:
        notices.say(f"{source}: {unread['collected'][0]!r} is not a date that can be read.")
    return Batch(
        frame.with_columns(
            collected.alias("collected_at"),
            sexes(frame["sex"]).alias("sex"),
            ages_at(collected, born).alias("age_years"),
            pl.lit(source).alias("source"),
        )
        .with_columns(report_id=pl.when(pl.col("collected_at").is_null()).then("report"))
        .select(list(REPORTED)),
        reject_frame(rejects),
    )
