"""HL7 v2 messages with results (ORU, OUL, ORL, OML): each OBX is a result (``messages.yaml``).

Segments may end in CR, LF or CRLF, messages may be framed for MLLP, and a file may hold many
of them or batches. Read here and not with a library, so that 20,000 OBX stay quick, what is broken
costs itself alone, and no escape sequence can grow: see ``unescape``.

Not read: documents inside OBX (types ED and RP), which are rejects that say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import polars as pl
import yaml

from hemoscribe.knowledge.names import is_loinc
from hemoscribe.records import REPORTED, RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject, reject_frame
from hemoscribe.sources.dates import parse_dates
from hemoscribe.sources.exports import Export
from hemoscribe.sources.lines import blocks
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import ages_at, sexes
from hemoscribe.sources.specimens import other_fluid

RESULTS_PER_BATCH = 100_000
MAX_SEGMENT_BYTES = 32 * 1024 * 1024  # documents travel inside segments
MAX_VALUE_CHARACTERS = 2_000
_STARTS = (b"MSH", b"FHS", b"BHS")
_FRAMING = b"\x0b\x1c \t\r\n\xef\xbb\xbf"
_ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}$")
_ESCAPE = re.compile(r"\\([^\\]{0,80})\\")
_STANDARD = r"|^~\&"


@cache
def codes() -> Mapping[str, Any]:
    """The standard's codes, as this reader takes them."""
    text = resources.files(__package__).joinpath("messages.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the file begins with a message or a batch."""
    del mapping
    sample = export.sample.replace(b"\x00", b"") if b"\x00" in export.sample else export.sample
    return sample.lstrip(_FRAMING).removeprefix(b"\xff\xfe").startswith(_STARTS)


@dataclass
class _Message:
    """The message being read: its separators, its patient, and the results of its last order."""

    number: int
    separators: str = _STANDARD
    laboratory: str | None = None
    control_id: str | None = None
    patient_id: str | None = None
    born: str | None = None
    sex: str | None = None
    collected: str | None = None
    specimen: str = ""
    comment: list[str] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    obx: int = 0

    def parts(self, text: str, separator: int) -> list[str]:
        """A field's repetitions (2), a repetition's components (1) or subcomponents (4)."""
        return (
            text.split(self.separators[separator]) if len(self.separators) > separator else [text]
        )

    def component(self, text: str, number: int) -> str:
        """A component (from 1) of the first repetition, unescaped and trimmed."""
        first = self.parts(text, 2)[0]
        found = self.parts(first, 1)
        return unescape(found[number - 1], self.separators).strip() if len(found) >= number else ""


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The results of every message, some ten thousand at a time."""
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    message: _Message | None = None
    number = 0
    for line in _segments(export, mapping):
        name = line[:3]
        if name == "MSH":
            _end_order(export.name, message, rows, rejects)
            number += 1
            message = _start(line, number)
            if message is None:
                place = f"message {number}"
                why = "The MSH segment does not name its separators."
                rejects.append(reject(export.name, place, RejectCode.UNREADABLE, why))
        elif name in _ENVELOPE:
            continue
        elif message is not None:
            _segment(export.name, message, name, line, rows, rejects)
        if len(rows) >= RESULTS_PER_BATCH:
            yield _batch(export.name, rows, rejects, notices)
            rows, rejects = [], []
    _end_order(export.name, message, rows, rejects)
    yield _batch(export.name, rows, rejects, notices)


def _segments(export: Export, mapping: MappingFile) -> Iterator[str]:
    """Segments as text; a line that begins none goes on from the line before."""
    held = ""
    for block in blocks(
        export,
        encoding=mapping.encoding,
        quoted=False,
        record_bytes=MAX_SEGMENT_BYTES,
        returns_end_lines=True,
    ):
        for line in block.data.decode("utf-8", "replace").split("\n"):
            text = line.strip("\x0b\x1c \t\ufeff")
            if not text:
                continue
            if _SEGMENT.match(text[:3]) and (len(text) == 3 or not text[3].isalnum()):
                if held:
                    yield held
                held = text
            elif len(held) < MAX_SEGMENT_BYTES:
                held = f"{held} {text}" if held else ""
    if held:
        yield held


def _start(line: str, number: int) -> _Message | None:
    """A message from its MSH segment."""
    if len(line) < 8 or line[3].isspace():
        return None
    separators = (line[3] + line[4:].split(line[3])[0])[:5]
    if len(separators) < 2 or len(set(separators)) < len(separators):
        return None
    separators += _STANDARD[len(separators) :]
    fields = line.split(separators[0])
    message = _Message(number, separators)
    message.laboratory = message.component(_field(fields, 3), 1) or None
    message.control_id = _field(fields, 9) or None
    return message


def _field(fields: list[str], number: int) -> str:
    return fields[number] if len(fields) > number else ""


def _segment(
    source: str,
    message: _Message,
    name: str,
    line: str,
    rows: list[dict[str, Any]],
    rejects: list[dict[str, Any]],
) -> None:
    fields = line.split(message.separators[0])
    if name == "PID":
        _end_order(source, message, rows, rejects)
        message.patient_id = (
            message.component(_field(fields, 3), 1)
            or message.component(_field(fields, 2), 1)
            or None
        )
        message.born = message.component(_field(fields, 7), 1) or None
        message.sex = message.component(_field(fields, 8), 1) or None
    elif name == "OBR":
        _end_order(source, message, rows, rejects)
        message.collected = message.component(_field(fields, 7), 1) or message.collected
        message.specimen = _field(fields, 15)
    elif name == "SPM":
        message.specimen += message.separators[2] + _field(fields, 4)
        message.collected = message.collected or message.component(_field(fields, 17), 1) or None
    elif name == "OBX":
        _result(source, message, fields, rejects)
    elif name == "NTE":
        text = " ".join(
            unescape(part, message.separators) for part in message.parts(_field(fields, 3), 2)
        ).strip()[:MAX_VALUE_CHARACTERS]
        if message.results and text:
            before = message.results[-1]["comment"]
            message.results[-1]["comment"] = f"{before} {text}" if before else text
        elif text:
            message.comment.append(text)


def _result(
    source: str, message: _Message, fields: list[str], rejects: list[dict[str, Any]]
) -> None:
    message.obx += 1
    place = f"message {message.number}, OBX {message.obx}"
    kind = _field(fields, 2).strip().upper()
    name, loinc = _what(message, _field(fields, 3))
    if kind in codes()["documents"]:
        why = "A document inside the message, which is not opened."
        rejects.append(reject(source, place, RejectCode.UNREADABLE, why, name=name))
        return
    value = _value(message, kind, _field(fields, 5))
    if value and kind not in (*codes()["numeric"], *codes()["coded"]):
        why = f"A value of type {kind} is no quantity."
        rejects.append(reject(source, place, RejectCode.NOT_A_NUMBER, why, name=name, value=value))
        return
    if message.collected is None:
        message.collected = message.component(_field(fields, 14), 1) or None
    status = message.component(_field(fields, 11), 1).upper()
    unit = message.component(_field(fields, 6), 1) or message.component(_field(fields, 6), 2)
    limits = unescape(_field(fields, 7), message.separators).strip()
    message.results.append(
        {
            "reported_name": name,
            "loinc": loinc,
            "reported_value": value or None,
            "reported_unit": unit or None,
            "reported_low": limits[:MAX_VALUE_CHARACTERS] or None,
            "reported_flag": message.component(_field(fields, 8), 1) or None,
            "status": codes()["status"].get(status, status or None),
            "comment": None,
            "place": place,
        }
    )


def _what(message: _Message, identifier: str) -> tuple[str | None, str | None]:
    """(name, LOINC code) of OBX-3: either triplet may be LOINC's."""
    part = [message.component(identifier, number) for number in range(1, 10)]
    loinc = next(
        (
            part[at]
            for at in (0, 3)
            if is_loinc(part[at]) and part[at + 2].upper() in ("LN", "LOINC", "")
        ),
        None,
    )
    name = part[1] or part[4] or part[8] or (part[0] if part[0] != loinc else "")
    return name or None, loinc


def _value(message: _Message, kind: str, text: str) -> str:
    """OBX-5 as text; a coded answer by its words, never by a code that looks like a number."""
    if kind == "SN":
        part = [message.component(text, number) for number in range(1, 5)]
        return "".join(part) if part[2] else f"{part[0]}{part[1]}"
    if kind in codes()["coded"]:
        said = message.component(text, 2) or message.component(text, 9)
        code = message.component(text, 1)
        return said or (f"code {code}" if code else "")
    if kind in ("NM", ""):
        return unescape(text, message.separators).strip()[:MAX_VALUE_CHARACTERS]
    joined = " ".join(message.parts(text, 2))
    return unescape(joined, message.separators).strip()[:MAX_VALUE_CHARACTERS]


def _end_order(
    source: str,
    message: _Message | None,
    rows: list[dict[str, Any]],
    rejects: list[dict[str, Any]],
) -> None:
    """Hand on the results of an order, or reject them when its specimen is not blood."""
    if message is None:
        return
    other = _not_blood(message)
    for result in message.results:
        if other is not None:
            rejects.append(
                reject(
                    source,
                    result["place"],
                    RejectCode.UNKNOWN_ANALYTE,
                    f"A result of {other}; only blood is read.",
                    name=result["reported_name"],
                    value=result["reported_value"],
                    unit=result["reported_unit"],
                )
            )
            continue
        comments = [*message.comment, result["comment"] or ""]
        rows.append(
            {
                **result,
                "comment": " ".join(text for text in comments if text) or None,
                "patient_id": message.patient_id,
                "laboratory": message.laboratory,
                "control_id": message.control_id,
                "collected": message.collected,
                "born": message.born,
                "sex": message.sex,
            }
        )
    message.results, message.comment, message.specimen = [], [], ""


def _not_blood(message: _Message) -> str | None:
    """The specimen when it is another fluid; None for blood and where nothing is said."""
    for repetition in message.parts(message.specimen, 2):
        parts = [unescape(part, message.separators) for part in message.parts(repetition, 1)]
        if (other := other_fluid(parts)) is not None:
            return other
    return None


def _batch(
    source: str,
    rows: list[dict[str, Any]],
    rejects: list[dict[str, Any]],
    notices: Notices,
) -> Batch:
    """Rows as a reported frame: dates, sex and age read for all of them at once."""
    extra = {"control_id": pl.String(), "collected": pl.String(), "born": pl.String()}
    frame = pl.DataFrame(rows, schema={**REPORTED, **extra})
    this_year = date.today().year
    collected = parse_dates(frame["collected"], "day_first", latest_year=this_year + 1)
    born = parse_dates(frame["born"], "day_first", latest_year=this_year)
    unread = frame.filter(pl.col("collected").is_not_null() & collected.is_null())
    if unread.height:
        notices.say(f"{source}: {unread['collected'][0]!r} is not a date that can be read.")
    undated = pl.col("collected_at").is_null() & pl.col("control_id").is_not_null()
    return Batch(
        frame.with_columns(
            collected.alias("collected_at"),
            sexes(frame["sex"]).alias("sex"),
            ages_at(collected, born).alias("age_years"),
            pl.lit(source).alias("source"),
        )
        .with_columns(
            report_id=pl.when(undated).then(
                pl.concat_str("patient_id", "control_id", separator=" ", ignore_nulls=True)
            )
        )
        .select(list(REPORTED)),
        reject_frame(rejects),
    )


def unescape(text: str, separators: str = _STANDARD) -> str:
    """Escape sequences as what they stand for; layout commands are one space, whatever they ask."""
    if "\\" not in text:
        return text
    marks = dict(zip("FSRET", separators, strict=False))
    return _ESCAPE.sub(lambda match: _escaped(match[1], marks), text)


def _escaped(code: str, marks: Mapping[str, str]) -> str:
    if code in marks:
        return marks[code]
    if code[:1] == "X":
        try:
            return bytes.fromhex(code[1:]).decode("utf-8", "replace").replace("\x00", "")
        except ValueError:
            return ""
    return " " if code.startswith(".") else ""
