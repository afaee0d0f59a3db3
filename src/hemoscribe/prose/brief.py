"""What a text on a report has to tell, and in which order: the model puts it into words.

The brief decides which findings are told in a sentence and with which result, which are only named,
and what else is said. The composer's text and the prompt that is written from are both made of it,
so what a model is asked to word and what it is taught to word never differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hemoscribe.knowledge import analytes
from hemoscribe.knowledge.vessels import NOT_STATED, conditions_of_a_gas
from hemoscribe.prose.clause_bank import NONE, Means, clauses_of
from hemoscribe.prose.conditions import BY, TODAY, Circumstances
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.follow_up import Asked, follow_up, requests
from hemoscribe.prose.left_open import cause_of
from hemoscribe.prose.ranked import most_severe_first, severity_of
from hemoscribe.prose.voice import Voice
from hemoscribe.prose.wording import families
from hemoscribe.records import Finding, FlaggedResult, Reading

MAX_STATEMENTS = 2
"""Findings told in a sentence of their own where none of them presses; the others are listed."""
MAX_PRESSING = 4
"""Findings and results told in a sentence of their own, where one asks for something this week."""
MAX_THREATS = 6
"""Findings and results told in a sentence of their own, where they threaten life."""
MAX_NOTED = 3
"""Findings, and results, behind which it is said what the requester's note adds."""
MAX_KEYS = 2
"""Results quoted with a finding."""
MAX_QUOTED = 3
"""Results out of range that no finding tells, up to which their values are quoted."""
MAX_LISTED = 6
"""Results out of range that no finding tells, named one by one; beyond, by their group."""
SIDES = ("low", "high", "none")
"""Where a critical value lies; ``none`` where only a limit of its own says that it is critical."""
MAX_WITHOUT_RANGE = 3
MAX_NORMAL = 2


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence: a finding, the results it is told with, and what it means in this patient.

    ``beside``: the findings that the words of its meaning name, and that are told by it.
    """

    finding: Finding
    keys: tuple[FlaggedResult, ...] = ()
    means: Means | None = None
    beside: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """What a result means that no finding tells."""

    result: FlaggedResult
    means: Means


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
    ``MAX_LISTED``; ``remarks``: what is said of ``also`` and of critical values;
    ``remarked_first``: the critical results that are told before the findings; ``reassuring``:
    normal results worth a clause; ``unclassified``: results without a range, to be named where
    there are few; ``follow_up``: what would settle the question, worded.
    """

    critical: tuple[FlaggedResult, ...]
    statements: tuple[Statement, ...]
    listed: tuple[Finding, ...]
    also: tuple[FlaggedResult, ...]
    also_quoted: bool
    also_groups: tuple[str, ...]
    remarks: tuple[Remark, ...]
    remarked_first: tuple[FlaggedResult, ...]
    reassuring: tuple[FlaggedResult, ...]
    unclassified: tuple[FlaggedResult, ...]
    follow_up: str
    places: Places

    @property
    def critical_sides(self) -> tuple[str, ...]:
        """The ``SIDES`` on which critical values lie, that of the worst first."""
        return tuple(dict.fromkeys(map(_side, self.critical)))

    def critical_on(self, side: str) -> tuple[FlaggedResult, ...]:
        """The critical values on one of ``SIDES``, the worst first."""
        return tuple(result for result in self.critical if _side(result) == side)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding that is told, in the order of the text."""
        told = [one for said in self.statements for one in (said.finding, *said.beside)]
        return (*dict.fromkeys(told), *self.listed)

    def remark(self, result: FlaggedResult) -> Means | None:
        """What is said of a result that no finding tells."""
        return next((one.means for one in self.remarks if one.result is result), None)


def _side(result: FlaggedResult) -> str:
    """Where a critical value lies; not told where the laboratory's flag says the other side."""
    if result.flagged_against or result.direction not in ("low", "high"):
        return "none"
    return result.direction


def brief(reading: Reading, voice: Voice, facts: Facts | None = None) -> Brief:
    """The brief of a reading; ``voice`` words the follow-up.

    Args:
        facts: of the reading, where they are known already.
    """
    facts = facts or Facts(reading)
    findings = facts.leading
    age = reading.panel.age_years
    critical = _ringing(facts)
    also, also_groups = _also(facts, findings)
    alone = _untold(facts, findings, critical)
    remarks = _remarks(facts, alone, MAX_PRESSING - 1)
    statements = _statements(findings, facts, before=len(remarks))
    remarks += _remarks(facts, also, _room(findings) - len(statements) - len(remarks))
    stated = {one.id for said in statements for one in (said.finding, *said.beside)}
    untold = (*alone, *also)
    return Brief(
        critical=critical,
        statements=statements,
        listed=tuple(finding for finding in findings if finding.id not in stated),
        also=also,
        also_quoted=len(also) <= MAX_QUOTED,
        also_groups=also_groups,
        remarks=remarks,
        remarked_first=_remarked_first(alone, findings, age),
        reassuring=_reassuring(facts, findings) if len(stated) == len(findings) else (),
        unclassified=_unclassified(reading),
        follow_up=follow_up(facts, findings, untold, Voice(voice.language, voice.seed)),
        places=_places(reading, findings),
    )


