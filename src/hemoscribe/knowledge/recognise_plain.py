"""The short way through ``recognise`` and ``flag`` for a few results that hold nothing to decide.

Frames of a few rows cost polars ten times what the work itself does. A result is plain when its
name and printed unit stand for one analyte, its value is one number, and its status is known; what
is made of it here is what ``recognise`` and ``flag`` make of it (a test holds them equal). Whatever
is not plain goes through them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from hemoscribe.knowledge import printed
from hemoscribe.knowledge.analytes import MAX_AGE_YEARS
from hemoscribe.knowledge.ranges import FLAG_NAMES, flag_arrays, flag_codes
from hemoscribe.knowledge.recognise import _Option, _resolve
from hemoscribe.records import SEXES, FlaggedResult, Panel, ReportedResult, Result

_COLUMNS = tuple(Result.column_names())
_AT = {name: place for place, name in enumerate(_COLUMNS)}


Row = tuple[Any, ...]
"""The columns of ``records.Result``, in their order."""


def plain_rows(panels: Sequence[Panel]) -> list[Row] | None:
    """A row for every result of the panels; None where any of them is not plain.

    A panel's number among ``panels`` stands as its report.
    """
    rows: list[Row] = []
    for number, panel in enumerate(panels):
        if (panel.sex is not None and panel.sex not in SEXES) or not panel.patient_id.strip():
            return None
        age = panel.age_years
        patient = (
            str(number),
            panel.patient_id.strip(),
            _text(panel.laboratory),
            panel.collected_at,
            panel.sex,
            age if age is not None and 0 <= age <= MAX_AGE_YEARS else None,
            panel.pregnant,
        )
        for result in panel.results:
            row = _row(result)
            if row is None:
                return None
            rows.append((*patient, *row))
    return rows


def flag_plain(rows: Sequence[Row]) -> list[FlaggedResult]:
    """The rows as flagged results, with our range where the laboratory printed none."""
    if not rows:
        return []
    columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
    codes = [
        flag_codes(analyte, comparator, sex)
        for analyte, comparator, sex in zip(
            columns["analyte"], columns["comparator"], columns["sex"], strict=True
        )
    ]
    analyte, sign, sex = np.array(codes, dtype=np.int32).T
    done = flag_arrays(
        analyte,
        _floats(columns["value"]),
        sign.astype(np.int8),
        _floats(columns["low"]),
        _floats(columns["high"]),
        sex,
        _floats(columns["age_years"]),
        np.array([bool(pregnant) for pregnant in columns["pregnant"]], dtype=np.int32),
    )
    limits = zip(done.low.tolist(), done.high.tolist(), done.filled.tolist(), strict=True)
    flags = zip(done.flags.tolist(), done.critical.tolist(), strict=True)
    return [
        FlaggedResult(
            analyte=row[_AT["analyte"]],
            reported_name=row[_AT["reported_name"]],
            loinc=row[_AT["loinc"]],
            value=row[_AT["value"]],
            comparator=row[_AT["comparator"]],
            unit=row[_AT["unit"]],
            low=None if isnan(low) else low,
            high=None if isnan(high) else high,
            range_source="knowledge" if filled else row[_AT["range_source"]],
            flag=FLAG_NAMES[flag],
            critical=critical,
            reported_value=row[_AT["reported_value"]],
            reported_unit=row[_AT["reported_unit"]],
            laboratory_flag=row[_AT["laboratory_flag"]],
            comment=row[_AT["comment"]],
        )
        for row, (low, high, filled), (flag, critical) in zip(rows, limits, flags, strict=True)
    ]


def _floats(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def _row(result: ReportedResult) -> tuple[Any, ...] | None:
    """The columns of ``Result`` that are a result's own; None where it is not plain."""
    name, loinc, unit = _text(result.analyte), _text(result.loinc), _text(result.unit)
    option, value = _option(name, loinc, unit), _text(result.value)
    status = _status_words().get((_text(result.status) or "final").lower())
    if option is None or value is None or status is None:
        return None
    number = printed.read_number(value)
    if number.number is None or number.alternative is not None or number.trouble is not None:
        return None
    span = printed.read_limits(_text(result.low), _text(result.high))
    scale, offset = option.scale, option.offset
    low = None if span.low is None else span.low * scale + offset
    high = None if span.high is None else span.high * scale + offset
    flag = _flag_words().get((_text(result.flag) or "").lower())
    return (
        option.analyte.id,
        loinc,
        name or loinc,
        number.number * scale + offset,
        number.comparator,
        option.analyte.unit,
        False,
        value,
        option.annotation or unit,
        low,
        high,
        None if low is None and high is None else "laboratory",
        flag or number.flag,
        _text(result.comment),
        status,
    )


def _text(value: str | None) -> str | None:
    return (value.strip() or None) if value is not None else None


@lru_cache(maxsize=65536)
def _option(name: str | None, loinc: str | None, unit: str | None) -> _Option | None:
    """The one analyte and unit that a name, code and unit stand for."""
    resolved = _resolve(name, loinc, unit)
    if resolved.code is not None or resolved.inferred or len(resolved.options) != 1:
        return None
    return resolved.options[0]


@lru_cache(maxsize=1)
def _status_words() -> Mapping[str, str]:
    return printed.status_words()


@lru_cache(maxsize=1)
def _flag_words() -> Mapping[str, str]:
    return printed.flag_words()
