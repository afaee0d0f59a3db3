"""Which analytes each name and each LOINC code of ours stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from hemoscribe.knowledge.analytes import Analyte, analytes, load_yaml
from hemoscribe.knowledge.spelling import name_tokens, singular

Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An analyte a name may stand for; ``annotation`` names the mass basis the name implies.

    ``needs_unit``: the name or code stands for other things or quantities too, so that nothing may
    be made of a number without a unit.
    """

    analyte: Analyte
    annotation: str | None = None
    needs_unit: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class NameWords:
    """The words around names (``names.yaml``), each as ``name_tokens`` gives it."""

    aside: frozenset[str]
    neutral: frozenset[str]
    percent: frozenset[str]
    absolute: frozenset[str]
    reflex: frozenset[str]
    reflex_to: frozenset[str]
    other_things: tuple[tuple[str, frozenset[str]], ...]  # the last word, and all of them
    methods: tuple[Tokens, ...]
    needs_unit: frozenset[str]
    no_names: frozenset[str]


@cache
def name_word_lists() -> NameWords:
    """The lists of ``names.yaml``."""
    lists = load_yaml("names.yaml")
    neutral = _words(lists["specimen"]) | _words(lists["method"])
    hints = _words(lists["percent"]) | _words(lists["absolute"])
    return NameWords(
        aside=neutral | hints | _words(lists["harmless"]),
        neutral=neutral,
        percent=_words(lists["percent"]),
        absolute=_words(lists["absolute"]),
        reflex=_words(lists["reflex"]),
        reflex_to=_words(lists["reflex_to"]),
        methods=tuple(name_tokens(method) for method in lists["methods"]),
        other_things=tuple(
            (tokens[-1], frozenset(tokens)) for tokens in map(name_tokens, lists["other_things"])
        ),
        needs_unit=frozenset(map(bag, map(name_tokens, lists["needs_unit"]))),
        no_names=frozenset(lists["no_names"]),
    )


def _words(words: Iterable[str]) -> frozenset[str]:
    return frozenset(singular(str(word)) for word in words)


def bag(tokens: Iterable[str]) -> str:
    """A key that "Troponin T, high sensitivity" and "High sensitivity troponin T" share."""
    return " ".join(sorted(tokens))


@cache
def name_index() -> Mapping[str, tuple[Candidate, ...]]:
    """Candidates by the words of a name in any order (``bag``)."""
    index: dict[str, dict[tuple[str, str | None], Candidate]] = {}
    for form, candidate in _forms():
        key, of = bag(form), (candidate.analyte.id, candidate.annotation)
        if of not in index.setdefault(key, {}):
            needs_unit = key in name_word_lists().needs_unit
            index[key][of] = Candidate(candidate.analyte, candidate.annotation, needs_unit)
    return {key: tuple(held.values()) for key, held in index.items()}


@cache
def joined_index() -> Mapping[str, tuple[Tokens, ...]]:
    """Names as words, by their letters without any gap: ``ca125``, ``gammagt``."""
    index: dict[str, dict[Tokens, None]] = {}
    for form, _ in _forms():
        index.setdefault("".join(form), {})[form] = None
    return {key: tuple(forms) for key, forms in index.items()}


@cache
def _forms() -> tuple[tuple[Tokens, Candidate], ...]:
    """The words of every name, and those without what says "%" or "count"."""
    hints = name_word_lists().percent | name_word_lists().absolute
    forms: list[tuple[Tokens, Candidate]] = []
    for name, candidate in _names():
        tokens = name_tokens(name)
        bare = tuple(word for word in tokens if word not in hints)
        forms += [(form, candidate) for form in dict.fromkeys((tokens, bare)) if form]
    return tuple(forms)


def _names() -> Iterator[tuple[str, Candidate]]:
    for analyte in analytes().values():
        shared = (analytes()[analyte.shares],) if analyte.shares else ()
        for one in (analyte, *shared):
            for name in (one.id, *one.names["en"], *one.names["fr"], *one.read):
                yield name, Candidate(analyte)
        if analyte.basis is not None:
            for name in analyte.basis.names:
                yield name, Candidate(analyte, analyte.basis.annotation)


@cache
def loinc_index() -> Mapping[str, tuple[Candidate, ...]]:
    """Candidates by LOINC code; the second of two is the one a unit may point to instead."""
    index: dict[str, list[Candidate]] = {}
    for analyte in analytes().values():
        for code in analyte.loinc:
            index.setdefault(code, []).append(Candidate(analyte))
        for code in analyte.loinc_with_unit:
            index.setdefault(code, []).append(Candidate(analyte, needs_unit=True))
        if analyte.basis is not None:
            for code in analyte.basis.loinc:
                index.setdefault(code, []).append(Candidate(analyte, analyte.basis.annotation))
    for held in index.values():
        for candidate in list(held):
            for sibling in siblings(candidate.analyte):
                if Candidate(sibling) not in held:
                    held.append(Candidate(sibling, needs_unit=candidate.needs_unit))
    return {code: tuple(held) for code, held in index.items()}


def siblings(analyte: Analyte) -> list[Analyte]:
    """Analytes that share this one's names and differ by their unit (cells in % and per litre)."""
    families = unit_families()
    return [
        other
        for other in analytes().values()
        if other.id != analyte.id and families[other.id] == families[analyte.id]
    ]


@cache
def unit_families() -> Mapping[str, str]:
    """The analyte that lends its names to a family, by member."""
    return {analyte.id: analyte.shares or analyte.id for analyte in analytes().values()}
