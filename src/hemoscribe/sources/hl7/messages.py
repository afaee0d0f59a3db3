"""HL7 v2 messages with results (ORU, OUL, ORL, OML; 2.1 to 2.8): each OBX is a result.

Segments are read here and not with a library, so that 20,000 OBX stay quick, what is broken costs
itself alone, and no escape sequence can grow (``fields.unescape``). A report inside an OBX (type
ED) is read by the reader of its own format; one that is only pointed to (RP) is not fetched.
Messages that hold no result are counted among the rejects by their type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hemoscribe.records import RejectCode
from hemoscribe.sources.authorities import best, identity
from hemoscribe.sources.batches import Batch, Notices, reject
from hemoscribe.sources.enclosed import Enclosed, Opener, decoded
from hemoscribe.sources.exports import Export
from hemoscribe.sources.hl7 import fields as parts
from hemoscribe.sources.hl7.framing import segments
from hemoscribe.sources.hl7.observations import (
    Observation,
    codes,
    kind_of,
    observation,
    person_named,
    said,
    what,
)
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.specimens import OtherSpecimen, SpecimenJudge, heading_specimen
from hemoscribe.sources.stated import (
    MAX_TEXT_CHARACTERS,
    RESULTS_PER_BATCH,
    Row,
    bounded,
    of_other,
    refused,
    stated_batch,
    unread_comment,
)

_STARTS = (b"MSH", b"FHS", b"BHS")
_FRAMING = b"\x0b\x1c \t\r\n\xef\xbb\xbf"
_ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
MAX_FIELD_CHARACTERS = 20_000  # of a field that is no document


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the file begins with a message or a batch."""
    del mapping
    sample = export.sample.replace(b"\x00", b"") if b"\x00" in export.sample else export.sample
    return sample.lstrip(_FRAMING).removeprefix(b"\xff\xfe").startswith(_STARTS)


def read(export: Export, mapping: MappingFile, notices: Notices, opener: Opener) -> Iterator[Batch]:
    """The results of every message, some ten thousand at a time."""
    judge = SpecimenJudge(export.name, mapping, notices)
    reader = _Reader(export.name, notices, opener, judge)
    for line in segments(export, mapping.encoding, notices):
        reader.take(line)
        if len(reader.rows) >= RESULTS_PER_BATCH or reader.batches:
            yield from reader.handed_on()
    reader.end_message()
    reader.say_what_is_empty()
    yield from reader.handed_on()


@dataclass
class _Order:
    """The results of one order, until the next: its time, specimen and comments."""

    collected: str | None = None
    status: str | None = None
    named: str = ""  # OBR-4
    specimens: list[str] = field(default_factory=list)  # OBR-15 and SPM-4
    specimen_time: str | None = None
    sample_id: str | None = None  # SPM-2, the laboratory's own number first
    requested: str | None = None  # OBR-6, else ORC-9
    requester: str | None = None  # OBR-16
    note: str | None = None  # OBR-13
    author: str | None = None  # OBR-32: who interpreted the results
    comments: list[str] = field(default_factory=list)
    results: list[tuple[str, Observation, list[str]]] = field(default_factory=list)


@dataclass
class _Message:
    """The message being read: its separators, its patient, the order it is at."""

    number: int
    separators: str
    kind: str
    laboratory: str | None
    report: str | None
    facility: str = ""  # who sent it (MSH-4)
    patient_id: str | None = None
    born: str | None = None
    sex: str | None = None
    ward: str | None = None  # PV1-3
    ordered: str | None = None  # ORC-9 of the order that comes
    collected: str | None = None  # the last time that an order stated
    order: _Order = field(default_factory=_Order)
    obx: int = 0
    specimen_first: bool = False
    specimen: _Order | None = None  # what SPM said, where it stands before its orders


