"""Whether questions stand in the training text: shared runs of 13 words.

Thirteen words as in Brown et al., Language Models are Few-Shot Learners, 2020, appendix C. Case and
punctuation do not count. A question with its options shorter than that is looked for whole; below
six words it is too short to say that it was copied, and is counted as unchecked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hemoscribe.assess.benchmarks.questions import Question
from hemoscribe.corpus import read_examples
from hemoscribe.errors import InputError

RUN_WORDS = 13
LEAST_WORDS = 6
TRAINING = "train.jsonl"
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(text.lower())


def training_texts(corpus: Path) -> Iterator[str]:
    """What a model was taught: prompt and completion of each row of ``train.jsonl``.

    Raises:
        InputError: the folder holds no training text.
    """
    path = corpus / TRAINING
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; --corpus takes what `corpus` wrote.")
    for example in read_examples(path):
        yield f"{example.prompt}\n{example.completion or ''}"


def find_overlap(
    questions: Mapping[str, Sequence[Question]], texts: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """The questions of each benchmark that share a run of words with a text.

    Returns:
        benchmark -> ``questions`` (id -> the first shared run), ``unchecked`` (too short).
    """
    runs, short, found = _runs(questions)
    for text in texts:
        told = words(text)
        for start in range(len(told) - LEAST_WORDS + 1):
            for run, places in _at(told, start, runs, short):
                for name, id_ in places:
                    found[name]["questions"].setdefault(id_, run)
    return found


_Places = list[tuple[str, str]]


def _runs(
    questions: Mapping[str, Sequence[Question]],
) -> tuple[dict[str, _Places], dict[str, dict[str, _Places]], dict[str, dict[str, Any]]]:
    """Runs of 13 words, whole short questions by their first six words, and the empty answer."""
    runs: dict[str, _Places] = defaultdict(list)
    short: dict[str, dict[str, _Places]] = defaultdict(lambda: defaultdict(list))
    found: dict[str, dict[str, Any]] = {}
    for name, own in questions.items():
        found[name] = {"questions": {}, "unchecked": 0}
        for question in own:
            said = words(question.text)
            if len(said) < LEAST_WORDS:
                found[name]["unchecked"] += 1
            elif len(said) < RUN_WORDS:
                short[" ".join(said[:LEAST_WORDS])][" ".join(said)].append((name, question.id))
            else:
                for start in range(len(said) - RUN_WORDS + 1):
                    run = " ".join(said[start : start + RUN_WORDS])
                    runs[run].append((name, question.id))
    return dict(runs), dict(short), found


def _at(
    told: Sequence[str],
    start: int,
    runs: Mapping[str, _Places],
    short: Mapping[str, Mapping[str, _Places]],
) -> Iterator[tuple[str, _Places]]:
    """The runs of questions that the text has at this word."""
    run = " ".join(told[start : start + RUN_WORDS])
    if run in runs:
        yield run, runs[run]
    for whole, places in short.get(" ".join(told[start : start + LEAST_WORDS]), {}).items():
        if run == whole or run.startswith(f"{whole} "):
            yield whole, places
