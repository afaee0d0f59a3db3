"""What a laboratory decided for itself: the entries of its overlay file, and for whom each is.

``knowledge.overlay`` reads the file and lets the entries decide; this is what it hands on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from hemoscribe.panel_input import MAX_AGE_YEARS

Kind = Literal["critical", "decision", "silenced", "renamed", "alarm", "phone"]
KINDS: tuple[Kind, ...] = ("critical", "decision", "silenced", "renamed", "alarm", "phone")
ADULT_FROM_YEARS = 18.0
TOLD_AT_ONCE = 3
"""The urgency from which on a finding cannot be silenced."""
ACTED_ON = 1
"""The urgency from which on a decision limit hides no finding: only a silence by name does."""


def folded(text: str) -> str:
    """A ward, method or instrument as it is compared: case, accents and white space apart."""
    apart = unicodedata.normalize("NFKD", " ".join(text.split()).casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a report or of one of its results; None where nobody stated it."""

    ward: str | None = None
    age_years: float | None = None
    method: str | None = None
    instrument: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom an entry is; None where it holds for every one. The upper age is not in it."""

    wards: frozenset[str] | None = None  # folded
    ages: tuple[float, float] | None = None  # years
    methods: frozenset[str] | None = None
    instruments: frozenset[str] | None = None

    def overlaps(self, other: Scope) -> bool:
        """Whether a result may be in both."""
        sets = zip(self._sets(), other._sets(), strict=True)
        if any(a is not None and b is not None and not a & b for a, b in sets):
            return False
        if self.ages is None or other.ages is None:
            return True
        return max(self.ages[0], other.ages[0]) < min(self.ages[1], other.ages[1])

    def within(self, other: Scope) -> bool:
        """Whether whatever is in this one is in the other."""
        for own, theirs in zip(self._sets(), other._sets(), strict=True):
            if theirs is not None and (own is None or not own <= theirs):
                return False
        if other.ages is None:
            return True
        own_ages = self.ages
        return own_ages is not None and (
            other.ages[0] <= own_ages[0] and own_ages[1] <= other.ages[1]
        )

    def unsettled(self, case: Circumstances) -> tuple[str, ...] | None:
        """What would have to be known to say whether a case is in it; None where it is not.

        ``()`` where it is in it. A patient of unknown age is an adult, as for every limit here: in
        the ages that hold every adult, and in no others without being told so.
        """
        unknown = []
        stated = (("ward", case.ward), ("method", case.method), ("instrument", case.instrument))
        for (name, text), wanted in zip(stated, self._sets(), strict=True):
            if wanted is None:
                continue
            if text is None:
                unknown.append(name)
            elif folded(text) not in wanted:
                return None
        if self.ages is not None and case.age_years is None:
            if self.ages[1] <= ADULT_FROM_YEARS:
                return None
            if self.ages[0] > ADULT_FROM_YEARS or self.ages[1] < MAX_AGE_YEARS:
                unknown.append("age")
        elif self.ages is not None and not self.ages[0] <= (case.age_years or 0.0) < self.ages[1]:
            return None
        return tuple(unknown)

    def _sets(self) -> tuple[frozenset[str] | None, ...]:
        return self.wards, self.methods, self.instruments


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision of the laboratory's. Limits are in the analyte's canonical unit.

    ``analytes`` and ``grades`` are empty where the entry holds for all. ``texts``, by language: the
    new name, or the wording of the alarm. ``stated`` is the entry as the file has it, in JSON.
    """

    id: str
    kind: Kind
    scope: Scope
    approved_by: str
    date: date
    line: int
    stated: Mapping[str, Any]
    reason: str = ""
    analytes: tuple[str, ...] = ()
    finding: str | None = None
    grades: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    texts: Mapping[str, str] | None = None
    who: str = ""
    number: str = ""
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """A laboratory's overlay: its own name for the version, its digest, and its entries."""

    version: str
    digest: str
    entries: tuple[Entry, ...]

    def of(self, kind: Kind) -> tuple[Entry, ...]:
        """The entries of a kind."""
        return tuple(one for one in self.entries if one.kind == kind)

    def only(self, ids: frozenset[str]) -> Overlay:
        """The overlay with these entries alone; its digest stays that of the whole."""
        return replace(self, entries=tuple(one for one in self.entries if one.id in ids))


Outcome = Literal["decided", "kept", "not_assessed"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What an entry did in one report.

    ``about`` is an analyte or a finding; ``place`` the result's in the report. ``decided``: it
    applied. ``kept``: the finding that it silences rests on a critical result, and stays.
    ``not_assessed``: whether it applies cannot be told, since ``unknown`` was not stated.
    ``before`` are the limits that the entry's took the place of.
    """

    entry: Entry
    outcome: Outcome
    about: str | None = None
    place: int | None = None
    unknown: tuple[str, ...] = ()
    before: tuple[float | None, float | None] = (None, None)
