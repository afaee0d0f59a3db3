"""The wordings of findings and the phrases that join them, from wordings/*/*.yaml.

A finding has a short name and statements in each language: ways to say it, and nothing else. What
it means and what is to be done is in ``clauses``. ``families.yaml`` says, for both languages, what
each finding's words stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import yaml

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import own_yaml
from hemoscribe.records import Language

DISCIPLINES = (
    "red_cells",
    "white_cells",
    "liver",
    "kidney",
    "electrolytes",
    "acid_base",
    "metabolism",
    "endocrine",
    "hemostasis",
    "heart_and_markers",
    "proteins",
    "sample",
    "over_time",
    "patterns",
)
_WORDING_KEYS = frozenset(("short", "grades", "statement"))
_FAMILY_KEYS = frozenset(
    (
        "key",
        "bare",
        "low",
        "high",
        "same_as",
        "made_of",
        "subsumes",
        "subsumes_mild",
        "implies",
        "grade_from",
        "normal",
    )
)


@dataclass(frozen=True, slots=True)
class Wording:
    """How a finding is said in one language. ``grades`` replaces the language's grade words."""

    short: str
    statement: tuple[str, ...]
    grades: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """What a finding's words stand for; the keys of families.yaml."""

    key: tuple[str, ...] = ()
    bare: str | None = None
    low: frozenset[str] = frozenset()
    high: frozenset[str] = frozenset()
    same_as: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subsumes: frozenset[str] = frozenset()
    subsumes_mild: frozenset[str] = frozenset()
    implies: frozenset[str] = frozenset()
    grade_from: str | None = None
    normal: tuple[str, ...] = ()

    @property
    def speaks_of(self) -> frozenset[str]:
        """The results that its words may name, whatever their direction."""
        return frozenset((*self.key, *self.low, *self.high, *self.normal))

    def covers(self, analyte: str, direction: str | None) -> bool:
        """Whether the finding's name alone tells that ``analyte`` is low or high."""
        return (direction == "low" and analyte in self.low) or (
            direction == "high" and analyte in self.high
        )

    def equals(self, analyte: str, direction: str | None) -> bool:
        """Whether the finding is only another way to say that ``analyte`` is low or high."""
        return direction is not None and analyte in self.same_as.get(direction, ())


def load_yaml(name: str) -> Any:
    """A YAML file of the wordings folder, by its path in it.

    Raises:
        KnowledgeError: it is not valid YAML; names the file.
    """
    text = resources.files(__package__).joinpath("wordings", name).read_text(encoding="utf-8")
    try:
        return own_yaml(text)
    except yaml.YAMLError as error:
        raise KnowledgeError(f"wordings/{name}: it is not valid YAML ({error}).") from error


@cache
def wordings(language: Language) -> Mapping[str, Wording]:
    """Every finding's wording by id."""
    found: dict[str, Wording] = {}
    for discipline in DISCIPLINES:
        name = f"{language}/{discipline}.yaml"
        for finding, entry in load_yaml(name).items():
            if finding in found:
                raise KnowledgeError(f"wordings/{name}: {finding} is worded twice.")
            unknown = set(entry) - _WORDING_KEYS
            if unknown:
                raise KnowledgeError(f"wordings/{name}: {finding} has unknown keys {unknown}.")
            found[finding] = Wording(
                short=entry["short"],
                statement=tuple(entry["statement"]),
                grades=entry.get("grades", {}),
            )
    return found


@cache
def phrases(language: Language) -> Mapping[str, Any]:
    """The words that join findings into a text."""
    read: Mapping[str, Any] = load_yaml(f"{language}/phrases.yaml")
    return read


@cache
def families() -> Mapping[str, Family]:
    """What each finding's words stand for."""
    found = {}
    for finding, entry in load_yaml("families.yaml").items():
        unknown = set(entry) - _FAMILY_KEYS
        if unknown:
            raise KnowledgeError(f"wordings/families.yaml: {finding} has unknown keys {unknown}.")
        found[finding] = Family(
            key=tuple(entry.get("key", ())),
            bare=entry.get("bare"),
            low=frozenset(entry.get("low", ())),
            high=frozenset(entry.get("high", ())),
            same_as={side: tuple(names) for side, names in entry.get("same_as", {}).items()},
            made_of={part: tuple(names) for part, names in entry.get("made_of", {}).items()},
            subsumes=frozenset(entry.get("subsumes", ())),
            subsumes_mild=frozenset(entry.get("subsumes_mild", ())),
            implies=frozenset(entry.get("implies", ())),
            grade_from=entry.get("grade_from"),
            normal=tuple(entry.get("normal", ())),
        )
    return found
