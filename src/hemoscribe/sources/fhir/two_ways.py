"""What an Observation states in two ways that cannot both be right: its unit, or what it is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import ucum
from hemoscribe.knowledge.names import by_loinc, is_loinc
from hemoscribe.knowledge.units import ucum_candidates
from hemoscribe.sources.fhir.documents import Resource, first, many, text_of

# Units of activity, of charge and molar ones, which laboratories and UCUM name differently.
_LOOSE = ("U", "[", "eq", "M")
_LOINC = "http://loinc.org"


def contradiction(part: Resource) -> str | None:
    """Why a value cannot be read as what it states, where it contradicts itself."""
    quantity = first(part, "valueQuantity")
    if two_units(quantity):
        unit, code = text_of(quantity, "unit"), text_of(quantity, "code")
        return f"The unit is {unit!r} in words and {code!r} as a code."
    codings = many(first(part, "code"), "coding")
    if len(codings) < 2:
        return None
    systems = (_LOINC, None)
    loincs = [text_of(one, "code") for one in codings if text_of(one, "system") in systems]
    stated = [code for code in loincs if is_loinc(code)]
    ours = [code for code in stated if by_loinc(code)]
    others = [code for code in stated if not by_loinc(code)]
    if ours and others:
        return (
            f"It has two LOINC codes, {ours[0]} and {others[0]}; the second is not one of those "
            "we know for blood."
        )
    return None


def two_units(quantity: Any) -> bool:
    """Whether a quantity's unit and the code of its unit are known and of different size."""
    unit, code = text_of(quantity, "unit"), text_of(quantity, "code")
    return units_differ(unit, code)


def units_differ(unit: str | None, code: str | None) -> bool:
    """As ``two_units``, of the unit in words and its code."""
    return unit is not None and code is not None and unit != code and _differ(unit, code)


@lru_cache(maxsize=8192)
def _differ(unit: str, code: str) -> bool:
    ones, others = ucum_candidates(unit), ucum_candidates(code)
    if not ones or not others:
        return False
    return not any(_alike(one, other) for one in ones for other in others)


def _alike(one: str, other: str) -> bool:
    """Whether two UCUM units are of one size, or nothing tells that they are not."""
    try:
        mine, yours = dict(ucum.parse(one).dimensions), dict(ucum.parse(other).dimensions)
        if mine != yours:
            whole = "/" in one and "/" in other  # "millimole" may be short for one of them
            return not whole or any(sign in text for sign in _LOOSE for text in (one, other))
        scale, offset = ucum.conversion(one, other)
        return scale == 1 and offset == 0
    except KnowledgeError:
        return True
