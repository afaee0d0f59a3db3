"""What an OBX states of a result: its name, value, unit, range, flag and status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.names import is_loinc
from hemoscribe.sources.hl7.fields import (
    Fields,
    component,
    components,
    field,
    repetitions,
    unescape,
)
from hemoscribe.sources.stated import bounded, flag_of
from hemoscribe.sources.stated_ranges import NO_LIMITS, Limits, printed_limits

_MAX_CODED = 1_000  # characters of a coded element that are looked at


@cache
def codes() -> Mapping[str, Any]:
    """The standard's codes, as this reader takes them."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "messages.yaml")
    return loaded


@dataclass(frozen=True, slots=True)
class Observation:
    """An OBX as stated; ``refusal`` says why its value is no quantity."""

    name: str | None
    loinc: str | None
    value: str | None
    unit: str | None
    limits: Limits
    flag: str | None
    status: str | None
    time: str | None
    refusal: str | None = None
    method: str | None = None
    instrument: str | None = None


def kind_of(fields: Fields) -> str:
    """The value type (OBX-2)."""
    return field(fields, 2).strip().upper()


def observation(fields: Fields, separators: str) -> Observation:
    """What an OBX that is no document states."""
    kind = kind_of(fields)
    name, loinc = what(field(fields, 3)[:_MAX_CODED], separators)
    value, own_unit, refusal = _value(kind, field(fields, 5), separators)
    unit = own_unit or unit_of(field(fields, 6)[:_MAX_CODED], separators)
    printed = field(fields, 7)[:_MAX_CODED]
    return Observation(
        name,
        loinc,
        value or None,
        unit,
        _limits(printed, unit, separators) if printed else NO_LIMITS,
        _flag(field(fields, 8)[:_MAX_CODED], separators),
        component(field(fields, 11), 1, separators).upper() or None,
        component(field(fields, 14), 1, separators) or None,
        refusal,
        said(field(fields, 17), separators),
        said(field(fields, 18), separators),
    )


@lru_cache(maxsize=4096)
def said(coded: str, separators: str) -> str | None:
    """The words of a coded element or of an identifier, else its code; None where it is empty."""
    if not coded:
        return None
    first = repetitions(coded[:_MAX_CODED], separators)[0]
    part = [*components(first, separators), "", ""]
    return part[1] or part[0] or None


@lru_cache(maxsize=4096)
def person_named(named: str, separators: str) -> str | None:
    """Family and given name of a person (XCN: number, family name, given name), else the number."""
    if not named:
        return None
    first = repetitions(named[:_MAX_CODED], separators)[0]
    part = [*components(first, separators), "", "", ""]
    family = part[1].split(separators[4])[0]
    return " ".join(one for one in (family, part[2]) if one) or part[0] or None


@lru_cache(maxsize=65536)
def what(identifier: str, separators: str) -> tuple[str | None, str | None]:
    """(name, LOINC code) of a coded element: either triplet may be LOINC's."""
    part = components(identifier, separators)
    part += [""] * (9 - len(part))
    loinc = next(
        (
            part[at]
            for at in (0, 3)
            if is_loinc(part[at]) and part[at + 2].upper() in ("LN", "LOINC", "")
        ),
        None,
    )
    name = part[1] or part[4] or part[8] or (part[0] if part[0] != loinc else "")
    return name or None, loinc


@lru_cache(maxsize=65536)
def unit_of(units: str, separators: str) -> str | None:
    """The unit of OBX-6: the triplet that is UCUM's, else the first that is stated."""
    part = components(units, separators)
    part += [""] * (6 - len(part))
    ucum = codes()["ucum"]
    if part[5].upper() in ucum and part[2].upper() not in ucum and part[3]:
        return part[3]
    return part[0] or part[1] or part[3] or part[4] or None


@lru_cache(maxsize=65536)
def _limits(printed: str, unit: str | None, separators: str) -> Limits:
    return printed_limits(unescape(printed, separators), unit)


@lru_cache(maxsize=4096)
def _flag(flags: str, separators: str) -> str | None:
    """The flag among the repetitions of OBX-8."""
    if not flags:
        return None
    return flag_of(component(one, 1, separators) for one in repetitions(flags, separators))


def _value(kind: str, text: str, separators: str) -> tuple[str, str | None, str | None]:
    """(value as text, a unit stated with it, why it is no quantity)."""
    if kind in ("NM", "ST", "", "SN", "CQ") and separators[2] in text:
        distinct = dict.fromkeys(repetitions(text, separators))
        if len(distinct) > 1:
            shown = bounded(unescape(text, separators).strip())
            return shown, None, "Several values in one OBX: none of them is the result."
        text = next(iter(distinct))
    if kind in ("NM", "ST", ""):
        return bounded(unescape(text, separators).strip()), None, None
    if kind == "SN":
        return _structured([*components(text, separators), "", "", "", ""])
    if kind == "CQ":
        return component(text, 1, separators), component(text, 2, separators) or None, None
    if kind in codes()["coded"]:
        said = component(text, 2, separators) or component(text, 9, separators)
        code = component(text, 1, separators)
        return said or (f"code {code}" if code else ""), None, None
    joined = " ".join(repetitions(text, separators))
    value = bounded(unescape(joined, separators).strip())
    known = kind in codes()["numeric"] or not value
    return value, None, None if known else f"A value of type {kind} is no quantity."


def _structured(part: Sequence[str]) -> tuple[str, None, str | None]:
    """A structured numeric: ``<^5``; a ratio, a range or a grade (``1^:^80``) is no quantity."""
    if part[2]:
        return "".join(part[:4]), None, "A ratio, a range or a grade is no single quantity."
    return f"{part[0]}{part[1]}", None, None
