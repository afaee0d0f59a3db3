"""What a text on a report has to tell, and in which order: the model puts it into words.

The brief decides which findings are told in a sentence and with which result, which are only named,
and what else is said. The composer's text and the prompt that is written from are both made of it,
so what a model is asked to word and what it is taught to word never differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hemoscribe.knowledge import analytes
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.follow_up import follow_up
from hemoscribe.prose.leading import leading_findings
from hemoscribe.prose.left_open import cause_of
from hemoscribe.prose.voice import Voice, length
from hemoscribe.prose.wording import families, links
from hemoscribe.records import Finding, FlaggedResult, Language, Reading

INTERPRETATION_CHARACTERS: Mapping[Language, int] = {"en": 260, "fr": 170}
"""What a text may take, where the report lets it: a small model writes some 3.9 characters of
English in a token and 2.7 of French, and a report must not be waited for."""
SENTENCE_CHARACTERS = 50
"""What a sentence takes besides the finding's name and result."""
MAX_STATEMENTS = 2
"""Findings told in a sentence of their own; the others are named in a list."""
MAX_QUOTED = 2
"""Numbers quoted besides critical values."""
MAX_LISTED = 6
"""Results out of range that no finding tells, named one by one; beyond, by their group."""
SIDES = ("low", "high", "none")
"""Where a critical value lies; ``none`` where only a limit of its own says that it is critical."""
MAX_WITHOUT_RANGE = 3
MAX_NORMAL = 2


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence: a finding, the result it is told with, and the finding it is reasoned with."""

    finding: Finding
    key: FlaggedResult | None = None
    beside: Finding | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that the sentence tells."""
        return (self.finding,) if self.beside is None else (self.finding, self.beside)


