"""The short way through ``recognise`` for a few results that hold nothing to decide.

Joins of tiny frames cost polars ten times what the work itself does. A result is plain when its
name and printed unit stand for one analyte, its value is one number, and its status is known; the
rows made here are then those of ``recognise`` (a test holds them equal). Whatever is not plain
goes through ``recognise`` itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from hemoscribe.knowledge import printed
from hemoscribe.knowledge.analytes import MAX_AGE_YEARS
from hemoscribe.knowledge.recognise import _Option, _resolve
from hemoscribe.records import SEXES, Panel, ReportedResult, Result

_SCHEMA = dict(Result.create_empty().schema)


def recognise_plain(panels: Sequence[Panel]) -> pl.DataFrame | None:
    """Rows of ``Result`` for every result of the panels; None where any of them is not plain.

    A panel's number among ``panels`` stands as its report.
    """
    rows: list[tuple[Any, ...]] = []
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
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_SCHEMA)
    return pl.DataFrame(
        [
            pl.Series(name, values, dtype=dtype, strict=True)
            for (name, dtype), values in zip(_SCHEMA.items(), columns, strict=True)
        ]
    )


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
