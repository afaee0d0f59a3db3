"""One benchmark put to one model by lm-eval, from local files, with no network."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from hemoscribe.assess.benchmarks.benchmark_list import Benchmark, task_folder
from hemoscribe.assess.benchmarks.measures import Answers
from hemoscribe.assess.benchmarks.questions import Question
from hemoscribe.errors import MissingError

VERSION = "0.4.13"
"""The release of lm-eval whose prompts and scoring the task files follow."""
INSTALL = f'pip install "lm-eval[hf]=={VERSION}"'


@dataclass(frozen=True, slots=True)
class Outcome:
    """Answers, lm-eval's own accuracy and standard error of them, and what they took."""

    answers: Answers
    accuracy: float
    stderr: float | None
    seconds: float
    forward_passes: int
    cut: int


def require_lm_eval() -> None:
    """MissingError, with the command, unless lm-eval is here in the release that is followed."""
    from importlib.metadata import version

    if importlib.util.find_spec("lm_eval") is None:
        raise MissingError(f"lm-eval is not installed; run `{INSTALL}`.")
    if (found := version("lm_eval")) != VERSION:
        raise MissingError(
            f"lm-eval {found} is installed and {VERSION} is needed, so that figures can be "
            f"compared; run `{INSTALL}`."
        )


def put(
    benchmark: Benchmark,
    questions: Sequence[Question],
    examples: Sequence[Question],
    model: Any,
) -> Outcome:
    """Every question put to the model, after the examples if there are any.

    Args:
        model: what ``subject.loaded`` gives.
    """
    passes, cut = model.forward_passes, model.cut
    with TemporaryDirectory(prefix="hemoscribe-benchmark-") as folder, offline_and_quiet():
        from lm_eval import evaluate
        from lm_eval.tasks import TaskManager

        start = time.monotonic()
        _write_task(benchmark, questions, examples, Path(folder))
        manager = TaskManager(include_path=folder, include_defaults=False)
        tasks = manager.load([benchmark.name])
        tasks["tasks"][benchmark.name].set_config(key="num_fewshot", value=len(examples))
        # simple_evaluate would only add a listing of this machine, 3 seconds each time
        results = evaluate(lm=model, task_dict=tasks)
    measured = results["results"][benchmark.name]
    error = measured["acc_stderr,none"]
    return Outcome(
        answers=_answers(questions, results["samples"][benchmark.name]),
        accuracy=float(measured["acc,none"]),
        stderr=float(error) if isinstance(error, float) else None,
        seconds=time.monotonic() - start,
        forward_passes=model.forward_passes - passes,
        cut=model.cut - cut,
    )


def _write_task(
    benchmark: Benchmark, questions: Sequence[Question], examples: Sequence[Question], folder: Path
) -> None:
    """A task file that includes the package's, and says where its questions are."""
    parts = {"test": questions, "dev": examples}
    files = {
        name: str(_written(folder / f"{name}.jsonl", part)) for name, part in parts.items() if part
    }
    task: dict[str, Any] = {
        "include": str(task_folder() / f"{benchmark.name}.yaml"),
        "task": benchmark.name,
        "dataset_kwargs": {"data_files": files, "cache_dir": str(folder / "cache")},
    }
    if benchmark.examples is not None and not examples:
        task["fewshot_split"] = None  # no file of examples was written
    (folder / f"{benchmark.name}.yaml").write_text(yaml.safe_dump(task), encoding="utf-8")


def _written(path: Path, questions: Sequence[Question]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for question in questions:
            row = {
                "id": question.id,
                "context": question.context,
                "question": question.question,
                "options": list(question.options),
                "answer": question.answer,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _answers(questions: Sequence[Question], samples: Sequence[dict[str, Any]]) -> Answers:
    chosen = dict[int, int]()
    for sample in samples:
        scores = [float(score) for score, _ in sample["filtered_resps"]]
        chosen[sample["doc_id"]] = scores.index(max(scores))
    return Answers(
        ids=tuple(question.id for question in questions),
        right=tuple(question.answer for question in questions),
        chosen=tuple(chosen[place] for place in range(len(questions))),
    )


@contextmanager
def offline_and_quiet() -> Iterator[None]:
    """Nothing of lm-eval and datasets goes online, and nothing of theirs is printed."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        os.environ[name] = "1"
    import datasets

    told = logging.getLogger("lm_eval")
    level, bars = told.level, datasets.are_progress_bars_disabled()
    told.setLevel(logging.ERROR)
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        told.setLevel(level)
        if not bars:
            datasets.enable_progress_bars()