class _Reader:
    """Segments in, rows and rejects out; one message and one order are held at a time."""

    def __init__(self, source: str, notices: Notices, opener: Opener, judge: SpecimenJudge) -> None:
        self.source, self.notices, self.opener, self.judge = source, notices, opener, judge
        self.rows: list[Row] = []
        self.rejects: list[Mapping[str, Any]] = []
        self.batches: list[Batch] = []  # of documents inside messages
        self.message: _Message | None = None
        self.messages = 0
        self.empty: dict[str, list[int]] = {}  # kind -> [first message, how many]

    def handed_on(self) -> Iterator[Batch]:
        """What was read since the last time."""
        yield from self.batches
        yield stated_batch(self.source, self.rows, self.rejects, self.notices)
        self.rows, self.rejects, self.batches = [], [], []

    def take(self, line: str) -> None:
        """One segment."""
        name = line[:3]
        if name == "MSH":
            self.end_message()
            self._start(line)
        elif self.message is not None and name not in _ENVELOPE:
            self._segment(self.message, name, line)

    def end_message(self) -> None:
        """The message is over: its last order is handed on, or it held no result."""
        message = self.message
        if message is None:
            return
        self._end_order(message)
        if not message.obx:
            self.empty.setdefault(message.kind, [message.number, 0])[1] += 1
        self.message = None

    def say_what_is_empty(self) -> None:
        """One reject, of no result, for each type of message that held none."""
        for kind, (first, count) in self.empty.items():
            such = f" ({count:,} such messages)" if count > 1 else ""
            why = f"A message of type {kind or 'unknown'} holds no result{such}."
            place = f"message {first}"
            self.rejects.append(reject(self.source, place, RejectCode.NO_VALUE, why, results=0))

    def _start(self, line: str) -> None:
        self.messages += 1
        separators = parts.separators_of(line)
        if separators is None:
            why = "The MSH segment does not name its separators."
            place = f"message {self.messages}"
            self.rejects.append(reject(self.source, place, RejectCode.UNREADABLE, why))
            return
        fields = line.split(separators[0])
        kind = parts.field(fields, 8)
        self.message = _Message(
            number=self.messages,
            separators=separators,
            kind=kind.replace(separators[1], "^")[:40],
            laboratory=parts.component(parts.field(fields, 3), 1, separators) or None,
            report=parts.field(fields, 9) or None,
            facility=_authority(parts.components(parts.field(fields, 3), separators)),
            specimen_first=parts.component(kind, 2, separators) in codes()["specimen_first"],
        )

    def _segment(self, message: _Message, name: str, line: str) -> None:
        fields = line.split(message.separators[0])
        if len(line) > MAX_FIELD_CHARACTERS and not _is_document(name, fields):
            fields = [one[:MAX_FIELD_CHARACTERS] for one in fields]
        if name == "OBX":
            self._obx(message, fields)
        elif name == "NTE":
            self._comment(message, parts.field(fields, 3))
        elif name == "OBR":
            self._obr(message, fields)
        elif name == "PID":
            self._pid(message, fields)
        elif name == "SPM":
            self._spm(message, fields)
        elif name == "PV1":
            message.ward = parts.component(parts.field(fields, 3), 1, message.separators) or None
        elif name == "ORC":
            message.ordered = parts.component(parts.field(fields, 9), 1, message.separators) or None

    def _pid(self, message: _Message, fields: parts.Fields) -> None:
        self._end_order(message)
        separators = message.separators
        message.specimen = None
        message.ward = message.ordered = message.collected = None
        numbers = (_patient_id(parts.field(fields, at), separators) for at in (3, 2))
        number, authority = next((one for one in numbers if one[0]), ("", ""))
        message.patient_id = identity(number, authority, message.facility)
        message.born = parts.component(parts.field(fields, 7), 1, separators) or None
        message.sex = parts.component(parts.field(fields, 8), 1, separators) or None

    def _obr(self, message: _Message, fields: parts.Fields) -> None:
        self._end_order(message)
        separators, order = message.separators, message.order
        order.collected = parts.component(parts.field(fields, 7), 1, separators) or None
        order.named = parts.field(fields, 4)
        order.status = parts.component(parts.field(fields, 25), 1, separators).upper() or None
        stated = parts.component(parts.field(fields, 6), 1, separators)
        order.requested, message.ordered = stated or message.ordered, None
        order.requester = person_named(parts.field(fields, 16), separators)
        order.note = bounded(parts.unescape(parts.field(fields, 13), separators).strip()) or None
        order.author = person_named(_named_interpreter(fields, separators), separators)
        if source := parts.field(fields, 15):
            order.specimens.append(source)
        if message.specimen is not None:
            order.specimens += message.specimen.specimens
            order.specimen_time = message.specimen.specimen_time
            order.sample_id = message.specimen.sample_id

    def _spm(self, message: _Message, fields: parts.Fields) -> None:
        order = message.order
        if message.specimen_first:
            self._end_order(message)
            order = message.order
        time = parts.component(parts.field(fields, 17), 1, message.separators) or None
        order.specimens.append(parts.field(fields, 4))
        order.specimen_time = order.specimen_time or time
        order.sample_id = order.sample_id or _sample_id(fields, message.separators)
        if message.specimen_first:
            message.specimen = _Order(
                specimens=list(order.specimens), specimen_time=time, sample_id=order.sample_id
            )

    def _comment(self, message: _Message, stated: str) -> None:
        repeated = parts.repetitions(stated, message.separators)
        text = " ".join(parts.unescape(part, message.separators) for part in repeated).strip()
        if not text:
            return
        order = message.order
        comments = order.results[-1][2] if order.results else order.comments
        if sum(map(len, comments)) <= MAX_TEXT_CHARACTERS:  # beyond it, the row says it is cut
            comments.append(bounded(text))

    def _obx(self, message: _Message, fields: parts.Fields) -> None:
        message.obx += 1
        place = f"message {message.number}, OBX {message.obx}"
        kind = kind_of(fields)
        if _is_document("OBX", fields):
            self._document(message, kind, fields, place)
            return
        message.order.results.append((place, observation(fields, message.separators), []))

    def _document(self, message: _Message, kind: str, fields: parts.Fields, place: str) -> None:
        """A document inside the OBX is read by its own reader; one elsewhere is not fetched."""
        name, _ = what(parts.field(fields, 3)[:1_000], message.separators)
        stated = parts.field(fields, 5).split(message.separators[1], 4)
        stated += [""] * (5 - len(stated))
        enclosed = Enclosed(
            self.source,
            place,
            " ".join(part for part in stated[:4] if part)[:100] or None,
            name,
            message.patient_id,
        )
        if kind in codes()["elsewhere"]:
            why = "A document that stands elsewhere and is only pointed to: it is not fetched."
            self.rejects.append(enclosed.refusal(why))
            return
        data = stated[4]
        if message.separators[3] in data:
            data = parts.unescape(data, message.separators)
        content = decoded(enclosed, data, stated[3] or "Base64", self.rejects)
        if content is not None:
            self.batches += self.opener.batches(enclosed, content, self.rejects, without=("hl7",))

    def _end_order(self, message: _Message) -> None:
        """Hand on the results of an order, or reject them when its specimen is not blood."""
        order, message.order = message.order, _Order()
        if not order.results:
            if order.comments and not message.obx:
                message.order.comments = order.comments  # of the patient, before the orders
            return
        separators = message.separators
        other = self._other_specimen(order, separators)
        first_time = next((seen.time for _, seen, _ in order.results if seen.time), None)
        stated = order.collected or order.specimen_time
        message.collected = stated or first_time or message.collected
        shared = {
            "patient_id": message.patient_id,
            "laboratory": message.laboratory,
            "report": " ".join(p for p in (message.patient_id, message.report) if p)
            if message.report
            else None,
            "born": message.born,
            "sex": message.sex,
            "ward": message.ward,
            "specimen": next((said(one, separators) for one in order.specimens if one), None),
            "sample_id": order.sample_id,
            "requested": order.requested,
            "requester": order.requester,
            "clinical_note": order.note,
        }
        kept, unread = False, list[str]()
        for place, seen, comments in order.results:
            status = seen.status or order.status
            row: Row = {
                **shared,
                "collected": stated or seen.time or message.collected,
                "reported_name": seen.name,
                "loinc": seen.loinc,
                "reported_value": seen.value,
                "reported_unit": seen.unit,
                "reported_low": seen.limits[0],
                "reported_high": seen.limits[1],
                "reported_flag": seen.flag,
                "status": codes()["status"].get(status, status),
                "comment": (comment := bounded(" ".join((*order.comments, *comments))) or None),
                "comment_author": order.author if comment else None,
                "method": seen.method,
                "instrument": seen.instrument,
                "place": place,
            }
            if other is not None:
                self.rejects.append(of_other(self.source, row, other))
            elif seen.refusal is not None:
                self.rejects.append(
                    refused(self.source, row, RejectCode.NOT_A_NUMBER, seen.refusal)
                )
            else:
                self.rows.append(row)
                kept = True
                continue
            unread += comments
        for text in dict.fromkeys((*(() if kept else order.comments), *unread)):
            place = f"message {message.number}, comment"
            self.rejects.append(unread_comment(self.source, place, text))

    def _other_specimen(self, order: _Order, separators: str) -> OtherSpecimen | None:
        """The specimen when it is not known to be blood; None for blood.

        Where no specimen is stated, the name of the order may say one ("Urine chemistry").
        """
        stated = [
            parts.components(repetition.replace(separators[4], separators[1]), separators)
            for one in order.specimens
            for repetition in parts.repetitions(one, separators)
            if one.strip()
        ]
        if not stated:
            named = parts.components(order.named, separators)
            headings = (heading_specimen(text) for text in named)
            return next((other for other in headings if other is not None), None)
        others = (self.judge.other(texts, results=len(order.results)) for texts in stated)
        return next((other for other in others if other is not None), None)


