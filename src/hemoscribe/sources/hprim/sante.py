"""H' Santé messages with results (ORU of HPRIM 1.x and 2.x): each OBX is a result, as in HL7 v2.

H names the separators, in the order field, component, repetition, escape and subcomponent; a
segment A goes on from the line before it, in the middle of a word even. OBX and OBR are those of
HL7 v2 to the field, so what they state is read by the same means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.records import RejectCode
from hemoscribe.sources.authorities import best, identity
from hemoscribe.sources.batches import Batch, Notices, reject
from hemoscribe.sources.hl7 import fields as parts
from hemoscribe.sources.hl7.gathered import Gathered
from hemoscribe.sources.hl7.messages import MAX_FIELD_CHARACTERS, names_of, specimens_of
from hemoscribe.sources.hl7.order import Order, Whose
from hemoscribe.sources.hl7.persons import interpreter_named
from hemoscribe.sources.hprim.told_texts import ToldTexts
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.stated import RESULTS_PER_BATCH, bounded, unread_comment

_SEGMENT = re.compile(r"[A-Z]{1,3}")
_ADDITION = "A"
_MAX_SEGMENT = 10 * MAX_FIELD_CHARACTERS
_FRAMING = "\x02\x03\x0b\x1c "
_RESULT_TIME = "the result (OBX-14)"
_OF_MESSAGE = "the message (H-13)"
_LATER = ((8, "the end of the collection (OBR-8)"), (14, "the reception of the sample (OBR-14)"))


@cache
def _codes() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = package_yaml(__package__, "sante.yaml")
    return loaded


def begins(text: str) -> bool:
    """Whether a text begins with a header of H' Santé: its kind of message or version is named."""
    line = text.split("\n", 1)[0]
    separators = parts.separators_of(line, "H") if line.startswith("H") else None
    if separators is None:
        return False
    fields = [parts.component(field, 1, separators) for field in line.split(separators[0])[2:]]
    return any(field in _codes()["kinds"] or _is_version(field) for field in fields)


@lru_cache(maxsize=1024)
def _is_version(text: str) -> bool:
    return re.fullmatch(_codes()["version"], text) is not None


def read(
    source: str, lines: Iterable[Sequence[str]], mapping: MappingFile, notices: Notices
) -> Iterator[Batch]:
    """The results of every message, some ten thousand at a time."""
    judge = SpecimenJudge(source, mapping, notices)
    reader = _Reader(source, Gathered(source, notices, judge, result_time=_RESULT_TIME))
    for some in lines:
        reader.take_lines(some)
        yield from reader.handed_on()
    reader.take(reader.held)
    reader.end_message()
    yield from reader.handed_on()
    yield reader.gathered.batch()
    reader.gathered.say_times()


@dataclass(slots=True)
class _Message:
    """The message being read: who sent it, and the patient and the order it is at."""

    whose: Whose
    kind: str
    sender: str
    patient: bool = False
    order: Order | None = None
    obx: int = 0
    lines: list[str] = field(default_factory=list)  # of its results
    told: ToldTexts | None = None


