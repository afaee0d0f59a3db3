"""A model with solved reports before each prompt: what it reads from examples, without tuning.

The examples are reports of the training side, in the prompt's language and track, by the same
renderer, with the true direction after every slot; the report to be read follows, slots empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Protocol

from hemoscribe.assess.bootstrap import Floats
from hemoscribe.assess.held_out import HeldOut
from hemoscribe.assess.kept import Kept, asked
from hemoscribe.errors import InputError
from hemoscribe.prose.prompt import Prompt, Track, answers, render
from hemoscribe.records import Language, Reading

SHOTS = 3
MIN_RESULTS, MAX_RESULTS = 3, 8
_BETWEEN = "\n\n"


class Bounded(Protocol):
    """A model that reads, and knows what its context holds."""

    name: str

    def read(self, prompts: Sequence[Prompt]) -> list[Floats]:
        """Probabilities of low, normal and high at each slot: one array (slots, 3) per prompt."""
        ...

    def fits(self, prompt: Prompt) -> bool:
        """Whether the model's context holds the prompt."""
        ...


class FewShot:
    """Reads as ``model`` does, with ``shots`` solved before each prompt: as many as fit.

    ``kept`` is told of a prompt that had room for fewer (``shots_before``).
    """

    def __init__(self, model: Bounded, shots: Sequence[Reading], kept: Kept | None = None) -> None:
        self.name = model.name
        self._model = model
        self._kept = Kept() if kept is None else kept
        self._shots = tuple(shots)
        self._solved = cache(self._solve)

    def read(self, prompts: Sequence[Prompt]) -> list[Floats]:
        """Probabilities at the prompts' own slots, one array (slots, 3) per prompt."""
        return self._model.read([self.prompt(prompt) for prompt in prompts])

    def prompt(self, prompt: Prompt) -> Prompt:
        """The prompt after its solved reports; its slots are those of the report to be read."""
        for count in range(len(self._shots), -1, -1):
            before = self._solved(count, prompt.language, prompt.track)
            longer = replace(
                prompt,
                text=before + prompt.text,
                slots=tuple(slot + len(before) for slot in prompt.slots),
            )
            if count == 0 or self._model.fits(longer):
                break
        if count < len(self._shots):
            self._kept.add({_short(prompt): {"shots": count}})
        return longer

    def _solve(self, count: int, language: Language, track: Track) -> str:
        return "".join(
            solved(reading, language, track) + _BETWEEN for reading in self._shots[:count]
        )


def shots_before(prompt: Prompt, kept: Kept) -> int | None:
    """How many solved reports stood before a prompt that had room for fewer; None: all did."""
    found = kept.get(_short(prompt))
    return None if found is None else int(found["shots"])


def _short(prompt: Prompt) -> str:
    return f"shots {asked(prompt)}"


def solved(reading: Reading, language: Language, track: Track) -> str:
    """A report's prompt with the true direction at each slot, up to its last result."""
    prompt = render(reading, language=language, track=track)
    text, start = "", 0
    for slot, answer in zip(prompt.slots, answers(reading), strict=True):
        text += prompt.text[start:slot] + ("" if answer is None else f" {answer}")
        start = slot
    return text


def choose_shots(training: HeldOut | None, count: int = SHOTS) -> list[Reading]:
    """Short training reports that show every direction, always the same ones of a folder.

    Raises:
        InputError: the folder has no training side, or no report of it will do.
    """
    candidates = [
        reading
        for reading in ([] if training is None else training.readings)
        if MIN_RESULTS <= len(reading.results) <= MAX_RESULTS
        and all(answer is not None for answer in answers(reading))
    ]
    if not candidates:
        raise InputError(
            "few-shot: the folder's training side has no report to show as an example "
            f"({MIN_RESULTS} to {MAX_RESULTS} results, each with a range); "
            "leave few-shot out of --against."
        )
    candidates.sort(key=lambda reading: -len(set(answers(reading))))  # stable: by hash within
    return candidates[:count]
