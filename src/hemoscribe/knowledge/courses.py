"""A patient's course: which earlier results a report's findings rest on, and of when they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from itertools import groupby
from typing import Any, Final

import polars as pl

from hemoscribe.knowledge.earlier_facts import EarlierFact, earlier_facts_of
from hemoscribe.knowledge.earlier_windows import watched
from hemoscribe.knowledge.findings.definitions import compiled_findings
from hemoscribe.knowledge.formulas import Facts, Truth
from hemoscribe.records import EarlierResult, Finding, FlaggedResult

RESULT_COLUMNS: Final = tuple(FlaggedResult.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class EarlierReport:
    """A report of the patient's with its time, and of each analyte the result that counts."""

    report_id: str
    collected_at: datetime
    results: Mapping[str, FlaggedResult]


def first_results(results: Iterable[FlaggedResult]) -> dict[str, FlaggedResult]:
    """Analyte -> its first result, which is the one that counts."""
    found: dict[str, FlaggedResult] = {}
    for result in results:
        found.setdefault(result.analyte, result)
    return found


@dataclass(frozen=True, slots=True)
class Course:
    """What earlier reports say: the facts of ``knowledge.earlier_facts``, each with its results."""

    facts: Mapping[str, float]
    results: Mapping[str, tuple[EarlierResult, ...]]


def course_of(collected_at: datetime | None, earlier: Sequence[EarlierReport]) -> Course:
    """The course up to a report of that time."""
    found = earlier_facts_of(collected_at, [(one.collected_at, one.results) for one in earlier])
    return Course(
        {name: fact.value for name, fact in found.items()},
        {name: _results(fact, earlier) for name, fact in found.items()},
    )


def _results(fact: EarlierFact, earlier: Sequence[EarlierReport]) -> tuple[EarlierResult, ...]:
    reports = [earlier[place] for place in fact.places]
    return tuple(
        EarlierResult(one.results[fact.analyte], one.report_id, one.collected_at) for one in reports
    )


def with_since(findings: Iterable[Finding], facts: Facts, course: Course) -> tuple[Finding, ...]:
    """The findings, those that rest on earlier results with these, the oldest first."""
    return tuple(
        replace(finding, since=_since(resting()[finding.id], facts, course))
        if finding.id in resting() and course.results
        else finding
        for finding in findings
    )


def _since(
    rests: Sequence[tuple[str, Truth]], facts: Facts, course: Course
) -> tuple[EarlierResult, ...]:
    found = [
        result
        for name, holds in rests
        if name in course.results and holds.compute(facts)
        for result in course.results[name]
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.collected_at))


@cache
def resting() -> Mapping[str, tuple[tuple[str, Truth], ...]]:
    """The findings that rest on earlier results: on which facts, each with its condition."""
    return {one.definition.id: one.earlier for one in compiled_findings() if one.earlier}


class Courses:
    """The reports of many patients, from which a report's course is taken.

    Args:
        rows: flagged rows, as for ``find``.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows = rows

    @cached_property
    def _watched(self) -> pl.DataFrame:
        return self._rows.filter(
            pl.col("analyte").is_in(watched()), pl.col("collected_at").is_not_null()
        ).select("patient_id", "report_id", "collected_at", *RESULT_COLUMNS)

    def of(self, patients: Iterable[str]) -> dict[str, list[EarlierReport]]:
        """Patient -> every report that has a time and a result that courses are made of."""
        found = self._watched.filter(pl.col("patient_id").is_in(list(patients)))
        rows = found.sort("patient_id", "report_id", maintain_order=True).iter_rows()
        return {
            patient: list(_reports(own)) for patient, own in groupby(rows, key=lambda row: row[0])
        }


def _reports(rows: Iterable[tuple[Any, ...]]) -> Iterator[EarlierReport]:
    for (report_id, collected_at), own in groupby(rows, key=lambda row: (row[1], row[2])):
        results = first_results(FlaggedResult(*row[3:]) for row in own)
        yield EarlierReport(report_id, collected_at, results)
