"""A printed line as cells: its words, and what wider gaps keep apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"[<>≤≥]=?[ ]{1,3}(?=\d)\S+|\S+")
_CHUNK = re.compile(r"\S+(?: \S+)*")
_LEADERS = re.compile(r"[\s.:=_]+$")


@dataclass(frozen=True, slots=True)
class Cell:
    """Words of a line that stand together, and where."""

    text: str
    start: int
    end: int

    @property
    def middle(self) -> float:
        """Where its middle stands, in characters."""
        return (self.start + self.end) / 2


def tokens(line: str) -> list[Cell]:
    """The words of a line; a sign such as ``<`` is one with the number behind it."""
    return [Cell(match[0], match.start(), match.end()) for match in _TOKEN.finditer(line)]


def chunks(line: str) -> list[Cell]:
    """What two spaces or more keep apart."""
    return [Cell(match[0], match.start(), match.end()) for match in _CHUNK.finditer(line)]


def clean_name(text: str) -> str:
    """A name without leaders, colons and the brackets around the whole of it."""
    name = " ".join(_LEADERS.sub("", text.strip()).split()).lstrip("-*• ")
    return name[1:-1].strip() if name.startswith("(") and name.endswith(")") else name
