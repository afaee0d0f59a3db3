"""What the rules could not assess of a report and why, and what they assumed of the patient.

Three things are told apart: a finding that is stated, one that was looked for and not found, and
one that hangs on what the report does not tell or what could not be read. The last is listed here.
Whatever the report does not hold at all was not looked for, and is neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hemoscribe.knowledge.analytes import Analyte, analytes, load_yaml
from hemoscribe.knowledge.anticoagulants import ANTICOAGULANT
from hemoscribe.knowledge.applicable import (
    ADULT_YEARS,
    applicable,
    covers,
    critical_limits,
    possible_sexes,
    ranges_for,
)
from hemoscribe.knowledge.clinical_note import note_of_panel
from hemoscribe.knowledge.fact_names import STATED_HOURS
from hemoscribe.knowledge.findings.definitions import CompiledFinding, compiled_findings
from hemoscribe.knowledge.indices import indices_of, reason_of, reason_sentence
from hemoscribe.knowledge.report_facts import facts_of_note, facts_of_panel
from hemoscribe.knowledge.truths import Facts
from hemoscribe.knowledge.vessels import NOT_STATED
from hemoscribe.panel_input import known_age, pregnancy_contradicts
from hemoscribe.records import FlaggedResult, Language, Panel, Reading

ADULT, EITHER_SEX, ADULT_ALARM = "adult", "either_sex", "adult_alarm"
NO_PREGNANCY, NOTE, REST_OF_NOTE = "no_pregnancy", "note", "rest_of_note"
WIDE_RANGE = "wide_range"
ONE_SIDE = "one_side"
"""Why a result is not assessed of which one limit is printed, and no other known."""


@dataclass(frozen=True, slots=True, order=True)
class Why:
    """Why something is not assessed: a code of ``unassessed.yaml``, and the analyte or index."""

    code: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Unassessed:
    """A finding that could not be looked for, and what stood in the way."""

    finding: str
    why: tuple[Why, ...]


def unassessed(reading: Reading) -> tuple[Unassessed, ...]:
    """The findings that hang on what the report does not tell, in the order of the definitions."""
    looked = LookedFor(reading)
    found = ((one.definition.id, looked.lacks(one)) for one in compiled_findings())
    return tuple(
        Unassessed(name, tuple(sorted(_whys(lacks, reading)))) for name, lacks in found if lacks
    )


class LookedFor:
    """Which findings of a report could be looked for, each judged when it is asked for."""

    def __init__(self, reading: Reading) -> None:
        self._facts = facts_of_panel(reading.panel, reading.results, reading.unread)
        indices_of(self._facts)
        compiled = compiled_findings()
        stated = {finding.id for finding in reading.findings}
        self._settled = stated | {
            compiled[other].definition.id
            for finding in compiled
            if finding.definition.id in stated
            for other in finding.excluded
        }
        self._held = {name[:-5] for name in self._facts if name.endswith(":flag")}

    def lacks(self, finding: CompiledFinding) -> frozenset[str]:
        """The facts a finding hangs on; none where it was looked for, or nobody asked for it."""
        if finding.definition.id in self._settled or finding.analytes.isdisjoint(self._held):
            return frozenset()
        return _lacks(finding, self._facts)

    def is_open(self, finding: str) -> bool:
        """Whether a finding, by its id, could not be looked for."""
        return bool(self.lacks(_by_id()[finding]))


@cache
def _by_id() -> Mapping[str, CompiledFinding]:
    return {one.definition.id: one for one in compiled_findings()}


def _lacks(finding: CompiledFinding, facts: Facts) -> frozenset[str]:
    """The facts a finding hangs on; none where it holds or does not."""
    found = [(truth, truth.compute(facts)) for _, truth in finding.grades]
    if any(holds for _, holds in found):
        return frozenset()
    return frozenset().union(*(truth.lacks(facts) for truth, holds in found if holds is None))


def _whys(lacks: Iterable[str], reading: Reading) -> Iterator[Why]:
    first = {result.analyte: result for result in reversed(reading.results)}
    said: set[Why] = set()
    for name in lacks:
        subject, _, kind = name.partition(":")
        if name in ("sex", "age", "week"):
            said.add(Why(f"no_{name}"))
        elif subject == "index":
            said.add(_why_no_index(kind, reading))
        elif subject not in first:
            said.add(Why("unread", subject))
        else:
            said.add(_why_no_fact(first[subject], kind, reading.panel))
    yield from said


def _why_no_index(index: str, reading: Reading) -> Why:
    for one in reading.indices:
        if one.id == index and one.why_not is not None:
            reason = reason_of(one)
            return Why(reason) if reason in ("no_age", "no_sex") else Why(f"index:{reason}", index)
    return Why("index:not_computable", index)


def _why_no_fact(result: FlaggedResult, kind: str, panel: Panel) -> Why:
    if kind == "differs":
        return Why("no_age" if panel.sex is not None else "no_sex")
    if kind in ("", "least", "most"):
        return Why("censored", result.analyte)
    return why_no_flag(result, panel) or Why("no_limit", result.analyte)


def why_no_flag(result: FlaggedResult, panel: Panel) -> Why | None:
    """Why a result is called neither normal nor abnormal; None where it is."""
    if result.flag is not None:
        return None
    name = result.analyte
    limited = result.low is not None or result.high is not None
    if limited and result.comparator is not None:
        return Why("censored", name)
    analyte = analytes()[name]
    age, sexes = known_age(panel.age_years), possible_sexes(analyte, panel.sex, panel.pregnant)
    each = [applicable(analyte, sex, age, panel.pregnant) for sex in sexes]
    if len({one.outer for one in each}) > 1:
        everybody = all(ranges_for(analyte, sex, age, panel.pregnant) for sex in sexes)
        return Why("between_sexes" if everybody else "limits_by_sex", name)
    if each[0].varies:
        by_week = panel.pregnant and age is not None
        return Why("no_week") if by_week else Why("between_ages", name)
    if limited:
        return Why(ONE_SIDE, name)
    if not analyte.ranges:
        return Why("vessel" if name in NOT_STATED else "no_range", name)
    here = [row for row in analyte.ranges if row.sex is None or row.sex in sexes]
    return Why("no_range_age" if here else "no_range_sex", name)


def assumed(result: FlaggedResult, panel: Panel) -> tuple[str, ...]:
    """What was assumed of the patient where a result's flag or alarm rests on it."""
    found = []
    analyte = analytes()[result.analyte]
    ours = result.range_source in ("knowledge", "completed") and result.flag is not None
    if known_age(panel.age_years) is None and (
        (ours and _differs_in_children(analyte)) or (result.critical and analyte.critical_ages)
    ):
        found.append(ADULT)
    sexes = possible_sexes(analyte, panel.sex, panel.pregnant)
    if ours and len({applicable(analyte, s, panel.age_years, panel.pregnant) for s in sexes}) > 1:
        found.append(EITHER_SEX)
    if _rings_by_adult_limit(result, analyte, known_age(panel.age_years)):
        found.append(ADULT_ALARM)
    if result.critical and result.flag == "N" and not result.stated_critical:
        found.append(WIDE_RANGE)
    return tuple(found)


