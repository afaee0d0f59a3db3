"""Persons in HL7 v2: the patient's number and who gave it, and who else is named."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from hemoscribe.sources.authorities import best, identity
from hemoscribe.sources.hl7.fields import Fields, components, field, repetitions
from hemoscribe.sources.hl7.observation_codes import codes

_MAX_NAMED = 1_000


@lru_cache(maxsize=4096)
def person_named(named: str, separators: str) -> str | None:
    """Family and given name of a person (XCN: number, family name, given name), else the number."""
    if not named:
        return None
    first = repetitions(named[:_MAX_NAMED], separators)[0]
    part = [*components(first, separators), "", "", ""]
    family = part[1].split(separators[4])[0]
    return " ".join(one for one in (family, part[2]) if one) or part[0] or None


def interpreter_named(fields: Fields, separators: str) -> str | None:
    """OBR-32, whose person is a part of its first component."""
    stated = field(fields, 32).partition(separators[1])[0]
    return person_named(stated.replace(separators[4], separators[1]), separators)


def patient_of(fields: Fields, separators: str, facility: str) -> str | None:
    """The patient of a PID segment: PID-3, else PID-2, with who gave the number."""
    numbers = (_patient_id(field(fields, at), separators) for at in (3, 2))
    number, authority = next((one for one in numbers if one[0]), ("", ""))
    return identity(number, authority, facility)


def _patient_id(identifiers: str, separators: str) -> tuple[str, str]:
    """(number, who gave it): a country's, else of a record, else of the first number."""
    found = [
        [*components(one, separators), "", "", "", ""]
        for one in repetitions(identifiers, separators)
    ]
    given = [(one[0], one[3].split(separators[4])) for one in found]
    if (national := best((number, name) for number, names in given for name in names)) is not None:
        return national
    kinds = [
        (number, authority_among(names), one[4].upper())
        for one, (number, names) in zip(found, given, strict=True)
        if number
    ]
    for wanted in codes()["patient_identifiers"]:
        for number, authority, kind in kinds:
            if kind == wanted:
                return number, authority
    return kinds[0][:2] if kinds else ("", "")


def authority_among(names: Sequence[str]) -> str:
    """Of a designator (name, universal number, its kind) the number, which is one of its own."""
    return (names[1] if len(names) > 1 else "") or names[0]
