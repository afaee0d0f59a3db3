"""What the rules say last: what was assumed of the patient, and what could not be assessed and why.

In every text, after the words of the model or the composer and never cut: a result that nobody
could judge and a finding that nobody could look for must not pass for normal and absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from hemoscribe.knowledge import finding_definitions
from hemoscribe.knowledge.contradictory import contradictions
from hemoscribe.knowledge.unassessed import (
    ONE_SIDE,
    Unassessed,
    Why,
    assumption_sentences,
    report_assumptions,
    unassessed,
    why_no_flag,
)
from hemoscribe.prose.voice import Voice, sentence
from hemoscribe.prose.wording import families
from hemoscribe.records import FlaggedResult, Language, Reading

MAX_RESULTS = 6
MAX_FINDINGS = 3
_CAUSE_OF = {
    "no_sex": "no_sex",
    "between_sexes": "no_sex",
    "limits_by_sex": "no_sex",
    "no_age": "no_age",
    "between_ages": "no_age",
    "no_week": "no_week",
    "censored": "censored",
}
_OF_PATIENT = ("no_sex", "no_age", "no_week")
"""The causes for which findings are named too: what is printed as a bound names itself."""


def caveats(reading: Reading, language: Language) -> str:
    """The sentences, or "" where nothing was assumed and everything could be assessed."""
    voice = Voice(language, 0)
    return " ".join(map(sentence, _sentences(reading, voice)))


def may_hold_caveats(text: str, language: Language) -> bool:
    """Whether a text may end in the sentences of ``caveats``: the words that they begin with."""
    return any(words in text for words in _beginnings(language))


@cache
def _beginnings(language: Language) -> tuple[str, ...]:
    words = Voice(language, 0).words["not_assessed"]
    said = [words[cause] for cause in dict.fromkeys(_CAUSE_OF.values())]
    stated = assumption_sentences(language)
    return tuple(sentence(one.partition("{")[0]).rstrip(".: ") for one in (*said, *stated))


def cause_of(result: FlaggedResult, reading: Reading) -> str | None:
    """Why a result is not assessed though it has a range, or somebody's; None where it is."""
    why = why_no_flag(result, reading.panel)
    if why is None:
        return None
    return ONE_SIDE if why.code == ONE_SIDE else _CAUSE_OF.get(why.code)


def nothing_left_open(reading: Reading) -> bool:
    """Whether everything was read, and no finding is left that could not be looked for."""
    return not reading.unread and not contradictions(reading) and not unassessed(reading)


def _sentences(reading: Reading, voice: Voice) -> Iterator[str]:
    yield from report_assumptions(reading, voice.language)
    causes = [(result, cause_of(result, reading)) for result in reading.results]
    open_findings = _worth_naming(unassessed(reading))
    for cause in dict.fromkeys(_CAUSE_OF.values()):
        results = [result for result, own in causes if own == cause]
        named = [voice.named_with_article(result.analyte) for result in results]
        items = _cut(list(dict.fromkeys(named)), MAX_RESULTS, voice)
        if cause == "censored" and len(results) <= MAX_RESULTS:
            items = voice.subject(results, quoted=True)
        findings = [
            finding_definitions()[one.finding].names[voice.language]
            for one in open_findings
            if cause in _OF_PATIENT and _main_cause(one.why) == cause
            if not _is_told(one.finding, results)
        ]
        patterns = _cut(findings, MAX_FINDINGS, voice)
        if items or patterns:
            words = voice.words["not_assessed"]
            kind = "both" if items and patterns else "results" if items else "findings"
            told = words[kind].format(results=items, findings=patterns)
            yield words[cause].format(told=told)


def _is_told(finding: str, results: Sequence[FlaggedResult]) -> bool:
    """Whether to say that a result could not be judged says as much of the finding."""
    equal = families()[finding].same_as
    return any(one.analyte in names for one in results for names in equal.values())


def _main_cause(why: Sequence[Why]) -> str | None:
    """The one thing about the patient that a finding hangs on; None where it is something else."""
    causes = [_CAUSE_OF.get(one.code) for one in why]
    known = [cause for cause in _OF_PATIENT if cause in causes]
    return known[0] if known and set(causes) <= set(_OF_PATIENT) else None


def _worth_naming(found: Sequence[Unassessed]) -> list[Unassessed]:
    """Those that are no narrower form of another one that is named."""
    ids = {one.finding for one in found}
    return [
        one
        for one in found
        if one.finding in families()
        and not ids & (families()[one.finding].subsumes | families()[one.finding].subsumes_mild)
    ]


def _cut(names: Sequence[str], most: int, voice: Voice) -> str:
    left = len(names) - most
    if left <= 1:
        return voice.listed(names)
    return voice.listed([*names[:most], f"{left} {voice.words['others']}"])
