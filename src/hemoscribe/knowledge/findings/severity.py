"""How severe a finding is, from the evidence of its report: what comes first everywhere.

``data/severity.yaml`` holds the published limits as steps, and what each finding explains. A
severity is 0 to 499: its hundred is the urgency, within which the greater is told first.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import own_yaml
from hemoscribe.knowledge import rule_words as f
from hemoscribe.knowledge.formulas import ALWAYS, Number, Truth, all_of, number

FILE: Final = "severity.yaml"
CRITICAL: Final = 400
"""What a finding is at least where a result that it rests on is critical."""
MAX_SEVERITY: Final = 499
OF_URGENCY: Final = (100, 200, 300, 400)
"""The severity of a finding that no step speaks of, by the urgency of its definition."""
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Truth]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A severity, and when a finding has it: at a grade (of any where None) and a condition."""

    severity: int
    grade: str | None
    condition: Truth
    words: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The steps of a finding, the first that holds decides, and the findings that it explains."""

    steps: tuple[Step, ...] = ()
    explains: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


@cache
def scales() -> Mapping[str, Scale]:
    """The scale of each finding that has one.

    Raises:
        KnowledgeError: a line that is no step; names the finding and the line.
    """
    path = resources.files("hemoscribe.knowledge") / "data" / FILE
    entries: Mapping[str, Any] = own_yaml(path.read_text(encoding="utf-8"))
    return {
        name: Scale(
            steps=tuple(_step(name, line) for line in entry.get("steps", ())),
            explains=tuple(entry.get("explains", ())),
            source=tuple(entry["source"]),
        )
        for name, entry in entries.items()
    }


def scale_of(finding: str) -> Scale:
    """The scale of a finding; an empty one where nothing is said of it."""
    return scales().get(finding, Scale())


@cache
def lifting_order() -> tuple[str, ...]:
    """Findings that explain others, each after those that it explains.

    Raises:
        KnowledgeError: two findings explain each other.
    """
    done: dict[str, None] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise KnowledgeError(f"{FILE}: {name} explains itself by way of {', '.join(above)}.")
        for other in scale_of(name).explains:
            visit(other, (*above, name))
        if scale_of(name).explains:
            done.setdefault(name)

    for name in scales():
        visit(name, ())
    return tuple(done)


def _step(finding: str, line: Any) -> Step:
    try:
        severity, *conditions = line
        if not 0 <= severity <= MAX_SEVERITY:
            raise ValueError
        grades = [text.split()[1] for text in conditions if text.startswith("grade ")]
        others = [_condition(text) for text in conditions if not text.startswith("grade ")]
        (grade,) = grades or [None]
    except (ValueError, TypeError, KeyError, IndexError):
        raise KnowledgeError(f"{FILE}: {finding} has a line that is no step: {line}.") from None
    holds = all_of(*others) if others else ALWAYS
    return Step(severity, grade, holds, ", ".join(conditions))


def _condition(text: str) -> Truth:
    if text.startswith("not "):
        return ~_condition(text.removeprefix("not "))
    words = text.split()
    if len(words) == 1:
        return {"adult": f.adult(), "child": ~f.adult(), "pregnant": f.pregnant()}[text]
    if len(words) == 2:
        kinds = {"low": f.low, "high": f.high, "measured": f.measured, "critical": f.critical}
        return kinds[words[0]](words[1])
    if words[0] == "fall":
        return number(f"before:{words[1]}") - f.exact(words[1]) >= float(words[2])
    name, sign, limit, *times_high = words
    holds = _OPERATORS[sign]
    if times_high and times_high != ["x", "high"]:
        raise ValueError
    return holds(_side(name, sign), f.upper(name) * float(limit) if times_high else float(limit))


def _side(name: str, sign: str) -> Number:
    """What a value certainly is on the side that a comparison asks for."""
    if name.startswith("index:"):
        return number(name)
    if name == "age":
        return f.age()
    return f.least(name) if sign.startswith(">") else f.most(name)


def severity_at(steps: Sequence[Step], grade: str | None, facts: Mapping[str, Any]) -> int | None:
    """The severity of a finding of this grade in one report; None where no step speaks of it."""
    for step in steps:
        if step.grade in (None, grade) and step.condition.compute(facts):
            return step.severity
    return None
