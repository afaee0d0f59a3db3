"""What may be sent to the API, bounded, and the panel it becomes."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
)

from hemoscribe.errors import InputError
from hemoscribe.panel_input import sex_of
from hemoscribe.records import Language, Panel

MAX_NUMBER = 1e15
MAX_CONTEXT_CHARACTERS = 4_000
MAX_EARLIER = 50
MAX_TEXT_CHARACTERS = 8_000
MAX_COMMENT_CHARACTERS = 4_000


def _finite(value: float | int | str) -> float | int | str:
    """Refuse NaN and infinity, as a number or as text."""
    try:
        number = float(value)
    except (ValueError, OverflowError):
        if isinstance(value, str):
            return value  # "<0.5", "12,3", "negative": knowledge decides what it is worth
        raise ValueError("the number is too large") from None
    if not math.isfinite(number):
        raise ValueError("NaN and infinity are not results")
    if abs(number) > MAX_NUMBER:
        raise ValueError("the number is too large")
    return value


def _known_sex(word: str) -> str:
    """Refuse what is no word for a sex."""
    try:
        sex_of(word)
    except InputError as error:
        raise ValueError(str(error)) from error
    return word


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Number = Annotated[
    StrictFloat | StrictInt | Annotated[StrictStr, StringConstraints(min_length=1, max_length=64)],
    AfterValidator(_finite),
]
SexWord = Annotated[str, StringConstraints(max_length=20), AfterValidator(_known_sex)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT_CHARACTERS)]
Rating = Annotated[int, Field(ge=1, le=5)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PatientBody(_Body):
    """Who the results are of: only what a range depends on, and an id where there is one."""

    sex: SexWord | None = Field(None, description="F or M, or a word for it, English or French")
    age: float | None = Field(None, ge=0, le=130, description="years")
    pregnant: bool | None = None
    id: Name | None = Field(None, description="keeps a patient on one side of every split")


class ResultBody(_Body):
    """One result in the laboratory's own unit; a value is a number or text such as ``<0.5``."""

    analyte: Name
    value: Number
    unit: Short | None = None
    low: Number | None = None
    high: Number | None = None
    flag: Short | None = None
    loinc: Short | None = None
    comment: Annotated[str, StringConstraints(max_length=MAX_COMMENT_CHARACTERS)] | None = None


class EarlierBody(_Body):
    """An earlier report of the same patient."""

    results: list[ResultBody] = Field(min_length=1)
    report_id: Name | None = None
    collected_at: datetime | None = None


class InterpretationBody(_Body):
    """One report to be interpreted, with the patient's earlier ones where there are any."""

    results: list[ResultBody] = Field(min_length=1)
    patient: PatientBody = PatientBody()
    language: Language = "en"
    context: Annotated[str, StringConstraints(max_length=MAX_CONTEXT_CHARACTERS)] = ""
    report_id: Name | None = None
    laboratory: Name | None = None
    collected_at: datetime | None = None
    earlier: list[EarlierBody] = Field([], max_length=MAX_EARLIER)


class ReviewBody(_Body):
    """What a reviewer says of a report; a correction holds the texts as they should have been."""

    decision: Literal["accepted", "corrected", "rejected"]
    interpretation: Text | None = None
    follow_up: Text | None = None
    correct: Rating | None = None
    useful: Rating | None = None
    safe: Rating | None = None
    comment: Annotated[str, StringConstraints(max_length=MAX_COMMENT_CHARACTERS)] = ""


class KeyBody(_Body):
    """A key to be made."""

    name: Short = Field(min_length=1)
    role: Literal["reader", "reviewer", "admin"]


def panel_of(body: InterpretationBody, *, max_results: int) -> Panel:
    """The panel that a body describes.

    Raises:
        InputError: it has more than ``max_results`` results.
    """
    if len(body.results) > max_results:
        raise InputError(
            f"results: it has {len(body.results)} results and at most {max_results} are read at "
            "once; send the report in parts."
        )
    return Panel.of(
        [result.model_dump() for result in body.results],
        sex=body.patient.sex,
        age=body.patient.age,
        pregnant=body.patient.pregnant,
        collected_at=body.collected_at,
        report_id=body.report_id,
        patient_id=body.patient.id,
        laboratory=body.laboratory,
        context=body.context,
    )


def earlier_of(body: InterpretationBody, *, max_results: int) -> list[Panel]:
    """The patient's earlier reports that a body holds, of the same patient.

    Raises:
        InputError: one has too many results, or no time to be earlier by.
    """
    found = []
    for place, old in enumerate(body.earlier, start=1):
        if old.collected_at is None or body.collected_at is None:
            raise InputError(
                f"earlier, report {place}: both it and the report need a `collected_at`."
            )
        own = panel_of(
            InterpretationBody(
                results=old.results,
                patient=body.patient,
                report_id=old.report_id,
                laboratory=body.laboratory,
                collected_at=old.collected_at,
            ),
            max_results=max_results,
        )
        found.append(own)
    return found
