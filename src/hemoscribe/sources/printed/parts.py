"""What a printed report is made of: its lines, and the results and refusals read from them."""

from __future__ import annotations

from dataclasses import dataclass, field

from hemoscribe.records import RejectCode
from hemoscribe.sources.specimens import OtherSpecimen

MAX_LINE_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a report, and how rejects name its place."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class EarlierValue:
    """A value of an earlier day that stands beside today's; ``date`` as printed, if it is."""

    value: str
    date: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class PrintedResult:
    """One result as a line prints it.

    ``known``: its unit or its range is one. ``rest``: what stands behind it and is not understood.
    ``second``: the same line's value in another unit. ``earlier``: its values of earlier days.
    """

    name: str
    value: str | None
    flag: str | None
    unit: str | None
    low: str | None
    high: str | None
    known: bool
    rest: str = ""
    method: str | None = None
    second: PrintedResult | None = None
    earlier: tuple[EarlierValue, ...] = ()

    @property
    def has_range(self) -> bool:
        """Whether it has a limit at least."""
        return self.low is not None or self.high is not None


@dataclass(slots=True)
class Taken:
    """A result, where it stood and when its sample was taken.

    ``specimen``: as a title states it. ``other``: what its heading says, where that is no blood.
    ``status``: cancelled or not final, where the print says so in words.
    """

    result: PrintedResult
    place: str
    collected: str | None = None
    request: str | None = None
    specimen: str | None = None
    other: OtherSpecimen | None = None
    comment: str | None = None
    status: str | None = None


@dataclass(slots=True)
class Refused:
    """What looks like a result and cannot be one, and why."""

    place: str
    message: str
    name: str | None = None
    value: str | None = None
    unit: str | None = None
    flag: str | None = None
    code: RejectCode = RejectCode.UNREADABLE
    collected: str | None = None
    results: int = 1


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
