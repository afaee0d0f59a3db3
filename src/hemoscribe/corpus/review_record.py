"""A review as it goes from the server to training: a line of what ``reviews export`` writes.

The server writes it and ``corpus --reviews`` and ``retrain`` read it, both here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, ValidationError

from hemoscribe.errors import SourceError
from hemoscribe.files import write_text
from hemoscribe.records import UNKNOWN_PATIENT, Language, Panel, ReportedResult, Sex
from hemoscribe.stages.typed_document import Number, TypedDocument, damage

_REMEDY = "Write it again with `hemoscribe reviews export`."


class ReviewedResult(TypedDocument):
    """One result as it was sent, without its comment."""

    model_config = ConfigDict(extra="forbid")

    analyte: str
    value: str
    unit: str | None = None
    low: str | None = None
    high: str | None = None
    flag: str | None = None
    loinc: str | None = None
    status: str | None = None


class ReviewedPanel(TypedDocument):
    """What the reading of the report depends on, and nothing that may name a person."""

    sex: Sex | None
    age_years: Number | None
    pregnant: bool | None
    results: list[ReviewedResult]


class FailedCheck(TypedDocument):
    """A check that the reviewer's words did not pass."""

    code: str


class ReviewRecord(TypedDocument):
    """What stands of the reviews of one report.

    ``patient_id`` is None where nobody named the patient, ``split`` where nothing says the side;
    ``draft`` is what was judged.
    """

    report_id: str
    patient_id: str | None
    split: Literal["train", "validation", "test"] | None
    language: Language
    decision: Literal["accepted", "corrected"]
    interpretation: str
    follow_up: str
    draft: str | None = None
    panel: ReviewedPanel
    failed_checks: list[FailedCheck]
    correct: int | None = None
    useful: int | None = None
    safe: int | None = None
    model: str | None = None
    reviewed_at: str

    def panel_read(self) -> Panel:
        """The report as it is read again."""
        return Panel(
            results=tuple(ReportedResult(**result.as_json()) for result in self.panel.results),
            sex=self.panel.sex,
            age_years=self.panel.age_years,
            pregnant=self.panel.pregnant,
            report_id=self.report_id,
            patient_id=self.patient_id or UNKNOWN_PATIENT,
        )


def write_reviews(path: Path, reviews: Iterable[ReviewRecord]) -> None:
    """Write one review a line."""
    lines = (json.dumps(one.as_json(), ensure_ascii=False) + "\n" for one in reviews)
    write_text(path, "".join(lines))


def read_reviews(path: Path) -> list[ReviewRecord]:
    """The reviews of a file, in order.

    Raises:
        SourceError: there is no such file, or a line of it is no review; names the line.
    """
    if not path.is_file():
        raise SourceError(path, "there is no such file", remedy="Check the path.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(path, "it is not UTF-8", remedy=_REMEDY) from error
    lines = enumerate(text.split("\n"), start=1)  # a text may hold other ends of lines
    return [_review(path, number, line) for number, line in lines if line.strip()]


def _review(path: Path, number: int, line: str) -> ReviewRecord:
    place = f"line {number}"
    try:
        given = json.loads(line)
    except ValueError as error:
        raise SourceError(path, "it is not JSON", place=place, remedy=_REMEDY) from error
    try:
        return ReviewRecord.model_validate(given)
    except ValidationError as error:
        why = f"it is no review ({damage(error)})"
        raise SourceError(path, why, place=place, remedy=_REMEDY) from error
