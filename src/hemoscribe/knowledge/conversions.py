"""From an analyte's reported unit to its canonical one: canonical = scale * reported + offset.

Mass and amount meet through the analyte's molar mass, equivalents through its charge, and a few
analytes (HbA1c) have their own published equation. What has none of these is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import ucum
from hemoscribe.knowledge.units import ucum_candidates
from hemoscribe.records import RejectCode

if TYPE_CHECKING:
    from hemoscribe.knowledge.analytes import Analyte

_CATALYTIC = {"mol": 1, "s": -1}
_COUNTED = frozenset(("INR", "ratio", "index_value", "WBC", "RBC", "Hb", "vol", "cells"))
"""Annotations that leave a plain number what it is; not that of creatinine, or of a titre."""
_FULLY_ANNOTATED = ("FEU", "DDU", "N")


class UnitRefused(KnowledgeError):
    """A unit that is not converted; ``code`` is the reject it leads to."""

    def __init__(self, code: RejectCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def conversion(analyte: Analyte, unit: str) -> tuple[float, float]:
    """(scale, offset) from ``unit``, as a laboratory spells it, to the analyte's canonical unit.

    Raises:
        UnitRefused: no unit we know, another dimension, or an arbitrary unit.
    """
    scale, offset, _ = resolve(analyte, unit)
    return scale, offset


def resolve(analyte: Analyte, unit: str) -> tuple[float, float, str]:
    """As ``conversion``, and the UCUM unit that the spelling was taken for."""
    alias = analyte.aliases.get("".join(unit.split()).casefold())
    candidates = (alias,) if alias is not None else ucum_candidates(unit)
    if not candidates:
        raise UnitRefused(RejectCode.UNKNOWN_UNIT, f"The unit {unit!r} is not one we know.")
    refusals = []
    for candidate in candidates:
        try:
            scale, offset = _from_ucum(analyte, candidate)
        except UnitRefused as refused:
            refusals.append(refused)
        else:
            return float(scale), float(offset), candidate
    raise refusals[0]


def _from_ucum(analyte: Analyte, code: str) -> tuple[Fraction, Fraction]:
    for own in analyte.conversions:
        if code in (own.unit, f"{own.unit}{{Hb}}"):
            return Fraction(repr(own.scale)), Fraction(repr(own.offset))
    source, target = ucum.parse(code), ucum.parse(analyte.unit)
    if source.special is not None or target.special is not None:
        return _own_scale(analyte, code)
    if not source.dimensions and not target.dimensions:
        return _plain_number(analyte, code, source, target)
    _same_meaning(analyte, code, source)
    factor = source.factor / target.factor
    gap = _gap(source.dimensions, target.dimensions)
    if not gap:
        return factor, Fraction(0)
    if _arbitrary(source.dimensions) or _arbitrary(target.dimensions):
        return _activity(analyte, code, source, target), Fraction(0)
    mass = _molar_mass(analyte, source)
    if mass is not None and gap == {"g": 1, "mol": -1}:
        return factor / mass, Fraction(0)
    if mass is not None and gap == {"g": -1, "mol": 1}:
        return factor * mass, Fraction(0)
    if gap == {"eq": 1, "mol": -1} and analyte.charge:
        return factor / analyte.charge, Fraction(0)
    if gap in ({"osm": 1, "mol": -1}, {"osm": -1, "mol": 1}) and analyte.osmotic:
        return factor, Fraction(0)
    raise _wrong(analyte, code)


def _plain_number(
    analyte: Analyte, code: str, source: ucum.Unit, target: ucum.Unit
) -> tuple[Fraction, Fraction]:
    """Between plain numbers (%, ratio, per 100 cells) only what the analyte lists is accepted."""
    own = {conversion.unit for conversion in analyte.conversions}
    accepted = {_bare(unit) for unit in (analyte.unit, *analyte.units) if unit not in own}
    if _bare(code) not in accepted or not _COUNTED.issuperset(source.annotations):
        raise _wrong(analyte, code)
    return source.factor / target.factor, Fraction(0)


def _own_scale(analyte: Analyte, code: str) -> tuple[Fraction, Fraction]:
    """Between units with a zero of their own: degrees Celsius and Fahrenheit."""
    try:
        return ucum.conversion(code, analyte.unit)
    except KnowledgeError as error:
        raise _wrong(analyte, code) from error


def _same_meaning(analyte: Analyte, code: str, source: ucum.Unit) -> None:
    """D-dimer in D-dimer units is not D-dimer in fibrinogen units: the ratio is the assay's own."""
    own = set(ucum.parse(analyte.unit).annotations) & set(_FULLY_ANNOTATED)
    said = set(source.annotations) & set(_FULLY_ANNOTATED) - set(analyte.bases)
    if said and said != own:
        raise UnitRefused(
            RejectCode.ARBITRARY_UNIT,
            f"{code} cannot be turned into {analyte.unit}: the ratio differs from assay to assay.",
        )


def _activity(analyte: Analyte, code: str, source: ucum.Unit, target: ucum.Unit) -> Fraction:
    """Between names of an analyte's one activity unit: U and IU of an enzyme, mU and mIU of TSH."""
    one, other = _without_activity(source), _without_activity(target)
    if one is None or other is None:
        raise UnitRefused(
            RejectCode.ARBITRARY_UNIT,
            f"{code} cannot be turned into {analyte.unit}: arbitrary units have no molar mass.",
        )
    if one[1] != other[1]:
        raise _wrong(analyte, code)
    return one[0] / other[0]


def _without_activity(unit: ucum.Unit) -> tuple[Fraction, Mapping[str, int]] | None:
    """(number of activity units, what they are per); None when the unit counts no activity."""
    marks = _arbitrary(unit.dimensions)
    rest = {name: power for name, power in unit.dimensions.items() if name not in marks}
    if [unit.dimensions[mark] for mark in marks] == [1]:
        return unit.factor, rest
    if not marks and all(rest.get(name) == power for name, power in _CATALYTIC.items()):
        rest = {name: power for name, power in rest.items() if name not in _CATALYTIC}
        return unit.factor * 60 * 10**6, rest  # 1 U = 1 umol/min
    return None


def _arbitrary(dimensions: Mapping[str, int]) -> list[str]:
    return [name for name in dimensions if name.startswith("[") or name.endswith("'U]")]


def _gap(source: Mapping[str, int], target: Mapping[str, int]) -> dict[str, int]:
    gap = Counter(source)
    gap.subtract(target)
    return {name: power for name, power in gap.items() if power}


def _molar_mass(analyte: Analyte, source: ucum.Unit) -> Fraction | None:
    """Grams per mole; a unit that names its basis (urea as nitrogen, ``{N}``) takes that one's."""
    for annotation in source.annotations:
        if annotation in analyte.bases:
            return Fraction(repr(analyte.bases[annotation]))
    mass = analyte.molar_mass_g_per_mol
    return None if mass is None else Fraction(repr(mass))


def _bare(code: str) -> str:
    """A unit without its annotations, which UCUM gives no meaning: ``/100{WBC}`` is ``/100``."""
    bare = "".join(part.partition("}")[2] if "}" in part else part for part in code.split("{"))
    return bare or "1"


def _wrong(analyte: Analyte, code: str) -> UnitRefused:
    return UnitRefused(
        RejectCode.WRONG_DIMENSION,
        f"{code} cannot be turned into {analyte.unit}, the unit of {analyte.id}.",
    )
