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
from hemoscribe.prose.brief import brief
from hemoscribe.prose.compose import compose
from hemoscribe.prose.leading import leading_findings
from hemoscribe.prose.voice import Voice
from hemoscribe.records import LANGUAGES, Panel, ReportedResult

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


WORSE = [  # the worse of two critical results, and the other: drug levels have no finding
    ("Potassium 8.5 mmol/L 3.5-5.1", "Lithium 1.7 mmol/L 0.5-1.0"),
    ("Glucose 1.2 mmol/L 3.9-6.1", "Digoxin 3.2 ug/L 0.5-0.9"),
    ("Hemoglobin 4.0 g/dL 12-16", "Paracetamol 110 mg/L -"),
    ("Potassium 8.5 mmol/L 3.5-5.1", "Phosphate 0.30 mmol/L 0.8-1.45"),
    ("Sodium 108 mmol/L 135-145", "Phenytoin 27 mg/L 10-20"),
    ("Carboxyhemoglobin 45 % -", "Potassium 6.5 mmol/L 3.5-5.1"),
    ("Lithium 4.5 mmol/L 0.5-1.0", "Hemoglobin 6.5 g/dL 12-16"),
    ("pH 6.95 1 7.35-7.45", "Salicylate 310 mg/L -"),
    ("Potassium 7.4 mmol/L 3.5-5.1", "CRP 310 mg/L 0-5"),
    ("Neutrophils 0.1 10*9/L 2-7.5", "Ethanol 70 mmol/L -"),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("worse", "other"), WORSE)
def test_the_worst_critical_result_is_told_first_whether_a_finding_tells_it_or_not(
    make_panel, worse, other, language, turned
):
    pair = (other, worse) if turned else (worse, other)
    reading = read_panel(make_panel(*pair))
    first = reading.results[1 if turned else 0]
    told = brief(reading, Voice(language, 0))
    assert told.critical[0] is first
    text = compose(reading, language, 0)[0]
    names = [Voice(language, 0).name(one.analyte).casefold() for one in told.critical]
    places = [text.casefold().index(name) for name in names]
    assert places == sorted(places)
