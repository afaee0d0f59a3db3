"""Looking for the findings: in a frame of many reports, or in the facts of one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.knowledge.derived_alarms import alarm_columns, ring_all
from hemoscribe.knowledge.earlier_facts import earlier_facts
from hemoscribe.knowledge.findings.definitions import compiled_findings
from hemoscribe.knowledge.findings.finding_table import STATED_SCHEMA, finding_table
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
from hemoscribe.knowledge.repeated import rows_worst_first
from hemoscribe.knowledge.wide_frame import Unread, columns_read, wide
from hemoscribe.records import Finding


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
    rows = rows_worst_first(rows, where)
    earlier = earlier_facts(rows, where)
    parts = []
    for first, part, place in partitions(rows, where):
        frame = report_frame(part, place, earlier[first : first + len(place.report_ids)])
        frame, _ = ring_all(frame, part, place)
        found = finding_table(frame)
        report_id = place.report_ids.gather(found["report"]).alias("report_id")
        parts.append(found.select(report_id, *STATED_SCHEMA))
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
