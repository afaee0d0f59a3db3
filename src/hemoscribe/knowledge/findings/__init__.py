"""Findings: patterns that published criteria recognise in the results of a report.

One module and one YAML file per discipline: the module holds the rules (formulas), the file their
names, criteria, sources, urgency, ages and exclusions.
"""

from hemoscribe.knowledge.findings.definitions import (
    FindingDefinition,
    Grade,
    finding_definitions,
    finding_name,
)
from hemoscribe.knowledge.findings.search import find

__all__ = ["FindingDefinition", "Grade", "find", "finding_definitions", "finding_name"]
