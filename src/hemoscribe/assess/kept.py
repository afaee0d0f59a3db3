"""What a model answered, kept beside an assessment as it is made, so that none is asked twice.

A forward pass costs a second; an assessment asks thousands. Every batch of answers is appended to a
file of JSON Lines before the next is asked, so that one that was stopped, by hand or by the power,
goes on where it was and ends with the same numbers. A file belongs to one model's weights and one
version of the code. No value or name of a patient that the model did not write itself is in it: a
question is known by the hash of its prompt.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hemoscribe.files import fingerprint
from hemoscribe.prose.prompt import Prompt
from hemoscribe.records import DIRECTIONS
from hemoscribe.stages import code_of

Answer = Mapping[str, Any]
Floats = npt.NDArray[np.float64]

_SLUG = 40


def kept_folder(out: Path) -> Path:
    """Where the answers of an assessment that is written to ``out`` are kept."""
    return out.with_name(f"{out.name}-kept")


def kept_file(folder: Path, name: str, identity: object) -> Path:
    """The file of one model's answers, named by what would change them.

    Args:
        name: what the model is called, for a person who looks into the folder.
        identity: what tells the model from another, as JSON.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_SLUG]
    key = fingerprint([identity, code_of("answers")])
    return folder / f"{slug}-{key[:12]}.jsonl"


def asked(prompt: Prompt, *, tokens: int | None = None) -> str:
    """What tells one question from another: its prompt, to the letter, and what is wanted.

    Args:
        tokens: of a text to be written, its most tokens; None: a reading is wanted.
    """
    wanted = "read" if tokens is None else f"write {tokens}"
    text = "\x00".join((wanted, prompt.track, prompt.language, prompt.text))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


class Kept:
    """Answers by question, in a file that grows as they are made; None: in memory alone."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._found: dict[str, Answer] = {}
        self._torn = False  # the last line was cut short: the next one starts a line of its own
        if path is not None and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            self._torn = bool(text) and not text.endswith("\n")
            for line in text.splitlines():
                entry = _entry(line)
                if entry is not None:
                    self._found[entry.pop("asked")] = entry

    def get(self, question: str) -> Answer | None:
        """The answer to a question; None: not answered yet."""
        return self._found.get(question)

    def reading(self, prompt: Prompt) -> Floats | None:
        """The probabilities of a prompt, shape (slots, 3); None: not read, or not as it should."""
        answer = self.get(asked(prompt))
        if answer is None:
            return None
        try:
            numbers = np.asarray(answer.get("probabilities"), dtype=np.float64)
        except (TypeError, ValueError):
            return None
        if numbers.size % len(DIRECTIONS):
            return None
        table = numbers.reshape(-1, len(DIRECTIONS))
        return table if len(table) == len(prompt.slots) and np.isfinite(table).all() else None

    def text(self, prompt: Prompt, tokens: int) -> str | None:
        """The text of a prompt; None: not written yet."""
        text = (self.get(asked(prompt, tokens=tokens)) or {}).get("text")
        return text if isinstance(text, str) else None

    def seconds(self, question: str) -> float:
        """How long a question that was answered took."""
        return float((self.get(question) or {}).get("seconds", 0.0))

    def add(self, answers: Mapping[str, Answer]) -> None:
        """Keep a batch of answers, on disk before the next one is asked."""
        self._found.update(answers)
        if self._path is None or not answers:
            return
        lines = [json.dumps({"asked": question, **found}) for question, found in answers.items()]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(("\n" if self._torn else "") + "\n".join(lines) + "\n")
            self._torn = False
            file.flush()
            os.fsync(file.fileno())


def _entry(line: str) -> dict[str, Any] | None:
    """A line; None for one that an interruption cut short, or that is none of ours."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("asked"), str) else None
