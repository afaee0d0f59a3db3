"""The findings as data/findings/*.yaml defines them, each joined to its rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from typing import Any, Final

import polars as pl

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import own_yaml
from hemoscribe.knowledge import rule_words as f
from hemoscribe.knowledge.findings.rules import UNGRADED, Rule, rules
from hemoscribe.knowledge.findings.severity import OF_URGENCY, Scale, scale_of, scales
from hemoscribe.knowledge.formulas import Facts, Truth, all_of
from hemoscribe.records import LANGUAGES, Finding, Language

DISCIPLINES: Final = (
    "red_cells",
    "white_cells",
    "coagulation",
    "electrolytes",
    "acid_base",
    "renal",
    "metabolism",
    "liver",
    "heart_muscle",
    "proteins",
    "endocrine",
    "sample",
    "patterns",
)


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade of a finding: the names it gives the finding, and its urgency."""

    id: str
    names: Mapping[str, str]
    urgency: int


@dataclass(frozen=True, slots=True)
class FindingDefinition:
    """A finding: names, published criterion, sources, urgency, ages and what it makes needless.

    ``names`` and ``criteria`` are by language.
    ``grades`` go from the mildest to the most severe; empty where there are none. ``ages`` is
    (from, below) in years, None where the criterion sets no limit. ``urgency`` is that of the
    finding without a grade, where ``severity.yaml`` says nothing else of the report's values: 0
    routine, 1 this week, 2 today, 3 now.
    """

    id: str
    discipline: str
    names: Mapping[str, str]
    grades: Mapping[str, Grade]
    criteria: Mapping[str, str]
    source: tuple[str, ...]
    urgency: int
    ages: tuple[float | None, float | None]
    excludes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompiledFinding:
    """A finding ready to be looked for. ``grades`` are tried in order; levels count from 1."""

    definition: FindingDefinition
    grades: tuple[tuple[str, Truth], ...]
    evidence: tuple[tuple[str, Truth], ...]
    earlier: tuple[tuple[str, Truth], ...]
    criticals: tuple[Truth, ...]
    excluded: tuple[int, ...]
    analytes: frozenset[str]
    scale: Scale

    @property
    def columns(self) -> frozenset[str]:
        """The facts it needs."""
        return frozenset().union(
            *(truth.columns for _, truth in self.grades),
            *(truth.columns for _, truth in self.evidence),
            *(truth.columns for truth in self.criticals),
            *(step.condition.columns for step in self.scale.steps),
        )

    def level_expr(self) -> pl.Expr:
        """0 where the finding does not hold, else 1 + the place of the grade in ``grades``."""
        chain: Any = pl
        for level, (_, condition) in enumerate(self.grades, start=1):
            chain = chain.when(condition.expr).then(pl.lit(level, dtype=pl.UInt8))
        level_of: pl.Expr = chain.otherwise(pl.lit(0, dtype=pl.UInt8))
        return level_of

    def level(self, facts: Facts) -> int:
        """As ``level_expr``, for one report."""
        for level, (_, condition) in enumerate(self.grades, start=1):
            if condition.compute(facts):
                return level
        return 0

    def grade(self, level: int) -> str | None:
        """The grade of a level, None for a finding without."""
        grade = self.grades[level - 1][0]
        return None if grade == UNGRADED else grade

    def base(self, level: int) -> int:
        """The severity of a level of which no step speaks, before critical results raise it."""
        grade = self.grade(level)
        own = self.definition if grade is None else self.definition.grades[grade]
        return OF_URGENCY[own.urgency]


@cache
def finding_definitions() -> Mapping[str, FindingDefinition]:
    """Every finding, by discipline."""
    found: dict[str, FindingDefinition] = {}
    for discipline in DISCIPLINES:
        path = resources.files("hemoscribe.knowledge") / "data" / "findings" / f"{discipline}.yaml"
        entries: Mapping[str, Any] = own_yaml(path.read_text(encoding="utf-8"))
        for name, entry in entries.items():
            if name in found:
                raise KnowledgeError(f"The finding {name} is defined twice.")
            found[name] = _definition(name, discipline, entry)
    return found


