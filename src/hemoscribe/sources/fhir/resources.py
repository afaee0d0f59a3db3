"""FHIR results: Observations alone, in Bundles, arrays, DiagnosticReports or NDJSON bulk exports.

R4 is what is read. R5 has the same fields wherever this reader looks, and what it adds to a value
(an attachment, a reference) is refused by name, so an R5 document is read rightly or not at all; so
is a resource with a modifier extension, which may say anything of what it modifies. A panel (an
Observation with members and no value) is no result; its members are, and what it states holds for
them (``groups``). Patients, specimens, reports and panels of a bulk export are looked for in the
same folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject
from hemoscribe.sources.exports import Export
from hemoscribe.sources.fhir.bulk import Bulk, name_of, says_something, unjoined
from hemoscribe.sources.fhir.bundles import Document, Member, document_of
from hemoscribe.sources.fhir.documents import NotJson, Resource, documents, is_ndjson
from hemoscribe.sources.fhir.folders import bulk_of
from hemoscribe.sources.fhir.measured import Measured
from hemoscribe.sources.fhir.observations import codes
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.stated import RESULTS_PER_BATCH, Row, stated_batch, unread_comment
from hemoscribe.sources.xml_trees import sample_start

_NO_RESULTS = ("Patient", "Specimen", "DiagnosticReport", "Organization", "Practitioner", "Device")
_SHOWN = 10
_ARRAY = re.compile(rb"\[\s*\{")


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the file is FHIR, in JSON or XML."""
    del mapping
    start = sample_start(export.sample, len(export.sample))
    if start.startswith(b"{") or _ARRAY.match(start) is not None:
        return b'"resourceType"' in start
    return start.startswith(b"<") and b"http://hl7.org/fhir" in start[:4096]


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The results of every document, some ten thousand at a time."""
    reader = _Reader(export, mapping, notices)
    for number, root in documents(export):
        reader.take(number, root)
        if len(reader.rows) >= RESULTS_PER_BATCH:
            yield reader.handed_on()
    reader.end()
    yield reader.handed_on()


class _Reader:
    """Documents in, rows and rejects out; one document is held at a time."""

    def __init__(self, export: Export, mapping: MappingFile, notices: Notices) -> None:
        self.export, self.notices = export, notices
        self.rows: list[Row] = []
        self.rejects: list[Mapping[str, Any]] = []
        self._bulk = bulk_of(export, mapping, notices)
        self._lines = is_ndjson(export)
        judge = SpecimenJudge(export.name, mapping, notices)
        self._measured = Measured(export.name, judge, self._bulk, notices)
        self._others: dict[str, int] = {}  # types of resources that hold no result
        self._results = False

    def handed_on(self) -> Batch:
        """What was read since the last time."""
        batch = stated_batch(self.export.name, self.rows, self.rejects, self.notices)
        self.rows, self.rejects = [], []
        return batch

    def take(self, number: int, root: Resource | NotJson) -> None:
        """One document."""
        if isinstance(root, NotJson):
            why = f"It is not valid JSON ({root})."
            place = f"{root.unit} {number}"
            self.rejects.append(reject(self.export.name, place, RejectCode.UNREADABLE, why))
            return
        document = document_of(root, number)
        comments: dict[str, bool] = {}  # whether a row has it
        for member in document.members:
            _say_r5(self.export.name, member.resource, self.notices)
            if member.resource.get("resourceType") == "Observation":
                self._observation(document, member, comments)
            else:
                self._other(document, member)
        unread = (text for text, at_a_row in comments.items() if not at_a_row)
        place = f"document {number}"
        self.rejects += [unread_comment(self.export.name, place, text) for text in unread]

    def end(self) -> None:
        """The last document was taken."""
        if not self._results:
            self.rejects += _nothing(self.export, self._others)
        self._measured.say_what_is_missing()

    def _observation(self, document: Document, member: Member, comments: dict[str, bool]) -> None:
        self._results = True
        read, said = self._measured.results(document, member)
        if not read and self._lines and name_of(member.resource) in self._bulk.own:
            self._alone(document, member)  # a panel whose members stand in other documents
            return
        kept = [row for row in read if "code" not in row]
        self.rows += kept
        self.rejects += [row for row in read if "code" in row]
        for text in said:
            comments[text] = comments.get(text, False) or bool(kept)

    def _other(self, document: Document, member: Member) -> None:
        kind = str(member.resource.get("resourceType"))
        self._others[kind] = self._others.get(kind, 0) + 1
        if kind == "DiagnosticReport":
            self._alone(document, member)

    def _alone(self, document: Document, member: Member) -> None:
        """What groups results of other documents only; a reject where no result can know it."""
        if id(member.resource) in document.joined:
            return
        bulk = self._bulk if self._lines else None
        alone = _unheard(self.export.name, member, bulk)
        self.rejects += [alone] if alone is not None else []


def _unheard(source: str, member: Member, bulk: Bulk | None) -> Row | None:
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


@cache
def _r5() -> frozenset[str]:
    return frozenset(codes()["r5"])


def _say_r5(source: str, resource: Resource, notices: Notices) -> None:
    if _r5().isdisjoint(resource):
        return
    newer = next((name for name in codes()["r5"] if name in resource), None)
    if newer is not None:
        notices.say(f"{source}: it has fields of FHIR R5 ({newer}) and is read as R5.")
