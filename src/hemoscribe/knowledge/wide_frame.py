"""The facts of many reports: a frame with a row per report and a column per fact.

A part of a stream holds a few dozen of the analytes that rules may ask of. The columns of all the
others are one and the same empty column under many names, which costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.knowledge.anticoagulants import ANTICOAGULANT
from hemoscribe.knowledge.applicable import limits_vary
from hemoscribe.knowledge.fact_names import (
    FLAG_CODES,
    NOT_REPORTED,
    NOTED,
    STATED_HOURS,
    STATED_TARGET,
    UNJUDGED,
)
from hemoscribe.knowledge.positions import Positions
from hemoscribe.knowledge.remarks import REMARKS
from hemoscribe.knowledge.report_facts import facts_of_note
from hemoscribe.panel_input import known_age

Unread = Sequence[tuple[int, str]]
"""(number of the report, analyte) of what reports hold and could not be read."""

_SIGNS: Final = {"<": -2, "<=": -1, ">=": 1, ">": 2}
_REPORT_COLUMNS = ("sex", "age", "pregnant", "height", *NOTED, *REMARKS)
_DERIVED_PREFIXES = ("index", "lack", "before", "shared")
_READ: Final = (
    *("report_id", "patient_id", "collected_at", "sex", "age_years", "pregnant"),
    *("analyte", "value", "comparator", "low", "high", "range_source", "flag", "critical"),
    "comment",
)
_NOTE: Final = "clinical_note"  # of rows that came with one
_FLAGS: Final = pl.Enum(list(FLAG_CODES))
_CODE_OF_FLAG: Final = np.array((*FLAG_CODES.values(), UNJUDGED), dtype=np.uint8)
_EXACT, _REPORTED, _GAP = "exact", "reported", "gap:"
_NUMBERS = (_EXACT, "least", "most", "low", "high")


def columns_read(rows: pl.DataFrame) -> pl.DataFrame:
    """Of flagged rows what rules read, each column in one piece.

    Columns of which some are in pieces and some not are joined anew by every expression.
    """
    noted = [_NOTE] if _NOTE in rows.columns else []
    return rows[[*_READ, *noted]].rechunk()


def wide(
    rows: pl.DataFrame, where: Positions, columns: frozenset[str], unread: Unread = ()
) -> pl.DataFrame:
    """The wide frame: a row per report, and of the facts those named in ``columns``.

    Args:
        rows: flagged rows.
        where: their positions.
        columns: facts wanted, but those that other modules add (earlier results, indices).
        unread: what the reports hold beside the rows.
    """
    wanted = _wanted(columns)
    count = len(where.report_ids)
    held = _held(rows, where, wanted.analytes, unread)
    stacked, empty = _stacked(rows, held), _empty(count)
    found = _report_columns(rows, where)
    for column, analyte, kind in wanted.facts:
        place = held.places.get(analyte)
        own = empty[kind] if place is None else stacked[kind].slice(place * count, count)
        found.append(own.alias(column))
    return pl.DataFrame(found)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The facts of results that are asked for: (column, analyte, kind)."""

    facts: tuple[tuple[str, str, str], ...]
    analytes: tuple[str, ...]


@lru_cache(maxsize=16)
def _wanted(columns: frozenset[str]) -> _Wanted:
    facts = []
    for column in sorted(columns):
        of_gap = column.startswith(_GAP)
        analyte, _, kind = column.removeprefix(_GAP).partition(":")
        if of_gap:
            facts.append((column, analyte, _GAP + (kind or _EXACT)))
        elif column not in _REPORT_COLUMNS and analyte not in _DERIVED_PREFIXES:
            facts.append((column, analyte, kind or _EXACT))
    odd = {kind for _, _, kind in facts} - {*_empty(0)}
    assert not odd, f"facts of unknown kinds: {odd}"
    return _Wanted(tuple(facts), tuple(sorted({analyte for _, analyte, _ in facts})))


@dataclass(frozen=True, slots=True)
class _Held:
    """The analytes that the reports hold, by their place in ``table``.

    ``table``: of each such analyte (row) and report (column) the number of the result that counts;
    past the results one that is absent, and then one that could not be read.
    """

    places: Mapping[str, int]
    table: npt.NDArray[np.int64]
    absent: int


def _held(rows: pl.DataFrame, where: Positions, analytes: tuple[str, ...], unread: Unread) -> _Held:
    absent, not_read = len(rows), len(rows) + 1
    codes = rows["analyte"].cast(pl.Enum(analytes), strict=False).to_physical()
    known = codes.is_not_null().to_numpy()
    row_numbers = np.flatnonzero(known)[::-1]  # backwards, so that the first result is written last
    code = codes.fill_null(0).to_numpy()[row_numbers]
    of_name = {name: number for number, name in enumerate(analytes)}
    beside = [(report, of_name[name]) for report, name in unread if name in of_name]
    here = np.zeros(len(analytes), dtype=np.bool_)
    here[code] = True
    here[[number for _, number in beside]] = True
    count = len(where.report_ids)
    place = np.cumsum(here, dtype=np.int64) - 1
    table = np.full((int(here.sum()), count), absent, dtype=np.int64)
    for report, number in beside:
        table[place[number], report] = not_read
    table.ravel()[place[code] * count + where.report[row_numbers]] = row_numbers
    names = (analytes[number] for number in np.flatnonzero(here))
    return _Held({name: number for number, name in enumerate(names)}, table.ravel(), absent)