class _Reader:
    """Segments in, rows and rejects out; one message is held at a time."""

    def __init__(self, source: str, gathered: Gathered) -> None:
        self.source, self.gathered = source, gathered
        self.batches: list[Batch] = []
        self.message: _Message | None = None
        self.messages = 0
        self.separator = "|"
        self.held = ""

    def handed_on(self) -> Iterator[Batch]:
        """What was read since the last time."""
        yield from self.batches
        self.batches = []

    def take_lines(self, lines: Sequence[str]) -> None:
        """Lines in order: runs of results at once, and each other segment when it is whole."""
        is_result = pl.Series(lines, dtype=pl.String()).str.starts_with(f"OBX{self.separator}")
        before = 0
        for at in (~is_result).arg_true():
            self._run(lines[before:at])
            before = at + 1
            self._line(lines[at])
        self._run(lines[before:])

    def _run(self, results: Sequence[str]) -> None:
        """Results one after the other; the last is held, as it may go on."""
        if not results:
            return
        self.take(self.held)
        if self.message is not None and len(results) > 1:
            self._obx(self.message, results[:-1])
        self.held = results[-1]

    def _line(self, line: str) -> None:
        """A line that begins no result: another segment, or what goes on from the one held."""
        text = line.strip(_FRAMING)
        name, found, rest = text.partition(self.separator)
        if found and name == _ADDITION:
            self.held += rest if len(self.held) < _MAX_SEGMENT else ""
        elif (found and _SEGMENT.fullmatch(name)) or begins(text):
            self.take(self.held)
            self.held = text
            if text[0] == "H" and not text[1].isalnum():
                self.separator = text[1]
        elif text and len(self.held) < _MAX_SEGMENT:
            self.held += f" {text}"

    def take(self, line: str) -> None:
        """One segment."""
        name = line[:3]
        message = self.message
        if name == "OBX":
            if message is not None:
                self._obx(message, [line])
        elif line[:1] == "H" and not line[1:2].isalnum():
            self.end_message()
            self._start(line)
        elif message is not None and line:
            separators = message.whose.separators
            fields = line.split(separators[0])
            if len(line) > MAX_FIELD_CHARACTERS and fields[0] != "OBR":
                fields = [one[:MAX_FIELD_CHARACTERS] for one in fields]
            if fields[0] == "OBR":
                self._obr(message, fields)
            elif fields[0] == "P":
                self._p(message, fields)
            elif fields[0] == "C":
                self._c(message, fields)

    def end_message(self) -> None:
        """The message is over; it may have held no result."""
        message, self.message = self.message, None
        if message is not None and not message.obx:
            kind = message.kind or "unknown"
            why = f"A message of type {kind} holds no result."
            self._refuse(message.whose.message, RejectCode.NO_VALUE, why, results=0)
        if message is not None and message.told is not None:
            stated = _stated(message.lines, message.whose.separators)
            self.gathered.rejects.extend(message.told.rejects(stated))

    def _refuse(self, message: int, code: RejectCode, why: str, *, results: int = 1) -> None:
        place = f"message {message}"
        self.gathered.rejects.append(reject(self.source, place, code, why, results=results))

    def _start(self, line: str) -> None:
        self.messages += 1
        separators = parts.separators_of(line, "H")
        if separators is None:
            why = "The H segment does not name its separators."
            self._refuse(self.messages, RejectCode.UNREADABLE, why)
            return
        fields = line.split(separators[0])
        kind, version = _header(fields, separators)
        sent = parts.component(parts.field(fields, version + 1), 1, separators) or None
        sender = [*parts.components(parts.field(fields, 4), separators), ""]
        whose = Whose(
            message=self.messages,
            separators=separators,
            laboratory=sender[1] or sender[0] or None,
            report=parts.field(fields, 2) or None,
            sent=(sent, _OF_MESSAGE),
        )
        self.message = _Message(whose, kind, sender[0])

    def _p(self, message: _Message, fields: parts.Fields) -> None:
        before, separators = message.whose, message.whose.separators
        where = [*parts.components(parts.field(fields, 25), separators), ""]
        message.order, message.patient = None, True
        message.whose = Whose(
            message=before.message,
            separators=separators,
            laboratory=before.laboratory,
            report=before.report,
            sent=before.sent,
            patient_id=_patient_of(fields, separators, message.sender),
            born=parts.component(parts.field(fields, 7), 1, separators) or None,
            sex=parts.component(parts.field(fields, 8), 1, separators) or None,
            ward=next((text for text in where if text), None),
        )

    def _begin(self, message: _Message) -> Order:
        if self.gathered.count >= RESULTS_PER_BATCH:
            self.batches.append(self.gathered.batch())
        message.order = order = self.gathered.begin(Order(message.whose))
        return order

    def _obr(self, message: _Message, fields: parts.Fields) -> None:
        separators, order = message.whose.separators, self._begin(message)
        order.collected = parts.component(parts.field(fields, 7), 1, separators) or None
        order.later += [
            (parts.component(parts.field(fields, at), 1, separators) or None, what)
            for at, what in _LATER
        ]
        order.named = names_of(parts.field(fields, 4), separators)
        order.status = parts.component(parts.field(fields, 25), 1, separators).upper() or None
        order.requested = parts.component(parts.field(fields, 6), 1, separators) or None
        order.note = bounded(parts.unescape(parts.field(fields, 13), separators).strip()) or None
        order.specimens = specimens_of(parts.field(fields, 15), separators)
        order.author = interpreter_named(fields, separators)
        numbers = (parts.component(parts.field(fields, at), 1, separators) for at in (3, 2))
        order.sample_id = next((number for number in numbers if number), None)
        by = [*parts.components(parts.field(fields, 16), separators), "", "", "", "", ""]
        order.requester = by[1] or by[0] or None
        message.whose.ward = by[4] or by[3] or message.whose.ward

    def _c(self, message: _Message, fields: parts.Fields) -> None:
        separators = message.whose.separators
        repeated = parts.repetitions(parts.field(fields, 3), separators)
        text = " ".join(parts.unescape(part, separators) for part in repeated).strip()
        if not text:
            return
        if message.order is not None:
            self.gathered.comment(text)
            self._note(message, message.order, text)
        elif message.patient:
            message.whose.notes.append(bounded(text))
        else:
            place = f"message {message.whose.message}, comment"
            self.gathered.rejects.append(unread_comment(self.source, place, text))

    def _note(self, message: _Message, order: Order, text: str) -> None:
        """A comment on results, which may tell one that none of the message states."""
        if message.told is None:
            whose = message.whose
            times = (order.collected, *(time for time, _ in order.later), whose.sent[0])
            collected = next((time for time in times if time), None)
            known = {"patient_id": whose.patient_id, "report": whose.report_number}
            where = f"message {whose.message}"
            message.told = ToldTexts(self.source, where, known | {"collected": collected})
        message.told.note(text, "a comment")

    def _obx(self, message: _Message, lines: Sequence[str]) -> None:
        separators = message.whose.separators
        if message.order is None:
            self._begin(message)
        if max(map(len, lines)) > MAX_FIELD_CHARACTERS:
            lines = [_bounded(line, separators[0]) for line in lines]
        self.gathered.add(lines, separators, message.obx + 1)
        message.obx += len(lines)
        message.lines += lines


