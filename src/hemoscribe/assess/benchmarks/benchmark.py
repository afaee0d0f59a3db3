"""``hemoscribe benchmark``: a model and its base on public medical questions, beside each other.

The answers to each benchmark are written as soon as it is done, under the fingerprint of everything
that shapes them; the same command goes on from there, and puts no question twice.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hemoscribe.assess.benchmarks import harness, overlap
from hemoscribe.assess.benchmarks.benchmark_document import describe, summary_of
from hemoscribe.assess.benchmarks.benchmark_list import DEFAULT_TASKS, Benchmark, choose, task_hash
from hemoscribe.assess.benchmarks.benchmark_page import benchmark_page
from hemoscribe.assess.benchmarks.questioned_model import Subject, loaded, number_format, subject
from hemoscribe.assess.benchmarks.questions import Question, read_examples, read_questions
from hemoscribe.errors import InputError, SettingsError
from hemoscribe.files import fingerprint, read_json, sha256, write_json, write_text
from hemoscribe.settings import home
from hemoscribe.stages import MANIFEST, origin_of, replaced, versions, write_manifest

FORMAT = 1
STAGE = "benchmark"
ANSWERS = "answers"
DOCUMENT = "benchmark.json"
PAGE = "benchmark.html"
_OURS = {ANSWERS, DOCUMENT, PAGE, MANIFEST}


def benchmark(
    model: str,
    tasks: Sequence[str] = DEFAULT_TASKS,
    *,
    data: Path | None = None,
    out: Path | None = None,
    few_shot: int = 0,
    limit: int | None = None,
    corpus: Path | None = None,
    with_base: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Put benchmarks to a model, and to the base that it was tuned from.

    Args:
        model: ``shipped``, a registry name, a folder, or a base model's name.
        tasks: names of ``benchmarks.yaml``, or ``all``.
        data: the folder of the question files; ``home()/benchmarks`` when None.
        out: where ``benchmark.json``, ``benchmark.html`` and the answers go.
        few_shot: worked questions shown before each one (MMLU only).
        limit: the first so many questions of each benchmark.
        corpus: what ``corpus`` wrote: its training text is searched for the questions.
        with_base: measure the base of a tuned model as well.

    Returns:
        ``tasks`` (name -> ``accuracy``, ``stderr``, ``n`` and more), ``verdict``, and the paths.

    Raises:
        SettingsError: an unknown task, or examples that a task has not.
        SourceError: a question file that is missing, damaged or of another length.
        MissingError: lm-eval, or a model, is not on this machine.
    """
    chosen = choose(tasks, few_shot)
    if limit is not None and limit < 1:
        raise SettingsError(f"--limit {limit}: is a number from 1.")
    folder = _data_folder(data)
    out = _own_folder(out or Path(f"{_slug(model)}-benchmark"))
    questions = {one.name: read_questions(one, folder)[:limit] for one in chosen}
    examples = {one.name: read_examples(one, folder, few_shot) for one in chosen}
    harness.require_lm_eval()
    shared = None
    if corpus is not None:
        shared = overlap.find_overlap(questions, overlap.training_texts(corpus))
    tested = subject(model)
    base = subject(tested.base) if with_base and tested.base is not None else None
    setting = {"few_shot": few_shot, "limit": limit}
    records = {
        role: _answered(one, chosen, folder, questions, examples, out, setting, say)
        for role, one in (("model", tested), ("base", base))
        if one is not None
    }
    document = {
        "format": FORMAT,
        "model": _told(tested),
        "base": None if base is None else _told(base),
        "lm_eval": harness.VERSION,
        "dtype": number_format(),
        "few_shot": few_shot,
        "limit": limit,
        "chat_format": False,
        "processors": os.cpu_count(),
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "versions": versions(),
        "corpus": None if corpus is None else corpus.name,
        **describe(chosen, questions, records, shared),
    }
    summary = summary_of(document)
    inputs = {record["name"]: record["key"] for record in records["model"]}
    origin = origin_of(STAGE, inputs, setting)
    why = replaced(out, origin)
    write_json(out / DOCUMENT, document)
    write_text(out / PAGE, benchmark_page(document))
    write_manifest(
        out, stage=STAGE, inputs=inputs, settings=setting, summary=summary, code=origin.code
    )
    return {**summary, **why, "document": str(out / DOCUMENT), "page": str(out / PAGE)}


def _answered(
    one: Subject,
    chosen: Sequence[Benchmark],
    folder: Path,
    questions: Mapping[str, Sequence[Question]],
    examples: Mapping[str, Sequence[Question]],
    out: Path,
    setting: Mapping[str, Any],
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """What one model answered to each benchmark: kept from before, or asked now and kept."""
    records: list[dict[str, Any]] = []
    model: Any = None
    for task in chosen:
        own = {
            "task": task_hash(task),
            "file": sha256(folder / task.file),
            "examples": fingerprint([asdict(question) for question in examples[task.name]]),
            "model": one.identity,
            "dtype": number_format(),
            "lm_eval": harness.VERSION,
            **setting,
        }
        key = fingerprint(own)
        path = out / ANSWERS / f"{_slug(one.name)}-{task.name}-{key[:12]}.json"
        if path.is_file() and (kept := read_json(path)).get("key") == key:
            say(f"{one.name}, {task.title}: answered already, {path.name}")
            records.append(kept)
            continue
        say(f"{one.name}, {task.title}: {len(questions[task.name]):,} questions")
        model = model or loaded(one)
        outcome = harness.put(task, questions[task.name], examples[task.name], model)
        record = {"name": task.name, "key": key, **own, **asdict(outcome)}
        write_json(path, record)
        records.append(read_json(path))
    return records


def _told(one: Subject) -> dict[str, Any]:
    return {"name": one.name, "sha256": one.identity, "tuned_from": one.base}


def _data_folder(data: Path | None) -> Path:
    folder = home() / "benchmarks" if data is None else data
    if not folder.is_dir():
        raise InputError(
            f"{folder}: there is no such folder; name the one with the question files with --data "
            "(docs/benchmarks.md says which files and from where)."
        )
    return folder


def _own_folder(out: Path) -> Path:
    """``out``, unless it holds files that this command did not write."""
    if out.is_file():
        raise InputError(f"{out}: is a file; name a folder with --out.")
    strangers = {path.name for path in out.iterdir()} - _OURS if out.is_dir() else set()
    if strangers:
        raise InputError(
            f"{out}: holds {sorted(strangers)[0]}, which `hemoscribe benchmark` did not write; "
            "name another folder with --out."
        )
    return out


def _slug(model: str) -> str:
    """A model's name as part of a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", Path(model).name).strip("-.") or "model"
