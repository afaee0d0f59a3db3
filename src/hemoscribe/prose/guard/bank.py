"""What the phrase bank says of a report's findings: the sentences that a clause may be made of.

A marked word (a cause, a certainty, "usual", a delay) is no fault where the bank itself says it of
this report: a clause is borne when one of the bank's sentences holds all of its words, but those
that name the report's own findings and results or that only join. Of the clause bank only what
holds in this report bears anything: a wording for a mild case excuses nothing in a severe one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from hemoscribe.knowledge import analytes, display_unit, finding_definitions
from hemoscribe.prose.brief import asked_of
from hemoscribe.prose.clause_bank import ASKS, Means, Request, bare, clauses_of
from hemoscribe.prose.conditions import BY, Circumstances
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.follow_up import Asked
from hemoscribe.prose.guard.clauses import Clause, judged_words
from hemoscribe.prose.guard.phrases import plain
from hemoscribe.prose.guard.urgency import TODAY, urgency_of
from hemoscribe.prose.lexicon import tokenize
from hemoscribe.prose.voice import Voice, squeezed
from hemoscribe.prose.wording import load_yaml, phrases, wordings
from hemoscribe.records import Language

_STOPS = re.compile(r"\s*[;.]\s*")
_JOINING = ("fillers", "lists")
_JOINTS = ("second", "also")
_NO_SENTENCE = frozenset(("names", "no_units", "course"))
"""What is no sentence, or one of the rules' own on earlier results, which a draft must hold."""
_GENERAL_REQUEST = "follow_up_abnormal"
_GENERAL = (
    "follow_up_normal",
    "follow_up_abnormal",
    "follow_up_critical",
    "follow_up_no_range",
    "follow_up_not_whole",
    "follow_up_assumed",
)
_SHORTEST_SPOKEN = 3
"""Words from which on a clause is known again by its words alone."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the bank: its words as the lexicon compares them, and as they are read."""

    bare: frozenset[str]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Holding:
    """What the clause bank says of a finding or a result in this report."""

    subject: str
    means: Means | None
    requests: tuple[Request, ...]
    urgency: int


def _any(_: Sentence) -> bool:
    return True


