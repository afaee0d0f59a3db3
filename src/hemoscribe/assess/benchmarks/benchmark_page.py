"""``benchmark.html``, and the table on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hemoscribe.assess.assessment_page import environment
from hemoscribe.assess.benchmarks.benchmark_document import p_words
from hemoscribe.assess.benchmarks.comparison import comparison, percent, rows
from hemoscribe.pages import style


def benchmark_page(document: Mapping[str, Any]) -> str:
    """The page of ``benchmark.json``: printable, the three columns marked."""
    return (
        environment()
        .get_template("benchmark.html.j2")
        .render(
            a=document,
            css=style(),
            told=comparison(),
            rows=list(rows(list(document["tasks"]), measured(document), comparison())),
            percent=percent,
            p_words=p_words,
            few_shot=few_shot_words(document),
        )
    )


def measured(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Model -> benchmark -> what was measured, the base first."""
    found: dict[str, dict[str, Any]] = {}
    for role in ("base", "model"):
        if document[role] is not None:
            name = document[role]["name"]
            found[name] = {task: own[role] for task, own in document["tasks"].items()}
    return found


def text_table(document: Mapping[str, Any]) -> str:
    """The table for a terminal: per benchmark both models, chance, the difference, and seconds."""
    lines = [
        f"{'benchmark':<32}{'n':>7}{'chance':>8}{'commonest':>11}{'base':>13}{'model':>13}"
        f"{'difference':>12}{'p':>9}{'seconds':>9}"
    ]
    for task in document["tasks"].values():
        own, paired = task["model"], task["paired"]
        base = "-" if task["base"] is None else percent(task["base"])
        apart = "-" if paired is None else f"{100 * paired['difference']:+.1f}"
        sure = "-" if paired is None else p_words(paired["p_value"])
        lines.append(
            f"{task['title']:<32}{own['n']:>7,}{own['chance']:>8.1%}{own['commonest']:>11.1%}"
            f"{base:>13}{percent(own):>13}{apart:>12}{sure:>9}{own['seconds']:>9.0f}"
        )
    overlapping = [
        f"{task['title']} {task['overlap']['count']}"
        for task in document["tasks"].values()
        if task["overlap"] is not None
    ]
    if overlapping:
        lines.append(f"questions found in the training text: {', '.join(overlapping)}")
    return "\n".join([*lines, *document["verdict"]])


def few_shot_words(document: Mapping[str, Any]) -> str:
    """``zero-shot``, ``5-shot``."""
    count = document["few_shot"]
    return f"{count}-shot" if count else "zero-shot"
