"""What a MEDS code stands for: ``LAB//50912//mg/dL``, ``LOINC//718-7//g/dL`` or ``LOINC/2160-0``.

A code is a text in parts; its meaning is in it where it names a LOINC code, else in the description
and the parents that ``metadata/codes.parquet`` gives it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.knowledge.names import by_loinc
from hemoscribe.sources.datasets.stated_texts import system_of

MEANT = {
    "code": pl.String(), "reported_name": pl.String(), "loinc": pl.String(),
    "code_unit": pl.String(), "kind": pl.String(),
}  # fmt: skip
_LOINC = re.compile(r"(?:^|//)LOINC(?:/{1,2}|:)(\d{1,7}-\d)(?=/|$)", re.IGNORECASE)
_LINES = re.compile(r"\s*(?:\n|//)\s*")  # between the descriptions of one code


@cache
def rules() -> Mapping[str, Any]:
    """The standard's columns and files, and the parts of codes."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "meds.yaml")
    return loaded


def meanings(codes: pl.Series, described: pl.DataFrame | None) -> pl.DataFrame:
    """One row per distinct code.

    Args:
        described: the columns ``codes`` of ``meds.yaml``.

    Returns:
        ``MEANT``, and ``specimen``; ``kind`` is what a code of no laboratory is counted under.
    """
    told: dict[str, tuple[str | None, list[str] | None]] = {}
    if described is not None:
        wanted = described.filter(pl.col("code").is_in(codes.unique().implode()))
        told = {code: (text, parents) for code, text, parents in wanted.iter_rows()}
    rows = [_meant(code, *told.get(code, (None, None))) for code in codes.unique().drop_nulls()]
    table = pl.DataFrame(rows, schema=dict(MEANT), orient="row")
    return table.with_columns(specimen=system_of(pl.col("reported_name")))


def _meant(
    code: str, description: str | None, parents: Iterable[str | None] | None
) -> tuple[str | None, ...]:
    own = _LOINC.search(code)
    over = {found[1] for parent in parents or () if (found := _LOINC.search(parent or ""))}
    names = [text for text in _LINES.split(description or "") if text]
    told = next(filter(not_blood, names), next(iter(names), None))
    parts = code.split("//")
    of_laboratory = parts[0].upper() in rules()["laboratory"]
    if own is not None:
        rest = [part for part in code[own.end() :].split("//") if part]
        return code, told, own[1], _unit(rest), None
    if not of_laboratory and not any(map(by_loinc, over)):
        return code, None, None, None, parts[0].partition("/")[0]
    rest = parts[1:] if of_laboratory else parts
    if rest and rest[0].upper() in rules()["no_result"]:
        return code, None, None, None, "//".join(parts[:2])
    if len(rest) > 1 and rest[0].upper() in rules()["result"]:
        rest = rest[1:]
    loinc = next(iter(over)) if len(over) == 1 else None
    # a number is a laboratory's own: what it is only a description says
    own_name = rest[0].strip() if rest and not rest[0].strip().isdigit() else ""
    return code, told or own_name or None, loinc, _unit(rest[1:]), None


def _unit(parts: list[str]) -> str | None:
    """The unit that a code ends in."""
    unit = parts[-1].strip() if parts else ""
    return None if unit.upper() in rules()["no_unit"] else unit