def _stated(lines: Sequence[str], separators: str) -> Iterator[tuple[str, str, str]]:
    """(name, value, unit) of OBX lines."""
    for line in lines:
        fields = line.split(separators[0])
        code = [*parts.components(parts.field(fields, 3), separators), "", ""]
        unit = parts.component(parts.field(fields, 6), 1, separators)
        yield code[1] or code[0], parts.field(fields, 5), unit


def _bounded(line: str, separator: str) -> str:
    return separator.join(one[:MAX_FIELD_CHARACTERS] for one in line.split(separator))


def _header(fields: parts.Fields, separators: str) -> tuple[str, int]:
    """(the kind of message, where its version stands), which some senders write a field off."""
    firsts = [one.split(separators[1], 1)[0] for one in fields]
    kind = next((one for one in firsts[6:8] + firsts[2:] if one in _codes()["kinds"]), "")
    places = (12, 11, 13, *range(2, len(fields)))
    return kind, next((at for at in places if at < len(fields) and _is_version(firsts[at])), 12)


def _patient_of(fields: parts.Fields, separators: str, sender: str) -> str | None:
    """The patient's number: a country's, else the requester's (P-2), else the laboratory's (P-3).

    The two are not of one series, so each has its own giver: the sender's name, and the field's.
    """
    stated = [
        [*parts.components(one, separators), ""]
        for one in parts.repetitions(parts.field(fields, 11), separators)
    ]
    kinds = _codes()["national"]
    if (national := best((one[0], kinds.get(one[1].upper(), "")) for one in stated)) is not None:
        return identity(*national)
    for at, giver in ((2, sender or "P-2"), (3, f"{sender} P-3"), (4, f"{sender} P-4")):
        if number := parts.component(parts.field(fields, at), 1, separators):
            return identity(number, giver.strip())
    return None