@dataclass(frozen=True, slots=True)
class Places:
    """Where each result of a reading stands, each in one place.

    ``shown``: abnormal, critical, or what a finding rests on; ``normal``: what a finding speaks of;
    ``normal_beside``: the others of a group that is shown or spoken of; ``normal_groups``: the
    groups of the rest; ``not_assessed``: what the rules say themselves why they cannot judge it.
    """

    shown: tuple[FlaggedResult, ...]
    normal: tuple[FlaggedResult, ...]
    normal_beside: tuple[FlaggedResult, ...]
    normal_groups: tuple[str, ...]
    without_range: tuple[FlaggedResult, ...]
    not_assessed: tuple[FlaggedResult, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """What is to be told of a reading, the most urgent first.

    ``critical``: results to be phoned; ``statements``, then ``listed``: the findings, in sentences
    and by name; ``also``: abnormal results that neither a finding nor a critical value tells, to be
    named, with their values where ``also_quoted``; ``also_groups``: the groups of those beyond
    ``MAX_LISTED``; ``reassuring``: normal results worth a clause; ``unclassified``: results without
    a range, to be named where there are few; ``follow_up``: what would settle the question, worded.
    """

    critical: tuple[FlaggedResult, ...]
    statements: tuple[Statement, ...]
    listed: tuple[Finding, ...]
    also: tuple[FlaggedResult, ...]
    also_quoted: bool
    also_groups: tuple[str, ...]
    reassuring: tuple[FlaggedResult, ...]
    unclassified: tuple[FlaggedResult, ...]
    follow_up: str
    places: Places

    def critical_on(self, side: str) -> tuple[FlaggedResult, ...]:
        """The critical values on one of ``SIDES``."""
        return tuple(
            result
            for result in self.critical
            if (result.direction if result.direction in ("low", "high") else "none") == side
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding that is told, in the order of the text."""
        told = [finding for one in self.statements for finding in one.findings]
        return (*told, *self.listed)


def brief(reading: Reading, voice: Voice) -> Brief:
    """The brief of a reading; ``voice`` tells how long its names are and words the follow-up."""
    facts = Facts(reading)
    findings = leading_findings(reading)
    critical = tuple(result for result in reading.results if result.critical)
    also, also_groups = _also(facts, findings)
    unclassified = _unclassified(reading)
    named = [voice.name(one.analyte) for one in (*also, *unclassified)]
    told = [voice.named_value(one, "result_named") for one in critical]
    room = INTERPRETATION_CHARACTERS[voice.language] - length([*named, *told])
    statements = _statements(findings, facts, voice, room)
    stated = [finding for one in statements for finding in one.findings]
    quoted = sum(one.key is not None for one in statements)
    return Brief(
        critical=critical,
        statements=statements,
        listed=tuple(finding for finding in findings if finding not in stated),
        also=also,
        also_quoted=len(also) <= MAX_QUOTED - quoted,
        also_groups=also_groups,
        reassuring=_reassuring(facts, findings) if len(stated) == len(findings) else (),
        unclassified=unclassified,
        follow_up=follow_up(facts, findings, Voice(voice.language, voice.seed)),
        places=_places(reading, findings),
    )


def _statements(
    findings: Sequence[Finding], facts: Facts, voice: Voice, room: int
) -> tuple[Statement, ...]:
    """The first finding in a sentence, the next too while there is room for the others' names."""
    waiting = list(findings)
    quoted = {result.analyte for result in facts.reading.results if result.critical}
    statements: list[Statement] = []
    while waiting and len(statements) < MAX_STATEMENTS:
        finding = waiting[0]
        partner = _partner(finding, waiting[1:], voice.language)
        told = finding if partner is None else _leads(finding, partner, voice.language)
        beside = None if partner is None else (partner if told is finding else finding)
        key = _key(told, facts, quoted)
        statement = Statement(told, key, beside)
        words = [voice.short(one) for one in statement.findings]
        words += [] if key is None else [voice.evidence(told, key)]
        names = [voice.short(one) for one in waiting if one not in statement.findings]
        if statements and length([*words, *names]) + SENTENCE_CHARACTERS > room:
            break
        room -= length(words) + SENTENCE_CHARACTERS
        quoted |= set() if key is None else {key.analyte}
        waiting = [one for one in waiting if one not in statement.findings]
        statements.append(statement)
    return tuple(statements)


def _partner(finding: Finding, waiting: Sequence[Finding], language: Language) -> Finding | None:
    """The first finding that waits and is told as one reasoning with this one."""
    partners = {
        frozenset((finding.id, other.id)): other
        for other in waiting
        if all(families()[one.id].links_at(one.grade) for one in (finding, other))
    }
    pair = next((pair for pair in links(language) if pair in partners), None)
    return None if pair is None else partners[pair]


def _leads(finding: Finding, partner: Finding, language: Language) -> Finding:
    """Of two findings told as one reasoning, the one it begins with."""
    first, _, _ = links(language)[frozenset((finding.id, partner.id))]
    return finding if finding.id == first else partner


def _key(finding: Finding, facts: Facts, quoted: set[str]) -> FlaggedResult | None:
    """The result a finding is told with: the first of its family's keys in its evidence.

    None where that result has been quoted already.
    """
    for name in families()[finding.id].key:
        results = facts.by_analyte.get(name)
        if results and name in finding.evidence:
            return None if name in quoted else results[0]
    return None


def _also(
    facts: Facts, findings: Sequence[Finding]
) -> tuple[tuple[FlaggedResult, ...], tuple[str, ...]]:
    """The abnormal results that nothing else tells: those named, and the groups of the others."""
    stated = {finding.id for finding in findings}
    stated |= {other for finding in stated for other in families()[finding].implies}
    untold = [
        result
        for result in facts.reading.abnormal
        if not facts.told_by(stated, result) and not result.critical
    ]
    if len(untold) == MAX_LISTED + 1:
        return tuple(untold), ()
    groups = dict.fromkeys(map(_group, untold[MAX_LISTED:]))
    return tuple(untold[:MAX_LISTED]), tuple(groups)


def _reassuring(facts: Facts, findings: Sequence[Finding]) -> tuple[FlaggedResult, ...]:
    """What is normal and matters for the first finding."""
    if not findings:
        return ()
    evidence = {name for finding in findings for name in finding.evidence}
    found = [
        result
        for name in families()[findings[0].id].normal
        for result in facts.by_analyte.get(name, ())[:1]
        if result.direction == "normal" and name not in evidence
    ]
    return tuple(found[:MAX_NORMAL])


def _unclassified(reading: Reading) -> tuple[FlaggedResult, ...]:
    """The results without a range where they are few enough to be named."""
    found = {result.analyte: result for result in without_range(reading)}
    return tuple(found.values()) if len(found) <= MAX_WITHOUT_RANGE else ()


def without_range(reading: Reading) -> list[FlaggedResult]:
    """The results that no range is known for: not those that cannot be judged by theirs."""
    return [
        result
        for result in reading.results
        if result.flag is None and cause_of(result, reading) is None
    ]


def _places(reading: Reading, findings: Sequence[Finding]) -> Places:
    evidence = {name for finding in reading.findings for name in finding.evidence}
    shown: list[FlaggedResult] = []
    normal: list[FlaggedResult] = []
    unjudged: list[FlaggedResult] = []
    without = {id(result) for result in without_range(reading)}
    for result in reading.results:
        if result.critical or result.analyte in evidence or result.direction in ("low", "high"):
            shown.append(result)
        else:
            (unjudged if result.direction is None else normal).append(result)
    spoken_of = {name for finding in findings for name in families()[finding.id].speaks_of}
    told = [one for one in normal if one.analyte in spoken_of]
    others = [one for one in normal if one.analyte not in spoken_of]
    concerned = {_group(one) for one in (*shown, *told)}
    groups = dict.fromkeys(_group(one) for one in others if _group(one) not in concerned)
    return Places(
        shown=tuple(shown),
        normal=tuple(told),
        normal_beside=tuple(one for one in others if _group(one) in concerned),
        normal_groups=tuple(groups),
        without_range=tuple(one for one in unjudged if id(one) in without),
        not_assessed=tuple(one for one in unjudged if id(one) not in without),
    )


def _group(result: FlaggedResult) -> str:
    return analytes()[result.analyte].group
