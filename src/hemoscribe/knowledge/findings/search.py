"""Looking for the findings: in a frame of many reports, or in the facts of one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.knowledge.delta import earlier_facts
from hemoscribe.knowledge.derived_alarms import alarm_columns, ring_all
from hemoscribe.knowledge.findings.definitions import CompiledFinding, compiled_findings
from hemoscribe.knowledge.findings.rules import shared_conditions
from hemoscribe.knowledge.findings.severity import (
    CRITICAL,
    MAX_SEVERITY,
    lifting_order,
    scale_of,
    severity_at,
)
from hemoscribe.knowledge.formulas import Facts
from hemoscribe.knowledge.indices import add_indices, index_columns
from hemoscribe.knowledge.positions import Positions, partitions, positions
from hemoscribe.knowledge.wide_frame import Unread, columns_read, wide
from hemoscribe.records import Finding

FINDING_SCHEMA: Final = {
    "report_id": pl.String(),
    "finding": pl.String(),
    "grade": pl.String(),
    "evidence": pl.List(pl.String()),
    "severity": pl.Int16(),
}
_NOT_STATED = -1
_Severities = npt.NDArray[np.int16]


def find(rows: pl.DataFrame) -> pl.DataFrame:
    """The findings of every report, the most severe first.

    Args:
        rows: flagged rows (``flag``). Earlier reports of the same patient among them serve the
            delta checks and the acute kidney injury criteria.

    Returns:
        report_id, finding, grade (null without grades), evidence (analytes), severity (0 to 499).
    """
    rows = columns_read(rows)
    where = positions(rows)
    earlier = earlier_facts(rows, where)
    parts = []
    for first, part, place in partitions(rows, where):
        frame = report_frame(part, place, earlier[first : first + len(place.report_ids)])
        frame, _ = ring_all(frame, part, place)
        found = finding_table(frame)
        report_id = place.report_ids.gather(found["report"]).alias("report_id")
        parts.append(found.select(report_id, *list(FINDING_SCHEMA)[1:]))
    return pl.concat(parts)


@cache
def fact_columns() -> frozenset[str]:
    """The facts that findings and indices need."""
    findings = (finding.columns for finding in compiled_findings())
    return index_columns().union(alarm_columns(), *findings)


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
    """(report: row of the frame, finding, grade, evidence, severity), by report and severity."""
    compiled = compiled_findings()
    levels = _levels(frame, compiled)
    parts: list[pl.DataFrame] = []
    severities: dict[str, _Severities] = {}
    for place, finding in enumerate(compiled):
        part = _stated(frame, levels[place], finding, place)
        if part is not None:
            parts.append(part)
            of_all = np.full(frame.height, _NOT_STATED, dtype=np.int16)
            of_all[part["report"].to_numpy()] = part["severity"].to_numpy()
            severities[finding.definition.id] = of_all
    if not parts:
        return pl.DataFrame(schema={"report": pl.UInt32()} | dict(list(FINDING_SCHEMA.items())[1:]))
    lifted = _lifted(severities)
    told = [
        part.with_columns(pl.Series("severity", lifted[name][part["report"].to_numpy()]))
        if (name := part["finding"][0]) in lifted
        else part
        for part in parts
    ]
    return pl.concat(told).sort("report", -pl.col("severity"), "place").drop("place")


def _lifted(severities: dict[str, _Severities]) -> dict[str, _Severities]:
    """The severities of findings that explain others: one above those, where both are stated."""
    known, lifted = dict(severities), {}
    for name in lifting_order():
        explained = [known[other] for other in scale_of(name).explains if other in known]
        if name in known and explained:
            own = known[name]
            above = np.minimum(np.max(explained, axis=0) + 1, MAX_SEVERITY)
            known[name] = lifted[name] = np.where(
                own > _NOT_STATED, np.maximum(own, above), own
            ).astype(np.int16)
    return lifted


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
) -> pl.DataFrame | None:
    """The rows of one finding: reports where it holds, with its evidence; None where none does."""
    reports = np.flatnonzero(levels)
    if not len(reports):
        return None
    rows = pl.Series(reports, dtype=pl.UInt32)
    facts = frame.select(pl.col(sorted(finding.columns)).gather(rows))
    shown = facts.select(
        evidence=pl.concat_list(
            pl.when(truth.expr).then(pl.lit(analyte)) for analyte, truth in finding.evidence
        ).list.drop_nulls(),
        critical=pl.any_horizontal(
            truth.expr.fill_null(value=False) for truth in finding.criticals
        ),
    )
    every = range(1, len(finding.grades) + 1)
    grades = pl.Series([None, *map(finding.grade, every)], dtype=pl.String)
    level = levels[reports]
    severity = _severities(facts, finding, level)
    critical, raised = shown["critical"].to_numpy(), CRITICAL + severity % 100
    stated = pl.DataFrame(
        {
            "report": rows,
            "finding": pl.repeat(finding.definition.id, len(rows), eager=True),
            "grade": grades.gather(level),
            "evidence": shown["evidence"],
            "severity": np.where(critical, np.maximum(severity, raised), severity),
            "place": np.full(len(rows), place, dtype=np.uint16),
        }
    )
    bare = stated["evidence"].list.len() == 0
    stated = stated.filter(~bare) if bare.any() else stated
    return stated if stated.height else None


def _severities(
    facts: pl.DataFrame, finding: CompiledFinding, level: npt.NDArray[np.uint8]
) -> _Severities:
    """The severity of each row of a finding, before critical results raise it."""
    every = range(1, len(finding.grades) + 1)
    grades = [None, *map(finding.grade, every)]
    found = np.array([0, *map(finding.base, every)], dtype=np.int16)[level]
    steps = finding.scale.steps
    if steps:
        holds = facts.select(
            step.condition.expr.fill_null(value=False).alias(str(number))
            for number, step in enumerate(steps)
        )
        for number, step in reversed(list(enumerate(steps))):
            here = holds[str(number)].to_numpy()
            if step.grade is not None:
                here = here & (level == (grades.index(step.grade)))
            found = np.where(here, np.int16(step.severity), found)
    return found


def findings_of(facts: Facts) -> list[Finding]:
    """The findings of one report, the most severe first; ``facts`` hold its indices."""
    compiled = compiled_findings()
    known = _known_analytes(facts)
    levels: dict[int, int] = {}
    for place, finding in enumerate(compiled):
        if not finding.analytes.isdisjoint(known) and (level := finding.level(facts)):
            levels[place] = level
    excluded = {other for place in levels for other in compiled[place].excluded}
    found: dict[str, Finding] = {}
    for place, level in levels.items():
        if place in excluded:
            continue
        finding = compiled[place]
        evidence = tuple(name for name, truth in finding.evidence if truth.compute(facts))
        if not evidence:
            continue
        grade = finding.grade(level)
        severity = severity_at(finding.scale.steps, grade, facts)
        severity = finding.base(level) if severity is None else severity
        if any(truth.compute(facts) for truth in finding.criticals):
            severity = max(severity, CRITICAL + severity % 100)
        found[finding.definition.id] = Finding(finding.definition.id, grade, evidence, severity)
    for name in lifting_order():
        explained = [found[other].severity for other in scale_of(name).explains if other in found]
        if name in found and explained:
            above = min(max(explained) + 1, MAX_SEVERITY)
            found[name] = replace(found[name], severity=max(found[name].severity, above))
    return sorted(found.values(), key=lambda finding: -finding.severity)


def _known_analytes(facts: dict[str, Any] | Facts) -> set[str]:
    return {name[:-5] for name in facts if name.endswith(":flag")}
