"""FHIR results: Observations alone, in Bundles, in DiagnosticReports or as NDJSON bulk exports.

R4 is what is read. R5 has the same fields wherever this reader looks, and what it adds to a value
(an attachment, a reference) is refused by name, so an R5 document is read rightly or not at all; so
is a resource with a modifier extension, which may say anything of what it modifies. A panel (an
Observation with members and no value) is no result; its members are. Patients and specimens of a
bulk export are looked for in the same folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hemoscribe.panel_input import SEX_WORDS
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject
from hemoscribe.sources.exports import Export
from hemoscribe.sources.fhir.bulk import Bulk, bulk_of, says_something, unjoined
from hemoscribe.sources.fhir.bundles import Document, Member, document_of, fluid_of, short
from hemoscribe.sources.fhir.documents import (
    NotJson,
    Resource,
    documents,
    first,
    is_ndjson,
    many,
    text_of,
)
from hemoscribe.sources.fhir.observations import codes, has_value, stated
from hemoscribe.sources.fhir.patients import NOBODY, patient_number, person
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import age_at
from hemoscribe.sources.specimens import OtherSpecimen
from hemoscribe.sources.stated import (
    RESULTS_PER_BATCH,
    Row,
    bounded,
    of_other,
    refused,
    stated_batch,
    unread_comment,
)
from hemoscribe.sources.xml_trees import sample_start

_TIMES = (("effectiveDateTime",), ("effectivePeriod", "start"), ("effectiveInstant",), ("issued",))
_NO_RESULTS = ("Patient", "Specimen", "DiagnosticReport", "Organization", "Practitioner", "Device")
_SHOWN = 10
_OBSERVATION = "/Observation/"


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the file is FHIR, in JSON or XML."""
    del mapping
    start = sample_start(export.sample, len(export.sample))
    if start.startswith(b"{"):
        return b'"resourceType"' in start
    return start.startswith(b"<") and b"http://hl7.org/fhir" in start[:4096]


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The results of every document, some ten thousand at a time."""
    del mapping
    bulk = bulk_of(export, notices)
    lines = is_ndjson(export)
    rows: list[Row] = []
    rejects: list[Mapping[str, Any]] = []
    others: dict[str, int] = {}  # types of resources that hold no result
    results = False
    for number, root in documents(export):
        if isinstance(root, NotJson):
            why = f"It is not valid JSON ({root})."
            rejects.append(reject(export.name, f"line {number}", RejectCode.UNREADABLE, why))
            continue
        document = document_of(root, number)
        comments: dict[str, bool] = {}  # whether a row has it
        for member in document.members:
            kind = str(member.resource.get("resourceType"))
            _say_r5(export.name, member.resource, notices)
            if kind != "Observation":
                others[kind] = others.get(kind, 0) + 1
                if kind == "DiagnosticReport" and id(member.resource) not in document.joined:
                    alone = _alone(export.name, member, bulk if lines else None)
                    rejects += [alone] if alone is not None else []
                continue
            results = True
            read, comment = _observation(export.name, document, member, bulk)
            rejects += [row for row in read if "code" in row]
            rows += (kept := [row for row in read if "code" not in row])
            if comment:
                comments[comment] = comments.get(comment, False) or bool(kept)
        unread = (text for text, at_a_row in comments.items() if not at_a_row)
        rejects += [unread_comment(export.name, f"document {number}", text) for text in unread]
        if len(rows) >= RESULTS_PER_BATCH:
            yield stated_batch(export.name, rows, rejects, notices)
            rows, rejects = [], []
    if not results:
        rejects += _nothing(export, others)
    yield stated_batch(export.name, rows, rejects, notices)


def _alone(source: str, member: Member, bulk: Bulk | None) -> Row | None:
    """A report none of whose results is in its document; a reject if no other can know it."""
    if bulk is not None:
        return bulk.meet(source, member.place, member.resource)
    if not says_something(member.resource):
        return None
    why = "None of its results is in the document, so what it says stands at none of them"
    return unjoined(source, member.place, member.resource, why)


def _nothing(export: Export, others: Mapping[str, int]) -> Iterator[Row]:
    """A file without Observations says what it holds; the patients of a folder need not."""
    kinds = [kind for kind in others if kind not in _NO_RESULTS]
    if not kinds and export.named:
        kinds = list(others)[:1]
    for kind in kinds[:_SHOWN]:
        why = f"{kind}: no Observation, so no result ({others[kind]:,} in the file)."
        yield reject(export.name, "file", RejectCode.NO_VALUE, why, results=0)


def _say_r5(source: str, resource: Resource, notices: Notices) -> None:
    newer = next((name for name in codes()["r5"] if name in resource), None)
    if newer is not None:
        notices.say(f"{source}: it has fields of FHIR R5 ({newer}) and is read as R5.")


def _observation(
    source: str, document: Document, member: Member, bulk: Bulk
) -> tuple[list[Row], str | None]:
    """(rows and rejects of an Observation's values, what is said about them)."""
    observation = member.resource
    report = document.reports.get(id(observation))
    beside = bulk.report_of(observation) if report is None else None
    shared = _shared(document, member, report or beside, bulk)
    fluid = _specimen(document, member, bulk)
    parts = [(member.place, observation)] if has_value(observation) else []
    for number, component in enumerate(many(observation, "component"), start=1):
        if isinstance(component, dict):
            parts.append((f"{member.place}, component {number}", component))
    if not parts and not many(observation, "hasMember"):
        parts = [(member.place, observation)]
    sex, age = SEX_WORDS.get(shared["sex"] or ""), None
    if any(len(many(part, "referenceRange")) > 1 for _, part in parts):
        age = age_at(shared["collected"], shared["born"])
    found = []
    for place, part in parts:
        columns, why = stated(part, sex, age)
        row = {**shared, "reported_name": None, **columns, "place": place}
        found.append(_row(source, row, part, observation, fluid, why))
    if beside is None:
        return found, shared["comment"]
    bulk.join(beside, at_a_row=any("code" not in row for row in found))
    return found, _comment(observation, None)


def _row(
    source: str,
    row: Row,
    part: Resource,
    observation: Resource,
    fluid: OtherSpecimen | None,
    why: str | None,
) -> Row:
    """The row, or the reject that says why it is none."""
    unknown = _modifier(part) or _modifier(observation)
    if unknown is not None:
        why = f"It carries a modifier extension ({unknown}), which may change what it means."
        return refused(source, row, RejectCode.NEGATED, why)
    if fluid is not None:
        return of_other(source, row, fluid)
    if why is not None:
        return refused(source, row, RejectCode.NOT_A_NUMBER, why)
    if row.get("reported_value") is None and (absent := first(part, "dataAbsentReason")):
        reason = text_of(absent, "text") or text_of(absent, "coding", "display")
        reason = reason or text_of(absent, "coding", "code") or "no reason given"
        withdraws = row["status"] in (*codes()["withdrawn"], *codes()["corrected"])
        if not withdraws:  # what stood before it has to know
            why = f"The result has no value: {reason}."
            return refused(source, row, RejectCode.NO_VALUE, why)
    return row


def _modifier(resource: Resource) -> str | None:
    extension = first(resource, "modifierExtension")
    rules = text_of(resource, "implicitRules")
    return (text_of(extension, "url") or "unnamed") if extension is not None else rules


def _specimen(document: Document, member: Member, bulk: Bulk) -> OtherSpecimen | None:
    """The fluid of an Observation's specimen when it is not blood."""
    reference = first(member.resource, "specimen")
    if reference is None:
        return None
    named = text_of(reference, "reference")
    specimen = document.resolve(named, member.inside or member.resource)
    fluid = fluid_of(specimen) if specimen is not None else bulk.fluids.get(short(named or ""))
    return fluid or fluid_of(reference)


def _shared(
    document: Document, member: Member, report: Resource | None, bulk: Bulk
) -> dict[str, Any]:
    """What an Observation says of all its values: whose, when, in which state."""
    observation = member.resource
    container = member.inside or observation
    subject = first(observation, "subject")
    if subject is None:
        subject, container = first(report, "subject"), member.inside or report or observation
    reference = text_of(subject, "reference")
    patient = document.resolve(reference, container)
    known = (
        person(patient) if patient is not None else bulk.people.get(short(reference or ""), NOBODY)
    )
    server = (member.url or "").rpartition(_OBSERVATION)[0]
    times = (text_of(one, *path) for one in (observation, report) for path in _TIMES)
    status = text_of(observation, "status")
    of_report = text_of(report, "status")
    return {
        "patient_id": patient_number(known, patient, subject, server if "://" in server else ""),
        "laboratory": _laboratory(report) or _laboratory(observation),
        "collected": next((time for time in times if time), None),
        "sex": known.sex,
        "born": known.born,
        "report": text_of(report, "id"),
        "status": of_report if of_report in codes()["withdrawn"] else status or of_report,
        "comment": _comment(observation, report),
    }


def _comment(observation: Resource, report: Resource | None) -> str | None:
    comments = [text_of(note, "text") for note in many(observation, "note")]
    comments += [text_of(observation, "comment"), text_of(report, "conclusion")]
    return bounded(" ".join(dict.fromkeys(text for text in comments if text))) or None


def _laboratory(resource: Resource | None) -> str | None:
    """The performing organization; a performer may also be a person, who is not named."""
    for performer in many(resource, "performer"):
        if "Organization" in (text_of(performer, "reference") or ""):
            return text_of(performer, "display")
    return None
