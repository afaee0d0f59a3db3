"""The clause bank: what a finding means in this patient, and what is to be done about it by when.

``wordings/clauses/<discipline>.yaml`` holds each clause in both languages under one condition, so
that both carry the same content. ``results.yaml`` holds those on results that no finding tells.
``noted.yaml`` holds what the requester's note adds to either: it is said behind what the finding
means, or in the place of lines that it names; its requests stand beside the others and never take
one away that is due now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Final

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import analytes, finding_definitions, index_definitions
from hemoscribe.knowledge.clinical_note import is_note_name
from hemoscribe.prose.conditions import BY, TODAY, Circumstances, Condition, all_hold, condition
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.wording import DISCIPLINES, load_yaml
from hemoscribe.records import LANGUAGES, Language

RESULTS: Final = "results"
NOTED: Final = "noted"
INDEX: Final = "index:"
EARLIER: Final = "earlier:"
NOTE: Final = "note:"
_PLACE = re.compile(r"\{([a-z_0-9:]+)\}")
_MEANS_KEYS = frozenset(("when", "en", "fr", "tells"))
_NOTED_KEYS = _MEANS_KEYS | {"instead_of"}
_NEXT_KEYS = frozenset(("when", "en", "fr", "by", "topic", "asks", "repeats"))
_DROP_KEYS = frozenset(("when", "drops"))
ASKS: Final = "asks"
_ALCOHOL = re.compile(r"(?<!toxic )(?<!an )\balcohol")
"""Of the English text of a line: the drinking of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """A clause on what a finding means; ``tells``: the findings that its words name besides;
    ``instead_of``, of the note's: the English texts of the lines in whose place it is said."""

    texts: Mapping[Language, tuple[str, ...]]
    when: tuple[Condition, ...] = ()
    words: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()

    def holds(self, where: Circumstances) -> bool:
        """Whether it may be said: its conditions hold, and the values that it quotes are there."""
        return all_hold(self.when, where) and _has_values(self.texts, where)


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What is asked for: ``asks`` are analytes that the report may hold already, ``repeats`` those
    to be measured again; ``urgency``: by when, None where it is the finding's own; ``noted``:
    asked for in view of the requester's note."""

    texts: Mapping[Language, tuple[str, ...]]
    when: tuple[Condition, ...] = ()
    words: tuple[str, ...] = ()
    urgency: int | None = None
    topic: str = ""
    asks: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()
    noted: bool = False

    @property
    def stands_alone(self) -> bool:
        """Whether a part of it asks for something else than its analytes, which another names."""
        named = [f"{{{ASKS}}}" in part for part in self.texts["en"][0].split(";")]
        return any(named) and not all(named)

    def holds(self, where: Circumstances) -> bool:
        """As ``Means.holds``."""
        return all_hold(self.when, where) and _has_values(self.texts, where)


@dataclass(frozen=True, slots=True, eq=False)
class Drop:
    """Requests, by their English texts, that need no asking where the note answers them."""

    texts: tuple[str, ...]
    when: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Clauses:
    """What may be said of one finding, or of one result: the first of ``means`` that holds, and
    each of ``requests`` that does; ``noted`` and ``drops``: what the requester's note changes."""

    means: tuple[Means, ...] = ()
    requests: tuple[Request, ...] = ()
    noted: tuple[Means, ...] = ()
    drops: tuple[Drop, ...] = ()

    def meaning(self, where: Circumstances, *, with_note: bool = True) -> Means | None:
        """What is said of it in these circumstances; None where nothing is.

        Args:
            with_note: whether what the requester's note adds is said as well.
        """
        plain = next((one for one in self.means if one.holds(where)), None)
        noted = self._noted(where) if with_note else None
        if plain is None or noted is None:
            return plain or noted
        return noted if plain.texts["en"][0] in noted.instead_of else _both(plain, noted)

    def _noted(self, where: Circumstances) -> Means | None:
        if not where.facts.note.says_something:
            return None
        return next((one for one in self.noted if one.holds(where)), None)

    def requested(self, where: Circumstances) -> Iterator[Request]:
        """What is asked for in these circumstances."""
        noted = where.facts.note.says_something
        dropped = {
            text
            for drop in (self.drops if noted else ())
            if all_hold(drop.when, where)
            for text in drop.texts
        }
        for one in self.requests:
            if (noted or not one.noted) and one.texts["en"][0] not in dropped and one.holds(where):
                yield one


