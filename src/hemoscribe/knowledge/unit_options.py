"""The analytes and units that a printed name may stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from hemoscribe.knowledge.analytes import Analyte
from hemoscribe.knowledge.conversions import resolve
from hemoscribe.knowledge.name_index import Candidate
from hemoscribe.knowledge.names import candidates


@dataclass(frozen=True, slots=True)
class UnitOption:
    """An analyte and a unit a value may be in: canonical = scale * value + offset.

    ``annotation``: the unit with the mass basis that the name implies (urea as nitrogen), if any.
    """

    analyte: Analyte
    unit: str
    scale: float
    offset: float
    annotation: str | None = None

    def canonical(self, value: float) -> float:
        """A value of this unit in the analyte's canonical one."""
        return value * self.scale + self.offset


def option_in(candidate: Candidate, unit: str) -> UnitOption:
    """A name's candidate in a unit as a laboratory spells it.

    Raises:
        UnitRefused: no unit we know, another dimension, or an arbitrary unit.
    """
    analyte = candidate.analyte
    scale, offset, code = resolve(analyte, unit)
    if candidate.annotation and "{" not in code and "g" in code.split("/")[0]:
        annotated = f"{code}{{{candidate.annotation}}}"
        scale, offset, _ = resolve(analyte, annotated)
        return UnitOption(analyte, unit, scale, offset, annotated)
    return UnitOption(analyte, unit, scale, offset)


def options_of(found: Sequence[Candidate]) -> tuple[UnitOption, ...]:
    """The units that values of candidates may be in; those that give the same value count once."""
    options: dict[tuple[str, float, float], UnitOption] = {}
    for candidate in found:
        for unit in candidate.analyte.units:
            option = option_in(candidate, unit)
            options.setdefault((candidate.analyte.id, option.scale, option.offset), option)
    return tuple(options.values())


@lru_cache(maxsize=65536)
def unit_options(name: str | None, loinc: str | None) -> tuple[UnitOption, ...]:
    """The units that a value under a name and code may be in.

    () where neither is known, or stands for other quantities too, so that only a unit tells.
    """
    found, _ = candidates(name, loinc)
    return () if any(candidate.needs_unit for candidate in found) else options_of(found)
