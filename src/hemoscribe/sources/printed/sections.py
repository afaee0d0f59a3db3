"""What fluid the results under a heading are of, from headings and stated specimens."""

from __future__ import annotations

from dataclasses import dataclass

from hemoscribe.knowledge.fluids import says_blood
from hemoscribe.records import RejectCode
from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.specimens import OtherSpecimen, heading_specimen


@dataclass(slots=True)
class Fluid:
    """Of what the results that follow are: ``other`` by a heading, ``stated`` by a title.

    A heading of another fluid holds until a heading that is known to be over blood. Under one that
    may be either, such as a sub-heading, nothing is blood; it is said that it is not known.
    """

    stated: str | None = None
    other: OtherSpecimen | None = None
    of_report: bool = False
    _under: str = ""

    @classmethod
    def of(cls, title: str | None) -> Fluid:
        """As the name of a report says, for all of it."""
        other = heading_specimen(title)
        return cls(other=other, of_report=other is not None, _under=title or "")

    def state(self, specimen: str) -> None:
        """A title states the specimen of what follows."""
        self.stated, self.other = specimen, None

    def enter(self, heading: str) -> None:
        """A heading begins a section."""
        other = heading_specimen(heading)
        if other is not None:
            self.other, self._under = other, heading
        elif says_blood(heading):
            self.other = None
            if self.stated is not None and heading_specimen(self.stated) is not None:
                self.stated = None
        elif self.other is not None and not self.of_report:
            if layout_words.is_of_blood(heading):
                self.other = None
            elif not layout_words.is_of_any_fluid(heading):
                name = f"{heading} (after {self._under})"
                self.other = OtherSpecimen(name, RejectCode.UNKNOWN_SPECIMEN)