def _definition(name: str, discipline: str, entry: Mapping[str, Any]) -> FindingDefinition:
    try:
        grades = {
            grade: Grade(grade, {lang: words[lang] for lang in LANGUAGES}, words["urgency"])
            for grade, words in entry.get("grades", {}).items()
        }
        first, last = entry.get("ages", (None, None))
        return FindingDefinition(
            id=name,
            discipline=discipline,
            names={language: entry[language] for language in LANGUAGES},
            grades=grades,
            criteria={"en": entry["criterion"], "fr": entry["criterion_fr"]},
            source=tuple(entry["source"]),
            urgency=entry.get("urgency", min((g.urgency for g in grades.values()), default=0)),
            ages=(first, last),
            excludes=tuple(entry.get("excludes", ())),
        )
    except KeyError as error:
        raise KnowledgeError(
            f"findings/{discipline}.yaml: {name} has no `{error.args[0]}`."
        ) from None


@cache
def compiled_findings() -> tuple[CompiledFinding, ...]:
    """Every finding with its rule, in the order of the definitions.

    Raises:
        KnowledgeError: a finding without a rule, a rule without a finding, or unknown grades.
    """
    for discipline in DISCIPLINES:
        import_module(f"hemoscribe.knowledge.findings.{discipline}")
    definitions = finding_definitions()
    if odd := sorted(set(definitions) ^ set(rules())):
        raise KnowledgeError(f"Findings and their rules disagree on {', '.join(odd)}.")
    place = {name: number for number, name in enumerate(definitions)}
    compiled = []
    if odd := sorted(set(scales()) - set(definitions)):
        raise KnowledgeError(f"severity.yaml speaks of {odd[0]}, which is no finding.")
    for name, definition in definitions.items():
        rule = rules()[name]
        if odd := sorted(set(rule.grades) - {UNGRADED} ^ set(definition.grades)):
            raise KnowledgeError(f"The finding {name} and its rule disagree on {', '.join(odd)}.")
        if odd := [other for other in definition.excludes if other not in place]:
            raise KnowledgeError(f"The finding {name} excludes {odd[0]}, which is none.")
        if odd := [other for other in scale_of(name).explains if other not in place]:
            raise KnowledgeError(f"The finding {name} explains {odd[0]}, which is none.")
        compiled.append(_compiled(definition, rule, place))
    return tuple(compiled)


def _compiled(
    definition: FindingDefinition, rule: Rule, place: Mapping[str, int]
) -> CompiledFinding:
    evidence = tuple(rule.evidence.items())
    grades = tuple((grade, _of_age(definition, truth)) for grade, truth in rule.grades.items())
    return CompiledFinding(
        definition=definition,
        grades=grades,
        evidence=evidence,
        earlier=tuple(rule.earlier.items()),
        criticals=tuple(all_of(truth, f.critical(name)) for name, truth in evidence),
        excluded=tuple(place[other] for other in definition.excludes),
        analytes=frozenset(rule.evidence),
        scale=scale_of(definition.id),
    )


def _of_age(definition: FindingDefinition, truth: Truth) -> Truth:
    """The condition, only in the ages of the criterion; a patient of unknown age is an adult."""
    first, below = definition.ages
    if first is not None:
        truth = truth & ~f.younger(float(first))
    if below is not None:
        truth = truth & f.younger(float(below))
    return truth


def finding_name(finding: Finding, language: Language) -> str:
    """The name to print of a finding, with its grade: "severe hyperkalemia"."""
    definition = finding_definitions()[finding.id]
    grade = definition.grades.get(finding.grade or "")
    return (grade.names if grade else definition.names)[language]
