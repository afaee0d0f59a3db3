"""Corpus examples as token rows: the answer's token as label at each slot, the completion after it.

The label at the token after a slot is the answer's token whatever the input there is: in the bare
and raw tracks the slot is empty and a line break follows, so labels need not equal inputs (the
shift by one is in the loss). A row is never cut: one longer than allowed is left out, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from hemoscribe.corpus.example import Example
from hemoscribe.errors import StageError
from hemoscribe.files import require_file
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.records import DIRECTIONS

IGNORED = -100
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Taught:
    """What of a line of ``train.jsonl`` is learnt."""

    prompt: str
    slots: list[int]
    answers: list[Literal["low", "normal", "high"] | None]
    completion: str | None
    track: str
    language: str


_LINE = TypeAdapter(Taught)


@dataclass(frozen=True, slots=True)
class Row:
    """One example as tokens: labels before ``prompt_tokens`` are answers, then completion."""

    input_ids: list[int]
    labels: list[int]
    prompt_tokens: int
    track: str
    language: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a corpus file, and how many examples were too long to be among them."""

    rows: list[Row]
    truncated: int
    unlabelled: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of all rows, without padding."""
        return sum(len(row.input_ids) for row in self.rows)


def read_rows(
    path: Path, tokenizer: ChatTokenizer, *, max_tokens: int, limit: int | None = None
) -> Rows:
    """The rows of a corpus file (``train.jsonl``), the first ``limit`` of them where one is given.

    Raises:
        StageError: a line is no example of a corpus; names the line.
    """
    rows: list[Row] = []
    truncated = unlabelled = 0
    for examples in _chunks(path):
        for row in to_rows(examples, tokenizer):
            if limit is not None and len(rows) >= limit:
                return Rows(rows, truncated, unlabelled)
            if len(row.input_ids) > max_tokens:
                truncated += 1
            elif all(label == IGNORED for label in row.labels):
                unlabelled += 1
            else:
                rows.append(row)
    return Rows(rows, truncated, unlabelled)


def to_rows(examples: Sequence[Taught | Example], tokenizer: ChatTokenizer) -> list[Row]:
    """Examples (prompt, slots, answers, completion, track, language) as rows of any length."""
    prompts = tokenizer.encode(
        [example.prompt for example in examples], [example.slots for example in examples]
    )
    written = [example.completion for example in examples]
    endings = iter(tokenizer.encode_completions([text for text in written if text is not None]))
    answer_ids = dict(zip(DIRECTIONS, tokenizer.answer_ids, strict=True))
    rows = []
    for example, prompt in zip(examples, prompts, strict=True):
        labels = [IGNORED] * len(prompt.ids)
        for place, answer in zip(prompt.slots, example.answers, strict=True):
            if answer is not None:
                labels[place + 1] = answer_ids[answer]
        ending = next(endings) if example.completion is not None else []
        taught = _until_last_label(labels + ending)
        rows.append(
            Row(
                input_ids=(prompt.ids + ending)[: len(taught)],
                labels=taught,
                prompt_tokens=len(prompt.ids),
                track=example.track,
                language=example.language,
            )
        )
    return rows


def _until_last_label(labels: list[int]) -> list[int]:
    """Labels without what follows the last: attention is causal, so it would teach nothing."""
    last = max((place for place, label in enumerate(labels) if label != IGNORED), default=-1)
    return labels[: last + 1]


def _chunks(path: Path) -> Iterator[list[Taught]]:
    require_file(path)
    chunk: list[Taught] = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            chunk.append(_example(path, number, line))
            if len(chunk) == _CHUNK:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _example(path: Path, number: int, line: str) -> Taught:
    try:
        example = _LINE.validate_json(line)
    except ValidationError as error:
        raise StageError(_not_an_example(path, number)) from error
    if len(example.slots) != len(example.answers):
        raise StageError(_not_an_example(path, number))
    return example


def _not_an_example(path: Path, number: int) -> str:
    return (
        f"{path}, line {number}: is no example (prompt, slots, answers, completion, track, "
        "language); run `hemoscribe corpus` again."
    )
