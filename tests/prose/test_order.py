"""What is told first: a table of pairs, each with its source, in both directions of listing."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from hemoscribe.knowledge import read_panel, references
from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.findings.definitions import finding_definitions
from hemoscribe.knowledge.findings.severity import MAX_SEVERITY, scales
from hemoscribe.prose.leading import leading_findings
from hemoscribe.records import Panel, ReportedResult

REPORTS = yaml.safe_load(Path(__file__).with_name("ordered_pairs.yaml").read_text("utf-8"))
PAIRS = [(number, *pair) for number, report in enumerate(REPORTS) for pair in report["pairs"]]
NOW = datetime(2026, 3, 4, 8)


def _results(entries: Mapping[str, Any], comment: str | None) -> Iterator[ReportedResult]:
    for name, printed in entries.items():
        text, _, limits = str(printed).partition(" [")
        low, high = limits.rstrip("]").split("-") if limits else (None, None)
        unit = analytes()[name].unit
        yield ReportedResult(name, text, unit, low, high, comment=comment)


def _panel(report: Mapping[str, Any], *, turned: bool = False) -> tuple[Panel, list[Panel]]:
    sex, age, *rest = report["who"].split()
    who = {"sex": sex, "age_years": float(age), "pregnant": True if rest else None}
    results = list(_results(report["results"], report.get("comment")))
    panel = Panel(tuple(results[::-1] if turned else results), **who, collected_at=NOW)
    if "earlier" not in report:
        return panel, []
    time = NOW - timedelta(hours=report["earlier"]["hours"])
    before = tuple(_results(report["earlier"]["results"], None))
    return panel, [Panel(before, **who, collected_at=time)]


@pytest.mark.parametrize("turned", [False, True], ids=["listed", "turned"])
@pytest.mark.parametrize(("report", "first", "then", "source"), PAIRS)
def test_of_two_findings_the_more_severe_is_told_first(
    report: int, first: str, then: str, source: str, *, turned: bool
) -> None:
    panel, earlier = _panel(REPORTS[report], turned=turned)
    reading = read_panel(panel, earlier=earlier)
    told = [finding.id for finding in leading_findings(reading)]
    stated = [finding.id for finding in reading.findings]
    assert then in stated, stated
    assert first in told, told
    assert then not in told or told.index(first) < told.index(then), told
    assert source in references()


def test_enough_pairs_are_told_apart() -> None:
    told_apart = {(first, then) for _, first, then, _ in PAIRS}
    assert len(told_apart) >= 80


def test_every_scale_has_sources_and_its_steps_are_in_order_of_its_conditions() -> None:
    for finding, scale in scales().items():
        assert scale.source, finding
        assert set(scale.source) <= set(references()), finding
        assert all(0 <= step.severity <= MAX_SEVERITY for step in scale.steps)
        assert set(scale.explains) <= set(finding_definitions())
