"""Units that stand in the value: "22 U/L", "7.4 mmol/L" beside mmol/L, "7.2 10^9" beside /L."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import printed, ucum
from hemoscribe.knowledge.units import ucum_candidates
from hemoscribe.records import RejectCode

_MAY_HOLD_ONE = r"^\s*(?:[<>=≤≥]|[+-]?[\d.,]).*[\p{L}%µ^*]"
_SPLITS = re.compile(r"(?<=\d)(?=[^\W\d_]|%|/)|(?<=\d)\s+(?=\S)")
_NAMES_ONE = re.compile(r"[^\W\d_]|%|10[\^*]")
MAX_CHARACTERS = 64


@lru_cache(maxsize=65536)
def value_and_unit(value: str, unit: str | None) -> tuple[str, str | None]:
    """A printed value without the unit in it, where that is the unit beside it or completes it.

    A value whose unit contradicts the one beside it stays as it is: it is not a number.
    """
    if len(value) > MAX_CHARACTERS:
        return value, unit
    if printed.read_number(value).trouble != RejectCode.NOT_A_NUMBER:
        return value, unit
    for split in reversed(list(_SPLITS.finditer(value))):
        number, inside = value[: split.start()], value[split.end() :]
        if _NAMES_ONE.search(inside) is None or printed.read_number(number).number is None:
            continue
        if (whole := _together(inside.strip(), unit)) is not None:
            return number, whole
    return value, unit


def _together(inside: str, beside: str | None) -> str | None:
    """The unit that one in the value and one beside it make; None where they make none."""
    known = ucum_candidates(inside)
    if not known:
        return None
    if beside is None:
        return inside
    if inside.casefold() == beside.casefold() or _same(known, ucum_candidates(beside)):
        return beside
    if beside.startswith("/") and ucum_candidates(inside + beside):
        return inside + beside
    return None


def _same(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two spellings are of one unit: G/L and K/uL, and UI/L beside U/L of an enzyme."""
    return any(_size(left) == _size(right) for left in one for right in other)


def _size(code: str) -> tuple[Any, ...]:
    try:
        unit = ucum.parse(code.replace("[IU]", "U"))
    except KnowledgeError:
        return (code,)
    return unit.factor, tuple(sorted(unit.dimensions.items())), tuple(sorted(unit.annotations))


def with_units_of_values(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``records.REPORTED`` with such values and units apart."""
    pairs = rows.select("reported_value", "reported_unit").filter(
        pl.col("reported_value").str.contains(_MAY_HOLD_ONE)
    )
    changed = [
        (*pair, *apart)
        for pair in pairs.unique(maintain_order=True).iter_rows()
        if (apart := value_and_unit(*pair)) != pair
    ]
    if not changed:
        return rows
    keys = ("reported_value", "reported_unit")
    schema = dict.fromkeys((*keys, "bare_value", "whole_unit"), pl.String())
    table = pl.DataFrame(changed, schema=schema, orient="row")
    joined = rows.join(table, on=list(keys), how="left", nulls_equal=True, maintain_order="left")
    held = pl.col("bare_value").is_not_null()
    return joined.with_columns(
        reported_value=pl.coalesce("bare_value", "reported_value"),
        reported_unit=pl.when(held).then("whole_unit").otherwise("reported_unit"),
    ).drop("bare_value", "whole_unit")
