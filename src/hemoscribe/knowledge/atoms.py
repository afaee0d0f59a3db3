"""The prefixes and atoms of UCUM that are known here, from ``data/ucum.yaml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Atom:
    """A unit with a code of its own: ``value`` times ``unit``, which is UCUM again.

    ``special`` names the function of a unit on a scale of its own; ``value`` is None where the unit
    is a dimension.
    """

    code: str
    metric: bool = True
    arbitrary: bool = False
    special: str | None = None
    value: Fraction | None = None
    unit: str = ""


@cache
def prefixes() -> Mapping[str, Fraction]:
    """Prefix -> its factor."""
    return {code: Fraction(value) for code, value in _tables()["prefixes"].items()}


@cache
def atoms() -> Mapping[str, Atom]:
    """Code -> atom."""
    return {atom.code: atom for atom in _read(_tables())}


def _read(tables: Mapping[str, Any]) -> Iterator[Atom]:
    for code in tables["base"]:
        yield Atom(code)
    for table, metric in (("arbitrary_metric", True), ("arbitrary", False)):
        for code in tables[table]:
            yield Atom(code, metric, arbitrary=True, value=Fraction(1), unit="1")
    for table, metric in (("metric", True), ("plain", False)):
        for code, definition in tables[table].items():
            yield _defined(code, metric, None, definition)
    for table, metric in (("scales_metric", True), ("scales", False)):
        for code, definition in tables[table].items():
            yield _defined(code, metric, *definition.split(" ", 1))


def _defined(code: str, metric: bool, special: str | None, definition: str) -> Atom:
    """The atom of ``60 s`` or ``kg.m/s2``."""
    *value, unit = definition.split(" ")
    return Atom(code, metric, special=special, value=Fraction(*value or "1"), unit=unit)


@cache
def _tables() -> Mapping[str, Any]:
    """The file; every number in it as the text that is written, so that it stays exact."""
    text = resources.files(__package__).joinpath("data/ucum.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    tables: Mapping[str, Any] = yaml.load(text, Loader=loader)
    return tables
