"""The data the cohort is drawn from: population, conditions, requests, laboratories, comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from hemoscribe.files import own_yaml

Course = Literal["acute", "chronic"]
GROUPS = ("child", "women", "men", "middle", "old")


def load(name: str) -> Any:
    """A YAML file of this folder."""
    return own_yaml(resources.files(__package__).joinpath(name).read_text("utf-8"))


@cache
def population() -> Mapping[str, Any]:
    """Ages, shares, and what healthy people measure."""
    found: Mapping[str, Any] = load("population.yaml")
    return found


@cache
def requests() -> Mapping[str, Any]:
    """Panels of results and how they are ordered together."""
    found: Mapping[str, Any] = load("requests.yaml")
    return found


@dataclass(frozen=True)
class Effect:
    """How a result moves at full severity: multiplied by ``factor``, then ``added``."""

    factor: float = 1.0
    added: float = 0.0


@dataclass(frozen=True)
class Condition:
    """Something wrong with a patient: how often, what it moves, what a doctor then asks for."""

    id: str
    axis: str
    rates: Mapping[str, float]
    course: Course
    effects: Mapping[str, Effect]
    asks: Mapping[str, float]
    least: float
    sex: str | None


@cache
def conditions() -> tuple[Condition, ...]:
    """Every condition of ``conditions.yaml``."""
    return tuple(
        Condition(
            id=name,
            axis=entry["axis"],
            rates=entry["rates"],
            course=entry["course"],
            effects={analyte: _effect(text) for analyte, text in entry["effects"].items()},
            asks=entry["asks"],
            least=entry.get("least", 0.15),
            sex=entry.get("sex"),
        )
        for name, entry in load("conditions.yaml").items()
    )


def _effect(written: str | float) -> Effect:
    """``x0.55`` multiplies; a plain number is added."""
    if isinstance(written, str):
        return Effect(factor=float(written.removeprefix("x")))
    return Effect(added=float(written))
