"""The short way through ``recognise`` and ``flag`` for a few results that hold nothing to decide.

Frames of a few rows cost polars ten times what the work itself does. A result is plain unless its
unit must be inferred or its comma may mark thousands; what is made of it here, result or reject, is
what ``recognise`` and ``flag`` make of it (a test holds them equal). A report with a result that is
not plain goes through them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from hemoscribe.knowledge import printed
from hemoscribe.knowledge.applicable import ADULT_YEARS
from hemoscribe.knowledge.flag_arrays import (
    FLAG_NAMES,
    RANGE_SOURCES,
    STATED_CODES,
    flag_arrays,
    flag_codes,
)
from hemoscribe.knowledge.impossible_ranges import critical_within, is_called_normal
from hemoscribe.knowledge.mislabelled_units import in_another_unit
from hemoscribe.knowledge.missing_units import unit_by_limits
from hemoscribe.knowledge.printed_limits import OtherUnits, unit_scale
from hemoscribe.knowledge.recognise import Resolved, resolve_name
from hemoscribe.knowledge.refusals import SENTENCES
from hemoscribe.knowledge.unit_options import UnitOption
from hemoscribe.knowledge.units_in_values import value_and_unit
from hemoscribe.knowledge.vessels import by_vessel, stated_vessel, vessel_of_report
from hemoscribe.panel_input import known_age
from hemoscribe.records import (
    SEXES,
    FlaggedResult,
    Panel,
    RejectCode,
    ReportedResult,
    Result,
)

_COLUMNS = tuple(Result.column_names()[: Result.column_names().index("status") + 1])
_AT = {name: place for place, name in enumerate(_COLUMNS)}


Row = tuple[Any, ...]
"""The columns of ``records.Result`` up to ``status``, in their order: the rules read no other."""
RejectRow = Mapping[str, Any]
"""The columns of ``records.Reject``."""


def plain_rows(panels: Sequence[Panel]) -> tuple[list[Row], list[RejectRow]] | None:
    """Rows and rejects, as many as the panels have results; None where one is not plain.

    A panel's number among ``panels`` stands as its report and as the source of its rejects.
    """
    rows: list[Row] = []
    rejects: list[RejectRow] = []
    for number, panel in enumerate(panels):
        before = len(rows)
        if (panel.sex is not None and panel.sex not in SEXES) or not panel.patient_id.strip():
            return None
        patient = (
            str(number),
            panel.patient_id.strip(),
            _text(panel.laboratory),
            panel.collected_at,
            panel.sex,
            known_age(panel.age_years),
            panel.pregnant,
        )
        child = patient[5] is not None and patient[5] < ADULT_YEARS
        vessel = vessel_of_report(map(_telling, panel.results))
        for place, result in enumerate(panel.results, start=1):
            read = _read(result, vessel, child=child)
            if read is None:
                return None
            if isinstance(read, tuple):
                rows.append((*patient, *read))
            else:
                where = {"source": str(number), "place": f"result {place}"}
                rejects.append(
                    {**where, **read, "patient_id": patient[1], "report_id": str(number)}
                )
        if not _are_of_one_unit(rows[before:]):
            return None
    return rows, rejects


def _are_of_one_unit(rows: Sequence[Row]) -> bool:
    """Whether a unit that was not stated is the same for all results of a name: a column."""
    named = [(row[_AT["reported_name"]], row[_AT["loinc"]], row[_AT["reported_unit"]])
             for row in rows if row[_AT["unit_inferred"]]]  # fmt: skip
    return len(set(named)) == len({(name, loinc) for name, loinc, _ in named})


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
        stated=np.array(
            [STATED_CODES.get(one or "", 0) for one in columns["laboratory_flag"]], dtype=np.int8
        ),
        other_unit=_other_units(columns),
    )
    limits = zip(
        done.low.tolist(),
        done.high.tolist(),
        done.source.tolist(),
        done.refused.tolist(),
        strict=True,
    )
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
            range_source=RANGE_SOURCES[source],
            flag=FLAG_NAMES[flag],
            critical=critical,
            reported_value=row[_AT["reported_value"]],
            reported_unit=row[_AT["reported_unit"]],
            laboratory_flag=row[_AT["laboratory_flag"]],
            comment=row[_AT["comment"]],
            unit_inferred=row[_AT["unit_inferred"]],
            printed_low=row[_AT["low"]],
            printed_high=row[_AT["high"]],
            range_refused=refused,
        )
        for row, (low, high, source, refused), (flag, critical) in zip(
            rows, limits, flags, strict=True
        )
    ]


def _other_units(columns: Mapping[str, Sequence[Any]]) -> OtherUnits:
    scale, offset = np.array(
        [
            unit_scale(*pair)
            for pair in zip(columns["analyte"], columns["reported_unit"], strict=True)
        ]
    ).T
    return OtherUnits(np.arange(len(scale)), scale, offset)


def _floats(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def _read(result: ReportedResult, vessel: str | None, *, child: bool) -> Row | RejectRow | None:
    """The columns of ``Result`` or ``Reject`` that are a result's own; None: it is not plain."""
    name, loinc, unit = _text(result.analyte), _text(result.loinc), _text(result.unit)
    value, low, high = _text(result.value), _text(result.low), _text(result.high)
    inferred = result.unit_inferred
    if value is not None:
        value, unit = value_and_unit(value, unit)
        if unit is None and not inferred:
            unit = unit_by_limits(name, loinc, low, high)
            inferred = unit is not None
    number = printed.read_number(value) if value is not None else _NO_VALUE
    status = _status_words().get((_text(result.status) or "final").lower())
    resolved = _resolved(name, loinc, unit)
    code, message = _refusal(status, number.trouble, resolved)
    if code == RejectCode.AMBIGUOUS_UNIT:
        return None  # another result of its name may settle it
    if code is not None:
        return _reject(result, name, value, unit, code, message)
    if number.number is None or number.alternative is not None:
        return None
    if len(resolved.options) != 1:
        return None
    option = resolved.options[0]
    span = printed.read_limits(low, high)
    if span.alternative is not None:
        return None
    scale, offset = option.scale, option.offset
    lower = None if span.low is None else span.low * scale + offset
    upper = None if span.high is None else span.high * scale + offset
    canonical = number.number * scale + offset
    analyte = by_vessel(option.analyte.id, stated_vessel(*_telling(result)), vessel, lower)
    limits = (lower, upper)
    wrong = _impossible(analyte, option, canonical, number.comparator, limits, child=child)
    if wrong is not None:
        return _reject(result, name, value, unit, wrong)
    stated = _text(result.flag)
    flag = None if stated is None else _flag_words().get(stated.lower(), "?")
    return (
        analyte,
        loinc,
        name or loinc,
        canonical,
        number.comparator,
        option.analyte.unit,
        inferred,
        value,
        option.annotation or unit,
        lower,
        upper,
        None if lower is None and upper is None else "laboratory",
        flag or number.flag,
        _text(result.comment),
        status,
    )


