"""The sets that ``docs/results.md`` reports (``sets.yaml``): what each is, and its commands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import yaml

RUNS = "@RUNS"


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """One set: ``file`` is its document under the folder of runs, which ``commands`` make."""

    id: str
    title: str
    kind: Literal["assessment", "cases", "diagnosis"]
    file: str
    what: str
    page: str
    commands: tuple[str, ...]

    def shown_commands(self, runs: str = "runs/results") -> tuple[str, ...]:
        """The commands with a folder of runs in them."""
        return tuple(command.replace(RUNS, runs) for command in self.commands)


@cache
def evaluation_sets() -> tuple[EvaluationSet, ...]:
    """Every set, in the order of the page."""
    text = resources.files(__package__).joinpath("sets.yaml").read_text("utf-8")
    return tuple(
        EvaluationSet(id=name, **{**entry, "commands": tuple(entry["commands"])})
        for name, entry in yaml.safe_load(text).items()
    )
