"""What a printed report is made of: its lines, and the results and refusals read from them."""

from __future__ import annotations

from dataclasses import dataclass, field

from hemoscribe.sources.printed.cells import PrintedResult

MAX_LINE_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a report, and how rejects name its place."""

    text: str
    place: str


@dataclass(slots=True)
class Taken:
    """A result, where it stood, when its sample was taken, and what fluid it is of."""

    result: PrintedResult
    place: str
    collected: str | None = None
    request: str | None = None
    blood: bool = True
    comment: str | None = None


@dataclass(slots=True)
class Refused:
    """What looks like a result and cannot be one, and why."""

    place: str
    message: str
    name: str | None = None
    value: str | None = None


@dataclass(slots=True)
class PrintedReport:
    """What a report prints. ``titles``: our column -> its text, as in tables/headers.yaml."""

    titles: dict[str, str] = field(default_factory=dict)
    results: list[Taken] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    french: bool = False


def head_of(text: str) -> str:
    """A line up to the last blank within ``MAX_LINE_CHARACTERS``."""
    if len(text) <= MAX_LINE_CHARACTERS:
        return text
    start = text[:MAX_LINE_CHARACTERS]
    return start.rpartition(" ")[0] or start
