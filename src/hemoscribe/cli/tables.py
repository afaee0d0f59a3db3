"""What ``hemoscribe run`` prints for a person: the table against the targets, then two reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hemoscribe.cli.output import show
from hemoscribe.engines.terminal import report_text


def print_run(summary: Mapping[str, Any]) -> None:
    """The gates, one interpreted report per language, and where the model and the page are."""
    show("")
    show(f"{'measured on held-out reports':<44}{'value':>10}{'target':>12}  met")
    for gate in summary["gates"]:
        bound = f"{gate['comparison']} {gate['target']:g}"
        met = "yes" if gate["met"] else "NO"
        value = "unmeasured" if gate["value"] is None else f"{gate['value']:.4g}"
        show(f"{gate['label']:<44}{value:>10}{bound:>12}  {met}")
    for gate in summary["gates"]:
        if not gate["met"]:
            show(gate["sentence"])
    show(summary["may_write"]["sentence"])
    for document in summary["examples"]:
        show("")
        show(report_text(document))
    show("")
    show(f"report: {summary['report']}")
    model = summary["model"]
    champion = "the champion" if model["promoted"] else "registered, not promoted"
    show(f"model:  {model['folder']} ({model['name']}, {champion})")
    show(f"why:    {model['why']}")


def print_assessment(summary: Mapping[str, Any]) -> None:
    """The model's tracks and the baselines, one a line; then each comparison as a sentence."""
    show(f"{summary['model']} ({summary['engine']}): {summary['results']:,} results of")
    show(f"{summary['reports']:,} reports and {summary['patients']:,} patients")
    columns = ("accuracy", "abnormal_recall", "abnormal_precision")
    show(f"\n{'reader':<34}" + "".join(f"{name.replace('_', ' '):>26}" for name in columns))
    rows = {f"the model, {name} track": row for name, row in summary["tracks"].items()}
    for name, row in (rows | summary["baselines"]).items():
        show(f"{name:<34}" + "".join(f"{_interval(row[column]):>26}" for column in columns))
    show("")
    for row in summary["baselines"].values():
        if row.get("paired"):
            show(row["paired"]["sentence"])
    for name, row in summary["tracks"].items():
        if row["finding_f1"]["value"] is not None:
            show(
                f"writing, {name} track: F1 of findings {_interval(row['finding_f1'])}, "
                f"unfaithful {_interval(row['unfaithful_rate'])}, "
                f"withheld {_interval(row['withheld_rate'])}"
            )
    for sentence in summary["warnings"]:
        show(f"warning: {sentence}")
    show(summary["may_write"]["sentence"])
    for name in ("assessment", "page"):
        show(f"{name}: {summary[name]}")


def _interval(estimate: Mapping[str, Any]) -> str:
    """``98.6 % (97.9 to 99.1)``."""
    if estimate["value"] is None:
        return "-"
    bounds = ""
    if estimate["low"] is not None:
        bounds = f" ({100 * estimate['low']:.1f} to {100 * estimate['high']:.1f})"
    return f"{100 * estimate['value']:.1f} %{bounds}"


def print_cases(summary: Mapping[str, Any]) -> None:
    """Real cases, one a line: met or not, and under it the sentence why."""
    for case in summary["cases"]:
        show(f"{case['state']:<8} {case['id']}: {case['title']}")
        for sentence in case["why"]:
            show(f"         {sentence}")
    for name in ("own_words", "own_reading"):
        if summary[name]:
            counts = ", ".join(f"{key} {count:,}" for key, count in summary[name].items())
            show(f"{name}: {counts}")
    show(f"document: {summary['document']}\npage: {summary['page']}")
