"""Question files: each benchmark's own format to one shape, checked before any model is loaded."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from hemoscribe.assess.benchmarks.benchmark_list import Benchmark
from hemoscribe.errors import SourceError
from hemoscribe.files import read_bytes, read_json

LETTERS: Final = ("A", "B", "C", "D")
YES_NO_MAYBE: Final = ("yes", "no", "maybe")
_REMEDY = "Fetch the file again; docs/benchmarks.md says from where."


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``answer`` is the index of the right option; ``context`` what it is about."""

    id: str
    question: str
    options: tuple[str, ...]
    answer: int
    context: str = ""

    @property
    def text(self) -> str:
        """Everything of it that a text could have been copied from, in order."""
        return "\n".join(part for part in (self.context, self.question, *self.options) if part)


class _Fault(Exception):
    """What is wrong with one question, as the end of a sentence."""


class _Lettered(BaseModel):
    A: Any
    B: Any
    C: Any
    D: Any


class _MedQa(BaseModel):
    question: Any
    options: _Lettered
    answer: Any
    answer_idx: Any


class _MedMcqa(BaseModel):
    id: Any
    question: Any
    opa: Any
    opb: Any
    opc: Any
    opd: Any
    cop: Any


class _PubMedQa(BaseModel):
    QUESTION: Any
    CONTEXTS: list[Any]
    final_decision: Any


def read_questions(benchmark: Benchmark, folder: Path) -> list[Question]:
    """The questions of a benchmark, as many as there must be.

    Raises:
        SourceError: a file that is missing, of another format or of another length.
    """
    path = folder / benchmark.file
    found = _read(path, benchmark)
    if len(found) != benchmark.questions:
        raise SourceError(
            path,
            f"it holds {len(found):,} questions and {benchmark.title} has {benchmark.questions:,}",
            remedy=_REMEDY,
        )
    return found


def read_examples(benchmark: Benchmark, folder: Path, count: int) -> list[Question]:
    """The first ``count`` worked questions that are shown before each question.

    Raises:
        SourceError: the file has fewer, or cannot be read.
    """
    if not count or benchmark.examples is None:
        return []
    path = folder / benchmark.examples
    found = _read(path, benchmark)
    if len(found) < count:
        raise SourceError(
            path, f"it holds {len(found):,} examples and {count} are asked for", remedy=_REMEDY
        )
    return found[:count]


def _read(path: Path, benchmark: Benchmark) -> list[Question]:
    found: list[Question] = []
    seen: set[str] = set()
    for place, make in _READERS[benchmark.form](path):
        try:
            question = make()
        except _Fault as fault:
            raise SourceError(path, str(fault), place=place, remedy=_REMEDY) from fault
        except ValidationError as error:
            raise SourceError(
                path, f"it is no question of {benchmark.title}", place=place, remedy=_REMEDY
            ) from error
        if question.id in seen:
            raise SourceError(path, f"question {question.id} is there twice", place=place)
        seen.add(question.id)
        found.append(question)
    return found


_Made = Iterator[tuple[str, Callable[[], Question]]]


def _lines(path: Path, make: Callable[[Mapping[str, Any], int], Question]) -> _Made:
    """One JSON object a line."""
    text = _text(path)
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            fields = json.loads(line)
        except json.JSONDecodeError as error:
            raise SourceError(path, "it is not JSON", place=place, remedy=_REMEDY) from error
        yield place, lambda fields=fields, number=number: make(fields, number)  # type: ignore[misc]


def _medqa(path: Path) -> _Made:
    def make(fields: Mapping[str, Any], number: int) -> Question:
        given = _MedQa.model_validate(fields)
        options = _options([getattr(given.options, letter) for letter in LETTERS])
        answer = _letter(given.answer_idx)
        if given.answer != options[answer]:
            raise _Fault("its answer is not the option that its letter names")
        return Question(f"{number}", _words(given.question), options, answer)

    return _lines(path, make)


def _medmcqa(path: Path) -> _Made:
    def make(fields: Mapping[str, Any], number: int) -> Question:
        given = _MedMcqa.model_validate(fields)
        options = _options([given.opa, given.opb, given.opc, given.opd])
        right = given.cop  # 1 is the first option
        if not isinstance(right, int) or not 1 <= right <= len(options):
            raise _Fault(f"`cop` is {right!r}, and a number from 1 to 4 is needed")
        return Question(str(given.id), _words(given.question), options, right - 1)

    return _lines(path, make)


def _mmlu(path: Path) -> _Made:
    rows = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        for number, cells in enumerate(rows, start=1):
            yield f"row {number}", lambda c=cells, n=number: _mmlu_row(c, n)  # type: ignore[misc]
    except csv.Error as error:
        raise SourceError(
            path, f"it is not CSV ({error})", place=f"line {rows.line_num}", remedy=_REMEDY
        ) from error


def _mmlu_row(cells: Sequence[str], number: int) -> Question:
    if len(cells) != 2 + len(LETTERS):
        raise _Fault(f"it has {len(cells)} cells, and 6 are needed: question, 4 options, letter")
    return Question(f"{number}", _words(cells[0]), _options(cells[1:5]), _letter(cells[5].strip()))


def _pubmedqa(path: Path) -> _Made:
    entries = read_json(path)
    if not isinstance(entries, dict):
        raise SourceError(path, "it is not one JSON object of questions by number", remedy=_REMEDY)
    for number, fields in entries.items():
        yield f"question {number}", lambda f=fields, n=number: _abstract(f, n)  # type: ignore[misc]


def _abstract(fields: Mapping[str, Any], number: str) -> Question:
    given = _PubMedQa.model_validate(fields)
    decision = given.final_decision
    if decision not in YES_NO_MAYBE:
        raise _Fault(f"`final_decision` is {decision!r}, and yes, no or maybe is needed")
    context = "\n".join(_words(part) for part in given.CONTEXTS)
    right = YES_NO_MAYBE.index(decision)
    return Question(str(number), _words(given.QUESTION), YES_NO_MAYBE, right, context)


_READERS: Final[Mapping[str, Callable[[Path], _Made]]] = {
    "medqa": _medqa,
    "medmcqa": _medmcqa,
    "mmlu": _mmlu,
    "pubmedqa": _pubmedqa,
}


def _text(path: Path) -> str:
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            path, "it is not UTF-8 text", place=f"byte {error.start}", remedy=_REMEDY
        ) from error


def _words(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Fault("a text of it is empty")
    return value


def _options(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(_words(value) for value in values)


def _letter(value: object) -> int:
    if value not in LETTERS:
        raise _Fault(f"its answer is {value!r}, and A, B, C or D is needed")
    return LETTERS.index(str(value))
