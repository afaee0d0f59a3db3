"""The value, units and reference range of a coded observation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element

from hemoscribe.knowledge.printed import read_number
from hemoscribe.knowledge.recognise import Resolved, resolve_name
from hemoscribe.sources.cda.narrative import Narrative
from hemoscribe.sources.cda.surroundings import V3, attribute, codes, find
from hemoscribe.sources.stated_ranges import (
    NO_LIMITS,
    Limits,
    StatedRange,
    printed_limits,
    same_unit,
)
from hemoscribe.sources.xml_trees import XSI_TYPE, local_name

SAME_VALUE = 0.005  # share by which laboratories' conversion factors differ, beside rounding

Printed = tuple[str | None, str | None]  # value and unit as texts


@dataclass(frozen=True, slots=True)
class Value:
    """A value as stated: its first unit, and the same result in others.

    ``refusal`` says why it is no single quantity.
    """

    text: str | None = None
    unit: str | None = None
    others: tuple[Printed, ...] = ()
    refusal: str | None = None


def value_of(observation: Element, said: Narrative) -> Value:
    """What an observation states; several ``value`` elements are one result in several units."""
    found = [_value(value, said) for value in observation.findall(V3 + "value")]
    stated = [value for value in found if value.text is not None or value.refusal is not None]
    if not stated:
        return Value()
    first = stated[0]
    others = tuple(printed for value in stated for printed in value.others)
    others += tuple((value.text, value.unit) for value in stated[1:])
    return Value(first.text, first.unit, others, first.refusal)


def _value(value: Element, said: Narrative) -> Value:
    kind = (value.get(XSI_TYPE) or "").rpartition(":")[2].upper() or _guessed(value)
    if value.get("nullFlavor"):
        return Value(_reason(value, said))
    if kind in codes()["quantities"]:
        text, unit = _quantity(value)
        return Value(text, unit, tuple(_translations(value, None)))
    if kind in codes()["coded"]:
        return Value(_coded(value, said))
    if kind in codes()["texts"]:
        reference = attribute(find(value, "reference"), "value")
        return Value(said.text_of(reference) or said.words(value) or attribute(value, "value"))
    text = said.words(value) or " ".join(value.attrib.values())[:200]
    return Value(text or None, refusal=f"A value of type {kind or 'unknown'} is no quantity.")


def _guessed(value: Element) -> str:
    if find(value, "low") is not None or find(value, "high") is not None:
        return "IVL_PQ"
    return "PQ" if value.get("value") else "CD" if value.get("code") else "ST"


def _reason(value: Element, said: Narrative) -> str | None:
    """The words beside a null flavour, such as why a sample could not be used."""
    original = find(value, "originalText")
    reference = attribute(find(original, "reference"), "value")
    return said.text_of(reference) or (said.words(original) if original is not None else None)


def _quantity(value: Element) -> Printed:
    """A number, or one limit of an interval with its sign: ``<5``; both limits are no number."""
    number = attribute(value, "value")
    if number is not None:
        return number, attribute(value, "unit")
    low, high, centre = (find(value, name) for name in ("low", "high", "center"))
    at_low, at_high = attribute(low, "value"), attribute(high, "value")
    unit = attribute(low, "unit") or attribute(high, "unit") or attribute(centre, "unit")
    if at_low and at_high:
        return f"{at_low} - {at_high}", unit
    if at_high is not None:
        return f"{_sign('<', high)}{at_high}", unit
    if at_low is not None:
        return f"{_sign('>', low)}{at_low}", unit
    return attribute(centre, "value"), unit


def _sign(sign: str, limit: Element | None) -> str:
    return sign if attribute(limit, "inclusive") == "false" else f"{sign}="


def _translations(value: Element, sign: str | None) -> list[Printed]:
    """The same quantity in other units (PQR: the unit is its ``code``)."""
    found: list[Printed] = []
    for part in value:
        name = local_name(part)
        if name == "translation" and attribute(part, "value"):
            unit = attribute(part, "unit") or attribute(part, "code")
            original = find(part, "originalText")
            unit = unit or (original.text or "").strip() if original is not None else unit
            found.append((f"{sign or ''}{attribute(part, 'value')}", unit or None))
        elif name in ("low", "high"):
            found += _translations(part, _sign("<" if name == "high" else ">", part))
    return found


def _coded(value: Element, said: Narrative) -> str | None:
    """A coded answer by its words, never by a code that looks like a number."""
    original = find(value, "originalText")
    reference = attribute(find(original, "reference"), "value")
    code = attribute(value, "code")
    return (
        attribute(value, "displayName")
        or said.text_of(reference)
        or (said.words(original) if original is not None else None)
        or (f"code {code}" if code else None)
    )


def ranges_of(observation: Element, unit: str | None, said: Narrative) -> list[StatedRange]:
    """The ranges of an observation, and whom each is for; limits in another unit are left out."""
    found = []
    for holder in observation.findall(V3 + "referenceRange"):
        entry = find(holder, "observationRange")
        if entry is None:
            continue
        meaning = attribute(find(entry, "interpretationCode"), "code")
        sex, age_low, age_high, other = _conditions(entry)
        found.append(
            StatedRange(
                _limits(entry, unit, said), meaning in (None, "N"), sex, age_low, age_high, other
            )
        )
    return found


def _limits(entry: Element, unit: str | None, said: Narrative) -> Limits:
    value, text = find(entry, "value"), find(entry, "text")
    low, high = find(value, "low"), find(value, "high")
    if attribute(low, "value") is None and attribute(high, "value") is None:
        if text is None:
            return NO_LIMITS
        reference = attribute(find(text, "reference"), "value")
        printed = said.text_of(reference) or said.words(text)
        return printed_limits(printed, unit) if printed else NO_LIMITS
    limits = [_in_unit(limit, unit) for limit in (low, high)]
    return limits[0], limits[1]


def _in_unit(limit: Element | None, unit: str | None) -> str | None:
    """A limit's number in ``unit``: its own, or that of a translation."""
    if limit is None or same_unit(attribute(limit, "unit"), unit):
        return attribute(limit, "value")
    for number, other in _translations(limit, None):
        if other and same_unit(other, unit):
            return number
    return None


