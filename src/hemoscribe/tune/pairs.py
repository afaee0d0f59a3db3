"""Experts' corrections as token rows: a prompt, the text to prefer, and the one it corrects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hemoscribe.errors import StageError
from hemoscribe.models.chat import ChatTokenizer


@dataclass(frozen=True, slots=True)
class Pair:
    """Token ids; both texts end with the stop token."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]


def read_pairs(path: Path, tokenizer: ChatTokenizer, *, max_tokens: int) -> list[Pair]:
    """The pairs of ``preferences.jsonl``; one of which a side is too long is left out whole.

    Raises:
        StageError: a line is no preference; names it.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            one = json.loads(line)
            prompt = tokenizer.encode([one["prompt"]], [one["slots"]])[0].ids
            chosen, rejected = tokenizer.encode_completions([one["chosen"], one["rejected"]])
        except (ValueError, KeyError, TypeError) as error:
            raise StageError(
                f"{path}, line {number}: is no preference (prompt, slots, chosen, rejected); "
                "run `hemoscribe corpus` or `hemoscribe retrain` again."
            ) from error
        if len(prompt) + max(len(chosen), len(rejected)) <= max_tokens:
            found.append(Pair(prompt, chosen, rejected))
    return found
