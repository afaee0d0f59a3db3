"""What holds for a result: its own statements, and those of every report and panel it stands in.

The nearest statement wins for the specimen, the time, the patient and what is carried; the worst
state of all wins, so what stands in a withdrawn report is withdrawn however deep it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hemoscribe.knowledge.printed import status_words
from hemoscribe.records import RejectCode
from hemoscribe.sources.fhir.bulk import MAX_GROUPS, Bulk, name_of
from hemoscribe.sources.fhir.bundles import Document, Member, document_of
from hemoscribe.sources.fhir.statements import (
    Judge,
    Statement,
    Verdict,
    statement_of,
)
from hemoscribe.sources.fhir.tubes import Tube, as_one
from hemoscribe.sources.specimens import OtherSpecimen
from hemoscribe.sources.stated import Row, bounded

MAX_HELD = 5_000  # statements of groups of other documents, kept as they were read

_RANKS = {"final": 0, "corrected": 1, "preliminary": 2, "cancelled": 4}
_UNKNOWN_RANK = 3
_REPORT = "DiagnosticReport"
_ADDED = "appended"  # a report that was added to: what stood in it stands


TOO_MANY = f"It stands in more than {MAX_GROUPS:,} reports and panels."


@dataclass
class Around:
    """The statements of a result, and of what it stands in: level by level, itself first."""

    levels: list[list[Statement]]
    beside: list[str] = field(default_factory=list)  # groups of other documents, by reference
    too_many: bool = False

    @property
    def alone(self) -> Statement | None:
        """The result's own statement, where it stands in nothing."""
        return self.levels[0][0] if len(self.levels) == 1 else None

    def said_here(self) -> tuple[str, ...]:
        """What the result and its groups in the document say; others say it of themselves."""
        if (own := self.alone) is not None and not own.said:
            return ()
        return tuple(
            dict.fromkeys(text for one in self.statements() if one.here for text in one.said)
        )

    def statements(self) -> Iterator[Statement]:
        """All of them, the nearest first."""
        return (one for level in self.levels for one in level)


class Surroundings:
    """Finds what results stand in, and keeps what each group states."""

    def __init__(self, bulk: Bulk, judge: Judge) -> None:
        self.bulk, self.judge = bulk, judge
        self._document: Document | None = None
        self._inside: dict[int, Statement] = {}  # of groups of the document, by id()
        self._beside: dict[str, Statement] = {}  # of groups of other documents

    def around(self, document: Document, member: Member) -> Around:
        """What an Observation and its groups state."""
        if document is not self._document:
            self._document, self._inside = document, {}
        grouping = "component" in member.resource
        own = statement_of(document, member, self.bulk, self.judge, groups=grouping)
        found = Around([[own]])
        if not document.groups and not self.bulk.groups:
            return found
        seen: set[int | str] = {id(member.resource)}
        level = [member]
        while level:
            level = list(self._next(document, level, seen, found))
            if len(seen) > MAX_GROUPS:
                found.too_many = True
                break
            if level:
                stated = [self._stated(document, one) for one in level]
                stated.sort(key=lambda one: one.kind != "Observation")  # a panel is nearer
                found.levels.append(stated)
        return found

    def _next(
        self, document: Document, level: list[Member], seen: set[int | str], found: Around
    ) -> Iterator[Member]:
        for one in level:
            for group in document.groups.get(id(one.resource), ()):
                if id(group.resource) not in seen and len(seen) <= MAX_GROUPS:
                    seen.add(id(group.resource))
                    yield group
            if one.inside is not None:
                continue
            for name in self.bulk.groups_of(one.resource):
                if name not in seen and len(seen) <= MAX_GROUPS:
                    seen.add(name)
                    found.beside.append(name)
                    yield self.bulk.member(name)

    def _stated(self, document: Document, group: Member) -> Statement:
        if group.place:
            known = self._inside.get(id(group.resource))
            if known is None:
                known = statement_of(document, group, self.bulk, self.judge, groups=True)
                self._inside[id(group.resource)] = known
            return known
        name = name_of(group.resource)
        held = self._beside.get(name)
        if held is None:
            if len(self._beside) >= MAX_HELD:
                self._beside.clear()
            of_it = document_of(group.resource, 0)  # what it contains
            held = statement_of(of_it, group, self.bulk, self.judge, groups=True)
            held.here = False
            self._beside[name] = held
        return held


