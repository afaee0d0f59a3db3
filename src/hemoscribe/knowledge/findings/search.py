"""Looking for the findings: in a frame of many reports, or in the facts of one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.knowledge.delta import earlier_facts
from hemoscribe.knowledge.findings.definitions import (
    MAX_URGENCY,
    CompiledFinding,
    compiled_findings,
)
from hemoscribe.knowledge.findings.rules import UNGRADED, shared_conditions
from hemoscribe.knowledge.formulas import Facts
from hemoscribe.knowledge.indices import add_indices, index_columns
from hemoscribe.knowledge.variables import Positions, Unread, partitions, positions, wide
from hemoscribe.records import Finding

FINDING_SCHEMA: Final = {
    "report_id": pl.String(),
    "finding": pl.String(),
    "grade": pl.String(),
    "evidence": pl.List(pl.String()),
    "urgency": pl.Int8(),
}


def find(rows: pl.DataFrame) -> pl.DataFrame:
    """The findings of every report, the most urgent first.

    Args:
        rows: flagged rows (``flag``). Earlier reports of the same patient among them serve the
            delta checks and the acute kidney injury criteria.

    Returns:
        report_id, finding, grade (null without grades), evidence (analytes), urgency (0 to 3).
    """
    where = positions(rows)
    earlier = earlier_facts(rows, where)
    parts = []
    for first, part, place in partitions(rows, where):
        frame = report_frame(part, place, earlier[first : first + len(place.report_ids)])
        found = finding_table(frame)
        report_id = place.report_ids.gather(found["report"]).alias("report_id")
        parts.append(found.select(report_id, *list(FINDING_SCHEMA)[1:]))
    return pl.concat(parts)


@cache
def fact_columns() -> frozenset[str]:
    """The facts that findings and indices need."""
    return index_columns().union(*(finding.columns for finding in compiled_findings()))


def report_frame(
    rows: pl.DataFrame, where: Positions, earlier: pl.DataFrame, unread: Unread = ()
) -> pl.DataFrame:
    """The wide frame with all that findings may ask: results, earlier results, indices."""
    frame = wide(rows, where, fact_columns(), unread)
    known = add_indices(pl.concat([frame, earlier], how="horizontal"))
    return known.with_columns(
        condition.expr.alias(column) for column, condition in shared_conditions().items()
    )


def finding_table(frame: pl.DataFrame) -> pl.DataFrame:
    """(report: row of the frame, finding, grade, evidence, urgency), by report and urgency."""
    compiled = compiled_findings()
    levels = _levels(frame, compiled)
    parts = [
        part
        for place, finding in enumerate(compiled)
        for part in _stated(frame, levels[place], finding, place)
    ]
    if not parts:
        return pl.DataFrame(schema={"report": pl.UInt32()} | dict(list(FINDING_SCHEMA.items())[1:]))
    return pl.concat(parts).sort("report", -pl.col("urgency"), "place").drop("place")


def _levels(
    frame: pl.DataFrame, compiled: tuple[CompiledFinding, ...]
) -> list[npt.NDArray[np.uint8]]:
    """A level per finding and report, after exclusions."""
    columns = frame.select(
        finding.level_expr().alias(str(place)) for place, finding in enumerate(compiled)
    )
    before = [column.to_numpy() for column in columns]
    after = [column.copy() for column in before]
    for place, finding in enumerate(compiled):
        if finding.excluded and (stated := before[place] > 0).any():
            for other in finding.excluded:
                after[other][stated] = 0
    return after


def _stated(
    frame: pl.DataFrame, levels: npt.NDArray[np.uint8], finding: CompiledFinding, place: int
) -> Iterator[pl.DataFrame]:
    """The rows of one finding: reports where it holds, with its evidence."""
    reports = np.flatnonzero(levels)
    if not len(reports):
        return
    rows = pl.Series(reports, dtype=pl.UInt32)
    shown = frame.select(pl.col(sorted(finding.columns)).gather(rows)).select(
        evidence=pl.concat_list(
            pl.when(truth.expr).then(pl.lit(analyte)) for analyte, truth in finding.evidence
        ).list.drop_nulls(),
        critical=pl.any_horizontal(
            truth.expr.fill_null(value=False) for truth in finding.criticals
        ),
    )
    every = range(1, len(finding.grades) + 1)
    grades = pl.Series([None, *(grade or None for grade, _ in finding.grades)], dtype=pl.String)
    urgencies = np.array([0, *map(finding.urgency, every)], dtype=np.int8)
    critical = shown["critical"].to_numpy()
    level = levels[reports]
    stated = pl.DataFrame(
        {
            "report": rows,
            "finding": pl.repeat(finding.definition.id, len(rows), eager=True),
            "grade": grades.gather(level),
            "evidence": shown["evidence"],
            "urgency": np.where(critical, np.int8(MAX_URGENCY), urgencies[level]),
            "place": np.full(len(rows), place, dtype=np.uint16),
        }
    )
    bare = stated["evidence"].list.len() == 0
    yield stated.filter(~bare) if bare.any() else stated


def findings_of(facts: Facts) -> list[Finding]:
    """The findings of one report, the most urgent first; ``facts`` hold its indices."""
    compiled = compiled_findings()
    known = _known_analytes(facts)
    levels: dict[int, int] = {}
    for place, finding in enumerate(compiled):
        if not finding.analytes.isdisjoint(known) and (level := finding.level(facts)):
            levels[place] = level
    excluded = {other for place in levels for other in compiled[place].excluded}
    found = []
    for place, level in levels.items():
        if place in excluded:
            continue
        finding = compiled[place]
        evidence = tuple(name for name, truth in finding.evidence if truth.compute(facts))
        if not evidence:
            continue
        grade = finding.grades[level - 1][0]
        urgency = finding.urgency(level)
        if any(truth.compute(facts) for truth in finding.criticals):
            urgency = MAX_URGENCY
        found.append(
            Finding(finding.definition.id, None if grade == UNGRADED else grade, evidence, urgency)
        )
    return sorted(found, key=lambda finding: -finding.urgency)


def _known_analytes(facts: dict[str, Any] | Facts) -> set[str]:
    return {name[:-5] for name in facts if name.endswith(":flag")}
