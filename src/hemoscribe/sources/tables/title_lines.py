"""What the lines above a header say of the patient: ``Patient : 0012345;Sexe : F;Né(e) le : ...``.

A label and its text stand in one cell, with a colon or without, or in two cells beside each other.
Names of people are not read: a patient is told by a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.files import package_yaml
from hemoscribe.sources.exports import Export
from hemoscribe.sources.lines import sample_text
from hemoscribe.sources.tables.delimited import LINE, Layout, split_line
from hemoscribe.sources.tables.headers import Headers, fold, header_names

TITLES = ("patient_id", "report_id", "collected_at", "sex", "birth_date", "age", "laboratory")
"""Our columns that a line above the header may state for all lines of the table."""
_NUMBER = re.compile(r"(?<![^\s#])[\w./-]*\d[\w./-]*")
_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?"
    r"|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}(?:\s+(?:à |at )?\d{1,2}[:hH]\d{2})?"
    r"|\d{1,2}(?:er)? [^\W\d]+\.? \d{4}"
)
_AGE = re.compile(r"\d+(?:[.,]\d+)?\s*[^\W\d]*")
_SEX = re.compile(r"[^\W\d]+|[12]")
_PARTS = re.compile(r"\s{2,}|\s*[;,|]\s+|\s+[-–]\s+")
_COLON = re.compile(r"\s*[:=]\s*")
_MOST_WORDS = 5  # of a label
_A_PATIENT = r"(?i)^\s*(?:n\S* )?(?:patient|ipp|nip|mrn|dossier patient|identifiant)\b"
_TEXTS = {
    "patient_id": _NUMBER,
    "report_id": _NUMBER,
    "collected_at": _DATE,
    "birth_date": _DATE,
    "sex": _SEX,
    "age": _AGE,
    "laboratory": re.compile(r".+"),
}


@cache
def _labels() -> Mapping[str, str]:
    """Folded label -> our column."""
    known = {name: column for name, (column, _) in header_names().items() if column in TITLES}
    more = package_yaml(__package__, "title_lines.yaml")["labels"]
    return {**{fold(label): column for column, labels in more.items() for label in labels}, **known}


@dataclass(frozen=True)
class Titles:
    """What the lines above a header state: our column name -> text; ``lines`` as they stand."""

    texts: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


def titles(export: Export, layout: Layout, *, encoding: str | None = None) -> Titles:
    """What the lines above the header say; the first of two that say the same thing counts."""
    lines = sample_text(export, encoding).split("\n")[: layout.header_line - 1]
    found: dict[str, str] = {}
    for line in lines:
        for column, text in stated(split_line(line, layout.delimiter)):
            found.setdefault(column, text)
    return Titles(found, tuple(lines) if found else ())


def stated(cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(our column name, text) of what a line states; a label has its own cell, or begins one."""
    texts = [cell.strip() for cell in cells]
    at = 0
    while at < len(texts):
        text = texts[at]
        column = _labels().get(fold(_COLON.sub(" ", text)))
        after = texts[at + 1] if at + 1 < len(texts) else ""
        if column is not None and after and fold(_COLON.sub(" ", after)) not in _labels():
            yield from _told(column, after)
            at += 2
            continue
        yield from _in_cell(text)
        at += 1


def _in_cell(text: str) -> Iterator[tuple[str, str]]:
    for part in _PARTS.split(text):
        label, colon, rest = _halves(part)
        if colon and (column := _labels().get(fold(label))) is not None:
            yield from _told(column, rest)
        elif not colon:
            yield from _without_colon(part)


def _halves(part: str) -> tuple[str, bool, str]:
    match = _COLON.search(part)
    if match is None:
        return part, False, ""
    return part[: match.start()], True, part[match.end() :]


def _without_colon(part: str) -> Iterator[tuple[str, str]]:
    """``Patient P77``: a label and one text after it."""
    words = part.split()
    for count in range(min(len(words) - 1, _MOST_WORDS), 0, -1):
        column = _labels().get(fold(" ".join(words[:count])))
        if column is not None and column != "laboratory":
            rest = " ".join(words[count:])
            if _TEXTS[column].fullmatch(rest):
                yield column, rest
            return


def _told(column: str, text: str) -> Iterator[tuple[str, str]]:
    match = _TEXTS[column].search(text.strip())
    if match is not None:
        yield column, match[0].strip()


def one_patient(source: str, frame: pl.DataFrame, headers: Headers, above: Titles) -> None:
    """Whether a table whose patient stands above it holds no line that names another one.

    Raises:
        SourceError: it does; names the line.
    """
    if "patient_id" in headers.columns or "patient_id" not in above.texts:
        return
    for column in [f"c{position}" for position in range(len(headers.names))]:
        texts = frame.select(LINE, pl.col(column).alias("text")).drop_nulls()
        labelled = texts.filter(texts["text"].str.contains(_A_PATIENT))
        for line, text in labelled.iter_rows():
            row = frame.row(by_predicate=pl.col(LINE) == line)
            said = dict(stated([str(cell or "") for cell in row[:-1]])).get("patient_id")
            if said is not None and said != above.texts["patient_id"]:
                raise SourceError(
                    source,
                    f"the table is of another patient than {text!r}, which stands in it",
                    place=f"line {line}",
                    remedy="Export one file for each patient, or a column with the patient.",
                )
