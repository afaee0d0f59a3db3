"""The follow-up: what would settle the question, by when, asked once, never what the report holds.

Each finding asks in the words of its clauses, the most urgent first. What is due in one time stands
in one sentence behind it ("Within the hour: ...; ..."). How much is asked is decided by what
presses, never by the length of its words, so that both languages ask for the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Final

from hemoscribe.knowledge.movements import movements
from hemoscribe.knowledge.unassessed import read_as_adult
from hemoscribe.prose.clause_bank import ASKS, NONE, Clauses, Request, clauses_of
from hemoscribe.prose.conditions import BY, TODAY, Circumstances
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.left_open import cause_of, nothing_left_open
from hemoscribe.prose.ranked import most_severe_first, severity_of
from hemoscribe.prose.told_beside import unmeasured_anticoagulant
from hemoscribe.prose.voice import Voice, sentence
from hemoscribe.prose.wording import load_yaml
from hemoscribe.records import Finding, FlaggedResult

MISSING: Final = "\0"
"""Stands for analytes of which none is left to be asked for."""
OF_EARLIER: Final[Mapping[str, frozenset[str]]] = {
    "earlier_counts": frozenset(("hemoglobin", "leukocytes", "platelets", "mcv")),
    "earlier_creatinine": frozenset(("creatinine", "egfr")),
}
"""Topics of requests for earlier results -> the analytes of which the reading then holds none."""
_OPEN: Final = frozenset(("if", "unless"))
"""Words of a request that leave it open: it says no other for certain."""
MAX_OF_FIRST: Final = 3
MAX_OF_OTHERS: Final = 2
MAX_REQUESTS: Final = 7
_LATELY: Final = timedelta(days=28)
"""Under this age of the earlier result, one that is back in its range is not put off by months."""
MAX_NOTED: Final = 4
"""Requests that the requester's note adds, beside these."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a report: what it is about, by when it is due, and its analytes."""

    subject: str
    request: Request
    urgency: int
    analytes: tuple[str, ...]
    said: frozenset[int] = frozenset()
    """The parts of its text (by ``;``) that another request says already."""


def follow_up(
    facts: Facts, findings: Sequence[Finding], untold: Sequence[FlaggedResult], voice: Voice
) -> str:
    """The follow-up of the leading findings and of results that none tells; else the report's."""
    asked = requests(facts, findings, untold)
    if not asked:
        return sentence(_general(facts, findings, voice))
    sentences = []
    for name, urgency in BY.items():
        items = [_worded(one, facts, voice) for one in asked if one.urgency == urgency]
        if items:
            lead = voice.words["by"][name]
            sentences.append(lead.format(items=voice.words["parts_join"].join(items)))
    return " ".join(map(sentence, sentences))


def requests(
    facts: Facts, findings: Sequence[Finding], untold: Sequence[FlaggedResult]
) -> tuple[Asked, ...]:
    """What a report's follow-up asks for, in the order of its subjects."""
    asked: list[Asked] = []
    topics = set(_held(facts))
    topics |= {one for one, names in OF_EARLIER.items() if not names.isdisjoint(facts.earlier)}
    held = set(facts.by_analyte.keys() | facts.unread)
    held |= {one for name in held for one in _equivalents().get(name, ())}
    subjects = tuple(_subjects(facts, findings, untold))
    at_once = {
        topic
        for _, clauses, where, urgency in subjects
        for request in clauses.requested(where)
        if _presses(request, urgency)
        for topic in _topics(request)
    }
    for subject, clauses, where, urgency in subjects:
        waits = not urgency and any(one.urgency >= TODAY and not one.request.noted for one in asked)
        most = MAX_OF_OTHERS if any(not one.request.noted for one in asked) else MAX_OF_FIRST
        for request in clauses.requested(where):
            due = urgency if request.urgency is None else request.urgency
            if waits and not (request.noted and due >= TODAY):
                continue  # what does not press is left for later
            if urgency == BY["now"] and request.urgency == BY["later"]:
                continue  # what threatens now is not put off for weeks
            own, presses = _topics(request), _presses(request, urgency)
            if not presses and ((not most and not request.noted) or at_once & own):
                continue  # another finding asks for it within the hour
            alike = sum(one.request.noted == request.noted for one in asked)
            if due != BY["now"] and alike >= (MAX_NOTED if request.noted else MAX_REQUESTS):
                continue  # what threatens life is never left out for what was asked before
            wanted = tuple(one for one in request.asks if one not in held and one not in topics)
            again = topics & own and not _is_sooner(request, due, own, asked)
            if again or (request.asks and not wanted and not request.stands_alone):
                continue
            begins = not any(one.subject == subject for one in asked)
            if urgency >= TODAY and begins and due:  # what may wait says when by itself
                due = max(due, TODAY)
            asked.append(Asked(subject, request, due, wanted))
            topics |= own | set(wanted)
            most = max(most - (not request.noted), 0)
    return _each_part_once(asked)


def _is_sooner(request: Request, due: int, own: set[str], asked: Sequence[Asked]) -> bool:
    """Whether the note makes due earlier what others ask for about the same."""
    rivals = [one.urgency for one in asked if _topics(one.request) & own]
    return request.noted and bool(rivals) and due > max(rivals)


def _presses(request: Request, urgency: int) -> bool:
    """Whether a request is due within the hour whatever else is asked: it says so, or it repeats a
    result of what threatens life."""
    if request.urgency is None:
        return urgency == BY["now"] and bool(request.repeats)
    return request.urgency == BY["now"]


