"""The facts of one report, as the guard asks for them: may this number or finding be said?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import analytes, display_unit, linear_conversion
from hemoscribe.knowledge.clinical_note import ClinicalNote, note_of_panel
from hemoscribe.knowledge.report_facts import facts_of_note, unread_analytes
from hemoscribe.knowledge.unassessed import LookedFor
from hemoscribe.knowledge.units import ucum_candidates
from hemoscribe.panel_input import known_age
from hemoscribe.prose.earlier import Earlier
from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.leading import leading_findings
from hemoscribe.prose.numbers import show
from hemoscribe.prose.wording import families
from hemoscribe.records import Finding, FlaggedResult, Reading

MAX_ROUNDING = 0.05
"""A number may be rounded, but not away from its value by more than this share."""
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


class Facts:
    """What may be said of a reading."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.abnormal = reading.abnormal
        self.by_analyte: dict[str, list[FlaggedResult]] = {}
        for result in reading.results:
            self.by_analyte.setdefault(result.analyte, []).append(result)
        self.groups = frozenset(analytes()[name].group for name in self.by_analyte)
        self.indices = {
            index.id: index.value for index in reading.indices if index.value is not None
        }
        self.grades = {finding.id: finding.grade for finding in reading.findings}
        self.evidence = {finding.id: frozenset(finding.evidence) for finding in reading.findings}
        self.stated = frozenset(self.grades)
        self._open: dict[str, bool] = {}
        self.implied = frozenset(
            other
            for finding in self.stated
            if finding in families()
            for other in families()[finding].implies
        )

    def is_open(self, finding: str) -> bool:
        """Whether a finding could not be looked for, so that it is neither there nor absent."""
        if finding not in self._open:
            self._open[finding] = self._looked_for.is_open(finding)
        return self._open[finding]

    @cached_property
    def _looked_for(self) -> LookedFor:
        return LookedFor(self.reading)

    @cached_property
    def earlier(self) -> Earlier:
        """Analyte -> the newest of the patient's earlier results."""
        return Earlier(self.reading)

    @cached_property
    def noted(self) -> Mapping[str, str | float | None]:
        """What the requester's note states (``knowledge.fact_names.NOTED``)."""
        panel = self.reading.panel
        return facts_of_note(panel.context, known_age(panel.age_years))

    @cached_property
    def note(self) -> ClinicalNote:
        """The drugs, conditions and events that the requester's note names (``data/note``)."""
        return note_of_panel(self.reading.panel)

    @cached_property
    def leading(self) -> tuple[Finding, ...]:
        """The findings worth telling, the most severe first."""
        return leading_findings(self.reading)

    @cached_property
    def outside(self) -> tuple[FlaggedResult, ...]:
        """The results that are critical or out of range."""
        critical = [one for one in self.reading.results if one.critical and one.direction]
        return tuple({id(one): one for one in (*self.abnormal, *critical)}.values())

    @cached_property
    def unread(self) -> frozenset[str]:
        """The analytes that the report may hold and that were not read."""
        return unread_analytes(self.reading.unread)

    def results_of(self, names: Iterable[str]) -> list[FlaggedResult]:
        """The report's results of any of these analytes."""
        return [result for name in names for result in self.by_analyte.get(name, ())]

    def has_number(self, claim: Claim) -> bool:
        """Whether the report holds the number, of the analyte it is said of and in that unit."""
        if not claim.analytes:
            return _matches(claim, self.all_numbers())
        if any(_is_of(claim, result) for result in self.results_of(claim.analytes)):
            return True
        indices = [self.indices[name] for name in claim.analytes if name in self.indices]
        return _matches(claim, indices)

    def is_value(self, claim: Claim, result: FlaggedResult) -> bool:
        """Whether a number is the value of a result."""
        return _matches(claim, _values_of(result))

    def contradicts(self, names: Sequence[str], direction: str, *, denied: bool) -> bool:
        """Whether no result bears out that an analyte is (denied: is not) low, normal or high."""
        found = self._directions_of(names)
        if not found and denied:
            return not any(name in self.indices for name in names)  # nobody could tell
        if direction == "abnormal":
            return bool(found <= {"normal"}) != denied
        if not found:
            return not self._index_bears_out(names, direction)
        return found == {direction} if denied else direction not in found

    def _directions_of(self, names: Sequence[str]) -> set[str]:
        """The directions of the analyte that a name stands for: the first that the report holds."""
        for name in names:
            found = {result.direction for result in self.by_analyte.get(name, ())}
            known = {direction for direction in found if direction is not None}
            if known:
                return known
        return set()

    def group_contradicts(self, group: str, direction: str, *, denied: bool) -> bool:
        """As ``contradicts``, of a whole group of analytes ("liver tests")."""
        found = [
            result.direction
            for result in self.reading.results
            if analytes()[result.analyte].group == group and result.direction is not None
        ]
        outside = [one for one in found if one != "normal"]
        if direction == "normal":
            return bool(outside) != denied
        if direction == "abnormal":
            return bool(outside) == denied
        return (direction in outside) == denied

    def allows(self, finding: str, grades: Sequence[str]) -> bool:
        """Whether a finding may be stated, with one of these grades if any is said."""
        if finding in self.stated or finding in self.implied:
            return not grades or self._grade_allowed(finding, grades)
        family = families().get(finding)
        if family is None:
            return False
        if family.same_as and any(
            family.equals(result.analyte, result.direction) for result in self.abnormal
        ):
            return True
        return bool(family.made_of) and self._all_true(family.made_of)

    @cached_property
    def allowed(self) -> frozenset[str]:
        """The findings that may be stated of the report, with some grade or none."""
        return frozenset(one for one in families() if self.allows(one, ()))

    def told_by(self, stated: Iterable[str | None], result: FlaggedResult) -> bool:
        """Whether the names of these findings tell that a result is abnormal.

        What a finding rests on besides is not told by it: an antibody is no part of the word
        "hypothyroidism". A finding without a result of its own (a sample in doubt) is told by the
        names of all that it rests on.
        """
        for finding in stated:
            if finding is None:
                continue
            family = families().get(finding)
            if family is None:
                continue
            if family.covers(result.analyte, result.direction):
                return True
            if not family.key and result.analyte in self.evidence.get(finding, ()):
                return True
        return False

    def _all_true(self, parts: Mapping[str, Sequence[str]]) -> bool:
        """Whether the findings hold and the results have the directions they are listed under."""
        return all(
            name in self.stated | self.implied
            if part == "findings"
            else any(result.direction == part for result in self.by_analyte.get(name, ()))
            for part, names in parts.items()
            for name in names
        )

    def _grade_allowed(self, finding: str, grades: Sequence[str]) -> bool:
        known = {self.grades.get(finding)}
        family = families().get(finding)
        if family is not None and family.grade_from is not None:
            known.add(self.grades.get(family.grade_from))
        known.discard(None)
        return not known or not known.isdisjoint(grades)

    def _index_bears_out(self, names: Sequence[str], direction: str) -> bool:
        """An index has no flag: only a finding that rests on it may call it low or high."""
        return any(
            name in self.indices
            and any(
                families()[one].covers(name, direction) for one in self.stated if one in families()
            )
            for name in names
        )

    def all_numbers(self) -> Iterator[float]:
        """Every number of the report: values, limits, indices, age, and those of the context."""
        for result in self.reading.results:
            yield from _numbers_of(result)
        yield from self.indices.values()
        age = self.reading.panel.age_years
        if age is not None:
            yield from (age, math.floor(age), math.floor(age * 12), math.floor(age * 365.25))
        for text in _NUMBER.findall(self.reading.panel.context):
            yield float(text.replace(",", "."))