def meaning(status: str | None) -> str | None:
    """A status in the words of knowledge; None for one that is unknown."""
    return status_words().get((status or "final").casefold())


def worst(around: Around) -> str | None:
    """The state of a result: its own, or a worse one of what it stands in."""
    if (own := around.alone) is not None:
        return own.status
    found: str | None = None
    rank = -1
    for one in around.statements():
        status = one.status
        if status is None or (rank >= 0 and status.casefold() == _ADDED):
            continue
        of_it = _RANKS.get(meaning(status) or "", _UNKNOWN_RANK)
        if of_it > rank:
            found, rank = status, of_it
    return found


def specimen(around: Around) -> Verdict | None:
    """The nearest statement of what a result is of; None where nothing states it.

    Two that contradict each other at the same distance do not tell which is right.
    """
    if (own := around.alone) is not None:
        return own.verdict
    for level in around.levels:
        stated = [one.verdict for one in level if one.verdict is not None]
        certain = [one for one in stated if one.certain]
        others = [one for one in certain if one.other is not None]
        if others and len(others) < len(certain):
            assert others[0].other is not None
            unknown = OtherSpecimen(others[0].other.name, RejectCode.UNKNOWN_SPECIMEN)
            return Verdict(unknown, certain=False, texts=others[0].texts)
        if stated:
            return (others or certain or stated)[0]
    return None


def trouble(around: Around) -> str | None:
    """Why the specimen of a result is no good; the nearest specimens decide."""
    if (own := around.alone) is not None and own.tube is None:
        return None
    for level in around.levels:
        tubes = [one.tube for one in level if one.tube is not None and one.tube.found]
        if tubes:
            return next((tube.trouble for tube in tubes if tube.trouble), None)
    return None


def modifier(around: Around) -> str | None:
    """What may change the meaning of a result, here or in anything it stands in."""
    if (own := around.alone) is not None:
        return own.modifier
    return next((one.modifier for one in around.statements() if one.modifier), None)


def denied(around: Around) -> tuple[RejectCode, str] | None:
    """Why a result is not its subject's, or its subject is no patient; the nearest subject is."""
    if (own := around.alone) is not None and own.other_focus is None and own.no_patient is None:
        return None
    stated = list(around.statements())
    focus = next((one.other_focus for one in stated if one.other_focus), None)
    if focus is not None:
        return RejectCode.NEGATED, focus
    nearest = next((one for one in stated if one.whose is not None), None)
    if nearest is not None and nearest.no_patient is not None:
        return RejectCode.NO_PATIENT, nearest.no_patient
    return None


def columns(around: Around) -> Row:
    """The columns that all values of an Observation share."""
    stated = list(around.statements())
    first = stated[0]
    whose = first.whose or _nearest(stated, "whose")
    row: Row = {
        "patient_id": whose.number if whose else None,
        "sex": whose.person.sex if whose else None,
        "born": whose.person.born if whose else None,
        "laboratory": _laboratory(stated),
        "collected": first.time or _nearest(stated, "time") or _nearest(stated, "issued"),
        "report": next((one.name for one in stated if one.kind == _REPORT), None),
        "status": worst(around),
        "comment": None,
    }
    said = [text for one in stated if one.said for text in one.said]
    if said:
        row["comment"] = bounded(" ".join(dict.fromkeys(said)))
        authors = [name for one in stated for name in one.authors]
        row["comment_author"] = ", ".join(dict.fromkeys(authors)) or None
    for one in stated:
        if one.carried:
            row = {**one.carried, **row}
    for level in around.levels:
        _put_tubes([one.tube for one in level if one.tube is not None], row)
    return row


def _put_tubes(tubes: Sequence[Tube], row: Row) -> None:
    """Fill in the specimen and its number, unless a nearer one did; of several that differ none."""
    if tubes:
        tube = as_one(tubes)
        for name, text in (("specimen", tube.words), ("sample_id", tube.number)):
            if text:
                row.setdefault(name, text)


def _nearest(stated: Sequence[Statement], name: str) -> Any:
    return next((found for one in stated if (found := getattr(one, name))), None)


def _laboratory(stated: Sequence[Statement]) -> str | None:
    """Whose report it is, else who made the result."""
    if len(stated) == 1:
        return stated[0].laboratory
    found = sorted((one for one in stated if one.laboratory), key=lambda one: one.kind != _REPORT)
    return found[0].laboratory if found else None
