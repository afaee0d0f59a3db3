"""The wordings of findings and the phrases that join them, from wordings/*/*.yaml.

A finding has a short name, statements and follow-ups in each language; some statements hold only
under a condition on the report. ``families.yaml`` says, for both languages, what each finding's
words stand for.
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
)
_CONDITIONS = frozenset(("when", "absent", "normal", "alone"))
_WORDING_KEYS = frozenset(("short", "grades", "statement", "follow_up"))
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
        "linked_when",
        "normal",
    )
)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to say something, and when it may be said.

    ``when``: results and the direction each must have; ``absent``: results the report must not
    hold; ``normal``: results that must be normal; ``alone``: only beside no other finding.
    """

    text: str
    when: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    normal: tuple[str, ...] = ()
    alone: bool = False

    @property
    def unconditional(self) -> bool:
        """Whether it holds in every report that has the finding."""
        return not (self.when or self.absent or self.normal or self.alone)


@dataclass(frozen=True, slots=True)
class Wording:
    """How a finding is said in one language. ``grades`` replaces the language's grade words."""

    short: str
    statement: tuple[Variant, ...]
    follow_up: tuple[str, ...]
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
    linked_when: tuple[str, ...] = ()
    normal: tuple[str, ...] = ()

    @property
    def speaks_of(self) -> frozenset[str]:
        """The results that its words may name, whatever their direction."""
        return frozenset((*self.key, *self.low, *self.high, *self.normal))

    def links_at(self, grade: str | None) -> bool:
        """Whether the finding may be joined to another one in one reasoning, at this grade."""
        return not self.linked_when or grade in self.linked_when

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
                statement=tuple(_variant(name, finding, item) for item in entry["statement"]),
                follow_up=tuple(entry["follow_up"]),
                grades=entry.get("grades", {}),
            )
    return found


@cache
def phrases(language: Language) -> Mapping[str, Any]:
    """The words that join findings into a text."""
    read: Mapping[str, Any] = load_yaml(f"{language}/phrases.yaml")
    return read


@cache
def links(language: Language) -> Mapping[frozenset[str], tuple[str, str, tuple[str, ...]]]:
    """Pairs of findings told as one reasoning: the pair -> (a, b, sentences)."""
    found = {}
    for pair, sentences in load_yaml(f"{language}/links.yaml").items():
        a, b = pair.split("+")
        found[frozenset((a, b))] = (a, b, tuple(sentences))
    return found


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
            linked_when=tuple(entry.get("linked_when", ())),
            normal=tuple(entry.get("normal", ())),
        )
    return found


def _variant(name: str, finding: str, item: str | Mapping[str, Any]) -> Variant:
    if isinstance(item, str):
        return Variant(item)
    unknown = set(item) - _CONDITIONS - {"text"}
    if unknown or "text" not in item:
        raise KnowledgeError(f"wordings/{name}: a statement of {finding} has the keys {set(item)}.")
    return Variant(
        item["text"],
        when=item.get("when", {}),
        absent=tuple(item.get("absent", ())),
        normal=tuple(item.get("normal", ())),
        alone=item.get("alone", False),
    )
