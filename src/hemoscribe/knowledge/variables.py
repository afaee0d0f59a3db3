"""What indices and findings may know of a report, and the two shapes in which they get it.

The facts of a report are named: ``potassium`` (the exact value; missing when censored),
``potassium:least`` and ``potassium:most`` (what the true value is at least and at most: "<0.5" has
no least and a most just under 0.5, ">100" no most), ``potassium:flag``, ``potassium:critical``,
``potassium:low`` and ``potassium:high`` (the limits of its range), ``sex``, ``age``, ``pregnant``,
``height``, ``ingestion_hours``, ``life_hours``,
``sample:hemolyzed`` and the other remarks of ``knowledge.remarks``, and what
``knowledge.delta`` adds from earlier reports. ``wide`` gives a frame with a row per report and a
column per fact; ``facts_of`` a mapping for one report.

Whether the report holds an analyte at all, read or not, is ``potassium:reported`` of a frame, and
that the mapping has ``potassium:flag``. A flag is null (0 in the mapping) where the result cannot
be judged, and ``NOT_REPORTED`` (not in the mapping) where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nextafter
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.knowledge.applicable import ADULT_YEARS, limits_vary
from hemoscribe.knowledge.formulas import (
    NOTHING,
    Facts,
    Lack,
    Names,
    Number,
    Truth,
    all_of,
    any_of,
    number,
    text_is,
    truth,
    unless,
)
from hemoscribe.knowledge.remarks import HEMOLYZED, PLATELET_CLUMPS, REMARKS
from hemoscribe.records import FlaggedResult

FLAG_CODES: Final = {"LL": 1, "L": 1, "N": 2, "H": 3, "HH": 3}
LOW, NORMAL, HIGH = 1, 2, 3
UNJUDGED, NOT_REPORTED = 0, 9
_Floats = npt.NDArray[np.float64]
REPORTS_AT_ONCE = 20_000

_BELOW = ("<", "<=")
_ABOVE = (">", ">=")
_SIGNS: Final = {"<": -2, "<=": -1, ">=": 1, ">": 2}
_STATED_HOURS = ("ingestion_hours", "life_hours")  # of the requester's note
_REPORT_COLUMNS = ("sex", "age", "pregnant", "height", *_STATED_HOURS, *REMARKS)
_DERIVED_PREFIXES = ("index", "lack", "before", "gap", "shared")

# The vocabulary -----------------------------------------------------------------------------------


def exact(analyte: str) -> Number:
    """The value; missing when it is censored."""
    return _reported_number(analyte, analyte)


def least(analyte: str) -> Number:
    """What the true value is at least."""
    return _reported_number(analyte, f"{analyte}:least")


def most(analyte: str) -> Number:
    """What the true value is at most."""
    return _reported_number(analyte, f"{analyte}:most")


def upper(analyte: str) -> Number:
    """The upper limit of the range the result was read against."""
    return _reported_number(analyte, f"{analyte}:high")


def lower(analyte: str) -> Number:
    """The lower limit of the range the result was read against."""
    return _reported_number(analyte, f"{analyte}:low")


def index(name: str) -> Number:
    """A derived index; lacking where the report asks for it and it cannot be computed."""
    column, own = f"index:{name}", f"lack:{name}"
    names = frozenset((column,))
    lack = Lack(pl.col(own), lambda facts: names if own in facts else NOTHING, frozenset((own,)))
    return number(column, lack)


def _reported_number(analyte: str, column: str) -> Number:
    """A number of a result: lacking where the report holds the result and not the number."""
    flag, own = f"{analyte}:flag", frozenset((column,))

    def lacking(facts: Facts) -> Names:
        return own if flag in facts and column not in facts else NOTHING

    gap = f"gap:{column}"
    return number(column, Lack(pl.col(gap), lacking, frozenset((gap, f"{analyte}:reported"))))


def at_least(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly ``limit`` or more; not where it certainly is less."""
    return _bounded(least(analyte) >= limit, _most_of(analyte) < _there(limit))


