"""The entries of an overlay file as a person writes them: which keys there are, of what form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from hemoscribe.overlay_record import Kind

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]
Age = Annotated[float, Field(ge=0)] | Annotated[str, StringConstraints(pattern=r"^\d+[dm]$")] | None
Ages = tuple[Age, Age]
Limit = Annotated[float, Field(strict=True)]  # no text, no truth value


class StatedEntry(BaseModel):
    """What every entry has: its name, for whom it is, and who answers for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: Annotated[str, StringConstraints(pattern=r"^[\w][\w .:/-]{0,63}$")]
    approved_by: Text
    date: date
    reason: str = ""
    ward: Texts | None = None
    age: Ages | None = None

    @field_validator(
        "ward", "method", "instrument", "analyte", "grade", mode="before", check_fields=False
    )
    @classmethod
    def _listed(cls, given: Any) -> Any:
        """One text stands for a list of one, where a list may stand."""
        return [given] if isinstance(given, str) else given


class _OfResult(StatedEntry):
    analyte: Annotated[Texts, Field(max_length=1)]
    low: Limit | None = None
    high: Limit | None = None
    unit: Text | None = None
    method: Texts | None = None
    instrument: Texts | None = None


class StatedCritical(_OfResult):
    """A critical limit, in place of the published one on the sides it states."""


class StatedDecision(_OfResult):
    """A limit beyond which a result is low or high, in place of the range it was printed with."""


class StatedSilence(StatedEntry):
    """A finding that is not told, of these grades or of all."""

    finding: Text
    grade: Texts | None = None


class StatedName(StatedSilence):
    """Another name of a finding, in both languages."""

    en: Text
    fr: Text


class StatedAlarm(StatedEntry):
    """What the alarm of a critical result says, in both languages."""

    analyte: Texts | None = None
    en: Text
    fr: Text


class StatedPhone(StatedEntry):
    """Who is told of a critical result, and within how long."""

    analyte: Texts | None = None
    who: Text
    number: Text | None = None
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] | None = None


MODELS: Mapping[Kind, type[StatedEntry]] = {
    "critical": StatedCritical,
    "decision": StatedDecision,
    "silenced": StatedSilence,
    "renamed": StatedName,
    "alarm": StatedAlarm,
    "phone": StatedPhone,
}
