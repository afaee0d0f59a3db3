"""One training example, a line of ``train.jsonl``: prompt, slots and answers, completion."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from hemoscribe.errors import SourceError
from hemoscribe.files import require_file


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt, what the rules answer at each slot, and the words to learn, if any.

    ``slots[i]`` is the character offset just after the i-th ``->``; ``answers[i]`` is low, normal,
    high, or None where the result has no range. ``completion`` is None where only reading is
    taught.
    ``words_from`` says whose words they are: review, laboratory or composer.
    """

    report_id: str
    track: str
    language: str
    prompt: str
    slots: tuple[int, ...]
    answers: tuple[str | None, ...]
    completion: str | None = None
    words_from: str | None = None
    fold: int | None = None
    __pydantic_config__ = ConfigDict(extra="forbid")


_LINE = TypeAdapter(Example)


def write_examples(path: Path, examples: Iterable[Example]) -> int:
    """Write one example a line; returns how many."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(json.dumps(asdict(example), ensure_ascii=False) + "\n")
            count += 1
    return count


def read_examples(path: Path) -> Iterator[Example]:
    """The examples of a file, in order; SourceError names the line that is not one."""
    require_file(path)
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            yield _example(path, number, line)


def _example(path: Path, number: int, line: str) -> Example:
    try:
        return _LINE.validate_json(line)
    except ValidationError as error:
        raise SourceError(
            path,
            "it is not a training example",
            place=f"line {number}",
            remedy="Run `hemoscribe corpus` again.",
        ) from error
