"""The words that a report calls for: what else a model says is doubted.

A small model that has lost its thread writes words of other reports ("a rhythm risk that depends on
its level") or none at all ("ferritinine"), and no check of facts can see it. A word is called for
when it stands in the report's prompt, in a wording of a finding that may be said of it, in the
phrases that hold every text together or in an analyte's name, or when the laboratory's own
validated comments used it for such a finding (``vocabulary.json`` beside the model).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hemoscribe.errors import StageError
from hemoscribe.files import read_json, write_json
from hemoscribe.knowledge import analytes, display_unit
from hemoscribe.prose.clause_bank import NONE, bare, clauses_of
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.lexicon import tokenize
from hemoscribe.prose.prompt import writing_prompt
from hemoscribe.prose.wording import load_yaml, phrases, wordings
from hemoscribe.records import Language, Reading

VOCABULARY = "vocabulary.json"
ANY = "any"
"""What a word is taught for when its report has no finding: it may be said of any report."""
_MICRO = str.maketrans("µμ", "uu")
_SHORT = 2
"""Words of up to so many letters are not judged."""
_TAUGHT = TypeAdapter(dict[str, dict[str, frozenset[str]]])
_FIELD = re.compile(r"\{\w+\}")
_OF_A_SUBJECT = frozenset(("findings", "graded"))
"""Parts of lexicon.yaml whose words only a finding calls for."""
_OF_NO_TEXT = frozenset(("no_units", "unread", "course"))
"""Parts of phrases.yaml that are looked for in texts and stand in none, or in the rules' own."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a model was taught to say beyond the wordings: language -> finding -> words."""

    taught: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def strange(
        self, text: str, reading: Reading, language: Language, facts: Facts | None = None
    ) -> Iterator[str]:
        """The words of a text that nothing in its report calls for, as they are written.

        Args:
            text: interpretation and follow-up, without their labels.
            facts: of the reading, where they are known already.
        """
        facts = facts or Facts(reading)
        called_for = self._called_for(facts, language)
        left = [
            token
            for token in tokenize(text.translate(_MICRO))
            if is_judged(token.word) and token.word not in called_for
        ]
        if left:
            prompt = writing_prompt(reading, language=language, track="assisted", facts=facts)
            prompted = _words(prompt.text)
            yield from (token.raw for token in left if token.word not in prompted)

    def _called_for(self, facts: Facts, language: Language) -> set[str]:
        findings = facts.allowed
        taught = self.taught.get(language, {})
        words = set(free_words(language)) | taught.get(ANY, frozenset())
        words |= _all_words(one.name(language) for one in facts.note.told)
        for finding in findings:
            words |= finding_words(language).get(finding, frozenset())
            words |= taught.get(finding, frozenset())
        return words.union(*{_unit_words(one.unit) for one in facts.outside})


def write_vocabulary(folder: Path, *taught: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
    """Write what a model was taught to say, of several teachings together."""
    merged: dict[str, dict[str, set[str]]] = {}
    for one in taught:
        for language, findings in one.items():
            for finding, words in findings.items():
                merged.setdefault(language, {}).setdefault(finding, set()).update(words)
    write_json(
        folder / VOCABULARY,
        {
            language: {finding: sorted(words) for finding, words in sorted(findings.items())}
            for language, findings in sorted(merged.items())
        },
    )


def read_vocabulary(folder: Path) -> Vocabulary:
    """What ``write_vocabulary`` wrote; the wordings alone where a folder has none.

    Raises:
        StageError: the file does not hold words by language and finding.
    """
    path = folder / VOCABULARY
    if not path.is_file():
        return Vocabulary()
    given = read_json(path)
    try:
        taught = _TAUGHT.validate_python(given)
    except ValidationError as error:
        raise StageError(
            f"{path}: it does not hold words by language and finding; tune the model again."
        ) from error
    return Vocabulary(taught)


def is_judged(word: str) -> bool:
    """Whether a word is long enough to be doubted, and no number."""
    return len(word) > _SHORT and not word[0].isdecimal()


def _words(text: str) -> frozenset[str]:
    return frozenset(
        token.word
        for token in tokenize(_FIELD.sub(" ", text).translate(_MICRO))
        if is_judged(token.word)
    )


def _strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, Mapping):
        for branch in tree.values():
            yield from _strings(branch)
    elif isinstance(tree, list | tuple):
        for branch in tree:
            yield from _strings(branch)
    else:
        yield str(tree)


def _all_words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _words(text))


@cache
def free_words(language: Language) -> frozenset[str]:
    """Words that any report calls for: joints, directions, groups, analytes."""
    lexicon = load_yaml(f"{language}/lexicon.yaml")
    joints = [text for part, text in phrases(language).items() if part not in _OF_NO_TEXT]
    parts = [text for part, text in lexicon.items() if part not in _OF_A_SUBJECT]
    names = [name for analyte in analytes().values() for name in analyte.names[language]]
    framing = load_yaml(f"{language}/guard.yaml")["framing_words"]
    return _all_words([*_strings([joints, parts, framing]), *names])


@cache
def finding_words(language: Language) -> Mapping[str, frozenset[str]]:
    """Finding -> the words of its wordings."""
    return {
        finding: _all_words(
            [
                wording.short,
                *wording.statement,
                *_clause_texts(finding, language),
                *wording.grades.values(),
            ]
        )
        for finding, wording in wordings(language).items()
    }


@lru_cache(maxsize=1024)
def _unit_words(unit: str) -> frozenset[str]:
    return _words(display_unit(unit))


def _clause_texts(finding: str, language: Language) -> Iterator[str]:
    clauses = clauses_of().get(finding, NONE)
    said = [one.texts for one in clauses.means]
    said += [one.texts for one in clauses.requests if not one.noted]
    return (bare(text) for texts in said for text in texts[language])