def _stacked(rows: pl.DataFrame, held: _Held) -> dict[str, pl.Series]:
    """Kind -> its columns of the analytes that are held, one under the other."""
    table = held.table
    reported = table != held.absent
    found = {_REPORTED: pl.Series(reported)}
    for kinds, numbers in _numbers(rows).items():
        all_of_it = np.append(numbers, (np.nan, np.nan))[table]
        column = pl.Series(all_of_it, nan_to_null=True)
        gap = _never(len(table))
        missing = reported & np.isnan(all_of_it)
        if missing.any():
            gap = gap.set(pl.Series(missing), None)
        for kind in kinds:
            found[kind], found[_GAP + kind] = column, gap
    names = rows["flag"].cast(_FLAGS, strict=False).to_physical().fill_null(len(FLAG_CODES))
    codes = _CODE_OF_FLAG[names.to_numpy()]
    flags = np.append(codes, np.array((NOT_REPORTED, UNJUDGED), dtype=np.uint8))[table]
    flag = pl.Series(flags)
    unjudged = flags == UNJUDGED
    found["flag"] = flag.set(pl.Series(unjudged), None) if unjudged.any() else flag
    marks = {
        "critical": rows["critical"].fill_null(value=False).to_numpy(),
        "differs": _differs(rows),
    }
    for kind, mark in marks.items():
        held_by = np.append(mark, (False, False))[table] if mark.any() else None
        found[kind] = _never(len(table)) if held_by is None else pl.Series(held_by)
    return found


def _numbers(rows: pl.DataFrame) -> dict[tuple[str, ...], npt.NDArray[np.float64]]:
    """What each row says, NaN for nothing, by the kinds that are the same."""
    value, low, high = (
        rows[name].fill_null(np.nan).to_numpy() for name in ("value", "low", "high")
    )
    found: dict[tuple[str, ...], npt.NDArray[np.float64]] = {("low",): low, ("high",): high}
    if rows["comparator"].null_count() == len(rows):
        found[_EXACT, "least", "most"] = value
        return found
    signs = rows["comparator"].replace_strict(_SIGNS, default=0, return_dtype=pl.Int8)
    sign = signs.to_numpy()
    found[(_EXACT,)] = np.where(sign == 0, value, np.nan)
    found[("least",)], found[("most",)] = _bounds(value, sign)
    return found


def _never(count: int) -> pl.Series:
    return pl.repeat(value=False, n=count, dtype=pl.Boolean, eager=True)


def _empty(count: int) -> dict[str, pl.Series]:
    """Kind -> its column of an analyte that no report holds."""
    nothing, never = pl.repeat(None, count, dtype=pl.Float64, eager=True), _never(count)
    return {
        **dict.fromkeys(_NUMBERS, nothing),
        **{_GAP + kind: never for kind in _NUMBERS},
        **dict.fromkeys(("critical", "differs", _REPORTED), never),
        "flag": pl.repeat(NOT_REPORTED, count, dtype=pl.UInt8, eager=True),
    }


def _differs(rows: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which limits are ours and differ among those whom the patient may be."""
    found = np.zeros(len(rows), dtype=np.bool_)
    doubtful = (
        rows["sex"].is_null()
        | rows["age_years"].is_null()
        | rows["pregnant"].fill_null(value=False)
    )
    if doubtful.any():
        places = (
            doubtful & rows["range_source"].is_in(["knowledge", "completed"]).fill_null(value=False)
        ).arg_true()
        patients = rows.select("analyte", "sex", "age_years", "pregnant")[places]
        found[places.to_numpy()] = [limits_vary(*one) for one in patients.iter_rows()]
    return found


def _bounds(
    value: npt.NDArray[np.float64], sign: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What true values are at least and at most; NaN where a comparator leaves a side open."""
    least, most = np.where(sign < 0, np.nan, value), np.where(sign > 0, np.nan, value)
    strict_above, strict_below = sign == 2, sign == -2
    least[strict_above] = np.nextafter(value[strict_above], np.inf)
    most[strict_below] = np.nextafter(value[strict_below], -np.inf)
    return least, most


def _report_columns(rows: pl.DataFrame, where: Positions) -> list[pl.Series]:
    """Sex, age, pregnancy and the laboratory's remarks on the sample, one row per report."""
    firsts = rows.select(
        "sex",
        pl.col("age_years").fill_nan(None).alias("age"),
        "pregnant",
        pl.lit(None, dtype=pl.Float64).alias("height"),  # rows have none
    )[where.first_row]
    comments = rows["comment"]
    remarked = []
    for name, remark in REMARKS.items():
        said = np.zeros(len(where.report_ids), dtype=np.bool_)
        if comments.null_count() < len(comments):
            stands = remark.stands_in_all(comments).fill_null(value=False)
            said[where.report[stands.to_numpy()]] = True
        remarked.append(pl.Series(name, said))
    return [*firsts.get_columns(), *_noted(rows, where), *remarked]


_NOTED_TYPES: Final = dict.fromkeys((*STATED_HOURS, *STATED_TARGET), pl.Float64) | {
    ANTICOAGULANT: pl.String
}


def _noted(rows: pl.DataFrame, where: Positions) -> list[pl.Series]:
    """What the requesters' notes state, one row per report; each distinct note is read once."""
    count = len(where.report_ids)
    found: dict[str, list[str | float | None]] = {name: [None] * count for name in NOTED}
    if _NOTE in rows.columns and rows[_NOTE].null_count() < len(rows):
        ages = rows["age_years"].gather(where.first_row).to_list()
        for place, note in enumerate(rows[_NOTE].gather(where.first_row).to_list()):
            for name, fact in facts_of_note(note or "", known_age(ages[place])).items():
                found[name][place] = fact
    return [pl.Series(name, found[name], dtype=_NOTED_TYPES[name]) for name in NOTED]
