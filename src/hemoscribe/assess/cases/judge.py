"""A case held against the facts that the rules read, and against the words a reader would see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from hemoscribe.assess.cases.case import Case, Phrases
from hemoscribe.prose.extraction import claims
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.check import check, own_assertions
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.wording import families
from hemoscribe.records import Language, Reading

State = Literal["met", "not met", "not yet"]
OUTDATED = "not_yet"
_LABEL = re.compile(
    r"(?m)^\s*(?:Interpretation:|Follow-up:|Interprétation :|Conduite à tenir :)\s*"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One requirement in one place: ``facts``, or the words in a language."""

    requirement: str
    where: str
    state: State
    sentence: str


def judge_facts(case: Case, reading: Reading) -> Iterator[Verdict]:
    """What the rules read, against what must and must never be there."""
    for requirement, fault in _facts(case, reading):
        yield _verdict(case, requirement, "facts", fault)


def judge_words(
    case: Case,
    reading: Reading,
    text: str,
    language: Language,
    vocabulary: Vocabulary | None = None,
) -> Iterator[Verdict]:
    """A text (interpretation and follow-up) against the same, and against the guard.

    Args:
        vocabulary: of the model whose draft the text is.
    """
    for requirement, fault in _words(case, reading, _LABEL.sub("\n", text), language):
        yield _verdict(case, requirement, language, fault)
    for found in check(text, reading, language, vocabulary):
        yield _verdict(case, f"must check {found.code}", language, found.message)


def outdated(case: Case, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
    """``not_yet`` entries that hold nothing back any more, or name no requirement of the case."""
    waiting = {verdict.requirement for verdict in verdicts if verdict.state == "not yet"}
    for requirement in case.not_yet:
        if requirement not in waiting:
            yield Verdict(
                requirement,
                OUTDATED,
                "not met",
                f"{requirement} stands under not_yet, but nothing fails it: take the entry out, or "
                "correct its name.",
            )


def _verdict(case: Case, requirement: str, where: str, fault: str) -> Verdict:
    if not fault:
        return Verdict(requirement, where, "met", "")
    if requirement in case.not_yet:
        return Verdict(requirement, where, "not yet", f"{fault} {case.not_yet[requirement]}")
    return Verdict(requirement, where, "not met", fault)


# The facts ----------------------------------------------------------------------------------------


def _facts(case: Case, reading: Reading) -> Iterator[tuple[str, str]]:
    """(requirement, what is wrong; empty where nothing is)."""
    stated = {finding.id: finding.grade for finding in reading.findings}
    for name, grade in case.must.findings.items():
        yield f"must finding {name}", _finding_fault(name, grade, stated)
    for name in case.never.findings:
        yield (
            f"never finding {name}",
            f"The rules state {name}, which must never be said here." if name in stated else "",
        )
    if case.never.other_findings:
        for name in stated:
            unexpected = name not in case.must.findings and name not in case.never.told
            fault = f"The rules state {name}, where no other finding is due." if unexpected else ""
            yield f"never finding {name}", fault
    yield from _flags(case, reading)
    yield from _alarms(case, reading)
    values = {index.id: index for index in reading.indices}
    for name, (least, most) in case.must.indices.items():
        index = values.get(name)
        fault = ""
        if index is None or index.value is None:
            fault = f"The index {name} is not stated."
        elif not least <= index.value <= most:
            fault = f"The index {name} is {index.value:.3g}, not {least:g} to {most:g}."
        yield f"must index {name}", fault
    refused = {str(reject["reported_name"]): str(reject["message"]) for reject in reading.rejects}
    for name in case.must.rejects:
        fault = "" if name in refused else f"{name} is read as a number, though it is none."
        yield f"must reject {name}", fault
    for name, message in refused.items():
        if name not in case.must.rejects:
            yield f"never reject {name}", f"{name} cannot be read: {message}"


def _finding_fault(name: str, grade: str | None, stated: dict[str, str | None]) -> str:
    if name not in stated:
        return f"The rules do not state {name}."
    if grade is not None and stated[name] != grade:
        return f"The rules grade {name} as {stated[name] or 'without a grade'}, not {grade}."
    return ""


def _flags(case: Case, reading: Reading) -> Iterator[tuple[str, str]]:
    read = {result.analyte: result.direction for result in reading.results}
    for name, direction in case.must.flags.items():
        found = read[name] or "without a range" if name in read else "not in the report"
        fault = "" if found == direction else f"{name} is {found}, not {direction}."
        yield f"must flag {name}", fault
    for name, direction in case.never.flags.items():
        fault = f"{name} is read as {direction}." if read.get(name) == direction else ""
        yield f"never flag {name}", fault


def _alarms(case: Case, reading: Reading) -> Iterator[tuple[str, str]]:
    critical = {result.analyte for result in reading.results if result.critical}
    for name in case.must.critical:
        fault = "" if name in critical else f"{name} raises no critical alarm."
        yield f"must critical {name}", fault
    for name in sorted(critical - set(case.must.critical)):
        yield f"never critical {name}", f"{name} raises a critical alarm that is not due."


# The words ----------------------------------------------------------------------------------------


def _words(
    case: Case, reading: Reading, text: str, language: Language
) -> Iterator[tuple[str, str]]:
    facts = Facts(reading)
    said = claims(text, language)
    asserted = {
        claim.finding
        for claim in said
        if claim.finding is not None
        and not claim.denied
        and (not claim.hedged or claim.finding in facts.stated)
    }
    told = asserted | {
        other
        for name in asserted
        if name in families()
        for family in [families()[name]]
        for other in family.subsumes | family.subsumes_mild | family.implies
    }
    for name in case.must.findings:
        fault = "" if name in told else f"The words do not tell {name}."
        yield f"must finding {name}", fault
    own = own_assertions(text, reading, language)
    for name in case.never.findings:
        fault = f"The words assert {name}." if name in own else ""
        yield f"never finding {name}", fault
    for name in case.never.told:
        fault = f"The words assert {name}, which is in doubt here." if name in own else ""
        yield f"never told {name}", fault
    for name, phrases in case.must.said.items():
        missing = not list(_spoken(text, phrases, language))
        ways = " or ".join(f"“{way}”" for way in phrases[language])
        yield f"must said {name}", f"The words do not say {ways}." if missing else ""
    for name, phrases in case.never.said.items():
        spoken = list(_spoken(text, phrases, language))
        fault = f"The words say “{spoken[0]}”." if spoken else ""
        yield f"never said {name}", fault


def _spoken(text: str, phrases: Phrases, language: Language) -> Iterator[str]:
    """The phrases that stand in a text as whole words, whatever their case and accents."""
    plain = _plain(text)
    for phrase in phrases[language]:
        if re.search(rf"(?<!\w){re.escape(_plain(phrase))}(?!\w)", plain):
            yield phrase


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("’", "'"))
    return " ".join("".join(sign for sign in folded if not unicodedata.combining(sign)).split())


def in_place(verdict: Verdict, where: str) -> Verdict:
    """The verdict as one of another place: ``en`` as the model's own ``own en``."""
    return replace(verdict, where=where)
