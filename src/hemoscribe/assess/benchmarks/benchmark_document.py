"""``benchmark.json``: each benchmark with its measures, its overlap, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hemoscribe.assess.benchmarks.benchmark_list import Benchmark
from hemoscribe.assess.benchmarks.measures import Answers, accuracy, compare, measure
from hemoscribe.assess.benchmarks.questions import LETTERS, YES_NO_MAYBE, Question

SURE = 0.05
"""A difference whose p value is below this is called one."""
_Z = 1.959963984540054  # standard normal quantile of 97.5 %
_SUMMARY = ("accuracy", "stderr", "n", "chance", "commonest")


def describe(
    chosen: Sequence[Benchmark],
    questions: Mapping[str, Sequence[Question]],
    records: Mapping[str, Sequence[Mapping[str, Any]]],
    shared: Mapping[str, Mapping[str, Any]] | None,
) -> dict[str, Any]:
    """The measured part of the document.

    Args:
        records: ``model`` and perhaps ``base`` -> one record of answers per benchmark.
        shared: what ``overlap.find_overlap`` found, or None where it was not looked for.

    Returns:
        ``tasks``, ``pooled`` (both models over all questions, or None) and ``verdict``.
    """
    given = {
        role: {record["name"]: answers_of(record) for record in own}
        for role, own in records.items()
    }
    kept = {role: {record["name"]: record for record in own} for role, own in records.items()}
    tasks = {
        one.name: _task(
            one,
            {role: own[one.name] for role, own in given.items()},
            {role: own[one.name] for role, own in kept.items()},
            None if shared is None else shared[one.name],
        )
        for one in chosen
    }
    pooled = None
    if "base" in given:
        pooled = compare(*(_all(given[role], chosen) for role in ("base", "model")))
    return {"tasks": tasks, "pooled": pooled, "verdict": list(_verdict(tasks, pooled))}


def answers_of(record: Mapping[str, Any]) -> Answers:
    """The answers that a record of ``answers/`` holds."""
    return Answers(*(tuple(record["answers"][name]) for name in ("ids", "right", "chosen")))


def summary_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """What ``benchmark --json`` prints."""
    return {
        "model": document["model"]["name"],
        "base": None if document["base"] is None else document["base"]["name"],
        "lm_eval": document["lm_eval"],
        "few_shot": document["few_shot"],
        "dtype": document["dtype"],
        "tasks": {
            name: {
                **{metric: task["model"][metric] for metric in _SUMMARY},
                "seconds": task["model"]["seconds"],
                "base": None
                if task["base"] is None
                else {metric: task["base"][metric] for metric in _SUMMARY[:3]},
                "paired": task["paired"],
                "overlapping": None if task["overlap"] is None else task["overlap"]["count"],
            }
            for name, task in document["tasks"].items()
        },
        "verdict": document["verdict"],
    }


def _task(
    one: Benchmark,
    given: Mapping[str, Answers],
    kept: Mapping[str, Mapping[str, Any]],
    shared: Mapping[str, Any] | None,
) -> dict[str, Any]:
    labels = YES_NO_MAYBE if one.form == "pubmedqa" else LETTERS
    record = kept["model"]
    measured = {
        role: {
            **measure(own, labels),
            "seconds": kept[role]["seconds"],
            "forward_passes": kept[role]["forward_passes"],
            "cut": kept[role]["cut"],
        }
        for role, own in given.items()
    }
    return {
        "title": one.title,
        "follows": one.follows,
        "questions": one.questions,
        "file": one.file,
        "file_sha256": record["file"],
        "task_sha256": record["task"],
        "model": measured["model"],
        "base": measured.get("base"),
        "paired": compare(given["base"].correct, given["model"].correct)
        if "base" in given
        else None,
        "overlap": None if shared is None else _overlap(given, shared),
    }


def _overlap(given: Mapping[str, Answers], shared: Mapping[str, Any]) -> dict[str, Any]:
    """The questions that stand in the training text, and the accuracy with and without them."""
    inside = shared["questions"]
    parts: dict[str, Any] = {}
    for role, own in given.items():
        correct = list(zip(own.ids, own.correct, strict=True))
        parts[role] = {
            "on_overlapping": accuracy([right for id_, right in correct if id_ in inside]),
            "without_them": accuracy([right for id_, right in correct if id_ not in inside]),
        }
    return {
        "count": len(inside),
        "unchecked": shared["unchecked"],
        "questions": [{"id": id_, "shared": run} for id_, run in inside.items()],
        **parts,
    }


def _all(given: Mapping[str, Answers], chosen: Sequence[Benchmark]) -> list[bool]:
    return [right for one in chosen for right in given[one.name].correct]


def _verdict(tasks: Mapping[str, Any], pooled: Mapping[str, Any] | None) -> Iterator[str]:
    """What a reader may conclude, and what not."""
    guessing = [task["title"] for task in tasks.values() if not better_than_guessing(task["model"])]
    if guessing:
        yield (
            f"On {'; '.join(guessing)} the model is not shown to do better than always giving the "
            "commonest answer: the figure is no sign that it knows this material."
        )
    for task in tasks.values():
        often = max(task["model"]["chosen"].items(), key=lambda item: item[1])
        if often[1] > 0.9:
            yield (
                f"{task['title']}: the model answers {often[0]} to {often[1]:.0%} of the "
                "questions, whatever they ask."
            )
    if pooled is not None:
        yield _did_it_hurt(tasks, pooled)


def _did_it_hurt(tasks: Mapping[str, Any], pooled: Mapping[str, Any]) -> str:
    points, error = 100 * pooled["difference"], 100 * (pooled["stderr"] or 0.0)
    span = f"{points:+.1f} points (95 % {points - _Z * error:+.1f} to {points + _Z * error:+.1f})"
    over = f"over {pooled['n']:,} questions, p {p_words(pooled['p_value'])}"
    if pooled["p_value"] < SURE:
        done = "lost" if points < 0 else "gained"
        return f"Did tuning hurt? Tuned minus base: {span} {over}: something was {done}."
    sentence = f"Did tuning hurt? Tuned minus base: {span} {over}: no difference is shown."
    if not any(better_than_guessing(task["base"]) for task in tasks.values()):
        sentence += (
            " But the base does not beat guessing either: what is not known cannot be lost, so "
            "this is no proof that tuning is harmless to a model that knows more."
        )
    return sentence


def better_than_guessing(measured: Mapping[str, Any]) -> bool:
    """Surely better than always giving the option that is right most often."""
    return bool(measured["p_value"] < SURE)


def p_words(value: float) -> str:
    """``0.32``; ``< 0.001``."""
    return "< 0.001" if value < 0.001 else f"{value:.2g}"