def _rings_by_adult_limit(result: FlaggedResult, analyte: Analyte, age: float | None) -> bool:
    """Whether a child's result is critical by an adult's limit, as none of its age is known."""
    if not result.critical or age is None or age >= ADULT_YEARS:
        return False
    low, high = critical_limits(analyte, age)
    own = (low, high) != analyte.critical
    beyond = (low is not None and result.value < low) or (high is not None and result.value > high)
    return beyond and not own


@cache
def _differs_in_children_of(name: str) -> bool:
    rows = [row for row in analytes()[name].ranges if not row.pregnant]
    adult = {(row.sex, row.low, row.high) for row in rows if covers(row, None)}
    of_all_ages = all(row.age_low_years <= 0 for row in rows if covers(row, None))
    child = {(row.sex, row.low, row.high) for row in rows if row.age_low_years < ADULT_YEARS}
    return not of_all_ages or not child <= adult


def _differs_in_children(analyte: Analyte) -> bool:
    """Whether some child has other limits than an adult, or none."""
    return _differs_in_children_of(analyte.id)


def read_as_adult(reading: Reading) -> bool:
    """Whether something that is said of the report rests on the patient's being an adult."""
    panel = reading.panel
    if known_age(panel.age_years) is not None:
        return False
    if any(ADULT in assumed(result, panel) for result in reading.results):
        return True
    stated = {finding.id for finding in reading.findings}
    return any(
        "age" in finding.columns or finding.definition.ages != (None, None)
        for finding in compiled_findings()
        if finding.definition.id in stated
    )


# In words -----------------------------------------------------------------------------------------


@cache
def _words() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = load_yaml("unassessed.yaml")
    return loaded


def why_words(why: Why, language: Language) -> str:
    """A reason in words that begin no sentence."""
    kind, _, reason = why.code.partition(":")
    if kind == "index":
        return reason_sentence(reason, language)
    text: str = _words()["reasons"][kind][language]
    return text.format(analyte=analytes()[why.of].name(language)) if why.of else text


def assumption_words(assumption: str, language: Language) -> str:
    """What was assumed for a result, in words."""
    text: str = _words()["assumptions"][assumption][language]
    return text


def assumption_sentences(language: Language) -> tuple[str, ...]:
    """Every sentence on what may be assumed of the patient of a report."""
    return tuple(texts[language] for texts in _words()["report"].values())


def report_assumptions(reading: Reading, language: Language) -> tuple[str, ...]:
    """What was assumed of the patient of a report, in sentences."""
    panel = reading.panel
    noted = bool(panel.context.strip() and (reading.findings or reading.abnormal))
    read = taken_from_note(panel, language) if noted else ()
    stands = {
        ADULT: read_as_adult(reading),
        NOTE: noted and not read,
        REST_OF_NOTE: bool(read),
        NO_PREGNANCY: pregnancy_contradicts(panel.pregnant, panel.sex, panel.age_years),
    }
    said = (_words()["report"][name][language] for name, held in stands.items() if held)
    return tuple(text.replace("{items}", ", ".join(read)) for text in said)


def taken_from_note(panel: Panel, language: Language) -> tuple[str, ...]:
    """The names of what was read in the requester's note: ours, never its own words."""
    facts = facts_of_note(panel.context, known_age(panel.age_years))
    stated = [str(facts[ANTICOAGULANT])] if facts.get(ANTICOAGULANT) is not None else []
    stated += [name for name in STATED_HOURS if facts.get(name) is not None]
    words = _words()["noted"]
    note = note_of_panel(panel)
    stated += [name for name in (f"no_{one}" for one in sorted(note.denied)) if name in words]
    named = [one.bare_name(language) for one in note.told]
    return (*(words[one][language] for one in stated), *named)