def _remarked_first(
    alone: Sequence[FlaggedResult], findings: Sequence[Finding], age_years: float | None
) -> tuple[FlaggedResult, ...]:
    """The critical results that no finding tells and that are worse than the first finding."""
    leading = findings[0].severity if findings else 0
    return tuple(one for one in alone if severity_of(one, findings, age_years) >= leading)


def _ringing(facts: Facts) -> tuple[FlaggedResult, ...]:
    """The critical results, the worst first."""
    ringing = [result for result in facts.reading.counting if result.critical]
    return most_severe_first(ringing, facts.leading, facts.reading.panel.age_years)


def asked_of(facts: Facts) -> tuple[Asked, ...]:
    """What the follow-up of a reading asks for, in its order."""
    also, _ = _also(facts, facts.leading)
    alone = _untold(facts, facts.leading, _ringing(facts))
    return requests(facts, facts.leading, (*alone, *also))


def first_told(facts: Facts) -> tuple[Means, ...]:
    """What the first critical result that no finding tells means, and the first finding."""
    age = facts.reading.panel.age_years
    alone = _untold(facts, facts.leading, _ringing(facts))
    remarks = _remarks(facts, _remarked_first(alone, facts.leading, age), 1)
    means = [one.means for one in remarks]
    for finding in facts.leading[:1]:
        found = clauses_of().get(finding.id, NONE).meaning(Circumstances(facts, finding))
        means += [] if found is None else [found]
    return tuple(means)


def _room(findings: Sequence[Finding]) -> int:
    """How many sentences findings and results may have of their own."""
    pressing = any(finding.urgency for finding in findings)
    return MAX_PRESSING if pressing or not findings else MAX_STATEMENTS


def _statements(findings: Sequence[Finding], facts: Facts, *, before: int) -> tuple[Statement, ...]:
    """The first finding in a sentence; the next too where they press, or where nothing does.

    Args:
        before: sentences that critical results have already.
    """
    quoted = {result.analyte for result in facts.reading.results if result.critical}
    by_id = {finding.id: finding for finding in findings}
    told: set[str] = set()
    statements: list[Statement] = []
    for finding in findings:
        if finding.id in told:
            continue
        if statements and not _is_stated(finding, findings[0], before + len(statements)):
            break
        keys = _keys(finding, facts, quoted)
        clauses = clauses_of().get(finding.id, NONE)
        told_of_note = len(statements) < MAX_NOTED
        means = clauses.meaning(Circumstances(facts, finding), with_note=told_of_note)
        beside = () if means is None else tuple(by_id[one] for one in means.tells if one in by_id)
        statements.append(Statement(finding, keys, means, beside))
        quoted |= {one.analyte for one in keys}
        told |= {finding.id, *(one.id for one in beside)}
    return tuple(statements)


def _is_stated(finding: Finding, first: Finding, before: int) -> bool:
    if finding.urgency:
        return before < (MAX_THREATS if finding.urgency == BY["now"] else MAX_PRESSING)
    return before < MAX_STATEMENTS and first.urgency < TODAY


def _keys(finding: Finding, facts: Facts, quoted: set[str]) -> tuple[FlaggedResult, ...]:
    """The results a finding is told with: its family's keys in its evidence, not quoted before."""
    names = [one for one in families()[finding.id].key if one in finding.evidence]
    if families()[finding.id].bare in quoted:
        return ()  # its own value stands already: another would be taken for it
    held = [facts.by_analyte[name][0] for name in names if name in facts.by_analyte]
    return tuple(one for one in held if one.analyte not in quoted)[:MAX_KEYS]


def _untold(
    facts: Facts, findings: Sequence[Finding], critical: Sequence[FlaggedResult]
) -> list[FlaggedResult]:
    """The critical results that no finding rests on or tells."""
    evidence = {name for finding in findings for name in finding.evidence}
    told = {finding.id for finding in findings}
    return [
        one
        for one in critical
        if one.analyte not in evidence
        and one.direction is not None
        and not facts.told_by(told, one)
    ]


def _remarks(facts: Facts, untold: Sequence[FlaggedResult], room: int) -> tuple[Remark, ...]:
    """What may be said of results that no finding tells, of so many at most."""
    found: list[Remark] = []
    for result in untold:
        clauses = clauses_of().get(f"{result.analyte} {result.direction}", NONE)
        means = clauses.meaning(Circumstances(facts), with_note=len(found) < MAX_NOTED)
        if means is not None:
            found.append(Remark(result, means))
    return tuple(found[: max(room, 0)])


def _also(
    facts: Facts, findings: Sequence[Finding]
) -> tuple[tuple[FlaggedResult, ...], tuple[str, ...]]:
    """The abnormal results that nothing else tells: those named, and the groups of the others."""
    stated = {finding.id for finding in findings}
    stated |= {other for finding in stated for other in families()[finding].implies}
    counting = {id(result) for result in facts.reading.counting}
    untold = [
        result
        for result in facts.reading.abnormal
        if id(result) in counting and not facts.told_by(stated, result) and not result.critical
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
    """The results that no range is known for: not those that cannot be judged by theirs.

    Nor what is entered with a blood gas, nor its oxygen where a finding says why it is not judged.
    """
    told = {name for one in reading.findings for name in one.evidence if name in NOT_STATED}
    return [
        result
        for result in reading.results
        if result.flag is None
        and result.analyte not in told | conditions_of_a_gas()
        and cause_of(result, reading) is None
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
