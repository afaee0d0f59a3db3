"""``cases.html``: each case, its results, the expert's conclusion, the words and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hemoscribe.assess.assessment_page import environment
from hemoscribe.knowledge import analytes, display_unit, finding_name
from hemoscribe.pages import style
from hemoscribe.prose.prompt import patient_words
from hemoscribe.records import Finding, Panel

_ORDER = ("not met", "not yet", "met")


def cases_page(document: Mapping[str, Any]) -> str:
    """The page of ``cases.json``: what failed first, printable."""
    cases = sorted(document["cases"], key=lambda case: _ORDER.index(case["state"]))
    return (
        environment()
        .get_template("cases.html.j2")
        .render(a=document, cases=[_shown(case) for case in cases], css=style())
    )


def _shown(case: Mapping[str, Any]) -> dict[str, Any]:
    patient = case["patient"]
    panel = Panel((), patient["sex"], patient["age_years"], patient["pregnant"])
    return {
        **case,
        "who": patient_words(panel, "en"),
        "rows": [_row(result) for result in case["results"]],
        "finding_names": [
            finding_name(Finding(one["id"], one["grade"], tuple(one["evidence"]), 0), "en")
            for one in case["findings"]
        ],
        "index_values": [
            f"{index['id'].replace('_', ' ')} {index['value']:.3g} {display_unit(index['unit'])}"
            for index in case["indices"]
            if index["value"] is not None
        ],
        "met_count": sum(verdict["state"] == "met" for verdict in case["verdicts"]),
        "own_faults": [
            f"{verdict['sentence']} ({verdict['where'].removeprefix('own ')})"
            for verdict in case["own_verdicts"]
            if verdict["state"] == "not met"
        ],
    }


def _row(result: Mapping[str, Any]) -> dict[str, Any]:
    low, high = result["low"], result["high"]
    return {
        "name": analytes()[result["analyte"]].name("en"),
        "value": f"{result['reported_value']} {result['reported_unit'] or ''}".strip(),
        "canonical": f"{result['value']:.4g} {display_unit(result['unit'])}".strip(),
        "range": "-" if low is None and high is None else f"{_limit(low)} to {_limit(high)}",
        "flag": (result["flag"] or "no range") + (", critical" if result["critical"] else ""),
        "abnormal": result["flag"] not in (None, "N"),
    }


def _limit(limit: float | None) -> str:
    return "…" if limit is None else f"{limit:.4g}"
