"""The printed reports of a file: one a line in JSON Lines, or one after another in plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from hemoscribe.errors import SourceError
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import reject
from hemoscribe.sources.exports import Export
from hemoscribe.sources.lines import blocks, sample_text
from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.one_line import single
from hemoscribe.sources.printed.parts import MAX_LINE_CHARACTERS, Line
from hemoscribe.sources.printed.whose import Person, person_on
from hemoscribe.sources.tables.headers import fold, header_names

MAX_RECORD_BYTES = 8 * 1024 * 1024
MAX_REPORT_LINES = 20_000
MAX_DEPTH_CHARACTERS = 64
_PAGE = "\f"
_BETWEEN = re.compile(r"[=*#_-]{40,}")
_IDENTITY = ("patient_id", "report_id")
_LABEL = re.compile(r"(?P<label>[^\s:][^:]{0,38}?)\s*:\s*(?P<text>\S+(?: \S+)*)")


@dataclass(frozen=True, slots=True)
class Document:
    """One printed report: its lines, and what its file says of it beside the text."""

    lines: Sequence[Line]
    titles: Mapping[str, str]


def is_records(export: Export) -> bool:
    """Whether a file is JSON Lines of printed reports."""
    if not export.sample.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{"):
        return False
    first = sample_text(export).lstrip("\ufeff \n").split("\n")[0]
    record = _record(first)
    return record is not None and _text_key(record) is not None


def _record(line: str) -> dict[str, Any] | None:
    if "{" * MAX_DEPTH_CHARACTERS in line or "[" * MAX_DEPTH_CHARACTERS in line:
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _text_key(record: Mapping[str, Any]) -> str | None:
    for key in layout_words.layouts()["records"]["text"]:
        if isinstance(record.get(key), str) and "\n" in record[key]:
            return str(key)
    return None


def records(export: Export, encoding: str | None) -> Iterator[Document | dict[str, Any]]:
    """A document for each line of JSON Lines; a reject for a line that is none."""
    for block in blocks(export, encoding=encoding, quoted=False, record_bytes=MAX_RECORD_BYTES):
        lines = block.data.decode("utf-8", "replace").split("\n")
        for number, line in enumerate(lines, start=block.first_line):
            if not line.strip("\ufeff \r"):
                continue
            record = _record(line.strip("\ufeff \r"))
            if record is None or not any(
                isinstance(record.get(key), str)
                for key in layout_words.layouts()["records"]["text"]
            ):
                message = "The line is no JSON object with the text of a report."
                yield reject(export.name, f"line {number}", RejectCode.UNREADABLE, message)
                continue
            document = _document(record, number)
            if len(document.lines) > MAX_REPORT_LINES:
                message = f"The report has more than {MAX_REPORT_LINES:,} lines, which none has."
                yield reject(export.name, f"line {number}", RejectCode.UNREADABLE, message)
                continue
            yield document


def _document(record: Mapping[str, Any], number: int) -> Document:
    keys = layout_words.layouts()["records"]
    text = next(record[key] for key in keys["text"] if isinstance(record.get(key), str))
    titles: dict[str, str] = {}
    for key, value in record.items():
        meaning = header_names().get(fold(key), ("", 0))[0]
        if (said := _said(value)) and meaning and meaning != "identifier":
            titles.setdefault(meaning, said)
    for column in (*_IDENTITY, "collected_at"):
        for key in keys.get(column, ()):
            if said := _said(record.get(key)):
                titles.setdefault(column, said)
    for key in keys["title"]:
        if said := _said(record.get(key)):
            titles.setdefault("section", said)
    titles.pop("value", None)
    name = titles.get("report_id")
    where = f"report {name}" if name else f"record {number}"
    lines = [Line(line, f"{where}, line {at}") for at, line in enumerate(_lines(text), start=1)]
    return Document(lines, titles)


def _said(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    text = str(value).strip() if isinstance(value, (str, int, float)) else ""
    return text.encode("utf-8", "replace").decode()


def _lines(text: str) -> list[str]:
    sound = text.encode("utf-8", "replace").decode()  # JSON can state half a character
    return sound.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def plain(export: Export, encoding: str | None) -> Iterator[Document]:
    """The reports of a text.

    Raises:
        SourceError: a report of more lines than any has.
    """
    return reports_of(export.name, _numbered(export, encoding))


def _numbered(export: Export, encoding: str | None) -> Iterator[Line]:
    for block in blocks(export, encoding=encoding, quoted=False):
        texts = block.data.decode("utf-8", "replace").split("\n")
        if texts and not texts[-1]:
            texts.pop()
        for number, text in enumerate(texts, start=block.first_line):
            for part in text.rstrip("\r").removeprefix("\ufeff").split(_PAGE):
                yield Line(part, f"line {number}")


def reports_of(name: str, lines: Iterable[Line]) -> Iterator[Document]:
    """The reports of a run of lines: one begins where a title names another patient or number.

    Raises:
        SourceError: a report of more lines than any has.
    """
    waiting: list[Line] = []
    person = Person()
    for line in lines:
        said = person_on(line.text[:MAX_LINE_CHARACTERS])
        if said and person.is_another(said, waiting):
            start = begins(waiting)
            yield Document(waiting[:start], {})
            waiting, person = waiting[start:], Person()
        person.add(said, len(waiting))
        stroke = _BETWEEN.fullmatch(line.text.strip()) is not None
        waiting.append(Line("", line.place) if stroke else line)
        if len(waiting) > MAX_REPORT_LINES:
            raise SourceError(
                name,
                f"a report in it has more than {MAX_REPORT_LINES:,} lines, which none has",
                place=line.place,
                remedy="Check that these are printed reports, each with its patient or number.",
            )
    if waiting:
        yield Document(waiting, {})


def _names_somebody(text: str) -> bool:
    return not person_on(text).keys().isdisjoint(_IDENTITY)


def begins(lines: Sequence[Line]) -> int:
    """Where the title block begins that stands at the end of these lines.

    With its paragraph; where that holds the report before, too, with the lines of titles and the
    heading right above.
    """
    start = len(lines)
    while start and lines[start - 1].text.strip():
        start -= 1
    paragraph = [line.text[:MAX_LINE_CHARACTERS] for line in lines[start:]]
    if not any(_names_somebody(text) or single(text) is not None for text in paragraph):
        return start
    return len(lines) - len(list(takewhile(_is_of_a_title, reversed(paragraph))))


def _is_of_a_title(text: str) -> bool:
    """A heading in capitals, or a line of titles that names nobody yet."""
    titled = any(layout_words.title(match["label"]) for match in _LABEL.finditer(text))
    return text.isupper() or (titled and not _names_somebody(text))
