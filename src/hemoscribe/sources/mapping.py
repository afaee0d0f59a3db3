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
times: {offset: minutes, origin: 2000-01-01}   # collected_at counts from a day, or from a column
lookup: {file: d_items.csv, key: itemid, name: label, specimen: fluid}   # beside the mapping file
ignore: [Kasse]

``columns`` may name a ``comparator`` (a column of ``<`` and ``>`` that is joined to the value), a
``specimen``, a ``section`` (a heading: what its words say of another fluid is not read),
``validated`` (yes or no: no is preliminary) and an ``analyte_code`` beside the name.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

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
    "analyte_code",
    "loinc",
    "comparator",
    "value",
    "unit",
    "low",
    "high",
    "range",
    "flag",
    "comment",
    "status",
    "validated",
    "withdrawn",
    "section",
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


class RelativeTimes(_Part):
    """Times of collection that count from an origin: a day, or the dates of another column."""

    offset: Literal["seconds", "minutes", "hours", "days"]
    origin: str = "2000-01-01"

    @field_validator("origin", mode="before")
    @classmethod
    def _text(cls, origin: object) -> object:
        return origin.isoformat() if isinstance(origin, date) else origin  # YAML reads days


class Lookup(_Part):
    """A table beside the export that says what its codes are."""

    file: Path
    key: str
    name: str | None = None
    unit: str | None = None
    loinc: str | None = None
    specimen: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """name, unit, loinc or specimen -> the header in the file."""
        stated = {part: getattr(self, part) for part in ("name", "unit", "loinc", "specimen")}
        return {part: header for part, header in stated.items() if header is not None}


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
    times: RelativeTimes | None = None
    lookup: Lookup | None = None
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
        return _beside(Mapping(**values), path)
    except (ValidationError, TypeError) as error:
        if isinstance(error, TypeError):
            raise SettingsError(f"{path}: every key of a mapping file is text.") from error
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: `{key}`: {first['msg']}.") from error


def _beside(mapping: Mapping, path: Path) -> Mapping:
    """The mapping, its lookup file found from the mapping file's folder."""
    if mapping.lookup is None:
        return mapping
    file = path.parent / mapping.lookup.file
    if not file.is_file():
        raise SettingsError(f"{path}: `lookup.file`: there is no file {file}.")
    lookup = mapping.lookup.model_copy(update={"file": file})
    if not lookup.columns:
        raise SettingsError(f"{path}: `lookup` names no column of {file.name}, such as `name:`.")
    return mapping.model_copy(update={"lookup": lookup})


def mapping_files(path: Path) -> list[Path]:
    """A mapping file and what it reads beside it: what a reading with it follows from.

    Raises:
        SettingsError: as ``load_mapping``.
    """
    lookup = load_mapping(path).lookup
    return [path] if lookup is None else [path, lookup.file]
