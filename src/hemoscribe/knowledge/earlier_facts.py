"""The facts of a patient's earlier results, for many reports and for one.

Results without a time are left out, and so are those of the report's own time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.knowledge.earlier_windows import (
    Bound,
    EarlierWindow,
    bounded,
    earlier_windows,
    watched,
)
from hemoscribe.knowledge.positions import Positions
from hemoscribe.records import FlaggedResult

_TAKEN: Final = {
    "last": lambda values: values.drop_nulls().last(),
    "lowest": pl.Expr.min,
    "highest": pl.Expr.max,
    "median": pl.Expr.median,
}


def earlier_facts(rows: pl.DataFrame, where: Positions) -> pl.DataFrame:
    """A row per report, a column per fact of ``earlier_windows``; ``rows`` are all there are."""
    count = len(where.report_ids)
    found = dict.fromkeys(earlier_windows(), pl.repeat(None, count, dtype=pl.Float64, eager=True))
    courses = _courses(rows, where)
    if len(courses):
        reports = courses["report"].to_numpy()
        for name, column in _taken(_history(rows, where, courses)):
            values = np.full(count, np.nan)
            values[reports] = column.fill_null(np.nan).to_numpy()
            found[name] = pl.Series(values, nan_to_null=True)
    return pl.DataFrame([column.alias(name) for name, column in found.items()])


def _courses(rows: pl.DataFrame, where: Positions) -> pl.DataFrame:
    """(report, patient, collected_at) of patients with more than one report of known time."""
    heads = rows[["patient_id", "collected_at"]][where.first_row]
    return (
        heads.select(
            pl.int_range(pl.len()).alias("report"),
            pl.col("patient_id").rank("dense").alias("patient"),
            pl.col("collected_at"),
        )
        .filter(pl.col("collected_at").is_not_null())
        .filter(pl.len().over("patient") > 1)
        .sort("patient", "collected_at", maintain_order=True)
    )


def _history(rows: pl.DataFrame, where: Positions, courses: pl.DataFrame) -> pl.DataFrame:
    """The courses with a column per analyte and bound that is asked."""
    asked = {(window.analyte, window.bound) for window in earlier_windows().values()}
    codes = rows["analyte"].cast(pl.Enum(watched()), strict=False).to_physical()
    places = codes.is_not_null().arg_true().to_numpy()[::-1]  # the first result is written last
    own = rows[["value", "comparator"]][places]
    code, report = codes.to_numpy()[places].astype(np.int64), where.report[places]
    reports = courses["report"].to_numpy()
    columns = courses.get_columns()
    for bound in sorted({bound for _, bound in asked}):
        table = np.full((len(watched()), len(where.report_ids)), np.nan)
        table[code, report] = _bounded(own, bound)
        columns += [
            pl.Series(f"{name}:{bound}", table[place, reports], nan_to_null=True)
            for place, name in enumerate(watched())
            if (name, bound) in asked
        ]
    return pl.DataFrame(columns)


def _bounded(results: pl.DataFrame, bound: Bound) -> npt.NDArray[np.float64]:
    """What each result says of a bound, NaN where it says nothing."""
    values = results["value"].to_numpy().copy()
    censored = results["comparator"].is_not_null().arg_true().to_numpy()
    comparators = results["comparator"].gather(censored).to_list()
    for place, comparator in zip(censored, comparators, strict=True):
        said = bounded(float(values[place]), comparator, bound)
        values[place] = np.nan if said is None else said
    return values


def _taken(history: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    """(fact, its value in each row of the history)."""
    by_days: dict[tuple[timedelta, timedelta], list[EarlierWindow]] = defaultdict(list)
    for window in earlier_windows().values():
        if history[_source(window)].null_count() < len(history):
            by_days[window.first, window.last].append(window)
    for (first, last), windows in by_days.items():
        rolled = history.rolling(
            "collected_at",
            period=last - first,
            offset=-last,
            closed="both" if first else "left",
            group_by="patient",
        ).agg(_TAKEN[one.take](pl.col(_source(one))).alias(one.column) for one in windows)
        rolled = rolled.sort("patient", "collected_at")  # those of one time say the same
        yield from ((one.column, rolled[one.column]) for one in windows)


def _source(window: EarlierWindow) -> str:
    return f"{window.analyte}:{window.bound}"


# One report ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EarlierFact:
    """A fact of one report from earlier ones: their ``places`` in those given, analyte, value."""

    places: tuple[int, ...]
    analyte: str
    value: float


def earlier_facts_of(
    collected_at: datetime | None,
    earlier: Sequence[tuple[datetime, Mapping[str, FlaggedResult]]],
) -> dict[str, EarlierFact]:
    """The same facts for one report.

    Args:
        earlier: the time of each earlier report, and of each analyte the result that counts.
    """
    if collected_at is None:
        return {}
    by_time = sorted(enumerate(earlier), key=lambda pair: pair[1][0])
    found = {}
    for name, window in earlier_windows().items():
        within = [
            (place, value)
            for place, (time, results) in by_time
            if window.holds(collected_at - time)
            and (value := _value(results.get(window.analyte), window.bound)) is not None
        ]
        if within:
            found[name] = _of(window, within)
    return found


def _value(result: FlaggedResult | None, bound: Bound) -> float | None:
    return None if result is None else bounded(result.value, result.comparator, bound)


def _of(window: EarlierWindow, within: Sequence[tuple[int, float]]) -> EarlierFact:
    """The fact of results in order of time: (place, value)."""
    if window.take == "last":
        chosen: Iterable[tuple[int, float]] = within[-1:]
    elif window.take == "median":
        ordered = sorted(within, key=lambda one: one[1])
        chosen = ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1]
    else:
        best = (min if window.take == "lowest" else max)(value for _, value in within)
        chosen = [one for one in within if one[1] == best][-1:]
    values = [value for _, value in chosen]
    return EarlierFact(
        tuple(place for place, _ in chosen), window.analyte, sum(values) / len(values)
    )
