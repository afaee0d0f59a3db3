"""The findings of many reports, from their frame of facts: the levels of each, then what it says.

What a finding says of each report is kept as numbers, a result of its evidence being a bit of one
of them, and is put in words once for all findings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.knowledge.findings.definitions import CompiledFinding, compiled_findings
from hemoscribe.knowledge.findings.severity import (
    CRITICAL,
    MAX_SEVERITY,
    lifting_order,
    scale_of,
)

STATED_SCHEMA: Final = {
    "finding": pl.String(),
    "grade": pl.String(),
    "evidence": pl.List(pl.String()),
    "severity": pl.Int16(),
}
_NOT_STATED = -1
_Severities = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _Stated:
    """The reports of one finding: rows of the frame, its levels, severities, bits of evidence."""

    finding: CompiledFinding
    reports: npt.NDArray[np.int64]
    levels: npt.NDArray[np.uint8]
    severities: _Severities
    evidence: npt.NDArray[np.uint64]


def finding_table(frame: pl.DataFrame) -> pl.DataFrame:
    """(report: row of the frame, finding, grade, evidence, severity), by report and severity."""
    compiled = compiled_findings()
    stated = [
        found
        for finding, levels in zip(compiled, _levels(frame, compiled), strict=True)
        if (found := _stated(frame, levels, finding)) is not None
    ]
    if not stated:
        return pl.DataFrame(schema={"report": pl.UInt32(), **STATED_SCHEMA})
    severities: dict[str, _Severities] = {}
    for one in stated:
        of_all = np.full(frame.height, _NOT_STATED, dtype=np.int16)
        of_all[one.reports] = one.severities
        severities[one.finding.definition.id] = of_all
    lifted = _lifted(severities)
    return _in_words(stated, [lifted[one.finding.definition.id][one.reports] for one in stated])


def _lifted(severities: dict[str, _Severities]) -> dict[str, _Severities]:
    """The severities of findings that explain others: one above those, where both are stated."""
    known = dict(severities)
    for name in lifting_order():
        explained = [known[other] for other in scale_of(name).explains if other in known]
        if name in known and explained:
            own = known[name]
            above = np.minimum(np.max(explained, axis=0) + 1, MAX_SEVERITY)
            known[name] = np.where(own > _NOT_STATED, np.maximum(own, above), own).astype(np.int16)
    return known


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
    frame: pl.DataFrame, levels: npt.NDArray[np.uint8], finding: CompiledFinding
) -> _Stated | None:
    """What one finding says of the reports where it holds and has evidence; None without any."""
    reports = np.flatnonzero(levels)
    if not len(reports):
        return None
    rows = pl.Series(reports, dtype=pl.UInt32)
    facts = frame.select(pl.col(sorted(finding.columns)).gather(rows))
    names = [name for name, _ in finding.evidence]
    asked = (
        *(shows.expr for _, shows in finding.evidence),
        *(pl.col(f"{name}:critical") for name in names),
        *(step.condition.expr for step in finding.scale.steps),
    )
    held = facts.select(
        expr.fill_null(value=False).alias(str(place)) for place, expr in enumerate(asked)
    )
    truths = [column.to_numpy() for column in held]
    shown, alarms = truths[: len(names)], truths[len(names) : 2 * len(names)]
    evidence = np.zeros(len(reports), dtype=np.uint64)
    critical = np.zeros(len(reports), dtype=np.bool_)
    for place, (shows, alarm) in enumerate(zip(shown, alarms, strict=True)):
        evidence |= shows.astype(np.uint64) << np.uint64(place)
        critical |= shows & alarm
    level = levels[reports]
    severity = _severities(finding, level, truths[2 * len(names) :])
    severity = np.where(critical, np.maximum(severity, CRITICAL + severity % 100), severity)
    kept = evidence > 0
    if not kept.any():
        return None
    return _Stated(finding, reports[kept], level[kept], severity[kept], evidence[kept])


def _severities(
    finding: CompiledFinding,
    level: npt.NDArray[np.uint8],
    steps_held: Sequence[npt.NDArray[np.bool_]],
) -> _Severities:
    """The severity of each report of a finding, before critical results raise it."""
    every = range(1, len(finding.grades) + 1)
    grades = [None, *map(finding.grade, every)]
    found = np.array([0, *map(finding.base, every)], dtype=np.int16)[level]
    for step, holds in reversed(list(zip(finding.scale.steps, steps_held, strict=True))):
        here = holds if step.grade is None else holds & (level == grades.index(step.grade))
        found = np.where(here, np.int16(step.severity), found)
    return found


def _in_words(stated: Sequence[_Stated], severities: Sequence[_Severities]) -> pl.DataFrame:
    """The table of ``finding_table``; ``severities`` in place of those before any was lifted."""
    grades: list[str | None] = []
    evidence: list[list[str]] = []
    grade_places, evidence_places = [], []
    for one in stated:
        bits, place = np.unique(one.evidence, return_inverse=True)
        evidence_places.append(place + len(evidence))
        evidence += [_names(one.finding, int(mask)) for mask in bits]
        grade_places.append(one.levels.astype(np.int64) - 1 + len(grades))
        grades += map(one.finding.grade, range(1, len(one.finding.grades) + 1))
    reports = np.concatenate([one.reports for one in stated])
    findings = np.repeat(np.arange(len(stated)), [len(one.reports) for one in stated])
    severity = np.concatenate(severities)
    order = np.lexsort((findings, -severity, reports))
    names = pl.Series([one.finding.definition.id for one in stated], dtype=pl.String)
    return pl.DataFrame(
        {
            "report": pl.Series(reports[order], dtype=pl.UInt32),
            "finding": names.gather(findings[order]),
            "grade": pl.Series(grades, dtype=pl.String).gather(np.concatenate(grade_places)[order]),
            "evidence": pl.Series(evidence, dtype=STATED_SCHEMA["evidence"]).gather(
                np.concatenate(evidence_places)[order]
            ),
            "severity": pl.Series(severity[order], dtype=pl.Int16),
        }
    )


def _names(finding: CompiledFinding, mask: int) -> list[str]:
    return [name for place, (name, _) in enumerate(finding.evidence) if mask >> place & 1]
