"""Follow-ups that come later than the findings allow: every time said, in hours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from hemoscribe.knowledge import analytes
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.bank import Bank, Sentence
from hemoscribe.prose.guard.clauses import Clause, judged_words, phrases_of
from hemoscribe.prose.guard.phrases import Phrases, plain
from hemoscribe.prose.guard.urgency import latest_hours
from hemoscribe.records import Language

_JOINED = re.compile(r"(\d+)([a-z]+)")
_SEVERAL = 3
"""How many a plural without a number stands for ("in the coming weeks")."""
_NEAR = 3
"""How many words before its unit a number may stand."""


def late(said: Sequence[Clause], facts: Facts, bank: Bank, language: Language) -> Iterator[str]:
    """The clauses of the follow-up that ask for something later than what it is about allows."""
    for clause in said:
        if clause.part != "follow_up":
            continue
        hours = latest_said(clause.words, language)
        if hours is None or hours <= latest_hours(facts, _about(clause, facts)):
            continue

        def as_late(sentence: Sentence, hours: float = hours) -> bool:
            """Whether the bank itself lets it wait so long."""
            return (latest_said(sentence.words, language) or 0.0) >= hours

        if not bank.asks(clause, as_late):
            yield clause.text


def latest_said(words: Sequence[str], language: Language) -> float | None:
    """The latest time that plain words tell, in hours; None where they tell none."""
    rest = phrases_of(language, "alarms", "at_once").without(words)
    found = [hours for hours, phrases in _said(language).items() if phrases.within(rest)]
    return max([*found, *_counted(rest, language)], default=None)


def _about(clause: Clause, facts: Facts) -> tuple[str, ...]:
    """The report's results that a clause names, by themselves, their group or a finding."""
    names: list[str] = []
    for claim in clause.claims:
        names += [name for name in claim.analytes if name in facts.by_analyte]
        if claim.group is not None:
            names += [name for name in facts.by_analyte if analytes()[name].group == claim.group]
        if claim.finding is not None:
            names += facts.evidence.get(claim.finding, ())
    return tuple(dict.fromkeys(names))


def _counted(words: Sequence[str], language: Language) -> Iterator[float]:
    """The times said by a number and its unit."""
    units, numbers = _table(language, "units"), _table(language, "numbers")
    several = judged_words(language, "delays")["several"]
    for place, word in enumerate(words):
        joined = _JOINED.fullmatch(word)
        if joined and joined[2] in units:
            yield float(joined[1]) * units[joined[2]]
        if word not in units:
            continue
        before = words[max(0, place - _NEAR) : place]
        counts = [float(one) if one.isdecimal() else numbers.get(one, 0.0) for one in before]
        if any(counts):
            yield max(max(counts), _sum(counts)) * units[word]
        elif word in several:
            yield _SEVERAL * units[word]


def _sum(counts: Sequence[float]) -> float:
    """A number of two words ("dix-huit"): a ten and what follows it."""
    pairs = pairwise(counts)
    return max((a + b for a, b in pairs if a in (10, 20, 30) and 0 < b < 10), default=0.0)


@cache
def words_of_time(language: Language) -> frozenset[str]:
    """The numbers in words, and the units of times."""
    return frozenset((*_table(language, "numbers"), *_table(language, "units")))


@cache
def _table(language: Language, key: str) -> Mapping[str, float]:
    listed = judged_words(language, "delays")[key]
    return {plain(str(word)): float(value) for word, value in listed.items()}


@cache
def _said(language: Language) -> Mapping[float, Phrases]:
    listed = judged_words(language, "delays")["said"]
    return {float(hours): Phrases(phrases) for hours, phrases in listed.items()}