def _telling(
    result: ReportedResult,
) -> tuple[str | None, str | None, str | None, str | None]:
    """What of a result may tell of what vessel it is."""
    return (
        _text(result.analyte),
        _text(result.loinc),
        _text(result.specimen),
        _text(result.comment),
    )


def _impossible(
    analyte: str,
    option: UnitOption,
    value: float,
    comparator: str | None,
    limits: tuple[float | None, float | None],
    *,
    child: bool,
) -> RejectCode | None:
    """What is wrong with a printed range beside its unit and value, if anything is."""
    if in_another_unit(analyte, option.scale, option.offset, *limits, child) is not None:
        return RejectCode.IMPOSSIBLE_UNIT
    if is_called_normal(value, comparator, limits, critical_within(analyte, *limits, child)):
        return RejectCode.IMPOSSIBLE_RANGE
    return None


def _reject(
    result: ReportedResult,
    name: str | None,
    value: str | None,
    unit: str | None,
    code: RejectCode,
    message: str | None = None,
) -> RejectRow:
    return {
        "code": str(code),
        "message": SENTENCES[code] if message is None else message,
        "results": 1,
        "reported_name": name,
        "reported_value": value,
        "reported_unit": unit,
        "reported_flag": _text(result.flag),
    }


_NO_VALUE = printed.ReadNumber(None, trouble=RejectCode.NO_VALUE)


def _refusal(
    status: str | None, trouble: RejectCode | None, resolved: Resolved
) -> tuple[RejectCode | None, str]:
    """The code and sentence of a refused result; no code where it is not refused."""
    if status is None:
        code: RejectCode | None = RejectCode.UNREADABLE
    elif trouble is not None:
        code = RejectCode.CANCELLED if status == "cancelled" else trouble
    else:
        return resolved.code, resolved.message
    return code, SENTENCES[code] if code is not None else ""


def _text(value: str | None) -> str | None:
    return (value.strip() or None) if value is not None else None


_resolved = lru_cache(maxsize=65536)(resolve_name)


@lru_cache(maxsize=1)
def _status_words() -> Mapping[str, str]:
    return printed.status_words()


@lru_cache(maxsize=1)
def _flag_words() -> Mapping[str, str]:
    return printed.flag_words()
