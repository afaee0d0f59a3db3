"""The guard: what a text says, against the facts of the report.

``check`` gives one verdict per code. ``numbers``, ``directions``, ``findings`` and ``treatment``
say whether the text is faithful; ``omissions`` and ``critical`` whether it is complete;
``follow_up`` whether what it asks for comes in time; ``form``
and ``language`` whether it is readable; ``words``, of a model's draft only, whether it says what
the report does not call for. A doubt counts against the text: what is withheld by mistake costs a
sentence of the composer, what passes by mistake may cost a patient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from hemoscribe.knowledge import analytes, finding_definitions, finding_name
from hemoscribe.knowledge.findings.severity import scale_of
from hemoscribe.prose.claims import body_of, told_by
from hemoscribe.prose.extraction import Claim, claims
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.alarms import belittled, softened, taken_back
from hemoscribe.prose.guard.another_patient import mistaken
from hemoscribe.prose.guard.bank import Bank
from hemoscribe.prose.guard.calls import unheard, weakened
from hemoscribe.prose.guard.causes import bare_causes, unheld
from hemoscribe.prose.guard.clauses import Clause, clauses, unspoken
from hemoscribe.prose.guard.closings import asking_nothing, closed
from hemoscribe.prose.guard.comparisons import compared, invented
from hemoscribe.prose.guard.dangers import untold
from hemoscribe.prose.guard.delays import late
from hemoscribe.prose.guard.due import unasked
from hemoscribe.prose.guard.named_drugs import unnamed_drugs
from hemoscribe.prose.guard.phrases import plain
from hemoscribe.prose.guard.predictions import at_the_limit, foretold
from hemoscribe.prose.guard.rankings import misranked
from hemoscribe.prose.guard.strangers import absent, beside_the_report
from hemoscribe.prose.guard.treatments import advised
from hemoscribe.prose.guard.urgency import TODAY
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.lexicon import MAX_CHARACTERS, fold, tokenize
from hemoscribe.prose.prompt import parse_completion
from hemoscribe.prose.unread import without_unread
from hemoscribe.prose.wording import families, load_yaml
from hemoscribe.records import Check, FlaggedResult, Language, Reading

CODES = (
    "form",
    "language",
    "numbers",
    "directions",
    "findings",
    "omissions",
    "critical",
    "follow_up",
    "treatment",
)
DRAFT_CODES = (*CODES, "words")
UNFAITHFUL = frozenset(("numbers", "directions", "findings", "treatment"))
MAX_WORDS = 300
PATTERNS = "patterns"
"""The discipline of findings that name what others have in common."""
_SENTENCE = re.compile(r"(?:\.(?!\d)|\n)+")
_ENDED = re.compile(r"[.!?][)»\"”]?\s*$")


def check(
    text: str, reading: Reading, language: Language, vocabulary: Vocabulary | None = None
) -> tuple[Check, ...]:
    """One ``Check`` per code of ``CODES``: ``ok``, or a message that names the offending words.

    Args:
        text: a completion (interpretation and follow-up), or any comment: then only its form fails.
        vocabulary: of the model whose draft the text is. Its words and its end are judged too, and
            the codes are ``DRAFT_CODES``.
    """
    text = without_unread(text, reading, language)[:MAX_CHARACTERS]
    draft = vocabulary is not None
    parted = draft and parse_completion(text, language) is not None  # else requests read as told
    body = body_of(text)
    said = claims(body, language)
    facts = Facts(reading)
    parts = clauses(text, body, said, facts, language)
    bank, earlier = Bank(facts, language), facts.earlier
    spoken = bank.spoken(body)
    judged = _not_of(spoken, said)
    free = unspoken(parts, spoken)
    due = unasked(body, parts, free, bank) if parted else ((), ())
    judges: Mapping[str, Callable[[], Iterable[str]]] = {
        "form": lambda: _form(text, language, draft=draft),
        "language": lambda: _language(body, language),
        "numbers": lambda: _numbers(judged, facts, parts, earlier, language),
        "directions": lambda: (
            *_directions(judged, facts),
            *(invented(parts, facts, bank, earlier, language) if parted else ()),
            *(foretold(parts, free, bank) if parted else ()),
            *(at_the_limit(free, facts, language) if parted else ()),
        ),
        "findings": lambda: (
            *_findings(body, judged, facts, language),
            *(_unheld(parts, free, facts, bank) if parted else ()),
            *(unnamed_drugs(parts, facts, bank) if parted else ()),
        ),
        "omissions": lambda: (
            *_omissions(said, facts, language),
            *due[0],
            *(untold(parts, bank) if parted else ()),
        ),
        "critical": lambda: (
            *_critical(said, judged, facts, language),
            *taken_back(parts, facts, bank, language),
            *softened(parts, facts, spoken, language),
            *(unheard(parts, bank, _guard(language)["call_missing"]) if parted else ()),
            *(weakened(parts, free, bank) if parted else ()),
        ),
        "follow_up": lambda: (
            *closed(parts, facts, language, draft=draft),
            *(asking_nothing(free, bank, language) if parted else ()),
            *late(parts, facts, bank, language),
            *due[1],
        ),
        "treatment": lambda: (*_treatment(body, language), *advised(parts, spoken, language)),
        "words": lambda: (vocabulary or Vocabulary()).strange(body, reading, language, facts),
    }
    messages = _guard(language)["messages"]
    found = []
    for code in CODES if vocabulary is None else DRAFT_CODES:
        words = list(dict.fromkeys(judges[code]()))
        message = messages[code].format(words="; ".join(words)) if words else ""
        found.append(Check(code, not words, message))
    return tuple(found)


def own_assertions(text: str, reading: Reading, language: Language) -> frozenset[str]:
    """The findings that a text states in other words than those of a clause that holds."""
    facts = Facts(reading)
    judged = _not_of(Bank(facts, language).spoken(text), claims(text, language))
    return frozenset(
        one.finding
        for one in judged
        if one.finding is not None and not one.denied and not one.hedged
    )


def _not_of(spoken: Sequence[tuple[int, int]], said: Sequence[Claim]) -> list[Claim]:
    """The claims that no clause of the bank makes."""
    return [
        one
        for one in said
        if not any(start <= one.start and one.end <= end for start, end in spoken)
    ]


def unfaithful(checks: Iterable[Check]) -> bool:
    """Whether a text says something that the facts do not bear out."""
    return any(not found.ok and found.code in UNFAITHFUL for found in checks)


@cache
def _guard(language: Language) -> Mapping[str, Any]:
    read: Mapping[str, Any] = load_yaml(f"{language}/guard.yaml")
    return read


@cache
def _patterns(language: Language, key: str) -> tuple[re.Pattern[str], ...]:
    listed = _guard(language)[key]
    return tuple(re.compile(p) for p in ([listed] if isinstance(listed, str) else listed))


def _form(text: str, language: Language, *, draft: bool) -> Iterator[str]:
    labels = _guard(language)["form_labels"]
    if parse_completion(text, language) is None:
        yield labels["missing"]
    if draft and not _ENDED.search(text):
        yield labels["cut"]
    if len(text.split()) > MAX_WORDS:
        yield labels["long"]
    sentences = [" ".join(part.split()).casefold() for part in _SENTENCE.split(text)]
    long_enough = [sentence for sentence in sentences if len(sentence) > 12]
    if len(long_enough) != len(set(long_enough)):
        yield labels["repeated"]


def _language(text: str, language: Language) -> Iterator[str]:
    """Interpretation and follow-up each by itself: the longer must not speak for the other."""
    for line in text.split("\n"):
        words = {token.word for token in tokenize(line)}
        own = words & _function_words(language)
        other = words & _function_words("fr" if language == "en" else "en")
        if len(other - own) > len(own - other):
            yield line


@cache
def _function_words(language: Language) -> frozenset[str]:
    return frozenset(fold(str(word)) for word in _guard(language)["function_words"])


def _numbers(
    said: Sequence[Claim],
    facts: Facts,
    parts: Sequence[Clause],
    earlier: Mapping[str, FlaggedResult],
    language: Language,
) -> Iterator[str]:
    for claim in said:
        if claim.kind != "number" or facts.has_number(claim):
            continue
        clause = next((one for one in parts if claim in one.claims), None)
        told = clause is not None and compared(clause, language)
        if not told or not _was_held(claim, facts, earlier):
            yield claim.text.strip()


def _was_held(claim: Claim, facts: Facts, earlier: Mapping[str, FlaggedResult]) -> bool:
    """Whether an earlier report holds a number, of the analyte it is said of if of any."""
    held = [*earlier.values(), *(one.result for one in facts.reading.before)]
    return any(
        facts.is_value(claim, one)
        for one in held
        if not claim.analytes or one.analyte in claim.analytes
    )


def _directions(said: Sequence[Claim], facts: Facts) -> Iterator[str]:
    of_whole = facts.reading.whole and not facts.reading.abnormal
    for claim in said:
        if claim.kind == "whole_normal" and not claim.denied and not of_whole:
            yield claim.text
        if claim.kind != "direction" or claim.hedged:
            continue
        assert claim.direction is not None
        if claim.group is not None:
            wrong = facts.group_contradicts(claim.group, claim.direction, denied=claim.denied)
        else:
            wrong = facts.contradicts(claim.analytes, claim.direction, denied=claim.denied)
        if wrong:
            yield claim.text


def _findings(text: str, said: Sequence[Claim], facts: Facts, language: Language) -> Iterator[str]:
    for claim in said:
        if claim.finding is None:
            continue
        if claim.denied:
            if claim.finding in facts.stated | facts.implied or facts.is_open(claim.finding):
                yield claim.text
        elif not claim.hedged and not facts.allows(claim.finding, claim.grades):
            yield claim.text
    yield from _certain_diagnoses(text, language)


def _unheld(
    parts: Sequence[Clause], free: Sequence[Clause], facts: Facts, bank: Bank
) -> Iterator[str]:
    """What a draft says of causes, the patient and other results that no rule or report holds."""
    language = bank.language
    if facts.abnormal or facts.reading.findings:
        yield from belittled(free, bank, language)
    yield from unheld(parts, free, bank)
    yield from bare_causes(parts, free, bank)
    yield from misranked(parts, free, bank)
    yield from mistaken(free, facts, bank, language)
    yield from absent(parts, facts, bank, language)
    yield from beside_the_report(parts, bank, language)


def _certain_diagnoses(text: str, language: Language) -> Iterator[str]:
    """A disease said in the same clause as "confirms", "diagnosis of" and the like."""
    (certainty,), (disease,) = _patterns(language, "certainty"), _patterns(language, "diagnoses")
    for clause in re.split(r"[.;\n]", plain(text)):
        if certainty.search(clause) and disease.search(clause):
            yield clause.strip()


def _omissions(said: Sequence[Claim], facts: Facts, language: Language) -> Iterator[str]:
    told = set(told_by(said, facts))
    for result in facts.reading.abnormal:
        if result.analyte not in told:
            yield analytes()[result.analyte].name(language)
    spoken = {one.finding for one in said if one.finding is not None and not one.denied}
    spoken |= _said_by_results(said, facts)
    for finding in facts.reading.findings:
        if finding.urgency < TODAY or finding.id in spoken or _contained(finding.id, spoken):
            continue
        if not _told_by_parts(finding.id, spoken, facts):
            yield finding_name(finding, language)


def _contained(finding: str, spoken: set[str]) -> bool:
    """Whether the name of a finding that is told contains this one."""
    families_told = (families()[other] for other in spoken if other in families())
    return any(finding in one.subsumes | one.subsumes_mild | one.implies for one in families_told)


def _told_by_parts(finding: str, spoken: set[str], facts: Facts) -> bool:
    """Whether a pattern's parts are all told: what they have in common adds no urgency."""
    if finding_definitions()[finding].discipline != PATTERNS:
        return False
    parts = facts.stated & set(scale_of(finding).explains)
    return bool(parts) and all(one in spoken or _contained(one, spoken) for one in parts)


