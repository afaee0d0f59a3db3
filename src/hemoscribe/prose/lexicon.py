"""The words a text is read back by: analytes, findings, directions, denials, doubts.

Words are compared without case, accents, hyphens, apostrophes and plural s. The longest phrase
wins, so that "iron-deficiency anemia" is not also "iron" and "anemia".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from hemoscribe.knowledge import analytes, finding_definitions
from hemoscribe.knowledge.spelling import name_words
from hemoscribe.prose.wording import load_yaml
from hemoscribe.records import Language

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_][^\W_]*|[^\s\w]")
_SILENT = frozenset("-'’‐‑")
_SHORT_NAME = 2
MAX_CHARACTERS = 6_000
"""A text is read up to here: no comment is longer."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign of a text; ``word`` is its folded form."""

    word: str
    raw: str
    start: int
    end: int

    @property
    def number(self) -> bool:
        """Whether it is written in digits."""
        return self.raw[0].isdecimal()


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase stands for. ``cased``: the only spelling that counts, for K or Ca."""

    kind: str
    values: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    cased: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A phrase found in a text, as tokens [first, last]."""

    entry: Entry
    first: int
    last: int
    graded: tuple[str, ...] = ()  # grades said inside the phrase


@dataclass(slots=True)
class _Node:
    next: dict[str, _Node] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything one language's texts are read by."""

    root: _Node
    grade_words: Mapping[str, tuple[str, ...]]
    group_names: Mapping[str, str]

    def spans(self, tokens: Sequence[Token]) -> list[Span]:
        """Phrases from left to right, the longest first, without overlap."""
        found: list[Span] = []
        place = 0
        while place < len(tokens):
            span = self._longest(tokens, place)
            if span is None:
                place += 1
            else:
                found.append(span)
                place = span.last + 1
        return found

    def _longest(self, tokens: Sequence[Token], start: int) -> Span | None:
        node: _Node | None = self.root
        best: Span | None = None
        graded: tuple[str, ...] = ()
        for place in range(start, len(tokens)):
            assert node is not None
            word = tokens[place].word
            following = node.next.get(word)
            if following is None:
                if place > start and word in self.grade_words:
                    graded = graded or self.grade_words[word]
                    continue
                break
            node = following
            entry = _fitting(node.entries, tokens, start, place)
            if entry is not None and (not graded or entry.kind == "finding"):
                best = Span(entry, start, place, graded)
        return best


def _fitting(
    entries: Sequence[Entry], tokens: Sequence[Token], start: int, end: int
) -> Entry | None:
    for entry in entries:
        if entry.cased is None or entry.cased == "".join(t.raw for t in tokens[start : end + 1]):
            return entry
    return None


@lru_cache(maxsize=32768)
def fold(word: str) -> str:
    """A word without case, accents and plural s."""
    folded = "".join(name_words(word)) or word.casefold()
    if len(folded) > 3 and folded.endswith("s") and not folded.endswith("ss"):
        return folded[:-1]
    return folded


def tokenize(text: str) -> list[Token]:
    """The words, numbers and signs of a text; hyphens and apostrophes only separate."""
    return [
        Token(fold(match[0]) if match[0] != "%" else "%", match[0], match.start(), match.end())
        for match in _TOKEN.finditer(text[:MAX_CHARACTERS])
        if match[0] not in _SILENT
    ]


@cache
def lexicon(language: Language) -> Lexicon:
    """The lexicon of a language."""
    words = load_yaml(f"{language}/lexicon.yaml")
    root = _Node()
    cased = {str(name) for name in words["cased"]}
    grades = {
        fold(word): tuple(item["grades"])
        for item in words["grades"].values()
        for word in item["words"]
    }
    for phrase, entry in _entries(words, language, frozenset(grades)):
        _add(root, phrase, entry)
    for phrase, names in _analyte_names(language).items():
        short = len("".join(token.raw for token in tokenize(phrase))) <= _SHORT_NAME
        spelling = "".join(token.raw for token in tokenize(phrase))
        only = spelling if short or phrase in cased else None
        _add(root, phrase, Entry("analyte", names, cased=only))
    return Lexicon(root, grades, {name: listed[0] for name, listed in words["groups"].items()})


def _entries(
    words: Mapping[str, Any], language: Language, grade_words: frozenset[str]
) -> Iterable[tuple[str, Entry]]:
    """Every phrase with what it stands for; of two meanings, the first given holds."""
    for finding, levels in words["graded"].items():
        for grade, listed in levels.items():
            for phrase in listed:
                yield phrase, Entry("finding", (finding,), tuple(str(grade).split()))
    for finding, listed in words["findings"].items():
        for phrase in listed:
            yield phrase, Entry("finding", (finding,))
    for finding, definition in finding_definitions().items():
        yield definition.names[language], Entry("finding", (finding,))
        for grade, level in definition.grades.items():
            name = level.names[language]
            if not any(token.word in grade_words for token in tokenize(name)):
                yield name, Entry("finding", (finding,), (grade,))
    for phrase in words["whole_normal"]:
        yield phrase, Entry("whole_normal")
    critical = set(words["critical"])
    for direction, listed in words["directions"].items():
        for phrase in listed:
            label = ("critical",) if phrase in critical else ()
            yield phrase, Entry("direction", (direction, *label))
    for phrase in critical:
        yield phrase, Entry("critical")
    for group, listed in words["groups"].items():
        for phrase in listed:
            yield phrase, Entry("group", (group,))
    for kind in ("plain", "negations", "absent", "doubts", "doubtful", "doubtful_list", "breaks"):
        for phrase in words[kind]:
            yield phrase, Entry(kind)
    for kind, listed in (("list", words["lists"]), ("fillers", words["fillers"])):
        for phrase in listed:
            yield phrase, Entry(kind)


def _add(root: _Node, phrase: str, entry: Entry) -> None:
    node = root
    for token in tokenize(phrase):
        node = node.next.setdefault(token.word, _Node())
    if node is root:
        return
    if entry.kind == "analyte" and node.entries and node.entries[0].kind != "analyte":
        return  # a word of the language, or a finding, that some laboratory also prints as a name
    if not any(held == entry for held in node.entries):
        node.entries.append(entry)


def _analyte_names(language: Language) -> Mapping[str, tuple[str, ...]]:
    """Printed name -> the analytes it may stand for, the one it names first in front."""
    found: dict[str, list[str]] = {}
    for analyte in analytes().values():
        for name in analyte.names[language]:
            if name == analyte.name(language) or "," not in name:  # "calcium, total protein"
                found.setdefault(name, []).append(analyte.id)
    for analyte in analytes().values():
        if analyte.shares:
            for name in analytes()[analyte.shares].names[language]:
                held = found.setdefault(name, [])
                if analyte.id not in held:
                    held.append(analyte.id)
    for name, ids in load_yaml(f"{language}/lexicon.yaml")["also_names"].items():
        found.setdefault(name, []).extend(ids)
    spelled: dict[tuple[str, ...], str] = {}
    merged: dict[str, list[str]] = {}
    for name, ids in found.items():
        first = spelled.setdefault(tuple(token.word for token in tokenize(name)), name)
        held = merged.setdefault(first, [])
        held += [id_ for id_ in ids if id_ not in held]
    return {name: tuple(ids) for name, ids in merged.items()}