def _conditions(entry: Element) -> tuple[str | None, float | None, float | None, bool]:
    """(sex, lowest age, highest age in years, another condition) that a range is for."""
    sex: str | None = None
    ages: tuple[float | None, float | None] = (None, None)
    other = False
    for condition in entry.findall(V3 + "precondition"):
        criterion = find(condition, "criterion")
        value = find(criterion, "value")
        said_sex = (attribute(value, "code") or "").upper()
        if said_sex in ("F", "M"):
            sex = said_sex
        elif find(value, "low") is not None or find(value, "high") is not None:
            ages = (_years(find(value, "low")), _years(find(value, "high")))
        else:
            other = True
    return sex, *ages, other


_YEARS = {"a": 1.0, "mo": 1 / 12, "wk": 7 / 365.25, "d": 1 / 365.25}


def _years(limit: Element | None) -> float | None:
    number = read_number(attribute(limit, "value") or "").number
    unit = attribute(limit, "unit") or "a"
    return None if number is None else number * _YEARS.get(unit, 1.0)


_resolved = lru_cache(maxsize=65536)(resolve_name)


@dataclass(frozen=True, slots=True)
class Canonical:
    """A value in the canonical unit of its analyte, and half of its last printed digit."""

    value: float
    rounding: float


def canonical(name: str | None, loinc: str | None, printed: Printed) -> Canonical | None:
    """A printed value in the canonical unit of its analyte; None where knowledge cannot tell."""
    text, unit = printed
    number = read_number(text or "").number
    resolved: Resolved = _resolved(name, loinc, unit)
    if unit is None or number is None or len(resolved.options) != 1:
        return None
    option = resolved.options[0]
    decimals = len((text or "").replace(",", ".").partition(".")[2])
    half_digit = 0.5 * 10.0 ** -min(decimals, 12) * abs(option.scale)
    return Canonical(number * option.scale + option.offset, half_digit)


def agree(one: Canonical | None, other: Canonical | None) -> bool:
    """Whether two values may be one result in two units; where one is not known, they may."""
    if one is None or other is None:
        return True
    share = SAME_VALUE * max(abs(one.value), abs(other.value))
    return abs(one.value - other.value) <= share + one.rounding + other.rounding
