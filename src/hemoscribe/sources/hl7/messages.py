"""HL7 v2 messages with results (ORU, OUL, ORL, OML; 2.1 to 2.8): each OBX is a result.

Segments are read here and not with a library, so that 20,000 OBX stay quick, what is broken costs
itself alone, and no escape sequence can grow (``fields.unescape``). A report inside an OBX (type
ED) is read by the reader of its own format; one that is only pointed to (RP) is not fetched.
Messages that hold no result are counted among the rejects by their type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject
from hemoscribe.sources.enclosed import Opener
from hemoscribe.sources.exports import Export
from hemoscribe.sources.fluid_statements import fluid_of_site
from hemoscribe.sources.hl7 import fields as parts
from hemoscribe.sources.hl7.framing import segments
from hemoscribe.sources.hl7.gathered import Gathered
from hemoscribe.sources.hl7.observation_codes import codes
from hemoscribe.sources.hl7.obx_documents import is_document, open_document
from hemoscribe.sources.hl7.order import Order, Texts, Whose
from hemoscribe.sources.hl7.order_status import WITHDRAWN, is_cancelled
from hemoscribe.sources.hl7.persons import (
    authority_among,
    interpreter_named,
    patient_of,
    person_named,
)
from hemoscribe.sources.hl7.specimen_roles import reason_of_rejection, role_not_patients
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.stated import RESULTS_PER_BATCH, bounded

_STARTS = (b"MSH", b"FHS", b"BHS")
_FRAMING = b"\x0b\x1c \t\r\n\xef\xbb\xbf"
_ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
_END_OF_COLLECTION = "the end of the collection (OBR-8)"
_OF_MESSAGE = "the message (MSH-7)"
MAX_FIELD_CHARACTERS = 20_000  # of a field that is no document


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the file begins with a message or a batch."""
    del mapping
    sample = export.sample.replace(b"\x00", b"") if b"\x00" in export.sample else export.sample
    return sample.lstrip(_FRAMING).removeprefix(b"\xff\xfe").startswith(_STARTS)


def read(export: Export, mapping: MappingFile, notices: Notices, opener: Opener) -> Iterator[Batch]:
    """The results of every message, some ten thousand at a time."""
    judge = SpecimenJudge(export.name, mapping, notices)
    reader = _Reader(export.name, Gathered(export.name, notices, judge), opener)
    for line in segments(export, mapping.encoding, notices):
        reader.take(line)
        if reader.batches:
            yield from reader.handed_on()
    reader.end_message()
    reader.say_what_is_empty()
    yield from reader.handed_on()
    yield reader.gathered.batch()
    reader.gathered.say_times()


@dataclass(slots=True)
class _Message:
    """The message being read: its patient, the order it is at, and what comes before an order."""

    whose: Whose
    kind: str
    facility: str  # who sent it (MSH-4)
    specimen_first: bool
    order: Order | None = None
    obx: int = 0
    ordered: str | None = None  # ORC-9 of the order that comes
    requester: str | None = None  # ORC-12 of the order that comes
    cancelled: bool = False  # by ORC-1 or ORC-5 of the order that comes
    of_patient: bool = False  # whether what comes is still about the patient
    specimen: Order | None = None  # what SPM said, where it stands before its orders
    comments: Texts | None = None  # of the order that comes


