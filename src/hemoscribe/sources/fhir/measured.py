"""The rows and rejects of one Observation: its value, its components, and what holds for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hemoscribe.knowledge.names import by_loinc
from hemoscribe.panel_input import SEX_WORDS
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.fhir import groups, modifiers
from hemoscribe.sources.fhir.bulk import Bulk
from hemoscribe.sources.fhir.bundles import Document, Member
from hemoscribe.sources.fhir.documents import Resource, first, many, text_of
from hemoscribe.sources.fhir.groups import Around, Surroundings
from hemoscribe.sources.fhir.observations import has_value, stated
from hemoscribe.sources.fhir.requests import concept_words
from hemoscribe.sources.fhir.statements import Verdict, name_verdict
from hemoscribe.sources.fhir.two_ways import contradiction
from hemoscribe.sources.patients import age_at
from hemoscribe.sources.said_beside import CANCELLED, beside_of, has_number, said_of
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.stated import Row, refused
from hemoscribe.sources.withdrawal_words import says_withdrawn


@dataclass
class Measured:
    """Reads the Observations of one file; ``missing``: results of specimens that are not there."""

    source: str
    judge: SpecimenJudge
    bulk: Bulk
    notices: Notices
    missing: int = 0
    surroundings: Surroundings = field(init=False)

    def __post_init__(self) -> None:
        self.surroundings = Surroundings(self.bulk, self._judged)

    def _judged(self, texts: tuple[str, ...]) -> Any:
        return self.judge.other(texts, results=0)

    def results(self, document: Document, member: Member) -> tuple[list[Row], tuple[str, ...]]:
        """(rows and rejects of an Observation's values, what its document says about them)."""
        around = self.surroundings.around(document, member)
        shared = groups.columns(around)
        parts = _parts(member)
        sex, age = SEX_WORDS.get(shared["sex"] or ""), None
        if any(len(many(part, "referenceRange")) > 1 for _, part in parts):
            age = age_at(shared["collected"], shared["born"])
        of = self._specimen(around, len(parts))
        found = []
        for place, part in parts:
            columns, why = stated(part, sex, age)
            row = {**shared, "reported_name": None, **columns, "place": place}
            refusal = _refusal(part, row, around, why, of)
            found.append(refused(self.source, row, *refusal) if refusal else row)
        at_a_row = any("code" not in row for row in found)
        for name in around.beside:
            self.bulk.join(name, at_a_row=at_a_row)
        return found, around.said_here()

    def _specimen(self, around: Around, results: int) -> Verdict | None:
        """What the results are of, counted."""
        of = groups.specimen(around)
        if of is not None and of.texts:
            self.judge.other(of.texts, results=results)
        elif (tube := around.levels[0][0].tube) is not None and not tube.found:
            self.missing += results
        return of

    def say_what_is_missing(self) -> None:
        """Say how many results are of a specimen that the file refers to and does not hold."""
        if self.missing:
            self.notices.say(
                f"{self.source}: the specimens of {self.missing:,} results are referred to and not "
                "in the export, so nothing is known of what they are; the results are read as "
                "results of blood where nothing else says otherwise."
            )


def _parts(member: Member) -> list[tuple[str, Resource]]:
    """(place, what states a value): the Observation and its components."""
    observation = member.resource
    parts = [(member.place, observation)] if has_value(observation) else []
    for number, component in enumerate(many(observation, "component"), start=1):
        if isinstance(component, dict):
            parts.append((f"{member.place}, component {number}", component))
    if not parts and not many(observation, "hasMember"):
        parts = [(member.place, observation)]
    return parts


def _refusal(
    part: Resource, row: Row, around: Around, why: str | None, of: Verdict | None
) -> tuple[RejectCode, str] | None:
    """Why a value is no row, where it is none."""
    if around.too_many:
        return RejectCode.UNREADABLE, groups.TOO_MANY
    unknown = groups.modifier(around) or _modifier(part)
    if unknown is not None:
        return RejectCode.NEGATED, modifiers.refusal(unknown)
    if (denied := groups.denied(around)) is not None:
        return denied
    own = around.levels[0][0].verdict
    if own is None or not own.texts:  # no specimen of its own is stated
        of = name_verdict(part) or of
    if of is not None and of.named and not of.certain and by_loinc(row.get("loinc")):
        of = None  # "Blood and urine" does not tell which, and a code of blood does
    if of is not None and of.other is not None:
        return of.other.code, of.other.sentence
    if trouble := groups.trouble(around):
        return RejectCode.UNUSABLE_SAMPLE, f"Its specimen is marked {trouble!r}."
    if row["comment"] and (said := _remarked(row, around)) is not None:
        return said
    if why is not None:
        return RejectCode.NOT_A_NUMBER, why
    if (two := contradiction(part)) is not None:
        return RejectCode.CONTRADICTION, two
    return _absence(part, row)


def _remarked(row: Row, around: Around) -> tuple[RejectCode, str] | None:
    """What the notes and conclusions make of a result, each read by itself.

    One without a number that they withdraw stays a row that is cancelled.
    """
    texts = (text for one in around.statements() for text in one.said)
    said = said_of(texts, row)
    if said is None:
        return None
    if said.code == RejectCode.CANCELLED and not has_number(row.get("reported_value")):
        row["status"] = CANCELLED
        return None
    return said.code, said.sentence


def _modifier(part: Resource) -> str | None:
    for one in (part, *many(part, "referenceRange")):
        if (found := modifiers.modifier_of(one)) is not None:
            return found
    return None


def _absence(part: Resource, row: Row) -> tuple[RejectCode, str] | None:
    """Why there is no value, where the Observation says so."""
    absent = first(part, "dataAbsentReason") if "dataAbsentReason" in part else None
    if not absent:
        return None
    reason = concept_words(absent) or text_of(part, "dataAbsentReason") or "no reason given"
    if row.get("reported_value") is not None:
        why = f"It has a value, and says why it has none: {reason}."
        return RejectCode.CONTRADICTION, why
    if says_withdrawn(reason, beside_of(row)):
        row["status"] = CANCELLED
    if groups.meaning(row["status"]) in (CANCELLED, "corrected"):
        return None  # what stood before it has to know
    return RejectCode.NO_VALUE, f"The result has no value: {reason}."