class Bank:
    """The bank's sentences for one report, read when they are first asked for."""

    def __init__(self, facts: Facts, language: Language) -> None:
        self.facts = facts
        self.language = language

    def states(
        self, clause: Clause, marked: frozenset[str], fits: Callable[[Sentence], bool] = _any
    ) -> bool:
        """Whether a statement that ``fits``, no request, holds the clause's words.

        Args:
            marked: the words that are to be borne, though they may name or join elsewhere.
        """
        words = (clause.bare() - self._free) | (clause.bare() & marked)
        return any(words <= one.bare and fits(one) for one in self._stated)

    def bears(
        self, clause: Clause, marked: frozenset[str], fits: Callable[[Sentence], bool] = _any
    ) -> bool:
        """As ``states``, or a request."""
        words = (clause.bare() - self._free) | (clause.bare() & marked)
        known = (*self._stated, *self._requests)
        return any(words <= one.bare and fits(one) for one in known)

    def asks(self, clause: Clause, fits: Callable[[Sentence], bool] = _any) -> bool:
        """Whether a request that ``fits``, of the report's findings, holds the clause's words."""
        words = clause.bare() - joining_words(self.language)
        return any(words <= one.bare and fits(one) for one in self._requests)

    def spoken(self, text: str) -> list[tuple[int, int]]:
        """Where a text has a clause of the bank word for word, one that holds in this report.

        What such a clause says is not judged again: its conditions say when it is true.
        """
        folded = text.casefold()
        return [
            match.span()
            for words, said in self._verbatim
            if words in folded
            for match in said.finditer(folded)
        ]

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """What the report's follow-up asks for, and by when."""
        return asked_of(self.facts)

    @property
    def urgency(self) -> int:
        """The report's urgency, or that of a clause which presses more than its finding."""
        return max([urgency_of(self.facts.reading), *(one.urgency for one in self.asked)])

    @cached_property
    def meanings(self) -> tuple[tuple[str, ...], ...]:
        """What each finding and result means in this report, the most severe first: its texts."""
        return tuple(
            one.means.texts[self.language] for one in self._clauses if one.means is not None
        )

    @cached_property
    def _verbatim(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """The clauses that hold, and the phrases of every report, as they are told."""
        voice = Voice(self.language, 0)
        said = list(_general_phrases(self.language))
        for clauses in self._clauses:
            means = clauses.means
            for text in () if means is None else means.texts[self.language]:
                for part in filter(None, _STOPS.split(text)):
                    said.append(_pattern(voice.worded(part, self.facts), "", ()))
            for request in clauses.requests:
                for text in request.texts[self.language]:
                    before, _, after = text.partition(f"{{{ASKS}}}")
                    parts = (voice.worded(part, self.facts) for part in (before, after))
                    said.append(_pattern(*parts, tuple(map(voice.name, request.asks))))
                    said += [_pattern(one, "", ()) for one in self._apart(request, text, voice)]
        return tuple(one for one in said if one is not None)

    def _apart(self, request: Request, text: str, voice: Voice) -> Iterator[str]:
        """The parts of a request of the note's that stand where its results are held already."""
        parts = text.split(";") if request.noted and request.stands_alone else ()
        return (voice.worded(one.strip(), self.facts) for one in parts if ASKS not in one)

    @cached_property
    def _requests(self) -> tuple[Sentence, ...]:
        found = [
            _requested(request, clauses.urgency, self.language)
            for clauses in self._clauses
            for request in clauses.requests
        ]
        if urgency_of(self.facts.reading) < TODAY:
            found += [_general_requests(self.language)]
        return tuple(one for said in found for one in said)

    @cached_property
    def _stated(self) -> tuple[Sentence, ...]:
        known = self.facts.allowed & wordings(self.language).keys()
        found = [one for name in known for one in _statements(self.language)[name]]
        for clauses in self._clauses:
            if clauses.means is not None:
                found += _meaning(clauses.means, clauses.subject, self.language)
        return (*found, *_of_phrases(self.language))

    @cached_property
    def _clauses(self) -> tuple[_Holding, ...]:
        """What the clause bank holds of this report's findings and results, with their urgency."""
        own = {one.id: one for one in self.facts.reading.findings}
        own |= {one.id: one for one in self.facts.leading}  # with the grade that they carry
        known = [(one.id, Circumstances(self.facts, one), one.urgency) for one in own.values()]
        known += [
            (
                f"{one.analyte} {one.direction}",
                Circumstances(self.facts),
                BY["now" if one.critical else "later"],
            )
            for one in self.facts.outside
        ]
        return tuple(
            _Holding(
                name,
                clauses_of()[name].meaning(of),
                tuple(clauses_of()[name].requested(of)),
                urgency,
            )
            for name, of, urgency in known
            if name in clauses_of()
        )

    @cached_property
    def finding_names(self) -> frozenset[str]:
        """The words by which the report's findings are named."""
        return frozenset[str]().union(*(_names(self.language)[one] for one in self.facts.allowed))

    def names(self, words: frozenset[str]) -> bool:
        """Whether a sentence for this report, or the names of its results, hold these words."""
        known = (*self._stated, *self._requests)
        return words <= self._free or any(words <= one.bare for one in known)

    @cached_property
    def noted_words(self) -> frozenset[str]:
        """The words of our names for what the requester's note names."""
        return _bare(one.name(self.language) for one in self.facts.note.told)

    @cached_property
    def _free(self) -> frozenset[str]:
        """The words that name the report's findings, results and units, and those that join."""
        held = (*self.facts.by_analyte, *self.facts.indices)
        known = [_name_of(one, self.language) for one in held]
        known += [
            _unit_words(result.reported_unit or "", result.unit)
            for result in self.facts.reading.results
        ]
        known.append(self.noted_words)
        return joining_words(self.language).union(self.finding_names, *known)


def _bare(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(
        token.word
        for text in texts
        for token in tokenize(text.replace("{", " ").replace("}", " "))
        if len(token.word) > 1 and not token.number
    )


def _sentences(texts: Iterable[str]) -> tuple[Sentence, ...]:
    """Texts as they are read: in the clauses that stops part."""
    return tuple(_sentence(part) for text in texts for part in _STOPS.split(text) if part)


def _sentence(*texts: str) -> Sentence:
    words = tuple(plain(token.raw) for text in texts for token in tokenize(text))
    return Sentence(_bare(texts), words)


@cache
def _name_of(analyte: str, language: Language) -> frozenset[str]:
    known = analytes().get(analyte)
    return frozenset() if known is None else _bare(known.names[language])


@lru_cache(maxsize=4096)
def _unit_words(reported: str, unit: str) -> frozenset[str]:
    return _bare((reported, unit, display_unit(unit)))


@cache
def joining_words(language: Language) -> frozenset[str]:
    """Words that say nothing by themselves: joints, directions, grades, "critical"."""
    lexicon = load_yaml(f"{language}/lexicon.yaml")
    listed = [phrase for part in _JOINING for phrase in lexicon[part]]
    listed += [word for level in lexicon["grades"].values() for word in level["words"]]
    listed += [phrase for side in ("low", "high") for phrase in lexicon["directions"][side]]
    listed += [phrase for part in _JOINTS for phrase in phrases(language)[part]]
    listed += [phrases(language)["others"]]
    moving = _bare(judged_words(language, "comparisons")["moving"])
    return _bare([*listed, *lexicon["critical"]]) - moving


@cache
def _statements(language: Language) -> Mapping[str, tuple[Sentence, ...]]:
    return {
        finding: _sentences(wording.statement) for finding, wording in wordings(language).items()
    }


@lru_cache(maxsize=4096)
def _pattern(before: str, after: str, asked: tuple[str, ...]) -> tuple[str, re.Pattern[str]] | None:
    """A clause as a text has it, with some of the names that it asks for, behind its longest part.

    None for names alone.
    """
    before, after = (squeezed(part).casefold() for part in (before, after))
    if len(f"{before} {after}".split()) < (1 if asked else _SHORTEST_SPOKEN):
        return None
    names = "|".join(re.escape(one.casefold()) for one in sorted(asked, key=len, reverse=True))
    listed = rf"\s?(?:(?:{names})(?:, | and | et )?)+" if asked else ""
    pattern = rf"(?<!\w){re.escape(before)}{listed}\s?{re.escape(after)}(?!\w)"
    return max(before, after, key=len), re.compile(pattern)


@cache
def _general_phrases(language: Language) -> tuple[tuple[str, re.Pattern[str]] | None, ...]:
    """What is asked for where no finding asks for anything."""
    listed = [
        text for part, texts in phrases(language).items() if part in _GENERAL for text in texts
    ]
    return tuple(_pattern(text.rstrip("."), "", ()) for text in listed)


@lru_cache(maxsize=4096)
def _requested(request: Request, urgency: int, language: Language) -> tuple[Sentence, ...]:
    """A request behind its time, with the names of all that it asks for."""
    due = urgency if request.urgency is None else request.urgency
    lead = phrases(language)["by"][next(name for name, level in BY.items() if level == due)]
    names = " ".join(analytes()[one].name(language) for one in request.asks)
    texts = [lead.format(items=f"{bare(text)} {names}") for text in request.texts[language]]
    return (*map(_sentence, texts), *_sentences(texts))


@lru_cache(maxsize=4096)
def _meaning(means: Means, finding: str, language: Language) -> tuple[Sentence, ...]:
    """What a finding means, as a whole and in its parts, behind each statement of the finding."""
    wording = wordings(language).get(finding)
    statements = ("",) if wording is None else wording.statement
    parts = [part for text in means.texts[language] for part in (bare(text), *_parts(text))]
    return tuple(_sentence(statement, part) for statement in statements for part in parts)


def _parts(text: str) -> list[str]:
    return [part for part in _STOPS.split(bare(text)) if part]


@cache
def _general_requests(language: Language) -> tuple[Sentence, ...]:
    return _sentences(phrases(language)[_GENERAL_REQUEST])


@cache
def _names(language: Language) -> Mapping[str, frozenset[str]]:
    """Finding -> the words of its names."""
    lexicon = load_yaml(f"{language}/lexicon.yaml")
    return {
        finding: _bare(
            [
                wording.short,
                finding_definitions()[finding].names[language],
                *lexicon["findings"].get(finding, ()),
                *(one for level in lexicon["graded"].get(finding, {}).values() for one in level),
                *wording.grades.values(),
            ]
        )
        for finding, wording in wordings(language).items()
    }


@cache
def naming_words(language: Language) -> frozenset[str]:
    """The words of every finding's names."""
    return frozenset[str]().union(*_names(language).values())


@cache
def _of_phrases(language: Language) -> tuple[Sentence, ...]:
    """The sentences of ``phrases.yaml``, those said beside a choice of sides as one."""
    found = []
    for part, value in phrases(language).items():
        if part in _NO_SENTENCE:
            continue
        for one in value if isinstance(value, list) else [value]:
            texts = one.values() if isinstance(one, Mapping) else [one]
            found.append(_sentence(*(str(text) for text in texts)))
    return tuple(found)