def _matches(claim: Claim, numbers: Iterable[float]) -> bool:
    """Whether a number of the text is one of these, as far as its decimals tell."""
    wanted = claim.values
    for number in numbers:
        for value in wanted:
            if math.isclose(value, number, rel_tol=1e-9, abs_tol=1e-12):
                return True
            close = abs(value - number) <= MAX_ROUNDING * abs(number)
            half = 0.5 * 10.0**-claim.decimals
            if close and abs(value - number) <= half * (1 + 1e-9):
                return True
    return False


def _is_of(claim: Claim, result: FlaggedResult) -> bool:
    """Whether a number is a result's value, in the unit it is said in, if any.

    It may be a limit of the result where it is said as one.
    """
    known = _numbers_by_unit(result, limits=claim.bound)
    if claim.unit is None:
        return any(_matches(claim, numbers) for _, numbers in known)
    in_unit = [numbers for unit, numbers in known if _same_unit(claim.unit, unit)]
    if in_unit:
        return any(_matches(claim, numbers) for numbers in in_unit)
    return _matches(claim, _converted(result, claim.unit, limits=claim.bound))


@lru_cache(maxsize=4096)
def _numbers_by_unit(
    result: FlaggedResult, *, limits: bool
) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """A result's value, and its limits, in the laboratory's unit, and in the canonical one."""
    known = [result.value, *(_limits(result) if limits else ())]
    shown = show(result, "en")
    unit = result.reported_unit or result.unit
    scale, offset = linear_conversion(result.analyte, unit)
    reported = [*_printed(shown.value), *_printed(result.reported_value)]
    reported += _printed(shown.range) if limits else []
    reported += [(number - offset) / scale for number in known]
    return (unit, tuple(reported)), (result.unit, tuple(known))


@lru_cache(maxsize=4096)
def _converted(result: FlaggedResult, unit: str, *, limits: bool) -> tuple[float, ...]:
    """A result's value, and its limits, in a third unit; () where it cannot be converted to it."""
    try:
        scale, offset = linear_conversion(result.analyte, unit)
    except KnowledgeError:
        return ()
    numbers = (result.value, *(_limits(result) if limits else ()))
    return tuple((number - offset) / scale for number in numbers)


def _limits(result: FlaggedResult) -> tuple[float, ...]:
    return tuple(limit for limit in (result.low, result.high) if limit is not None)


def _numbers_of(result: FlaggedResult) -> Iterator[float]:
    for _, numbers in _numbers_by_unit(result, limits=True):
        yield from numbers


@lru_cache(maxsize=4096)
def _values_of(result: FlaggedResult) -> tuple[float, ...]:
    return (result.value, *_printed(show(result, "en").value), *_printed(result.reported_value))


def _printed(text: str) -> list[float]:
    """The numbers of a printed text, with and without what may be a sign or a dash."""
    numbers = [float(number.replace(",", ".")) for number in _NUMBER.findall(text)]
    return numbers + [abs(number) for number in numbers]


@lru_cache(maxsize=4096)
def _same_unit(said: str, unit: str) -> bool:
    """Whether two spellings stand for one unit."""
    known = {_squeezed(unit), _squeezed(display_unit(unit))}
    return _squeezed(said) in known or bool(set(ucum_candidates(said)) & set(ucum_candidates(unit)))


def _squeezed(unit: str) -> str:
    return re.sub(r"\s", "", unit).casefold().replace("µ", "u").replace("μ", "u").lstrip("x×")
