"""What fluid printed results are of, from headings, stated specimens and the results themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from hemoscribe.knowledge.names import by_name
from hemoscribe.records import RejectCode
from hemoscribe.sources.fluid_sections import FluidSections, Heading
from hemoscribe.sources.heading_marks import (
    is_of_urine,
    is_only_in_blood,
    is_volume_of_urine,
    labels,
)
from hemoscribe.sources.printed.lines.two_units import distance
from hemoscribe.sources.printed.parts import PrintedResult, Taken
from hemoscribe.sources.specimens import OtherSpecimen, heading_specimen

_LIKE_BLOOD = math.log(1.1)  # how far limits may lie from those of blood and be taken for them


@dataclass(slots=True)
class Fluid:
    """Of what the results that follow are: ``other`` by a heading, ``stated`` by a title."""

    stated: str | None = None
    sections: FluidSections = field(default_factory=FluidSections)

    @classmethod
    def of(cls, title: str | None) -> Fluid:
        """As the name of a report says, for all of it."""
        fluid = cls()
        if title and (other := heading_specimen(title)) is not None:
            fluid.sections.begin(other, Heading(title))
            fluid.sections.of_report = True
        return fluid

    @property
    def other(self) -> OtherSpecimen | None:
        """What the last heading says, where it is no blood."""
        return self.sections.other

    def state(self, specimen: str) -> None:
        """A title states the specimen of what follows."""
        self.stated = specimen
        self.sections.end()

    def enter(self, line: str) -> None:
        """A heading begins a section."""
        names_blood = self.sections.enter(Heading.of_line(line))
        if names_blood and self.stated is not None and heading_specimen(self.stated) is not None:
            self.stated = None

    def passed(self, results: Iterable[Taken]) -> None:
        """Results that were read; a volume of urine begins those of urine."""
        self.sections.content()
        for taken in results:
            if taken.other is None and is_volume_of_urine(taken.result.name):
                other = OtherSpecimen(taken.result.name, RejectCode.OTHER_SPECIMEN)
                self.sections.begin(other, Heading(taken.result.name))
                taken.other = other


def tell_by_results(results: Iterable[Taken]) -> None:
    """Sections of an unknown specimen that hold what only blood has are of blood."""
    for other, of_section in groupby(results, key=lambda taken: taken.other):
        if (
            other is None
            or other.code != RejectCode.UNKNOWN_SPECIMEN
            or "(after " not in other.name
        ):
            continue
        section = list(of_section)
        urine = is_of_urine(other.name)
        if any(_only_of_blood(taken.result, urine=urine) for taken in section):
            for taken in section:
                taken.other = None


def _only_of_blood(result: PrintedResult, *, urine: bool) -> bool:
    if is_only_in_blood(result.name):
        return True
    named = {candidate.analyte.id for candidate in by_name(result.name)}
    if not urine or not result.has_range or not named & labels()["blood_ranges"]:
        return False
    return distance(result, result) <= _LIKE_BLOOD
