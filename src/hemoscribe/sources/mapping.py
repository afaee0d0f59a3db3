"""``--mapping``: a YAML file that says what a header does not.

encoding: cp850
delimiter: ";"
decimal: ","
dates: day_first
laboratory: CHU de Lyon
patient: line               # each line is a patient of its own; or number, or authority
columns: {patient_id: Nr, analyte: Prüfung, value: Ergebnis}
analytes:
  ALB: {name: albumin, unit: g/L}
  BIL: {loinc: 14631-6, unit: umol/L}
sexes: {"1": M, "2": F}
specimens: {S7: serum, D4: drain}   # the laboratory's own codes
ignore: [Kasse]
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hemoscribe.errors import SettingsError
from hemoscribe.files import read_bytes
from hemoscribe.records import Sex

MAX_MAPPING_BYTES = 1024 * 1024
Column = Literal[
    "patient_id",
    "report_id",
    "collected_at",
    "collected_day",
    "collected_time",
    "sex",
    "age",
    "birth_date",
    "pregnant",
    "laboratory",
    "analyte",
    "loinc",
    "value",
    "unit",
    "low",
    "high",
    "range",
    "flag",
    "comment",
    "status",
    "specimen",
    "sample_id",
    "requested_at",
    "requester",
    "ward",
    "instrument",
    "method",
    "comment_author",
    "clinical_note",
]
DateOrder = Literal["day_first", "month_first"]
PatientRule = Literal["line", "number", "authority"]
"""Who a patient is: each line; the number alone; the number and always who gave it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MappedAnalyte(_Part):
    """What one name, or one column of a wide file, is."""

    name: str | None = None
    loinc: str | None = None
    unit: str | None = None


class Mapping(_Part):
    """A mapping file; everything in it is optional."""

    encoding: str | None = None
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    decimal: Literal[",", "."] | None = None
    dates: DateOrder | None = None
    laboratory: str | None = None
    patient: PatientRule | None = None
    columns: dict[Column, str] = Field(default_factory=dict)
    analytes: dict[str, MappedAnalyte] = Field(default_factory=dict)
    sexes: dict[str, Sex] = Field(default_factory=dict)
    specimens: dict[str, str] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()


def load_mapping(path: Path | None) -> Mapping:
    """The mapping of a file; empty without one.

    Raises:
        SettingsError: not YAML, an unknown key or an impossible value; names the key.
    """
    if path is None:
        return Mapping()
    try:
        values = yaml.safe_load(read_bytes(path, limit_bytes=MAX_MAPPING_BYTES)) or {}
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path}{place}: it is not valid YAML.") from error
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: a mapping file is a mapping of keys, such as `columns:`.")
    try:
        return Mapping(**values)
    except (ValidationError, TypeError) as error:
        if isinstance(error, TypeError):
            raise SettingsError(f"{path}: every key of a mapping file is text.") from error
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: `{key}`: {first['msg']}.") from error
