"""What an Observation, or a component of one, states: name, value, unit, range, flag."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.names import is_loinc
from hemoscribe.knowledge.printed import read_number
from hemoscribe.sources.fhir.documents import Resource, first, many, text_of
from hemoscribe.sources.fhir.two_ways import units_differ
from hemoscribe.sources.stated import Row, bounded, flag_of
from hemoscribe.sources.stated_ranges import (
    NO_LIMITS,
    Limits,
    StatedRange,
    chosen_limits,
    printed_limits,
    same_unit,
)

_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"
_CONDITIONS = frozenset(("type", "appliesTo", "age"))


@cache
def codes() -> Mapping[str, Any]:
    """The codes of the format, as this reader takes them."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "values.yaml")
    return loaded


def has_value(part: Resource) -> bool:
    """Whether an Observation states a value, or why it has none."""
    if "valueQuantity" in part or "dataAbsentReason" in part:
        return True
    return any(name.startswith("value") for name in part)


def stated(part: Resource, sex: str | None, age: float | None) -> tuple[Row, str | None]:
    """(the columns a value fills, why it is no quantity or may not be read).

    Args:
        sex, age: of the patient, F or M and years, to choose among ranges.
    """
    row: Row = {}
    code = first(part, "code")
    for coding in many(code, "coding"):
        value, system = text_of(coding, "code"), text_of(coding, "system")
        if system == _LOINC or (system is None and is_loinc(value)):
            row.setdefault("loinc", value)
        row["reported_name"] = row.get("reported_name") or text_of(coding, "display")
    row["reported_name"] = text_of(code, "text") or row.get("reported_name")
    values = [name for name in part if name.startswith("value")]
    if len(values) > 1:
        return row, f"It has two values, {values[0]} and {values[1]}."
    why = _value(part, values[0], row) if values else None
    unit = _units(first(part, "valueQuantity"))
    row["reported_low"], row["reported_high"] = _limits(part, unit, sex, age)
    flags = many(part, "interpretation")
    if flags:
        row["reported_flag"] = flag_of(text for flag in flags for text in _texts(flag))
    return row, why


def _value(part: Resource, name: str, row: Row) -> str | None:
    """Fill in value and unit; returns why the value is no quantity, where it is none."""
    value = first(part, name)
    if name == "valueQuantity":
        comparator, number = text_of(value, "comparator"), text_of(value, "value")
        if number is not None:
            row["reported_value"] = f"{comparator or ''}{number}"
        row["reported_unit"] = _unit(value)
        return None
    if name == "valueCodeableConcept":
        said = [text_of(value, "text"), *(text_of(c, "display") for c in many(value, "coding"))]
        code = text_of(value, "coding", "code")
        words = next((one for one in said if one), None)
        row["reported_value"] = words or (f"code {code}" if code else None)
        return None
    row["reported_value"] = bounded(value if isinstance(value, str) else _shown(value))
    if name in codes()["texts"] and not isinstance(value, dict):
        return None
    if name in codes()["dates"]:
        return "A date or time is no quantity."
    kind = codes()["others"].get(name, f"a value of another kind ({name})")
    return f"The value is {kind}, which is no single quantity."


def _shown(value: Any) -> str:
    """What a value of no single quantity holds, in a few words."""
    if not isinstance(value, dict):
        return str(value)
    found = (text_of(value, name) for name in ("reference", "contentType", "title", "data"))
    sides = (
        " ".join(p for p in (text_of(value, side, "value"), text_of(value, side, "unit")) if p)
        for side in ("low", "numerator", "high", "denominator")
    )
    return " - ".join(part for part in (*sides, *found) if part)


def _texts(concept: Any) -> list[str | None]:
    """Every code and word of a coded concept; a concept may also be a plain word."""
    if isinstance(concept, str):
        return [concept]
    codings = many(concept, "coding")
    found = [text_of(coding, "code") for coding in codings]
    found += [text_of(coding, "display") for coding in codings]
    return [*found, text_of(concept, "text")]


def _unit(quantity: Any) -> str | None:
    code = text_of(quantity, "code")
    if code is not None and text_of(quantity, "system") == _UCUM:
        return code
    return text_of(quantity, "unit") or code


def _units(quantity: Any) -> tuple[str, ...]:
    """Every way a quantity's unit is spelt."""
    return _spelt(text_of(quantity, "unit"), text_of(quantity, "code"))


def _spelt(unit: str | None, code: str | None) -> tuple[str, ...]:
    return tuple(one for one in (unit, code) if one)


def _limits(part: Resource, units: tuple[str, ...], sex: str | None, age: float | None) -> Limits:
    ranges = many(part, "referenceRange")
    if not ranges:
        return NO_LIMITS
    return chosen_limits([_range(entry, units) for entry in ranges], sex, age)


def _range(entry: Any, units: tuple[str, ...]) -> StatedRange:
    if not isinstance(entry, dict) or _CONDITIONS.isdisjoint(entry):
        return StatedRange(_stated_limits(entry, units))
    kind = first(entry, "type")
    kinds = [text for text in _texts(kind) if text] if kind is not None else []
    normal = not kinds or any(kind in codes()["normal"] for kind in kinds)
    sex: str | None = None
    other = False
    for concept in many(entry, "appliesTo"):
        words = [text.casefold() for text in _texts(concept) if text]
        found = next((codes()["sexes"][word] for word in words if word in codes()["sexes"]), None)
        sex, other = found or sex, other or found is None
    age = entry.get("age")
    return StatedRange(
        _stated_limits(entry, units),
        normal,
        sex,
        _years(first(age, "low")),
        _years(first(age, "high")),
        other,
    )


def _stated_limits(entry: Any, units: tuple[str, ...]) -> Limits:
    low, high = first(entry, "low"), first(entry, "high")
    least, most = text_of(low, "value"), text_of(high, "value")
    if least is None and most is None:
        text = text_of(entry, "text")
        for unit in (*units, None):
            if text and (limits := printed_limits(text, unit)) != NO_LIMITS:
                return limits
        return NO_LIMITS
    return _in_unit(least, low, units), _in_unit(most, high, units)


def _in_unit(number: str | None, limit: Any, units: tuple[str, ...]) -> str | None:
    """A limit's number; None where its unit is not the value's, or is stated as two."""
    if number is None or not _is_one_of(text_of(limit, "unit"), text_of(limit, "code"), units):
        return None
    return number


@lru_cache(maxsize=4096)
def _is_one_of(unit: str | None, code: str | None, units: tuple[str, ...]) -> bool:
    """Whether a limit's unit and its code are of one size, and the value's; a few come often."""
    if units_differ(unit, code):
        return False
    own = _spelt(unit, code)
    return not own or not units or any(same_unit(one, other) for one in own for other in units)


def _years(quantity: Any) -> float | None:
    number = read_number(text_of(quantity, "value") or "").number
    unit = text_of(quantity, "code") or text_of(quantity, "unit") or "a"
    factor = codes()["years"].get(unit.casefold())
    return None if number is None or factor is None else number * factor
