"""What indices and findings may know of a report, and the two shapes in which they get it.

The facts of a report are named: ``potassium`` (the exact value; missing when censored),
``potassium:least`` and ``potassium:most`` (what the true value is at least and at most: "<0.5" has
no least and a most just under 0.5, ">100" no most), ``potassium:flag``, ``potassium:critical``,
``potassium:low`` and ``potassium:high`` (the limits of its range), ``sex``, ``age``, ``pregnant``,
``height``, ``ingestion_hours``, ``life_hours``,
``sample:hemolyzed`` and the other remarks of ``knowledge.remarks``, and what
``knowledge.delta`` adds from earlier reports. ``wide`` gives a frame with a row per report and a
column per fact; ``facts_of`` a mapping for one report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, nextafter
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.knowledge.formulas import (
    Number,
    Truth,
    all_of,
    any_of,
    number,
    text_is,
    truth,
)
from hemoscribe.knowledge.remarks import HEMOLYZED, PLATELET_CLUMPS, REMARKS
from hemoscribe.records import FlaggedResult

FLAG_CODES: Final = {"LL": 1, "L": 1, "N": 2, "H": 3, "HH": 3}
LOW, NORMAL, HIGH = 1, 2, 3
ADULT_YEARS = 18.0
_Floats = npt.NDArray[np.float64]
REPORTS_AT_ONCE = 20_000

_BELOW = ("<", "<=")
_ABOVE = (">", ">=")
_SIGNS: Final = {"<": -2, "<=": -1, ">=": 1, ">": 2}
_STATED_HOURS = ("ingestion_hours", "life_hours")  # of the requester's note
_REPORT_COLUMNS = ("sex", "age", "pregnant", "height", *_STATED_HOURS, *REMARKS)
_DERIVED_PREFIXES = ("index", "before")  # facts that knowledge.indices and knowledge.delta add

# The vocabulary -----------------------------------------------------------------------------------


def exact(analyte: str) -> Number:
    """The value; missing when it is censored."""
    return number(analyte)


def least(analyte: str) -> Number:
    """What the true value is at least."""
    return number(f"{analyte}:least")


def most(analyte: str) -> Number:
    """What the true value is at most."""
    return number(f"{analyte}:most")


def upper(analyte: str) -> Number:
    """The upper limit of the range the result was read against."""
    return number(f"{analyte}:high")


def lower(analyte: str) -> Number:
    """The lower limit of the range the result was read against."""
    return number(f"{analyte}:low")


def at_least(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly ``limit`` or more."""
    return least(analyte) >= limit


