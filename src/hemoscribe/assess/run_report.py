"""``report.html`` of ``hemoscribe run``: what went in, what was set aside, how well it went."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hemoscribe.assess import charts
from hemoscribe.assess.assessment_page import environment
from hemoscribe.files import write_text
from hemoscribe.pages import style

METRICS = "metrics.jsonl"
REJECTS = "rejects_by_code"
_MAX_POINTS = 400
_WINDOW = 10
_LONGEST_PATH = 400
_SHORT = 60


def run_report(
    stages: Mapping[str, Mapping[str, Any]],
    assessment: Mapping[str, Any],
    examples: Sequence[Mapping[str, Any]],
    out_path: Path,
) -> Path:
    """Write the page of a whole run.

    Args:
        stages: stage name -> its summary, in the order they ran; ``tune``'s names the model's
            folder, whose ``metrics.jsonl`` gives the training curve.
        assessment: the document of ``assessment.json``.
        examples: interpreted reports, with the keys of ``interpret --json``.

    Returns:
        ``out_path``.
    """
    out_path = Path(out_path)
    page = (
        environment()
        .get_template("run.html.j2")
        .render(
            a=assessment,
            css=style(),
            stages=[
                {
                    "name": name,
                    "skipped": bool(summary.get("skipped")),
                    "counts": ", ".join(_counts(summary)) or "-",
                }
                for name, summary in stages.items()
            ],
            rejects=list(_rejects(stages)),
            splits=[
                (side, _words(counts))
                for side, counts in stages.get("curate", {}).get("splits", {}).items()
            ],
            warnings=[*stages.get("curate", {}).get("warnings", []), *assessment["warnings"]],
            training=_training(stages.get("tune", {}), out_path.parent),
            examples=examples,
            paths=list(_paths(stages)),
        )
    )
    write_text(out_path, page)
    return out_path


def _counts(summary: Mapping[str, Any]) -> Iterator[str]:
    """A stage's plain numbers and short words; its tables are shown elsewhere."""
    for name, value in summary.items():
        label = name.replace("_", " ")
        if value is None or name in (REJECTS, "skipped"):
            continue
        if isinstance(value, bool):
            yield f"{label}: {'yes' if value else 'no'}"
        elif isinstance(value, str) and 0 < len(value) <= _SHORT and not _is_path(value):
            yield f"{label}: {value}"
        elif isinstance(value, int):
            yield f"{label} {value:,}"
        elif isinstance(value, float):
            yield f"{label} {value:.4g}"
        elif isinstance(value, Mapping) and value and _all_numbers(value):
            yield f"{label} ({_words(value)})"


def _all_numbers(value: Mapping[str, Any]) -> bool:
    return len(value) <= 6 and all(
        isinstance(number, (int, float)) and not isinstance(number, bool)
        for number in value.values()
    )


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(number)}" for name, number in value.items())
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _rejects(stages: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for name, summary in stages.items():
        by_code = summary.get(REJECTS)
        if by_code:
            rows = sorted(by_code.items(), key=lambda pair: -pair[1])
            yield {"stage": name, "rows": [(code.replace("_", " "), n) for code, n in rows]}


def _paths(stages: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, summary in stages.items():
        for key, value in summary.items():
            if isinstance(value, (str, Path)) and _is_path(str(value)):
                yield f"{name}: {key.replace('_', ' ')}", str(value)


def _is_path(text: str) -> bool:
    return "/" in text and len(text) <= _LONGEST_PATH and Path(text).exists()


def _training(tune: Mapping[str, Any], run: Path) -> list[dict[str, str]]:
    """The plots of ``metrics.jsonl``, each with a sentence; none where there is no such file."""
    places = [Path(str(tune["model"])) / METRICS] if "model" in tune else []
    path = next((place for place in [*places, run / "tune" / METRICS] if place.is_file()), None)
    if path is None:
        return []
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    checks = [
        {"step": record["step"], **record["validation"]}
        for record in records
        if record.get("validation")
    ]
    plots = []
    loss = _line(records, "loss")
    if loss:
        words = f"Training loss from {loss[0][1]:.3g} to {loss[-1][1]:.3g}"
        words += f" in {loss[-1][0]:,.0f} steps."
        plot = charts.curves({"training loss": loss}, "Training loss", "steps")
        plots.append({"plot": plot, "words": words})
    lines = {
        "training reports, slots read right": _smoothed(_line(records, "slot_accuracy")),
        "validation reports, slots read right": _line(checks, "slot_accuracy"),
        "validation reports, recall of abnormal": _line(checks, "abnormal_recall"),
    }
    lines = {label: line for label, line in lines.items() if line}
    if lines:
        words = "Share of results read right while training (a moving mean) and on a small sample"
        words += " of the validation side."
        plot = charts.curves(lines, "Reading while training", "steps", highest=1.0)
        plots.append({"plot": plot, "words": words})
    return plots


def _line(records: Sequence[Mapping[str, Any]], key: str) -> list[tuple[float, float]]:
    points = [
        (float(record["step"]), float(record[key]))
        for record in records
        if record.get("step") is not None and record.get(key) is not None
    ]
    return points[:: max(1, -(-len(points) // _MAX_POINTS))]


def _smoothed(line: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Each point as the mean of itself and the points just before it."""
    smooth = []
    for i, (step, _) in enumerate(line):
        window = [value for _, value in line[max(0, i + 1 - _WINDOW) : i + 1]]
        smooth.append((step, sum(window) / len(window)))
    return smooth
