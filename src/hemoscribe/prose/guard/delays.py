"""Follow-ups that come later than the findings allow: every time said, in hours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from hemoscribe.knowledge import analytes
from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.clauses import Clause, expression, judged_words, pattern, plain
from hemoscribe.prose.guard.urgency import latest_hours
from hemoscribe.records import Language


def late(
    said: Sequence[Clause], claims: Sequence[Claim], facts: Facts, bank: Bank, language: Language
) -> Iterator[str]:
    """The clauses of the follow-up that ask for something later than what it is about allows."""
    for clause in said:
        if clause.part != "follow_up":
            continue
        hours = latest_said(clause.plain, language)
        if hours is None or bank.bears(clause, named=False):
            continue
        if hours > latest_hours(facts, _about(clause, claims, facts)):
            yield clause.text


def latest_said(text: str, language: Language) -> float | None:
    """The latest time that a plain text tells, in hours; None where it tells none."""
    rest = pattern(language, "alarms", "at_once").sub(" ", text)
    found = [hours for hours, words in _said(language).items() if words.search(rest)]
    units = _units(language)
    for match in _counted(language).finditer(rest):
        found.append(_number(match["number"], language) * units[match["unit"]])
    return max(found, default=None)


def _about(clause: Clause, claims: Sequence[Claim], facts: Facts) -> tuple[str, ...]:
    """The report's results that a clause names, by themselves, their group or a finding."""
    names: list[str] = []
    for claim in claims:
        if claim.text not in clause.text:
            continue
        names += [name for name in claim.analytes if name in facts.by_analyte]
        if claim.group is not None:
            names += [name for name in facts.by_analyte if analytes()[name].group == claim.group]
        if claim.finding is not None:
            names += facts.evidence.get(claim.finding, ())
    return tuple(dict.fromkeys(names))


def _number(text: str, language: Language) -> float:
    known = judged_words(language, "delays")["numbers"]
    words: Mapping[str, float] = {plain(str(word)): value for word, value in known.items()}
    return words[text] if text in words else float(text.replace(",", "."))


@cache
def _units(language: Language) -> Mapping[str, float]:
    return {plain(str(k)): v for k, v in judged_words(language, "delays")["units"].items()}


@cache
def _said(language: Language) -> Mapping[float, re.Pattern[str]]:
    listed = judged_words(language, "delays")["said"]
    return {float(hours): expression(phrases) for hours, phrases in listed.items()}


@cache
def _counted(language: Language) -> re.Pattern[str]:
    """A number in digits or words, a unit of time close behind."""
    words = judged_words(language, "delays")
    numbers = "|".join(sorted((plain(str(n)) for n in words["numbers"]), key=len, reverse=True))
    units = "|".join(sorted(_units(language), key=len, reverse=True))
    between = "|".join(plain(str(word)) for word in words["between"])
    return re.compile(
        rf"(?<![a-z0-9.,-])(?P<number>\d+(?:[.,]\d+)?|{numbers})[\s-]*"
        rf"(?:(?:{between})\s+)?(?P<unit>{units})(?![a-z0-9])"
    )
