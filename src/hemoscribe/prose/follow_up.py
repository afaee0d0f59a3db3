"""The follow-up: what would settle the question, asked once, and never what the report holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from hemoscribe.knowledge.report_facts import unread_analytes
from hemoscribe.knowledge.unassessed import read_as_adult
from hemoscribe.prose.extraction import claims
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.left_open import cause_of
from hemoscribe.prose.voice import Voice, length, sentence
from hemoscribe.prose.wording import wordings
from hemoscribe.records import Finding, Language

FOLLOW_UP_CHARACTERS: Mapping[Language, int] = {"en": 120, "fr": 90}
"""What a follow-up may take; see ``brief.INTERPRETATION_CHARACTERS``."""
MAX_FOLLOW_UPS = 3
_SEPARATOR: Mapping[Language, str] = {"en": "; ", "fr": " ; "}


def follow_up(facts: Facts, findings: Sequence[Finding], voice: Voice) -> str:
    """The follow-up of the leading findings, or of a report that has none."""
    asked: set[str] = set()
    clauses: list[str] = []
    for finding in findings:
        clause = _clause(facts, finding, voice, asked)
        if clause is None:
            continue
        if clauses and length([*clauses, clause]) > FOLLOW_UP_CHARACTERS[voice.language]:
            continue
        clauses.append(clause)
        asked |= _requested(clause, voice.language) | _topics(clause, voice)
        if len(clauses) == MAX_FOLLOW_UPS:
            break
    return " ".join(map(sentence, clauses or [_general(facts, findings, voice)]))


def _general(facts: Facts, findings: Sequence[Finding], voice: Voice) -> str:
    results = facts.reading.results
    if facts.reading.unread_critical or any(result.critical for result in results):
        return str(voice.pick("follow_up_critical"))
    if facts.reading.abnormal or findings:
        return str(voice.pick("follow_up_abnormal"))
    if all(result.flag is None and cause_of(result, facts.reading) is None for result in results):
        return str(voice.pick("follow_up_no_range"))
    if not facts.reading.whole:
        return str(voice.pick("follow_up_not_whole"))
    if read_as_adult(facts.reading):
        return str(voice.pick("follow_up_assumed"))
    return str(voice.pick("follow_up_normal"))


def _clause(facts: Facts, finding: Finding, voice: Voice, asked: set[str]) -> str | None:
    """What a finding asks for, less what the report holds or has been asked for already."""
    separator = _SEPARATOR[voice.language]
    wordings_of = wordings(voice.language)[finding.id].follow_up
    for text in voice.turned(f"follow_up:{finding.id}", wordings_of):
        kept = [part for part in text.split(separator) if _is_needed(part, facts, voice, asked)]
        if kept:
            return separator.join(kept)
    return None


def _is_needed(part: str, facts: Facts, voice: Voice, asked: set[str]) -> bool:
    wanted = _requested(part, voice.language)
    if _topics(part, voice) & asked or (wanted and wanted <= asked):
        return False
    if set(re.findall(r"\w+", part.casefold())) & set(voice.words["repeat_words"]):
        return True
    held = facts.by_analyte.keys() | facts.groups | unread_analytes(facts.reading.unread)
    return not wanted & held


def _topics(text: str, voice: Voice) -> set[str]:
    """What a follow-up is about besides results, so that it is not asked twice."""
    folded = text.casefold()
    return {topic for topic in voice.words["topics"] if topic in folded} or {text}


@lru_cache(maxsize=4096)
def _requested(text: str, language: Language) -> frozenset[str]:
    """The analytes, and the groups of analytes, that a follow-up names."""
    said = claims(text, language)
    groups = {claim.group for claim in said if claim.group is not None}
    return frozenset(name for claim in said for name in claim.analytes) | groups
