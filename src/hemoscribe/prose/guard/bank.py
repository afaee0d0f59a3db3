"""What the phrase bank says of a report's findings: the sentences that a clause may be made of.

A marked word (a cause, a certainty, "usual", a delay) is no fault where the wordings themselves say
it of a finding of this report: a clause is borne by the bank when one of its sentences holds all the
clause's words, but those that name the report's own findings and results or that only join.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property

from hemoscribe.knowledge import analytes, finding_definitions
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.clauses import Clause, judged_words
from hemoscribe.prose.lexicon import tokenize
from hemoscribe.prose.wording import families, links, load_yaml, phrases, wordings
from hemoscribe.records import Language

Sentence = frozenset[str]
_JOINING = ("fillers", "lists")
_NO_SENTENCE = frozenset(("names", "topics", "repeat_words", "no_units"))


class Bank:
    """The bank's sentences for one report, read when they are first asked for."""

    def __init__(self, facts: Facts, language: Language) -> None:
        self.facts = facts
        self.language = language

    def bears(self, clause: Clause, *, named: bool = True) -> bool:
        """Whether one sentence of the bank holds the clause's words.

        Args:
            named: the report's own results may be named beside it.
        """
        words = clause.words - self._free - (self._results if named else frozenset())
        return any(words <= sentence for sentence in self._sentences)

    @cached_property
    def findings(self) -> frozenset[str]:
        """The findings that may be said of the report."""
        return frozenset(one for one in families() if self.facts.allows(one, ()))

    @cached_property
    def _sentences(self) -> tuple[Sentence, ...]:
        found = [one for name in self.findings for one in _of_finding(self.language)[name]]
        for pair, sentences in _of_links(self.language).items():
            if pair <= self.findings:
                found += sentences
        return (*found, *_of_phrases(self.language))

    @cached_property
    def _free(self) -> frozenset[str]:
        names = [_names(self.language)[finding] for finding in self.findings]
        return _joining(self.language).union(*names)

    @cached_property
    def _results(self) -> frozenset[str]:
        held = [*self.facts.by_analyte, *self.facts.indices]
        return _words(name for one in held for name in _analyte_names(one, self.language))


def _words(texts: Iterable[str]) -> Sentence:
    return frozenset(
        token.word
        for text in texts
        for token in tokenize(text.replace("{", " ").replace("}", " "))
        if len(token.word) > 1 and not token.number
    )


def _analyte_names(name: str, language: Language) -> tuple[str, ...]:
    known = analytes().get(name)
    return () if known is None else known.names[language]


@cache
def _joining(language: Language) -> Sentence:
    """Words that say nothing by themselves: joints, directions, grades, "critical"."""
    lexicon = load_yaml(f"{language}/lexicon.yaml")
    listed = [phrase for part in _JOINING for phrase in lexicon[part]]
    listed += [word for level in lexicon["grades"].values() for word in level["words"]]
    listed += [phrase for side in ("low", "high") for phrase in lexicon["directions"][side]]
    moving = _words(judged_words(language, "courses")["moving"])
    return _words([*listed, *lexicon["critical"]]) - moving


@cache
def _of_finding(language: Language) -> Mapping[str, tuple[Sentence, ...]]:
    return {
        finding: tuple(
            _words([text])
            for text in (*(one.text for one in wording.statement), *wording.follow_up)
        )
        for finding, wording in wordings(language).items()
    }


@cache
def _names(language: Language) -> Mapping[str, Sentence]:
    """Finding -> the words of its names."""
    lexicon = load_yaml(f"{language}/lexicon.yaml")
    return {
        finding: _words(
            [
                wording.short,
                finding_definitions()[finding].names[language],
                *lexicon["findings"].get(finding, ()),
            ]
        )
        for finding, wording in wordings(language).items()
    }


@cache
def _of_links(language: Language) -> Mapping[frozenset[str], tuple[Sentence, ...]]:
    return {
        pair: tuple(_words([text]) for text in sentences)
        for pair, (_, _, sentences) in links(language).items()
    }


@cache
def _of_phrases(language: Language) -> tuple[Sentence, ...]:
    """The sentences of ``phrases.yaml``, those said beside a choice of sides as one."""
    found = []
    for part, value in phrases(language).items():
        if part in _NO_SENTENCE:
            continue
        for one in value if isinstance(value, list) else [value]:
            texts = one.values() if isinstance(one, Mapping) else [one]
            found.append(_words(str(text) for text in texts))
    return tuple(found)
