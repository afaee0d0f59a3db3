"""What a text on a report has to tell, as the rules find it: the model puts it into words.

The same choice makes the composer's text and the prompt that is written from, so what a model is
asked to word and what it is taught to word never differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from hemoscribe.corpus.facts import Facts
from hemoscribe.corpus.leading import leading_findings
from hemoscribe.corpus.wording import families
from hemoscribe.knowledge import analytes
from hemoscribe.records import Finding, FlaggedResult, Reading

MAX_LISTED = 6
"""Results out of range that no finding tells, named one by one; beyond, by their group."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What is to be told of a reading, the most urgent first.

    ``critical``: results to be phoned; ``also``: abnormal results that neither a finding nor a
    critical value tells, to be named; ``also_groups``: the groups of those beyond ``MAX_LISTED``.
    Every result is in one of ``shown`` (abnormal, critical, or what a finding rests on),
    ``normal`` and ``without_range``.
    """

    critical: tuple[FlaggedResult, ...]
    findings: tuple[Finding, ...]
    also: tuple[FlaggedResult, ...]
    also_groups: tuple[str, ...]
    shown: tuple[FlaggedResult, ...]
    normal: tuple[FlaggedResult, ...]
    without_range: tuple[FlaggedResult, ...]


def brief(reading: Reading) -> Brief:
    """The brief of a reading."""
    facts = Facts(reading)
    findings = leading_findings(reading)
    untold = _untold(facts, findings)
    named, grouped = untold[:MAX_LISTED], untold[MAX_LISTED:]
    if len(grouped) == 1:
        named, grouped = untold, []
    evidence = {name for finding in reading.findings for name in finding.evidence}
    shown: list[FlaggedResult] = []
    normal: list[FlaggedResult] = []
    without_range: list[FlaggedResult] = []
    for result in reading.results:
        if result.critical or result.analyte in evidence or result.direction in ("low", "high"):
            shown.append(result)
        else:
            (without_range if result.direction is None else normal).append(result)
    return Brief(
        critical=tuple(result for result in reading.results if result.critical),
        findings=findings,
        also=tuple(named),
        also_groups=tuple(dict.fromkeys(analytes()[one.analyte].group for one in grouped)),
        shown=tuple(shown),
        normal=tuple(normal),
        without_range=tuple(without_range),
    )


def key_result(finding: Finding, reading: Reading) -> FlaggedResult | None:
    """The result that a finding is told with: the first of its family's keys in its evidence."""
    for name in families()[finding.id].key:
        if name not in finding.evidence:
            continue
        for result in reading.results:
            if result.analyte == name:
                return result
    return None


def _untold(facts: Facts, findings: tuple[Finding, ...]) -> list[FlaggedResult]:
    """The abnormal results that neither a finding nor a critical value tells."""
    stated = {finding.id for finding in findings}
    stated |= {other for finding in stated for other in families()[finding].implies}
    return [
        result
        for result in facts.reading.abnormal
        if not facts.told_by(stated, result) and not result.critical
    ]