def _said_by_results(said: Sequence[Claim], facts: Facts) -> set[str]:
    """The findings that are only another way to say that a result, named so, is low or high."""
    named = [
        (analyte, claim.direction)
        for claim in said
        if claim.kind == "direction" and not claim.denied and not claim.hedged
        for analyte in claim.analytes
        if analyte in facts.by_analyte
    ]
    return {
        finding
        for finding in facts.stated & families().keys()
        if any(families()[finding].equals(*one) for one in named)
    }


def _critical(
    said: Sequence[Claim], judged: Sequence[Claim], facts: Facts, language: Language
) -> Iterator[str]:
    words = _guard(language)
    for result in facts.reading.results:
        if not result.critical:
            continue
        told = any(
            result.analyte in claim.analytes
            and not claim.denied
            and (claim.critical or (claim.kind == "number" and facts.is_value(claim, result)))
            for claim in said
        )
        if not told:
            yield words["critical_missing"].format(name=analytes()[result.analyte].name(language))
    for claim in judged:
        if claim.kind == "direction" and claim.critical and not claim.denied and claim.analytes:
            results = facts.results_of(claim.analytes)
            if not any(result.critical for result in results):
                yield words["critical_label"].format(name=claim.text)
    claimed = [claim for claim in judged if claim.kind == "critical"]
    exists = any(result.critical for result in facts.reading.results)
    for claim in claimed:
        if not claim.hedged and claim.denied == exists:
            yield claim.text if exists else words["critical_none"]


def _treatment(text: str, language: Language) -> Iterator[str]:
    text = plain(text)
    for pattern in _patterns(language, "treatment"):
        for match in pattern.finditer(text):
            yield match[0].strip()