@lru_cache(maxsize=4096)
def _both(plain: Means, noted: Means) -> Means:
    """What a finding means, and behind it what the note adds."""
    texts = {
        language: tuple(
            f"{one}; {other}" for one in plain.texts[language] for other in noted.texts[language]
        )
        for language in LANGUAGES
    }
    return Means(texts, tells=tuple(dict.fromkeys((*plain.tells, *noted.tells))))


NONE: Final = Clauses()


@cache
def clauses_of() -> Mapping[str, Clauses]:
    """The clauses of each finding by id, and of each result by ``analyte low`` or ``analyte high``.

    Raises:
        KnowledgeError: a line that is no clause; names the file, the entry and the line.
    """
    found: dict[str, Clauses] = {}
    for name in (*DISCIPLINES, RESULTS):
        file = f"clauses/{name}.yaml"
        for subject, entry in load_yaml(file).items():
            if not _is_subject(subject, name) or subject in found:
                raise KnowledgeError(f"wordings/{file}: {subject} is no subject, or stands twice.")
            found[subject] = _clauses(file, subject, entry)
    file = f"clauses/{NOTED}.yaml"
    for subject, entry in load_yaml(file).items():
        if not (_is_subject(subject, NOTED) or _is_subject(subject, RESULTS)):
            raise KnowledgeError(f"wordings/{file}: {subject} is no subject.")
        found[subject] = _with_note(file, subject, entry, found.get(subject, NONE))
    return found


def _with_note(file: str, subject: str, entry: Mapping[str, Any], plain: Clauses) -> Clauses:
    """The clauses of a subject with what the note adds, its requests behind the others."""
    try:
        _require(not set(entry) - {"means", "next", "drops"}, f"unknown keys in {sorted(entry)}")
        means = tuple(_means(line, _NOTED_KEYS) for line in entry.get("means") or ())
        added = tuple(replace(_request(one), noted=True) for one in entry.get("next") or ())
        drops = tuple(_drop(line, plain) for line in entry.get("drops") or ())
        known = {text for one in plain.means for text in one.texts["en"]}
        for line in means:
            _require(set(line.instead_of) <= known, f"{line.instead_of} is no line")
        for words in (*(one.words for one in means), *(one.words for one in added)):
            _require(any(text.startswith("note ") for text in words), f"{words}: no note")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KnowledgeError(
            f"wordings/{file}: {subject} has a line that is no clause ({error})."
        ) from None
    return replace(plain, requests=(*plain.requests, *added), noted=means, drops=drops)


def _drop(line: Mapping[str, Any], plain: Clauses) -> Drop:
    """Requests that the note answers: never one that is due now, nor one for a result."""
    _require(set(line) == _DROP_KEYS, f"unknown key in {line}")
    texts = tuple(line["drops"])
    for text in texts:
        found = [one for one in plain.requests if one.texts["en"][0] == text]
        _require(found, f"{text} is no request")
        _require(
            all(_may_be_left_out(one) for one in found),
            f"{text} is never left out",
        )
    conditions, words = _conditions(line)
    _require(any(one.startswith("note ") for one in words), f"{texts}: no note")
    return Drop(texts, conditions)


def texts_quoted(text: str) -> tuple[str, ...]:
    """The names that a text quotes the values of, ``asks`` left out."""
    return tuple(name for name in _PLACE.findall(text) if name != ASKS)


def filled(text: str, words: Mapping[str, str]) -> str:
    """A text with what stands for each of its names."""
    return _PLACE.sub(lambda match: words[match[1]], text)


def bare(text: str) -> str:
    """A text without the names of what is put into it."""
    return _PLACE.sub(" ", text)


def _is_subject(subject: str, file: str) -> bool:
    if file != RESULTS:
        return subject in finding_definitions()
    name, _, side = subject.partition(" ")
    return name in analytes() and side in ("low", "high")


