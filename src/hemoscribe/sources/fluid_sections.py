"""Of which fluid results under a heading are, in prints and tables alike.

A heading of another fluid holds until one that names blood, or one that stands above it. What
stands below it ("IONOGRAMME" under "URINES") is a part of it. A heading of which neither can be
told leaves the specimen unknown, and its results are refused with that sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from hemoscribe.records import RejectCode
from hemoscribe.sources.heading_marks import (
    is_of_any_fluid,
    is_of_blood,
    is_of_urine,
    is_only_of_blood,
)
from hemoscribe.sources.specimens import OtherSpecimen, heading_specimen

_AFTER = "(after "
ABOVE, ALIKE, BELOW = 1, 0, -1
_ALIGNED_CHARACTERS = 2


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as it is printed; ``start`` and ``end``: its first and last column."""

    text: str
    start: int = 0
    end: int = 0

    @classmethod
    def of_line(cls, line: str) -> Heading:
        """The heading that is alone on a line."""
        bare = " ".join(line.split()).rstrip(":").strip()
        return cls(bare, len(line) - len(line.lstrip()), len(line.rstrip()))

    def level(self, other: Heading) -> int:
        """Whether it stands above another heading, beside it or below, by its place and letters."""
        centred = abs(self.start + self.end - other.start - other.end) <= 2 * _ALIGNED_CHARACTERS
        if not (centred and self.start and other.start) and self.start != other.start:
            return BELOW if self.start > other.start else ABOVE
        return int(self.text.isupper()) - int(other.text.isupper())


@dataclass(slots=True)
class FluidSections:
    """The fluid that headings say; ``other``: what it is where it is not blood.

    ``of_report``: the report's own name says it, and no heading ends it.
    """

    other: OtherSpecimen | None = None
    of_report: bool = False
    _fluid: OtherSpecimen | None = None
    _under: Heading | None = None
    _has_content: bool = False
    _has_parts: bool = False  # headings of its own level stood under it

    def content(self) -> None:
        """Something stands under the last heading."""
        self._has_content = True

    def begin(self, other: OtherSpecimen, heading: Heading) -> None:
        """What follows is of another fluid."""
        self.other = self._fluid = other
        self._under, self._has_content, self._has_parts = heading, False, False

    def end(self) -> None:
        """What follows is of blood, as far as headings say."""
        self.other = self._fluid = self._under = None

    def enter(self, heading: Heading) -> bool:
        """A heading begins a section; whether it names blood itself."""
        text = heading.text
        if (other := heading_specimen(text)) is not None:
            self.begin(other, heading)
        elif is_only_of_blood(text):
            self.end()
            return True
        elif self._under is not None and not self.of_report:
            self._enter_under(self._under, heading)
        return False

    def _enter_under(self, under: Heading, heading: Heading) -> None:
        """A heading that may be a part of the fluid's results, or what comes after them."""
        level = heading.level(under)
        if is_of_any_fluid(heading.text):
            self._has_parts |= level >= ALIKE
        elif not self._has_content or (level == BELOW and heading.start > under.start):
            self._has_parts |= level >= ALIKE
            self.other = self._fluid
        elif self._ends(level, under) and is_of_blood(heading.text):
            self.end()
        else:
            name = f"{heading.text} {_AFTER}{under.text})"
            self.other = OtherSpecimen(name, RejectCode.UNKNOWN_SPECIMEN)

    def _ends(self, level: int, under: Heading) -> bool:
        """Whether a section of such a level is no part of the fluid's.

        Urine has a chapter of its own in a report; of a puncture cells and chemistry stand in
        chapters that are named as those of blood are.
        """
        if level == ABOVE:
            return True
        return level == ALIKE and not self._has_parts and is_of_urine(under.text)


def may_be_blood(other: OtherSpecimen) -> bool:
    """Whether it is that of a heading after another fluid's, whose results may tell."""
    return other.code == RejectCode.UNKNOWN_SPECIMEN and _AFTER in other.name
