"""Which findings are told, and in which order."""

from __future__ import annotations

from dataclasses import replace

from hemoscribe.prose.wording import families
from hemoscribe.records import Finding, Reading

_SEVERE = frozenset(("severe", "profound", "marked"))


def leading_findings(reading: Reading) -> tuple[Finding, ...]:
    """The findings worth telling, the most severe first: without those that another one contains.

    A finding whose grade comes from another (a microcytic anemia that is severe) carries it, and
    the severity of what it stands for.
    """
    by_id = {finding.id: finding for finding in reading.findings}
    dropped = {
        other
        for finding in by_id
        for other in _subsumed(finding)
        if other in by_id and not _told_apart(by_id[other], finding)
    }
    kept = []
    for place, finding in enumerate(reading.findings):
        if finding.id in dropped or finding.id not in families():
            continue
        inner = [by_id[other] for other in _subsumed(finding.id) if other in dropped]
        severity = max([finding.severity, *(one.severity for one in inner)])
        source = families()[finding.id].grade_from
        grade = finding.grade
        if grade is None and source in by_id:
            grade = by_id[source].grade
        kept.append(((-severity, place), replace(finding, grade=grade, severity=severity)))
    return tuple(finding for _, finding in sorted(kept, key=lambda item: item[0]))


def _subsumed(finding: str) -> frozenset[str]:
    family = families().get(finding)
    return frozenset() if family is None else family.subsumes | family.subsumes_mild


def _told_apart(finding: Finding, by: str) -> bool:
    return finding.id in families()[by].subsumes_mild and finding.grade in _SEVERE