def _named_interpreter(fields: parts.Fields, separators: str) -> str:
    """OBR-32, whose person is a part of its first component: its parts as components."""
    stated = parts.field(fields, 32).partition(separators[1])[0]
    return stated.replace(separators[4], separators[1])


def _sample_id(fields: parts.Fields, separators: str) -> str | None:
    """SPM-2: the number that the laboratory gave, else the one that it was ordered under."""
    ordered, given, *_ = [*parts.components(parts.field(fields, 2), separators), "", ""]
    return next((one.split(separators[4])[0] for one in (given, ordered) if one), None)


def _is_document(name: str, fields: parts.Fields) -> bool:
    return name == "OBX" and kind_of(fields) in (*codes()["documents"], *codes()["elsewhere"])


def _patient_id(identifiers: str, separators: str) -> tuple[str, str]:
    """(number, who gave it): a country's, else of a record, else of the first number."""
    found = [
        [*parts.components(one, separators), "", "", "", ""]
        for one in parts.repetitions(identifiers, separators)
    ]
    given = [(one[0], one[3].split(separators[4])) for one in found]
    if (national := best((number, name) for number, names in given for name in names)) is not None:
        return national
    kinds = [
        (number, _authority(names), one[4].upper())
        for one, (number, names) in zip(found, given, strict=True)
        if number
    ]
    for wanted in codes()["patient_identifiers"]:
        for number, authority, kind in kinds:
            if kind == wanted:
                return number, authority
    return kinds[0][:2] if kinds else ("", "")


def _authority(names: Sequence[str]) -> str:
    """Of a designator (name, universal number, its kind) the number, which is one of its own."""
    return (names[1] if len(names) > 1 else "") or names[0]