class _Reader:
    """Segments in, rows and rejects out; one message is held at a time."""

    def __init__(self, source: str, gathered: Gathered, opener: Opener) -> None:
        self.source, self.gathered, self.opener = source, gathered, opener
        self.batches: list[Batch] = []
        self.message: _Message | None = None
        self.messages = 0
        self.empty: dict[str, list[int]] = {}  # kind -> [first message, how many]
        self._take = {
            "OBR": self._obr,
            "NTE": self._nte,
            "PID": self._pid,
            "SPM": self._spm,
            "PV1": self._pv1,
            "ORC": self._orc,
        }

    def handed_on(self) -> Iterator[Batch]:
        """What was read since the last time."""
        yield from self.batches
        self.batches = []

    def take(self, line: str) -> None:
        """One segment."""
        name = line[:3]
        if name == "OBX":
            if self.message is not None:
                self._obx(self.message, line)
        elif name == "MSH":
            self.end_message()
            self._start(line)
        elif self.message is not None and (take := self._take.get(name)) is not None:
            take(self.message, _fields(line, self.message.whose.separators))

    def end_message(self) -> None:
        """The message is over; it may have held no result."""
        message, self.message = self.message, None
        if message is not None and not message.obx:
            self.empty.setdefault(message.kind, [message.whose.message, 0])[1] += 1

    def say_what_is_empty(self) -> None:
        """One reject, of no result, for each type of message that held none."""
        for kind, (first, count) in self.empty.items():
            such = f" ({count:,} such messages)" if count > 1 else ""
            why = f"A message of type {kind or 'unknown'} holds no result{such}."
            self._refuse(f"message {first}", RejectCode.NO_VALUE, why, results=0)

    def _refuse(self, place: str, code: RejectCode, why: str, *, results: int = 1) -> None:
        self.gathered.rejects.append(reject(self.source, place, code, why, results=results))

    def _start(self, line: str) -> None:
        self.messages += 1
        separators = parts.separators_of(line)
        if separators is None:
            why = "The MSH segment does not name its separators."
            self._refuse(f"message {self.messages}", RejectCode.UNREADABLE, why)
            return
        fields = line.split(separators[0])
        kind = parts.field(fields, 8)
        sender = parts.components(parts.field(fields, 3), separators)
        sent = parts.component(parts.field(fields, 6), 1, separators) or None
        whose = Whose(
            message=self.messages,
            separators=separators,
            laboratory=sender[0] or None,
            report=parts.field(fields, 9) or None,
            sent=(sent, _OF_MESSAGE),
        )
        self.message = _Message(
            whose=whose,
            kind=kind.replace(separators[1], "^")[:40],
            facility=authority_among(sender),
            specimen_first=parts.component(kind, 2, separators) in codes()["specimen_first"],
        )

    def _pid(self, message: _Message, fields: parts.Fields) -> None:
        before, separators = message.whose, message.whose.separators
        message.order = message.specimen = message.comments = None
        message.ordered = message.requester = None
        message.cancelled, message.of_patient = False, True
        message.whose = Whose(
            message=before.message,
            separators=separators,
            laboratory=before.laboratory,
            report=before.report,
            sent=before.sent,
            patient_id=patient_of(fields, separators, message.facility),
            born=parts.component(parts.field(fields, 7), 1, separators) or None,
            sex=parts.component(parts.field(fields, 8), 1, separators) or None,
        )

    def _pv1(self, message: _Message, fields: parts.Fields) -> None:
        separators = message.whose.separators
        message.whose.ward = parts.component(parts.field(fields, 3), 1, separators) or None

    def _orc(self, message: _Message, fields: parts.Fields) -> None:
        separators = message.whose.separators
        message.of_patient = False
        message.ordered = parts.component(parts.field(fields, 9), 1, separators) or None
        message.requester = person_named(parts.field(fields, 12), separators)
        said = (parts.component(parts.field(fields, at), 1, separators) for at in (1, 5))
        message.cancelled = is_cancelled(*said)

    def _begin(self, message: _Message) -> Order:
        """A new order of the message; what was gathered may be handed on before it."""
        if self.gathered.count >= RESULTS_PER_BATCH:
            self.batches.append(self.gathered.batch())
        message.order = order = self.gathered.begin(Order(message.whose))
        message.of_patient = False
        order.comments += message.comments or []
        message.comments = None
        if (before := message.specimen) is not None:
            order.specimens += before.specimens
            order.role, order.rejected, order.site = before.role, before.rejected, before.site
            order.specimen_time, order.sample_id = before.specimen_time, before.sample_id
        return order

    def _obr(self, message: _Message, fields: parts.Fields) -> None:
        separators = message.whose.separators
        if (before := message.order) is not None and not message.obx:
            message.comments, before.comments = before.comments, []  # an order that only heads
        order = self._begin(message)
        order.collected = parts.component(parts.field(fields, 7), 1, separators) or None
        ended = parts.component(parts.field(fields, 8), 1, separators) or None
        order.later.append((ended, _END_OF_COLLECTION))
        names = (parts.field(fields, at) for at in (4, 44))
        order.named = names_of("".join(separators[1] + name for name in names), separators)[:1]
        order.status = parts.component(parts.field(fields, 25), 1, separators).upper() or None
        if message.cancelled:
            order.status, message.cancelled = WITHDRAWN, False
        stated = parts.component(parts.field(fields, 6), 1, separators)
        order.requested, message.ordered = stated or message.ordered, None
        named = person_named(parts.field(fields, 16), separators)
        order.requester, message.requester = named or message.requester, None
        order.note = bounded(parts.unescape(parts.field(fields, 13), separators).strip()) or None
        order.author = interpreter_named(fields, separators)
        order.specimens = [*specimens_of(parts.field(fields, 15), separators), *order.specimens]
        number = parts.component(parts.field(fields, 3), 1, separators)
        order.sample_id = order.sample_id or number or None

    def _spm(self, message: _Message, fields: parts.Fields) -> None:
        separators = message.whose.separators
        if message.specimen_first:
            message.specimen, message.order = Order(message.whose), None
        order = message.specimen or message.order or self._begin(message)
        time = parts.component(parts.field(fields, 17), 1, separators) or None
        order.specimens += specimens_of(parts.field(fields, 4), separators)
        order.role = order.role or role_not_patients(
            parts.components(parts.field(fields, 11), separators)
        )
        site = parts.components(parts.field(fields, 8), separators)
        order.site = order.site or next(filter(None, map(fluid_of_site, site)), None)
        order.rejected = order.rejected or reason_of_rejection(
            parts.components(parts.field(fields, 21), separators)
        )
        order.specimen_time = order.specimen_time or time
        order.sample_id = _sample_id(fields, separators) or order.sample_id

    def _nte(self, message: _Message, fields: parts.Fields) -> None:
        separators = message.whose.separators
        repeated = parts.repetitions(parts.field(fields, 3), separators)
        text = " ".join(parts.unescape(part, separators) for part in repeated).strip()
        if not text:
            return
        if message.of_patient:
            message.whose.notes.append(bounded(text))
        elif message.order is None:
            message.comments = [*(message.comments or []), bounded(text)]
        else:
            author = person_named(parts.field(fields, 5), separators)
            self.gathered.comment(text, author)

    def _obx(self, message: _Message, line: str) -> None:
        message.obx += 1
        separators = message.whose.separators
        if is_document(line, separators[0]):
            rejects = self.gathered.rejects
            fields = line.split(separators[0])
            self.batches += open_document(
                self.source, message.whose, fields, message.obx, self.opener, rejects
            )
            return
        if message.order is None:
            self._begin(message)
        if len(line) > MAX_FIELD_CHARACTERS:
            line = separators[0].join(_fields(line, separators))
        self.gathered.add([line], separators, message.obx)


def _fields(line: str, separators: str) -> parts.Fields:
    """The fields of a segment that is no document, each of bounded length."""
    fields = line.split(separators[0])
    if len(line) > MAX_FIELD_CHARACTERS:
        return [one[:MAX_FIELD_CHARACTERS] for one in fields]
    return fields


@lru_cache(maxsize=16384)
def names_of(stated: str, separators: str) -> tuple[tuple[str, ...], ...]:
    """Each analysis that OBR-4 asks for: its code and words."""
    asked = parts.repetitions(stated, separators) if stated else []
    return tuple(tuple(parts.components(one, separators)) for one in asked)


def specimens_of(stated: str, separators: str) -> list[Texts]:
    """Each specimen that SPM-4 or OBR-15 states: its codes and words."""
    if not stated.strip():
        return []
    return [
        parts.components(one.replace(separators[4], separators[1]), separators)
        for one in parts.repetitions(stated, separators)
    ]


def _sample_id(fields: parts.Fields, separators: str) -> str | None:
    """SPM-2: the number that the laboratory gave, else the one that it was ordered under."""
    ordered, given, *_ = [*parts.components(parts.field(fields, 2), separators), "", ""]
    return next((one.split(separators[4])[0] for one in (given, ordered) if one), None)