def above(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly more than ``limit``; not where it certainly is not."""
    return _bounded(least(analyte) > limit, _most_of(analyte) <= _there(limit))


def at_most(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly ``limit`` or less; not where it certainly is more."""
    return _bounded(most(analyte) <= limit, _least_of(analyte) > _there(limit))


def below(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly less than ``limit``; not where it certainly is not."""
    return _bounded(most(analyte) < limit, _least_of(analyte) >= _there(limit))


def _bounded(holds: Truth, fails: Truth) -> Truth:
    """What one bound of a value shows and the other one excludes."""
    first, second = holds.compute, fails.compute

    def compute(facts: Facts) -> bool | None:
        found = first(facts)
        return False if found is None and second(facts) else found

    expr = holds.expr & ~fails.expr  # both never hold, so only what is not known changes
    return Truth(expr, compute, holds.columns | fails.columns, holds.lacks)


def _least_of(analyte: str) -> Number:
    return number(f"{analyte}:least")


def _most_of(analyte: str) -> Number:
    return number(f"{analyte}:most")


def _there(limit: Number | float) -> Number | float:
    """A limit of which nothing is said where it is missing."""
    return replace(limit, lack=None) if isinstance(limit, Number) else limit


def low(analyte: str) -> Truth:
    """Whether the result is flagged low."""
    return _flag_is(analyte, LOW)


def normal(analyte: str) -> Truth:
    """Whether the result is flagged normal."""
    return _flag_is(analyte, NORMAL)


def high(analyte: str) -> Truth:
    """Whether the result is flagged high."""
    return _flag_is(analyte, HIGH)


def not_called_normal(analyte: str) -> Truth:
    """Whether no range calls the result normal: a limit that holds where there is none."""
    return unless(normal(analyte))


def measured(analyte: str) -> Truth:
    """Whether the report has a value of the analyte: never unknown itself."""
    return any_of(least(analyte).known, most(analyte).known)


def reported(analyte: str) -> Truth:
    """Whether the report holds the analyte, read or not."""
    flag, column = f"{analyte}:flag", f"{analyte}:reported"
    return Truth(pl.col(column), lambda facts: flag in facts, frozenset((column,)), certain=True)


def critical(analyte: str) -> Truth:
    """Whether the result is critical."""
    return truth(f"{analyte}:critical")


def age() -> Number:
    """Age in years."""
    own = frozenset(("age",))
    known = pl.when(pl.col("age").is_not_null()).then(pl.lit(value=False))
    lack = Lack(known, lambda facts: NOTHING if "age" in facts else own, frozenset())
    return number("age", lack)


def younger(years: float) -> Truth:
    """Whether the patient is younger; one of unknown age is an adult, of what age is not known."""
    if years > ADULT_YEARS:
        return age() < years
    return number("age") < years


def adult() -> Truth:
    """18 years or more; a patient of unknown age counts as an adult."""
    return ~younger(ADULT_YEARS)


def female() -> Truth:
    """A woman or girl; not known where no sex is stated, nor a pregnancy."""
    return any_of(text_is("sex", "F"), all_of(~sex_stated(), truth("pregnant")))


def male() -> Truth:
    """A man or boy; not known where no sex is stated, nor a pregnancy."""
    return all_of(text_is("sex", "M"), any_of(sex_stated(), ~truth("pregnant")))


def sex_stated() -> Truth:
    """Whether the sex is known."""
    return Truth(
        pl.col("sex").is_not_null(),
        lambda facts: facts.get("sex") is not None,
        frozenset(("sex",)),
        certain=True,
    )


def pregnant() -> Truth:
    """Known to be pregnant."""
    return all_of(truth("pregnant"), unless(male()))


def sample_hemolyzed() -> Truth:
    """Whether the laboratory remarked that the sample is hemolyzed."""
    return truth(HEMOLYZED)


def platelets_clumped() -> Truth:
    """Whether the laboratory remarked that platelets are in clumps."""
    return truth(PLATELET_CLUMPS)


def times_upper(analyte: str, factor: float) -> Truth:
    """Whether the value is at least ``factor`` times the upper limit of its range.

    Not known where it is so by the limits of one whom the patient may be and not of another.
    """
    certainly = at_least(analyte, upper(analyte) * factor)
    own = frozenset((f"{analyte}:differs",))
    differs = limit_differs(analyte)
    unknown = Truth(  # not known where the limits differ, else false
        pl.when(~differs.expr).then(pl.lit(value=False)),
        lambda facts: None if differs.compute(facts) else False,
        differs.columns,
        lambda facts: own,
    )
    return any_of(certainly, all_of(high(analyte), unknown))


def limit_differs(analyte: str) -> Truth:
    """Whether those whom the patient may be, as sex or age is not stated, have other limits."""
    return truth(f"{analyte}:differs")


def _flag_is(analyte: str, code: int) -> Truth:
    name = f"{analyte}:flag"
    own = frozenset((name,))

    def compute(facts: Facts) -> bool | None:
        found = facts.get(name)
        return None if found == UNJUDGED else found == code

    return Truth(pl.col(name) == code, compute, own, lambda facts: own)


# One report ---------------------------------------------------------------------------------------


def facts_of(
    results: Sequence[FlaggedResult],
    *,
    sex: str | None,
    age_years: float | None,
    pregnant: bool | None,
    height_cm: float | None = None,
    hours: Mapping[str, float | None] = MappingProxyType({}),
    unread: Iterable[str] = (),
) -> dict[str, Any]:
    """The facts of one report, without what is missing. The first result of an analyte counts.

    Args:
        hours: ``ingestion_hours`` and ``life_hours``, where the requester's note states them.
        unread: analytes that the report holds and that could not be read.
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
        if result.range_source == "knowledge" and limits_vary(analyte, sex, age_years, pregnant):
            facts[f"{analyte}:differs"] = True
    for analyte in unread:
        facts.setdefault(f"{analyte}:flag", UNJUDGED)
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


Unread = Sequence[tuple[int, str]]
"""(number of the report, analyte) of what reports hold and could not be read."""


def wide(
    rows: pl.DataFrame, where: Positions, columns: Iterable[str], unread: Unread = ()
) -> pl.DataFrame:
    """The wide frame: a row per report, and of the facts those named in ``columns``.

    Args:
        rows: flagged rows.
        where: their positions.
        columns: facts wanted, but those that ``knowledge.delta`` and ``knowledge.indices`` add.
        unread: what the reports hold beside the rows.
    """
    wanted: dict[str, set[str]] = {}
    gaps = []
    for column in columns:
        analyte, mark, kind = column.partition(":")
        if analyte == "gap":
            gaps.append(kind)
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
        "reported": np.ones(len(row_numbers), dtype=np.bool_),
        "differs": _differs(rows)[row_numbers],
    }
    beside = [(report, name) for report, name in unread if name in analytes]
    columns_by_name: dict[str, Any] = {}
    for kind, source in sources.items():
        names = sorted(wanted.get(kind, ()))
        if not names:
            continue
        slot = np.full(len(analytes), -1, dtype=np.int64)
        slot[[analytes.index(name) for name in names]] = np.arange(len(names))
        place = slot[code]
        chosen = place >= 0
        table = np.full((len(names), count), _EMPTY.get(kind, np.nan), dtype=source.dtype)
        if kind in _OF_UNREAD:
            for number, name in beside:
                if name in wanted[kind]:
                    table[names.index(name), number] = _OF_UNREAD[kind]
        table[place[chosen], report[chosen]] = source[chosen]
        suffix = "" if kind == "exact" else f":{kind}"
        columns_by_name |= {f"{name}{suffix}": table[i] for i, name in enumerate(names)}
    unknown = set(wanted) - set(sources)
    assert not unknown, f"facts of unknown kinds: {unknown}"
    results = pl.DataFrame(columns_by_name, nan_to_null=True).with_columns(
        *(
            pl.when(pl.col(f"{name}:flag") != UNJUDGED).then(f"{name}:flag").name.keep()
            for name in wanted.get("flag", ())
        ),
        *map(_gap, gaps),
    )
    return pl.concat([_report_columns(rows, where), results], how="horizontal")


def _gap(column: str) -> pl.Expr:
    """Null where the report holds the result and not this number of it, else false."""
    missing = pl.col(f"{column.partition(':')[0]}:reported") & pl.col(column).is_null()
    return pl.when(~missing).then(pl.lit(value=False)).alias(f"gap:{column}")


def _differs(rows: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which limits are ours and differ among those whom the patient may be."""
    found = np.zeros(len(rows), dtype=np.bool_)
    doubtful = rows.select(
        (pl.col("range_source") == "knowledge")
        & (pl.col("sex").is_null() | pl.col("age_years").is_null())
    ).to_series()
    if doubtful.any():
        places = doubtful.fill_null(value=False).arg_true()
        patients = rows.select("analyte", "sex", "age_years", "pregnant")[places]
        found[places.to_numpy()] = [limits_vary(*one) for one in patients.iter_rows()]
    return found


_EMPTY: Final = {"flag": NOT_REPORTED, "critical": False, "reported": False, "differs": False}
_OF_UNREAD: Final = {"flag": UNJUDGED, "reported": True}


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