def _clauses(file: str, subject: str, entry: Mapping[str, Any]) -> Clauses:
    if set(entry) - {"means", "next"}:
        raise KnowledgeError(f"wordings/{file}: {subject} has unknown keys {sorted(entry)}.")
    try:
        means = [_means(line) for line in entry.get("means") or ()]
        requests = [_request(line) for line in entry.get("next") or ()]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KnowledgeError(
            f"wordings/{file}: {subject} has a line that is no clause ({error})."
        ) from None
    return Clauses(tuple(means), tuple(requests))


def _may_be_left_out(request: Request) -> bool:
    if request.asks or request.repeats:
        return request.urgency is not None and request.urgency < TODAY
    return request.urgency != BY["now"]


def _means(line: Mapping[str, Any], keys: frozenset[str] = _MEANS_KEYS) -> Means:
    _require(not set(line) - keys, f"unknown key in {line}")
    tells = tuple(line.get("tells", ()))
    _require(set(tells) <= finding_definitions().keys(), f"{tells} names no finding")
    return Means(_texts(line), *_conditions(line), tells, tuple(line.get("instead_of", ())))


def _request(line: Mapping[str, Any]) -> Request:
    _require(not set(line) - _NEXT_KEYS, f"unknown key in {line}")
    asks, repeats = tuple(line.get("asks", ())), tuple(line.get("repeats", ()))
    _require({*asks, *repeats} <= analytes().keys(), f"{[*asks, *repeats]} names no analyte")
    texts = _texts(line if "en" in line else {**line, "en": "{asks}", "fr": "{asks}"})
    _require(
        bool(asks) or all("{asks}" not in text for text in _all(texts)),
        f"nothing is asked in {texts}",
    )
    by, topic = line.get("by"), line.get("topic", "")
    _require(re.fullmatch(r"[a-z0-9_]*", topic), f"{topic} is no topic: words joined by _")
    return Request(
        texts,
        *_conditions(line),
        urgency=None if by is None else BY[by],
        topic=topic,
        asks=asks,
        repeats=repeats,
    )


def _conditions(line: Mapping[str, Any]) -> tuple[tuple[Condition, ...], tuple[str, ...]]:
    """The conditions of a line, and their words; what names alcohol is said of no child."""
    words = line.get("when", ())
    _require(not isinstance(words, str), "`when` is a list")
    if _ALCOHOL.search(str(line.get("en", ""))) and not {"adult", "child"} & set(words):
        words = (*words, "adult")
    return tuple(map(condition, words)), tuple(words)


def _texts(line: Mapping[str, Any]) -> Mapping[Language, tuple[str, ...]]:
    found: dict[Language, tuple[str, ...]] = {}
    for language in LANGUAGES:
        said = line[language]
        found[language] = (said,) if isinstance(said, str) else tuple(said)
    known = {name for text in _all(found) for name in texts_quoted(text)}
    for name in known:
        kind, _, of = name.rpartition(":")
        if f"{kind}:" == NOTE:
            _require(is_note_name(of), f"no name {name}")
            continue
        _require(of in (index_definitions() if kind == "index" else analytes()), f"no value {name}")
        _require(f"{kind}:" in (":", INDEX, EARLIER), f"no value {name}")
    same = {frozenset(texts_quoted(text)) for text in _all(found)}
    _require(
        len(same) == 1 and len({len(texts) for texts in found.values()}) == 1,
        f"unlike texts: {found}",
    )
    return found


def _all(texts: Mapping[Language, Sequence[str]]) -> Iterator[str]:
    return (text for said in texts.values() for text in said)


def _require(holds: object, why: str) -> None:
    if not holds:
        raise ValueError(why)


def _has_values(texts: Mapping[Language, Sequence[str]], where: Circumstances) -> bool:
    return all(_has_value(name, where.facts) for name in texts_quoted(texts["en"][0]))


def _has_value(name: str, facts: Facts) -> bool:
    if name.startswith(INDEX):
        return name.removeprefix(INDEX) in facts.indices
    if name.startswith(EARLIER):
        return name.removeprefix(EARLIER) in facts.earlier
    if name.startswith(NOTE):
        return bool(facts.note.of(name.removeprefix(NOTE)))
    return name in facts.by_analyte