def _each_part_once(asked: Sequence[Asked]) -> tuple[Asked, ...]:
    """Requests without the parts that a more urgent one says already, be it in more words."""
    told: list[str] = []
    said: dict[int, frozenset[int]] = {}
    for place in sorted(range(len(asked)), key=lambda place: -asked[place].urgency):
        parts = [part.strip() for part in asked[place].request.texts["en"][0].split(";")]
        again = [ASKS not in part and any(_says(one, part) for one in told) for part in parts]
        said[place] = frozenset(number for number, twice in enumerate(again) if twice)
        told += parts
        if all(again):
            del said[place]
    return tuple(replace(asked[place], said=said[place]) for place in sorted(said))


def _says(told: str, part: str) -> bool:
    """Whether a part of a request (English) is said by another: "look for fever and bleeding" says
    "look for bleeding"."""
    if told.startswith(part):
        return True
    words, wanted = _words().findall(told), _words().findall(part)
    return _OPEN.isdisjoint(words) and words[:1] == wanted[:1] and set(wanted) <= set(words)


@cache
def _words() -> re.Pattern[str]:
    return re.compile(r"[^\W_]+")


def _held(facts: Facts) -> Iterator[str]:
    """The topics that the report holds, in results that are read or in such as no rule reads."""
    for topic, analytes in _held_results().items():
        if not facts.by_analyte.keys().isdisjoint(analytes):
            yield topic
    names = [str(one.get("reported_name") or "").casefold() for one in facts.reading.unread]
    for topic, parts in _held_topics().items() if names else ():
        if any(re.search(rf"(?<!\w){re.escape(part)}", name) for part in parts for name in names):
            yield topic


@cache
def _held_results() -> Mapping[str, Sequence[str]]:
    read: Mapping[str, Sequence[str]] = load_yaml("held_results.yaml")
    return read


@cache
def _held_topics() -> Mapping[str, Sequence[str]]:
    read: Mapping[str, Sequence[str]] = load_yaml("held_topics.yaml")
    return read


@cache
def _equivalents() -> Mapping[str, Sequence[str]]:
    """Analyte -> those that need not be asked for beside it."""
    read: Mapping[str, Sequence[str]] = load_yaml("equivalents.yaml")
    return read


def _subjects(
    facts: Facts, findings: Sequence[Finding], untold: Sequence[FlaggedResult]
) -> Iterator[tuple[str, Clauses, Circumstances, int]]:
    """What asks: critical results that no finding tells, the findings, and the other results."""
    age = facts.reading.panel.age_years
    critical = most_severe_first([one for one in untold if one.critical], findings, age)
    ranked = [(severity_of(one, findings, age), one) for one in critical]
    for finding in findings:
        while ranked and ranked[0][0] >= finding.severity:
            yield *_of_result(facts, ranked.pop(0)[1]), BY["now"]
        where = Circumstances(facts, finding)
        yield finding.id, clauses_of().get(finding.id, NONE), where, finding.urgency
    for _, result in ranked:
        yield *_of_result(facts, result), BY["now"]
    for result in (one for one in untold if not one.critical):
        yield *_of_result(facts, result), BY["later"]


def _of_result(facts: Facts, result: FlaggedResult) -> tuple[str, Clauses, Circumstances]:
    subject = f"{result.analyte} {result.direction}"
    return subject, clauses_of().get(subject, NONE), Circumstances(facts)


def _topics(request: Request) -> set[str]:
    """What a request is about, so that it is not asked twice."""
    repeated = {f"again {name}" for name in request.repeats}
    return repeated | {request.topic or request.texts["en"][0]} - {"{asks}"}


def _worded(asked: Asked, facts: Facts, voice: Voice) -> str:
    names = voice.listed([voice.name(one) for one in asked.analytes])
    if not asked.said and (names or not asked.request.asks):
        return voice.said(asked.request, facts, {ASKS: names})
    said = voice.said(asked.request, facts, {ASKS: names or MISSING})
    parts = [one.strip() for one in said.split(";")]
    left = [
        one for place, one in enumerate(parts) if MISSING not in one and place not in asked.said
    ]
    return str(voice.words["parts_join"]).join(left)


def _general(facts: Facts, findings: Sequence[Finding], voice: Voice) -> str:
    results = facts.reading.results
    if facts.reading.unread_critical or any(result.critical for result in results):
        return str(voice.pick("follow_up_critical"))
    if facts.reading.abnormal or findings:
        return str(voice.pick("follow_up_abnormal"))
    line_open = any(one.why_not for one in facts.reading.indices if one.id == "bilirubin_line")
    if not line_open and all(
        result.flag is None and cause_of(result, facts.reading) is None for result in results
    ):
        return str(voice.pick("follow_up_no_range"))
    if not facts.reading.whole:
        return str(voice.pick("follow_up_not_whole"))
    taken = unmeasured_anticoagulant(facts.reading)
    if taken is not None:
        return str(voice.words["follow_up_anticoagulated"][taken])
    if facts.reading.was_critical:
        return str(voice.pick("follow_up_was_critical"))
    if read_as_adult(facts.reading):
        return str(voice.pick("follow_up_assumed"))
    if not nothing_left_open(facts.reading):
        return str(voice.pick("follow_up_not_whole"))
    return str(voice.pick(_of_courses(facts) or "follow_up_normal"))


def _of_courses(facts: Facts) -> str | None:
    """The phrase that a report within range asks with where its results moved before."""
    found = movements(facts.reading)
    if any(one.kind == "within" for one in found):
        return "follow_up_within"
    if not found:
        return None
    lately = max(one.over for one in found) < _LATELY
    return "follow_up_back_lately" if lately else "follow_up_back"
