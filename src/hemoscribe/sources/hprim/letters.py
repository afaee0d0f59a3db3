"""Letters of HPRIM Médecins: twelve lines, a text, and between two marks the results' lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hemoscribe.files import package_yaml

RESULTS_BEGIN = "****LAB****"
LETTER_ENDS = "****FIN****"
FILE_ENDS = "****FINFICHIER****"
HEAD_LINES = 12
MAX_TEXT_LINES = 20_000
_EMPTY = frozenset(("", ".", "-"))
_NUMBER = re.compile(r"(?=.*\d)[\w./-]{1,40}")


@cache
def rules() -> Mapping[str, Any]:
    """What the lines of a letter are and begin with."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "medecins.yaml")
    return loaded


@cache
def _collected() -> re.Pattern[str]:
    return re.compile(rules()["collected"])


@dataclass
class Letter:
    """One letter: its lines before the results, and the lines of its results as they stand."""

    number: int
    lines: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    has_results: bool = False
    cut: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not self.results and not any(line.strip() for line in self.lines)

    def head(self, what: str) -> str | None:
        """One of the lines before the text, by its name in ``medecins.yaml``."""
        at = rules()["lines"][what]
        text = self.lines[at].strip() if len(self.lines) > at else ""
        return None if text in _EMPTY else text

    @property
    def patient(self) -> str | None:
        """The patient's number; a first line that is a title or a name is none."""
        stated = self.head("patient")
        return stated if stated is not None and _NUMBER.fullmatch(stated) else None

    @property
    def text(self) -> str:
        """What stands between the head and the results."""
        return "\n".join(self.lines[HEAD_LINES:])

    @property
    def collected(self) -> str | None:
        """The time of collection, where the letter's text names one and no other."""
        printed = "\n".join(self.lines[HEAD_LINES:] + self.results).casefold()
        if not any(word in printed for word in rules()["collection_words"]):
            return None
        printed = "\n".join([*self.lines[HEAD_LINES:], *_texts(self.results)])
        found = {match.groups() for match in _collected().finditer(printed)}
        days = {day for day, *_ in found}
        if len(days) != 1:
            return None
        hours = {(hour, minute) for _, hour, minute in found if hour}
        at = "" if len(hours) != 1 else " {:0>2}:{}".format(*hours.pop())
        return f"{days.pop()}{at}"


def _texts(results: Iterable[str]) -> Iterator[str]:
    mark = f"{rules()['text']}|"
    return (line.removeprefix(mark) for line in results if line.startswith(mark))


def letters(lines: Iterable[Sequence[str]]) -> Iterator[Letter]:
    """The letters of a file, one held at a time."""
    letter = Letter(1)
    for some in lines:
        for line in some:
            mark = line.strip() if "****" in line else ""
            if mark == RESULTS_BEGIN:
                letter.has_results = True
            elif mark in (LETTER_ENDS, FILE_ENDS):
                if not letter.is_empty:
                    yield letter
                    letter = Letter(letter.number + 1)
            elif letter.has_results:
                if line:
                    letter.results.append(line)
            elif len(letter.lines) < MAX_TEXT_LINES and (letter.lines or line.strip()):
                letter.lines.append(line)
            elif line.strip():
                letter.cut = True
    if not letter.is_empty:
        yield letter
