"""A review as it goes from the server to training: a line of what ``reviews export`` writes.

The server writes it and ``corpus --reviews`` and ``retrain`` read it, both here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from hemoscribe.errors import SourceError
from hemoscribe.files import TOO_DEEP, write_text
from hemoscribe.records import UNKNOWN_PATIENT, Language, Panel, ReportedResult, Sex
from hemoscribe.stages.typed_document import Number, TypedDocument, damage

_NOW = datetime(2000, 1, 1)
"""An export holds no dates: any time will do, and earlier reports are so long before it."""
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


class ReviewedRefusal(TypedDocument):
    """What was not read of a report, without where it stood."""

    source: str
    place: str
    code: str
    message: str
    results: int
    reported_name: str | None = None
    reported_value: str | None = None
    reported_unit: str | None = None
    laboratory_flag: str | None = None


class _Told(TypedDocument):
    results: list[ReviewedResult]
    rejects: list[ReviewedRefusal] = Field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """``results`` and ``rejects`` as a panel has them."""
        return {
            "results": tuple(ReportedResult(**one.as_json()) for one in self.results),
            "rejects": tuple(one.as_json() for one in self.rejects),
        }


class EarlierReport(_Told):
    """An earlier report of the patient that it was read with: how long before, and no date."""

    seconds_before: Number


class ReviewedPanel(_Told):
    """What the reading of the report depends on, and nothing that may name a person.

    ``rejects`` and ``earlier`` are missing in what 0.1.0 exported.
    """

    sex: Sex | None
    age_years: Number | None
    pregnant: bool | None
    earlier: list[EarlierReport] = Field(default_factory=list)


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
            **self.panel.told(),
            sex=self.panel.sex,
            age_years=self.panel.age_years,
            pregnant=self.panel.pregnant,
            collected_at=_NOW,
            report_id=self.report_id,
            patient_id=self.patient_id or UNKNOWN_PATIENT,
        )

    def panels_before(self) -> list[Panel]:
        """The patient's earlier reports that it is read with."""
        now = self.panel_read()
        return [
            replace(
                now,
                **one.told(),
                collected_at=_NOW - timedelta(seconds=one.seconds_before),
                report_id=f"{self.report_id} before",
            )
            for one in self.panel.earlier
        ]


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
    except RecursionError as error:
        raise SourceError(path, TOO_DEEP, place=place, remedy=_REMEDY) from error
    try:
        return ReviewRecord.model_validate(given)
    except ValidationError as error:
        why = f"it is no review ({damage(error)})"
        raise SourceError(path, why, place=place, remedy=_REMEDY) from error
