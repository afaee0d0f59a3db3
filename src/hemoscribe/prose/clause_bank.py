"""The clause bank: what a finding means in this patient, and what is to be done about it by when.

``wordings/clauses/<discipline>.yaml`` holds each clause in both languages under one condition, so
that both carry the same content. ``results.yaml`` holds those on results that no finding tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import analytes, finding_definitions, index_definitions
from hemoscribe.prose.conditions import BY, Circumstances, Condition, all_hold, condition
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.wording import DISCIPLINES, load_yaml
from hemoscribe.records import LANGUAGES, Language

RESULTS: Final = "results"
INDEX: Final = "index:"
EARLIER: Final = "earlier:"
_PLACE = re.compile(r"\{([a-z_0-9:]+)\}")
_MEANS_KEYS = frozenset(("when", "en", "fr", "tells"))
_NEXT_KEYS = frozenset(("when", "en", "fr", "by", "topic", "asks", "repeats"))
ASKS: Final = "asks"


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """A clause on what a finding means; ``tells``: the findings that its words name besides."""

    texts: Mapping[Language, tuple[str, ...]]
    when: tuple[Condition, ...] = ()
    words: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()

    def holds(self, where: Circumstances) -> bool:
        """Whether it may be said: its conditions hold, and the values that it quotes are there."""
        return all_hold(self.when, where) and _has_values(self.texts, where)


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What is asked for: ``asks`` are analytes that the report may hold already, ``repeats`` those
    to be measured again; ``urgency``: by when, None where it is the finding's own."""

    texts: Mapping[Language, tuple[str, ...]]
    when: tuple[Condition, ...] = ()
    words: tuple[str, ...] = ()
    urgency: int | None = None
    topic: str = ""
    asks: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()

    @property
    def stands_alone(self) -> bool:
        """Whether a part of it asks for something else than its analytes, which another names."""
        named = [f"{{{ASKS}}}" in part for part in self.texts["en"][0].split(";")]
        return any(named) and not all(named)

    def holds(self, where: Circumstances) -> bool:
        """As ``Means.holds``."""
        return all_hold(self.when, where) and _has_values(self.texts, where)


@dataclass(frozen=True, slots=True)
class Clauses:
    """What may be said of one finding, or of one result: the first of ``means`` that holds, and
    each of ``requests`` that does."""

    means: tuple[Means, ...] = ()
    requests: tuple[Request, ...] = ()

    def meaning(self, where: Circumstances) -> Means | None:
        """What is said of it in these circumstances; None where nothing is."""
        return next((one for one in self.means if one.holds(where)), None)

    def requested(self, where: Circumstances) -> Iterator[Request]:
        """What is asked for in these circumstances."""
        return (one for one in self.requests if one.holds(where))


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
    return found


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


def _means(line: Mapping[str, Any]) -> Means:
    _require(not set(line) - _MEANS_KEYS, f"unknown key in {line}")
    tells = tuple(line.get("tells", ()))
    _require(set(tells) <= finding_definitions().keys(), f"{tells} names no finding")
    return Means(_texts(line), *_conditions(line), tells)


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
    words = line.get("when", ())
    _require(not isinstance(words, str), "`when` is a list")
    return tuple(map(condition, words)), tuple(words)


def _texts(line: Mapping[str, Any]) -> Mapping[Language, tuple[str, ...]]:
    found: dict[Language, tuple[str, ...]] = {}
    for language in LANGUAGES:
        said = line[language]
        found[language] = (said,) if isinstance(said, str) else tuple(said)
    known = {name for text in _all(found) for name in texts_quoted(text)}
    for name in known:
        kind, _, of = name.rpartition(":")
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
    return name in facts.by_analyte
