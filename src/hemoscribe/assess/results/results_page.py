"""The page of results as Markdown, from the documents that assessments wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hemoscribe.assess.assessment import FORMAT
from hemoscribe.assess.results.assessed import assessment_lines
from hemoscribe.assess.results.figures import estimate_words, table
from hemoscribe.assess.results.judged import case_lines, diagnosis_lines
from hemoscribe.assess.results.ran import as_it_ran
from hemoscribe.assess.results.sets import EvaluationSet, evaluation_sets
from hemoscribe.errors import InputError
from hemoscribe.files import read_json
from hemoscribe.models.assessment_record import read_assessment
from hemoscribe.stages import MANIFEST, manifest_in

_LINES: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "assessment": assessment_lines,
    "cases": case_lines,
    "diagnosis": diagnosis_lines,
}


def results_page(runs: Path) -> str:
    """Every figure of a folder of runs, set by set; a set that was not run is named as such.

    Raises:
        InputError: not one set was run there, or one by an earlier version.
    """
    found = {one.id: _document(runs, one) for one in evaluation_sets() if _is_run(runs, one)}
    if not found:
        wanted = ", ".join(one.file for one in evaluation_sets())
        raise InputError(f"{runs}: it holds none of {wanted}; run the commands of docs/results.md.")
    for one in evaluation_sets():
        if one.kind == "assessment" and found.get(one.id, {}).get("format", FORMAT) != FORMAT:
            raise InputError(
                f"{runs / one.file}: an earlier version wrote it; delete {runs / one.id} and run "
                f"`{one.shown_commands()[-1]}` again."
            )
    return "\n".join([*_head(found), *_sections(found, runs)]).rstrip() + "\n"


def _is_run(runs: Path, one: EvaluationSet) -> bool:
    return (runs / one.file).is_file()


def _document(runs: Path, one: EvaluationSet) -> Mapping[str, Any]:
    path = runs / one.file
    if one.kind == "assessment":
        return read_assessment(path).as_json()
    found: Mapping[str, Any] = read_json(path)
    return found


def _head(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "# Results of this version"
    yield ""
    yield (
        "Written by `python -m hemoscribe.assess.results RUNS docs/results.md` from what the "
        "commands below wrote, and by nothing else. Each figure is followed by its 95 % interval "
        "over patients and what it rests on (n). What each number means: "
        "[assessment.md](assessment.md); seconds and memory of the stages: [speed.md](speed.md); "
        "general medical questions: [benchmarks.md](benchmarks.md)."
    )
    yield ""
    rows = []
    for one in evaluation_sets():
        document = found.get(one.id)
        link = f"[{one.title}](#{_anchor(one)})"
        if document is None:
            rows.append([link, "not run", "", "", ""])
        elif one.kind == "assessment":
            shown = document["tracks"][document["shown_track"]]
            rows.append(
                [
                    link,
                    f"{document['reports']:,} reports",
                    estimate_words(shown["accuracy"]),
                    estimate_words(shown["abnormal_recall"]),
                    _gates(document),
                ]
            )
        elif one.kind == "cases":
            total = len(document["cases"])
            met = f"{document['met']} of {total} met, {document['not_met']} not met"
            rows.append([link, f"{total} cases", "", "", met])
        else:
            rows.append([link, f"{document['patients']:,} patients", "", "", ""])
    yield from table(["Set", "", "Accuracy", "Recall of abnormal", "Gates"], rows)


def _gates(document: Mapping[str, Any]) -> str:
    missed = [gate["name"] for gate in document["gates"] if not gate["met"]]
    return "all met" if not missed else f"NOT met: {', '.join(missed)}"


def _sections(found: Mapping[str, Mapping[str, Any]], runs: Path) -> Iterator[str]:
    for one in evaluation_sets():
        yield ""
        yield f"## {one.title}"
        yield f'<a id="{_anchor(one)}"></a>'
        yield ""
        yield f"{one.what} [More]({one.page})."
        yield ""
        yield from (f"    {command}" for command in _commands(one, runs))
        yield ""
        document = found.get(one.id)
        if document is None:
            yield "Not run for this version."
            continue
        yield _origin(document, runs / one.file)
        yield from _LINES[one.kind](document)


def _commands(one: EvaluationSet, runs: Path) -> list[str]:
    """The set's commands; that of an assessment with the settings it was really made with."""
    commands = list(one.shown_commands())
    folder = (runs / one.file).parent
    if one.kind == "assessment" and (folder / MANIFEST).is_file():
        commands[-1] = as_it_ran(commands[-1], manifest_in(folder))
    return commands


def _anchor(one: EvaluationSet) -> str:
    return one.id.replace("_", "-")


def _origin(document: Mapping[str, Any], path: Path) -> str:
    """Which model, of which weights, measured when and by which version."""
    parts = []
    if document.get("model"):
        engine = f" on {document['engine']}" if document.get("engine") else ""
        name = Path(document["model"]).name  # a folder's place says nothing elsewhere
        parts.append(f"Model `{name}`{engine}")
    if (path.parent / MANIFEST).is_file():
        for name, identity in manifest_in(path.parent).inputs.items():
            if len(identity) == 64:
                parts.append(f"{name} `{identity[:16]}`")
    versions = ", ".join(
        f"{name} {number}"
        for name, number in document["versions"].items()
        if number != "not installed"
    )
    parts += [f"measured {document['assessed_at']}", versions]
    return "; ".join(parts) + "."
