"""What may be sent to the API, bounded, and the panel it becomes."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
)

from hemoscribe.errors import InputError
from hemoscribe.panel_input import age_of, pregnant_of, sex_of, time_of
from hemoscribe.records import Language, Panel, RejectCode

MAX_NUMBER = 1e15
MAX_CONTEXT_CHARACTERS = 4_000
MAX_EARLIER = 50
MAX_TEXT_CHARACTERS = 8_000
MAX_COMMENT_CHARACTERS = 4_000
MAX_NOTICES = 50
EXAMPLE: dict[str, Any] = {
    "patient": {"sex": "F", "age": 54, "id": "P-17"},
    "language": "en",
    "report_id": "R-2",
    "collected_at": "2026-03-02T08:15:00",
    "results": [
        {"analyte": "Creatinine", "value": 109, "unit": "umol/L", "low": 45, "high": 84},
        {"analyte": "Potassium", "value": "<3.0", "unit": "mmol/L", "low": 3.5, "high": 5.1},
    ],
    "rejects": [
        {
            "reported_name": "Troponin T hs",
            "reported_value": "450",
            "reported_unit": "ng/xL",
            "reported_flag": "HH",
            "message": "The unit ng/xL is none we know.",
            "code": "unknown_unit",
        }
    ],
    "earlier": [
        {
            "report_id": "R-1",
            "collected_at": "2026-03-01T08:00:00",
            "results": [{"analyte": "Creatinine", "value": 70, "unit": "umol/L"}],
        }
    ],
}


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


def _as_a_panel_takes_it(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A check of ``Panel.of``, whose sentence names the place; here it is named already."""

    def checked(stated: Any) -> Any:
        try:
            return check(stated)
        except InputError as error:
            raise ValueError(str(error).partition(": ")[2]) from error

    return checked


def _known_sex(word: str) -> str:
    """Refuse what is no word for a sex."""
    _as_a_panel_takes_it(sex_of)(word)
    return word


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Number = Annotated[
    StrictFloat | StrictInt | Annotated[StrictStr, StringConstraints(min_length=1, max_length=64)],
    AfterValidator(_finite),
]
SexWord = Annotated[str, StringConstraints(max_length=20), AfterValidator(_known_sex)]
Time = Annotated[datetime | None, BeforeValidator(_as_a_panel_takes_it(time_of))]
Age = Annotated[
    Annotated[float, Field(ge=0, le=130)] | None, BeforeValidator(_as_a_panel_takes_it(age_of))
]
Pregnant = Annotated[bool | None, BeforeValidator(_as_a_panel_takes_it(pregnant_of))]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT_CHARACTERS)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Rating = Annotated[int, Field(ge=1, le=5)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PatientBody(_Body):
    """Who the results are of: only what a range depends on, and an id where there is one."""

    sex: SexWord | None = Field(None, description="F or M, or a word for it, English or French")
    age: Age = Field(None, description="years")
    pregnant: Pregnant = None
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
    sample_id: Name | None = None
    specimen: Short | None = Field(
        None, description="as the laboratory words or codes it: arterial blood, BLDV, serum"
    )
    method: Name | None = None
    instrument: Name | None = None
    comment: Annotated[str, StringConstraints(max_length=MAX_COMMENT_CHARACTERS)] | None = None
    unit_inferred: bool = Field(
        default=False, description="whether the sender settled the unit, which nobody stated"
    )


class RejectBody(_Body):
    """A result that the sender could not read: listed, never read; a critical flag is told."""

    reported_name: Name = Field(description="as the laboratory names it")
    reported_value: Annotated[str, StringConstraints(max_length=200)] | None = None
    reported_unit: Short | None = None
    reported_flag: Short | None = Field(
        None, description="the laboratory's own flag: LL and HH ring the alarm"
    )
    message: Sentence | None = Field(None, description="why it could not be read")
    code: RejectCode = Field(RejectCode.UNREADABLE, description="the kind of reason")
    place: Name | None = Field(None, description="where it stands in the sender's own file")


class EarlierBody(_Body):
    """An earlier report of the same patient."""

    results: list[ResultBody] = Field(min_length=1)
    report_id: Name | None = None
    collected_at: Time = None


class InterpretationBody(_Body):
    """One report to be interpreted, with the patient's earlier ones where there are any."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    results: list[ResultBody] = Field(description="none only where `rejects` says why")
    rejects: list[RejectBody] = []
    notices: list[Sentence] = Field([], max_length=MAX_NOTICES)
    patient: PatientBody = PatientBody()
    language: Language = "en"
    context: Annotated[str, StringConstraints(max_length=MAX_CONTEXT_CHARACTERS)] = ""
    report_id: Name | None = None
    laboratory: Name | None = None
    requester: Name | None = Field(None, description="who asked for the analyses")
    ward: Name | None = Field(None, description="for where")
    requested_at: Time = None
    collected_at: Time = None
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
        InputError: it has no result and no reject, or more than ``max_results`` of either.
    """
    if not body.results and not body.rejects:
        raise InputError("results: send at least one, or in `rejects` what could not be read.")
    for what, sent in (("results", body.results), ("rejects", body.rejects)):
        if len(sent) > max_results:
            raise InputError(
                f"{what}: it has {len(sent)} {what} and at most {max_results} are read at "
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
        requested_at=body.requested_at,
        requester=body.requester,
        ward=body.ward,
        rejects=[reject.model_dump() for reject in body.rejects],
        notices=body.notices,
    )


def earlier_of(body: InterpretationBody, *, max_results: int) -> list[Panel]:
    """The patient's earlier reports that a body holds, of the same patient.

    Raises:
        InputError: one has too many results, or no time that is before the report's.
    """
    found = []
    for place, old in enumerate(body.earlier, start=1):
        if old.collected_at is None or body.collected_at is None:
            raise InputError(
                f"earlier, report {place}: both it and the report need a `collected_at`."
            )
        if old.collected_at >= body.collected_at:
            raise InputError(
                f"earlier, report {place}: its `collected_at`, {old.collected_at}, is not before "
                f"the report's, {body.collected_at}."
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
