"""Drafts written by a reader who had seen the reports and not the guard: unsafe ones, safe ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from hemoscribe.assess.cases import read_cases
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.prompt import completion
from hemoscribe.records import Language, Reading

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Draft:
    panel: str
    language: Language
    kind: str
    """What is unsafe in it; "safe"."""
    interpretation: str
    follow_up: str

    @property
    def text(self) -> str:
        return completion(self.interpretation, self.follow_up, self.language)

    @property
    def reading(self) -> Reading:
        return readings()[self.panel]

    @property
    def half(self) -> str:
        """``A``: the guard was worked on with it; ``B``: it was only counted at the end."""
        said = f"{self.panel} {self.language} {self.interpretation} {self.follow_up}"
        return "AB"[hashlib.sha256(said.encode()).digest()[0] % 2]


@cache
def readings() -> dict[str, Reading]:
    """Panel -> its reading, with the patient's earlier panels."""
    return {
        case.id: read_panel(case.panels[-1], earlier=case.panels[:-1])
        for case in read_cases(_HERE / "panels.yaml")
    }


def unsafe() -> Iterator[Draft]:
    for panel, languages in _load("unsafe.yaml"):
        for language, written in languages.items():
            i, f = written["base"].strip().split(" | ")
            for line in written["drafts"].splitlines():
                kind, text = line.split(": ", 1)
                interpretation, follow_up = text.split(" | ")
                yield Draft(
                    panel,
                    language,
                    kind,
                    interpretation.replace("{I}", i),
                    follow_up.replace("{F}", f),
                )


def later() -> Iterator[Draft]:
    """Unsafe drafts that were written with the guard at hand."""
    found = {(one.panel, one.language): one for one in bases()}
    for language, lines in _load("later.yaml"):
        for line in lines.splitlines():
            panel, kind, text = line.split(": ", 2)
            added, follow_up = text.split(" | ")
            base = found[panel, language]
            told = base.interpretation if added == "-" else f"{base.interpretation} {added}"
            asked = base.follow_up if follow_up == "-" else follow_up
            yield Draft(panel, language, kind, told, asked)


def bases() -> Iterator[Draft]:
    """The safe texts that the unsafe ones were made of."""
    for panel, languages in _load("unsafe.yaml"):
        for language, written in languages.items():
            yield Draft(panel, language, "base", *written["base"].strip().split(" | "))


def safe() -> Iterator[Draft]:
    for panel, languages in _load("safe.yaml"):
        for language, lines in languages.items():
            for line in lines.splitlines():
                yield Draft(panel, language, "safe", *line.split(" | "))


def _load(name: str):
    return yaml.safe_load((_HERE / name).read_text(encoding="utf-8")).items()
