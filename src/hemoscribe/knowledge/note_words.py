"""The words by which a requester's note is read: ``data/note``, compiled once.

A note is read word by word, never by a regular expression of a whole phrase: what a phrase is made
of is looked up from its first word on, the longest first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import own_yaml
from hemoscribe.records import Language

KINDS: Final = {"drugs": "drug", "conditions": "condition", "events": "event"}
NUMBER: Final = "#"
"""Stands for a number in a phrase."""
CAPITALS: Final = "="
"""Before a word that is read in capitals only."""
_TOKEN = re.compile(r"[^\W_]+|[,:;!?\n()=]|\.(?=\s|$)")
_ACCENT = re.compile(r"[\u0300-\u036f]+")
_LONGEST_STEM: Final = 4
_ARTICLE = re.compile(r"^(?:an? |the |un |une |la |le |les |l')")


@dataclass(frozen=True, slots=True)
class NoteItem:
    """What a note may name: a class of drugs, one of its drugs, a condition or an event.

    ``of``: the class of a drug; ``asked``: a question counts as well; ``lasting``: "history of"
    does not take it away; ``sex``, ``ages``: of whom alone it is read.
    """

    id: str
    kind: str
    names: Mapping[Language, str]
    of: str = ""
    asked: bool = False
    lasting: bool = False
    sex: str | None = None
    ages: tuple[float | None, float | None] = (None, None)

    def name(self, language: Language) -> str:
        """Its name with the article that it has in a sentence."""
        return self.names[language]

    def bare_name(self, language: Language) -> str:
        """Its name without an article."""
        return _ARTICLE.sub("", self.names[language])


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a phrase of a note is: the name of an item, marks around one (``marks.yaml``)."""

    words: tuple[str, ...]
    item: NoteItem | None
    marks: frozenset[str]
    capitals: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Classes, drugs, conditions and events that may do the same to a result."""

    of: tuple[str, ...]
    source: tuple[str, ...]


def tokens_of(text: str) -> list[str]:
    """The words of a text without accents, and the signs that part them."""
    return _TOKEN.findall(unaccented(text))


def unaccented(text: str) -> str:
    """A text without accents, its ligatures in letters."""
    if text.isascii():
        return text
    text = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae")
    return _ACCENT.sub("", unicodedata.normalize("NFKD", text))


def stem(word: str) -> str:
    """A word without case and the s of a plural."""
    word = word.lower()
    plural = len(word) > _LONGEST_STEM and word[-1] == "s" and word[-2] != "s"
    return word[:-1] if plural else word


@cache
def items() -> Mapping[str, NoteItem]:
    """Everything that a note may name, by id: a drug has its English name."""
    return {one.id: one for one, _ in _named()}


@cache
def groups() -> Mapping[str, Group]:
    """What names do to a result, by the name of the group.

    Raises:
        KnowledgeError: a group holds a name that no item has, or has the name of one.
    """
    found = {
        name: Group(tuple(entry["of"]), tuple(entry["source"]))
        for name, entry in _read("groups").items()
    }
    for name, group in found.items():
        unknown = set(group.of) - items().keys()
        if unknown or name in items():
            raise KnowledgeError(f"note/groups.yaml: {name} holds unknown names {sorted(unknown)}.")
    return found


@cache
def phrases_by_first() -> Mapping[str, tuple[Phrase, ...]]:
    """The phrases by their first word, the longest first."""
    found: dict[str, dict[tuple[tuple[str, ...], bool], Phrase]] = {}
    for phrase in (*_names(), *_marks()):
        own = found.setdefault(phrase.words[0], {})
        key = (phrase.words, phrase.capitals)
        before = own.get(key)
        if before is not None:
            item = _one(before.item, phrase.item, phrase.words)
            phrase = Phrase(phrase.words, item, before.marks | phrase.marks, phrase.capitals)
        own[key] = phrase
    return {
        first: tuple(sorted(own.values(), key=lambda one: -len(one.words)))
        for first, own in found.items()
    }


def _one(before: NoteItem | None, now: NoteItem | None, words: tuple[str, ...]) -> NoteItem | None:
    if before and now and before.id != now.id and now.of != before.id:
        raise KnowledgeError(f"data/note: {' '.join(words)} names {before.id} and {now.id}.")
    return now or before


def _read(name: str) -> Mapping[str, Any]:
    path = resources.files("hemoscribe.knowledge") / "data" / "note" / f"{name}.yaml"
    read: Mapping[str, Any] = own_yaml(path.read_text(encoding="utf-8"))
    return read


@cache
def _named() -> tuple[tuple[NoteItem, tuple[str, ...]], ...]:
    """Each item with the phrases that name it."""
    found = []
    for file, kind in KINDS.items():
        for name, entry in _read(file).items():
            low, high = entry.get("ages", (None, None))
            item = NoteItem(
                id=name,
                kind=kind,
                names={"en": entry["en"], "fr": entry["fr"]},
                asked=entry.get("asked", False),
                lasting=kind == "condition",
                sex=entry.get("sex"),
                ages=(low, high),
            )
            found.append((item, tuple(entry.get("words", ()))))
            found += [_drug(row, name) for row in entry.get("named", ())]
    return tuple(found)


def _drug(row: str, of: str) -> tuple[NoteItem, tuple[str, ...]]:
    """A drug of "English | French with article | other words"."""
    english, french, others = (part.strip() for part in row.split("|"))
    item = NoteItem(english, "drug", {"en": english, "fr": french}, of="" if of == english else of)
    words = (english, _ARTICLE.sub("", french), *(one.strip() for one in others.split(",")))
    return item, tuple(dict.fromkeys(words))


def _names() -> Iterator[Phrase]:
    for item, words in _named():
        yield from _phrases(words, item, frozenset())


def _marks() -> Iterator[Phrase]:
    for mark, words in _read("marks").items():
        yield from _phrases(words, None, frozenset((mark,)))


def _phrases(
    texts: Iterable[str], item: NoteItem | None, marks: frozenset[str]
) -> Iterator[Phrase]:
    for text in texts:
        words = tuple(
            NUMBER if one == NUMBER else stem(one)
            for one in re.findall(r"[^\W_]+|#", unaccented(text))
        )
        if words:
            yield Phrase(words, item, marks, text.startswith(CAPITALS))
