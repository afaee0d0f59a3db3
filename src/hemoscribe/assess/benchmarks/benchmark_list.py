"""The benchmarks there are: ``benchmarks.yaml`` with the lm-eval task file of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel as _Record
from pydantic import ConfigDict

from hemoscribe.errors import SettingsError
from hemoscribe.files import fingerprint, sha256

Form = Literal["medqa", "medmcqa", "mmlu", "pubmedqa"]
DEFAULT_TASKS = ("medqa", "medmcqa", "mmlu_clinical_knowledge")
ALL = "all"
MAX_EXAMPLES = 5
"""The dev part of an MMLU subject has five questions."""


class Benchmark(_Record):
    """One benchmark: where its questions lie under the data folder, and how they are put.

    ``questions`` is how many the file must hold; ``follows`` the task of lm-eval whose prompt and
    scoring are taken over; ``examples`` the file of worked questions, or None where there is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    form: Form
    file: str
    questions: int
    follows: str
    examples: str | None = None


@cache
def catalogue() -> Mapping[str, Benchmark]:
    """Every benchmark of ``benchmarks.yaml``, by name."""
    path = Path(str(package_files(__package__))) / "benchmarks.yaml"
    entries: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: Benchmark(name=name, **entry) for name, entry in entries.items()}


def choose(names: Sequence[str], few_shot: int) -> list[Benchmark]:
    """The benchmarks named, in that order; ``all`` stands for every one.

    Raises:
        SettingsError: an unknown name, or examples where a benchmark has none set apart.
    """
    known = catalogue()
    wanted = [one for name in names for one in (known if name == ALL else [name])]
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise SettingsError(
            f"--tasks {', '.join(unknown) or '(none)'}: name some of {', '.join(known)}, or {ALL}."
        )
    chosen = [known[name] for name in dict.fromkeys(wanted)]
    if few_shot < 0 or few_shot > MAX_EXAMPLES:
        raise SettingsError(f"--few-shot {few_shot}: is a number from 0 to {MAX_EXAMPLES}.")
    without = [one.name for one in chosen if few_shot and one.examples is None]
    if without:
        raise SettingsError(
            f"--few-shot {few_shot}: {', '.join(without)} has no questions set apart as examples; "
            "name MMLU subjects only, or leave --few-shot out."
        )
    return chosen


def task_folder() -> Path:
    """The lm-eval task files inside the package."""
    return Path(str(package_files(__package__))) / "tasks"


def task_hash(benchmark: Benchmark) -> str:
    """SHA-256 over a benchmark's task file and the files it includes."""
    found: dict[str, str] = {}
    name: str | None = f"{benchmark.name}.yaml"
    while name:
        path = task_folder() / name
        found[name] = sha256(path)
        name = yaml.safe_load(path.read_text(encoding="utf-8")).get("include")
    return fingerprint(found)
