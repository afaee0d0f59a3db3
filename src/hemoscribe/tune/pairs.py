"""Experts' corrections as token rows: a prompt, the text to prefer, and the one it corrects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hemoscribe.errors import StageError
from hemoscribe.models.chat import ChatTokenizer


@dataclass(frozen=True, slots=True)
class Pair:
    """Token ids; both texts end with the stop token."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]


@dataclass(frozen=True, slots=True)
class _Preference:
    prompt: str
    slots: list[int]
    chosen: str
    rejected: str


_LINE = TypeAdapter(_Preference)


def read_pairs(path: Path, tokenizer: ChatTokenizer, *, max_tokens: int) -> list[Pair]:
    """The pairs of ``preferences.jsonl``; one of which a side is too long is left out whole.

    Raises:
        StageError: a line is no preference; names it.
    """
    found = []
    lines = path.read_text(encoding="utf-8").split("\n")  # a text may hold other ends of lines
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        one = _preference(path, number, line)
        prompt = tokenizer.encode([one.prompt], [one.slots])[0].ids
        chosen, rejected = tokenizer.encode_completions([one.chosen, one.rejected])
        if len(prompt) + max(len(chosen), len(rejected)) <= max_tokens:
            found.append(Pair(prompt, chosen, rejected))
    return found


def _preference(path: Path, number: int, line: str) -> _Preference:
    try:
        return _LINE.validate_json(line)
    except ValidationError as error:
        raise StageError(
            f"{path}, line {number}: is no preference (prompt, slots, chosen, rejected); "
            "run `hemoscribe corpus` or `hemoscribe retrain` again."
        ) from error
