"""What the other files of an NDJSON bulk export say of its Observations, by reference.

A bulk export has a file per type: patients, specimens and reports stand beside the Observations.
Of reports only those that say something of their results (a conclusion, a state that is not final)
are held, once each, with a reference per result. Reports whose results are not read, and those
beyond what is held, are named among the rejects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hemoscribe.errors import SourceError
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Notices, reject
from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.fhir.bundles import fluid_of, short, together
from hemoscribe.sources.fhir.documents import Resource, documents, is_ndjson, many, text_of
from hemoscribe.sources.fhir.observations import codes
from hemoscribe.sources.fhir.patients import Person, person
from hemoscribe.sources.specimens import OtherSpecimen
from hemoscribe.sources.stated import Row, bounded

MAX_REFERENCES = 2_000_000  # results of reports that say something of them: some 400 MB
_KINDS = ("Patient", "Specimen", "DiagnosticReport")
_KEPT = ("id", "status", "conclusion", "subject", "performer", "issued")
_NOT_READ = "None of its results is read here, so what it says stands at none of them"
_NOT_HELD = "It could not be looked up beside its results, so what it says stands at none of them"


@dataclass
class Bulk:
    """Patients, specimens and reports by reference, and which reports came to a result.

    ``reports``: by the reference to a result. ``own``: the reports by their own reference.
    """

    people: dict[str, Person] = field(default_factory=dict)
    fluids: dict[str, OtherSpecimen] = field(default_factory=dict)  # not known as blood
    reports: dict[str, Resource] = field(default_factory=dict)
    own: dict[str, Resource] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)
    read: dict[str, tuple[str, str]] = field(default_factory=dict)  # report -> file, place

    def report_of(self, observation: Resource) -> Resource | None:
        """The report in another document that an Observation is a result of."""
        return self.reports.get(f"Observation/{observation.get('id')}") if self.reports else None

    def join(self, report: Resource, *, at_a_row: bool) -> None:
        """A result of the report was read; its conclusion stands at a row, or not yet."""
        if at_a_row or not text_of(report, "conclusion"):
            self.joined.update(report["reports"])

    def meet(self, source: str, place: str, report: Resource) -> Row | None:
        """A report is read whose results stand in other documents; a reject if it is not held."""
        if not says_something(report):
            return None
        name = f"DiagnosticReport/{report.get('id')}"
        if name not in self.own:
            return unjoined(source, place, report, _NOT_HELD)
        self.read[name] = (source, place)
        return None

    def left(self) -> Iterator[Row]:
        """A reject of no result for each report that was read and came to no result."""
        for name, (source, place) in self.read.items():
            if name not in self.joined:
                yield unjoined(source, place, self.own[name], _NOT_READ)


def says_something(report: Resource) -> bool:
    """Whether a report has a conclusion, or a state that its results have to know."""
    early = text_of(report, "status") in codes()["preliminary"]
    return bool(text_of(report, "conclusion")) or _withdrawn(report) or early


def _withdrawn(report: Resource) -> bool:
    return text_of(report, "status") in codes()["withdrawn"]


def unjoined(source: str, place: str, report: Resource, why: str) -> Row:
    """The reject of no result that names a report whose results do not know it."""
    state = text_of(report, "status")
    final = state not in (*codes()["withdrawn"], *codes()["preliminary"])
    stated = [None if final else state, text_of(report, "conclusion")]
    name = f"DiagnosticReport/{report['id']}" if report.get("id") else "DiagnosticReport"
    return reject(
        source,
        place,
        RejectCode.UNREADABLE,
        f"{name}: {why[:1].lower()}{why[1:]}.",
        results=0,
        value=bounded(": ".join(text for text in stated if text)),
    )


def bulk_of(export: Export, notices: Notices) -> Bulk:
    """What the files of an NDJSON file's folder say, found once for all files of a reading.

    Raises:
        SourceError: more results of withdrawn reports than can be held.
    """
    if not is_ndjson(export):
        return Bulk()
    paths = tuple(sorted(_beside(export)))
    known = notices.beside.get(paths)
    if not isinstance(known, Bulk):
        known = Bulk()
        for file in exports(paths) if paths else ():
            if is_ndjson(file) and _may_hold(file):
                for _, resource in documents(file):
                    if isinstance(resource, dict):
                        _note(file.name, resource, known)
        notices.beside[paths] = known
        notices.at_end.append(known.left)
    return known


def _beside(export: Export) -> set[Path]:
    """The files of its folder named after what they hold; its own, or its archive, if it may."""
    folder = export.path.parent
    beside = folder.iterdir() if folder.is_dir() else ()
    found = {path for path in beside if any(kind in path.name for kind in _KINDS)}
    in_archive = not export.name.endswith(export.path.name)
    if _may_hold(export) or in_archive:
        found.add(export.path)
    return {path for path in found if path.is_file() and path.stat().st_size}


def _may_hold(file: Export) -> bool:
    return any(f'"{kind}"'.encode() in file.sample for kind in _KINDS)


def _note(source: str, resource: Resource, bulk: Bulk) -> None:
    kind, identifier = resource.get("resourceType"), resource.get("id")
    if kind == "Patient":
        bulk.people[f"Patient/{identifier}"] = person(resource)
    elif kind == "Specimen" and (fluid := fluid_of(resource)) is not None:
        bulk.fluids[f"Specimen/{identifier}"] = fluid
    elif kind == "DiagnosticReport" and identifier and says_something(resource):
        _note_report(source, resource, bulk)


def _note_report(source: str, report: Resource, bulk: Bulk) -> None:
    results = [text_of(one, "reference") or "" for one in many(report, "result")]
    references = [short(one) for one in results if one and not one.startswith("#")]
    if len(bulk.reports) + len(references) > MAX_REFERENCES:
        if not _withdrawn(report):
            return  # named when its own file is read
        raise SourceError(
            source,
            f"withdrawn reports of more than {MAX_REFERENCES:,} results stand beside them",
            remedy="Export the results in parts, each with its reports.",
        )
    name = f"DiagnosticReport/{report['id']}"
    held = {key: value for key, value in report.items() if key in _KEPT or "effective" in key}
    bulk.own[name] = held | {"reports": [name]}
    for reference in references:
        bulk.reports[reference] = together(bulk.reports.get(reference), bulk.own[name])