def above(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly more than ``limit``."""
    return least(analyte) > limit


def at_most(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly ``limit`` or less."""
    return most(analyte) <= limit


def below(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly less than ``limit``."""
    return most(analyte) < limit


def low(analyte: str) -> Truth:
    """Whether the result is flagged low."""
    return _flag_is(analyte, LOW)


def normal(analyte: str) -> Truth:
    """Whether the result is flagged normal."""
    return _flag_is(analyte, NORMAL)


def high(analyte: str) -> Truth:
    """Whether the result is flagged high."""
    return _flag_is(analyte, HIGH)


def measured(analyte: str) -> Truth:
    """Whether the report has the analyte."""
    return any_of(least(analyte).known, most(analyte).known)


def critical(analyte: str) -> Truth:
    """Whether the result is critical."""
    return truth(f"{analyte}:critical")


def age() -> Number:
    """Age in years."""
    return number("age")


def adult() -> Truth:
    """18 years or more; a patient of unknown age counts as an adult."""
    return ~(age() < ADULT_YEARS)


def female() -> Truth:
    """Known to be a woman or girl."""
    return text_is("sex", "F")


def male() -> Truth:
    """Known to be a man or boy."""
    return text_is("sex", "M")


def pregnant() -> Truth:
    """Known to be pregnant."""
    return all_of(truth("pregnant"), ~male())


def sample_hemolyzed() -> Truth:
    """Whether the laboratory remarked that the sample is hemolyzed."""
    return truth(HEMOLYZED)


def platelets_clumped() -> Truth:
    """Whether the laboratory remarked that platelets are in clumps."""
    return truth(PLATELET_CLUMPS)


def times_upper(analyte: str, factor: float) -> Truth:
    """Whether the value is at least ``factor`` times the upper limit of its range."""
    return at_least(analyte, upper(analyte) * factor)


def _flag_is(analyte: str, code: int) -> Truth:
    name = f"{analyte}:flag"
    return Truth(pl.col(name) == code, lambda facts: facts.get(name) == code, frozenset((name,)))


# One report ---------------------------------------------------------------------------------------


def facts_of(
    results: Sequence[FlaggedResult],
    *,
    sex: str | None,
    age_years: float | None,
    pregnant: bool | None,
    height_cm: float | None = None,
    hours: Mapping[str, float | None] = MappingProxyType({}),
) -> dict[str, Any]:
    """The facts of one report, without what is missing. The first result of an analyte counts.

    Args:
        hours: ``ingestion_hours`` and ``life_hours``, where the requester's note states them.
    """
    facts: dict[str, Any] = {}
    for result in results:
        analyte, value, comparator = result.analyte, result.value, result.comparator
        if f"{analyte}:flag" in facts:
            continue
        facts[f"{analyte}:flag"] = FLAG_CODES.get(result.flag or "", 0)
        if comparator is None:
            facts[analyte] = value
        if comparator not in _BELOW:
            facts[f"{analyte}:least"] = nextafter(value, inf) if comparator == ">" else value
        if comparator not in _ABOVE:
            facts[f"{analyte}:most"] = nextafter(value, -inf) if comparator == "<" else value
        if result.critical:
            facts[f"{analyte}:critical"] = True
        if result.low is not None:
            facts[f"{analyte}:low"] = result.low
        if result.high is not None:
            facts[f"{analyte}:high"] = result.high
    patient: dict[str, Any] = {
        "sex": sex,
        "age": age_years,
        "pregnant": pregnant,
        "height": height_cm,
    }
    patient |= hours
    facts |= {name: fact for name, fact in patient.items() if fact is not None}
    if comments := [result.comment for result in results if result.comment]:
        for name, remark in REMARKS.items():
            if any(map(remark.stands_in, comments)):
                facts[name] = True
    return facts


# Many reports -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Positions:
    """Where rows stand: ``report`` numbers the reports in order of first appearance."""

    report_ids: pl.Series
    report: np.ndarray[Any, np.dtype[np.int64]]
    first_row: np.ndarray[Any, np.dtype[np.int64]]


def positions(rows: pl.DataFrame) -> Positions:
    """The number of each row's report; reports may be interleaved."""
    ids = rows["report_id"]
    runs = ids.rle_id().to_numpy()
    first_of_run = np.flatnonzero(np.diff(runs, prepend=-1))
    heads = ids.gather(first_of_run)
    if heads.n_unique() == len(heads):
        return Positions(heads, runs.astype(np.int64), first_of_run)
    unique = heads.unique(maintain_order=True)
    number_of = {report: index for index, report in enumerate(unique.to_list())}
    of_run = np.fromiter((number_of[head] for head in heads.to_list()), np.int64, len(heads))
    first_row = np.zeros(len(unique), dtype=np.int64)
    first_row[of_run[::-1]] = first_of_run[::-1]
    return Positions(unique, of_run[runs], first_row)


def partitions(
    rows: pl.DataFrame, where: Positions, reports: int = REPORTS_AT_ONCE
) -> Iterator[tuple[int, pl.DataFrame, Positions]]:
    """The rows in parts of at most ``reports`` reports: (the part's first report, rows, positions).

    Parts keep memory bounded and the arrays of a part small enough for the processor's caches.
    """
    count = len(where.report_ids)
    if count <= reports:
        yield 0, rows, where
        return
    order = np.argsort(where.report, kind="stable")
    starts = np.searchsorted(where.report[order], np.arange(count + 1))
    for first in range(0, count, reports):
        last = min(first + reports, count)
        numbers = order[starts[first] : starts[last]]
        yield (
            first,
            rows[numbers],
            Positions(
                where.report_ids[first:last],
                where.report[numbers] - first,
                starts[first:last] - starts[first],
            ),
        )


def wide(rows: pl.DataFrame, where: Positions, columns: Iterable[str]) -> pl.DataFrame:
    """The wide frame: a row per report, and of the facts those named in ``columns``.

    Args:
        rows: flagged rows.
        where: their positions.
        columns: facts wanted, but those that ``knowledge.delta`` and ``knowledge.indices`` add.
    """
    wanted: dict[str, set[str]] = {}
    for column in columns:
        analyte, mark, kind = column.partition(":")
        if column not in _REPORT_COLUMNS and analyte not in _DERIVED_PREFIXES:
            wanted.setdefault(kind if mark else "exact", set()).add(analyte)
    count = len(where.report_ids)
    analytes = sorted(set().union(*wanted.values()))
    codes = rows["analyte"].cast(pl.Enum(analytes), strict=False).to_physical()
    known = codes.is_not_null().to_numpy()
    row_numbers = np.flatnonzero(known)[::-1]  # backwards, so that the first result is written last
    kept = rows.select(
        "value",
        "low",
        "high",
        pl.col("comparator").replace_strict(_SIGNS, default=0, return_dtype=pl.Int8),
        pl.col("flag").replace_strict(FLAG_CODES, default=0, return_dtype=pl.UInt8),
        "critical",
    )
    code = codes.to_numpy()[row_numbers].astype(np.int64)
    report = where.report[row_numbers]
    value = kept["value"].to_numpy()[row_numbers]
    sign = kept["comparator"].to_numpy()[row_numbers]
    least, most = _bounds(value, sign)
    sources: dict[str, Any] = {
        "exact": np.where(sign == 0, value, np.nan),
        "least": least,
        "most": most,
        "low": kept["low"].fill_null(np.nan).to_numpy()[row_numbers],
        "high": kept["high"].fill_null(np.nan).to_numpy()[row_numbers],
        "flag": kept["flag"].to_numpy()[row_numbers],
        "critical": kept["critical"].fill_null(value=False).to_numpy()[row_numbers],
    }
    columns_by_name: dict[str, Any] = {}
    for kind, source in sources.items():
        names = sorted(wanted.get(kind, ()))
        if not names:
            continue
        slot = np.full(len(analytes), -1, dtype=np.int64)
        slot[[analytes.index(name) for name in names]] = np.arange(len(names))
        place = slot[code]
        chosen = place >= 0
        empty = np.nan if source.dtype == np.float64 else 0
        table = np.full((len(names), count), empty, dtype=source.dtype)
        table[place[chosen], report[chosen]] = source[chosen]
        suffix = "" if kind == "exact" else f":{kind}"
        columns_by_name |= {f"{name}{suffix}": table[i] for i, name in enumerate(names)}
    unknown = set(wanted) - set(sources)
    assert not unknown, f"facts of unknown kinds: {unknown}"
    return pl.concat(
        [_report_columns(rows, where), pl.DataFrame(columns_by_name, nan_to_null=True)],
        how="horizontal",
    )


def _bounds(value: _Floats, sign: npt.NDArray[np.int8]) -> tuple[_Floats, _Floats]:
    """What true values are at least and at most; NaN where a comparator leaves a side open."""
    least, most = np.where(sign < 0, np.nan, value), np.where(sign > 0, np.nan, value)
    strict_above, strict_below = sign == 2, sign == -2
    least[strict_above] = np.nextafter(value[strict_above], np.inf)
    most[strict_below] = np.nextafter(value[strict_below], -np.inf)
    return least, most


def _report_columns(rows: pl.DataFrame, where: Positions) -> pl.DataFrame:
    """Sex, age, pregnancy and the laboratory's remarks on the sample, one row per report."""
    firsts = rows.select(
        "sex",
        pl.col("age_years").fill_nan(None).alias("age"),
        "pregnant",
        pl.lit(None, dtype=pl.Float64).alias("height"),  # rows have none
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in _STATED_HOURS),
    )[where.first_row]
    comments = rows["comment"]
    remarked = []
    for name, remark in REMARKS.items():
        said = np.zeros(len(where.report_ids), dtype=np.bool_)
        if comments.null_count() < len(comments):
            stands = remark.stands_in_all(comments).fill_null(value=False)
            said[where.report[stands.to_numpy()]] = True
        remarked.append(pl.Series(name, said))
    return firsts.with_columns(remarked)
