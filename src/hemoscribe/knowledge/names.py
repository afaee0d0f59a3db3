"""From the name and code a laboratory prints to the analytes they may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from hemoscribe.knowledge.analytes import Analyte, analytes, load_yaml
from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.knowledge.spelling import MAX_NAME_CHARACTERS, name_words
from hemoscribe.knowledge.units import ucum_candidates

_LOINC = re.compile(r"\d{1,7}-\d")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\].*$|;.*$")
_PERCENT = ("%", "/100{WBC}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An analyte a name may stand for; ``annotation`` names the mass basis the name implies."""

    analyte: Analyte
    annotation: str | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    specimen: frozenset[str]
    percent: frozenset[str]
    absolute: frozenset[str]
    harmless: frozenset[str]


@cache
def _words() -> _Words:
    lists = load_yaml("names.yaml")
    return _Words(
        specimen=frozenset(lists["specimen"]),
        percent=frozenset(lists["percent"]),
        absolute=frozenset(lists["absolute"]),
        harmless=frozenset(lists["harmless"]),
    )


@cache
def name_index() -> Mapping[str, tuple[Candidate, ...]]:
    """Candidates by name key (the words of a name, joined)."""
    index: dict[str, list[Candidate]] = {}

    def add(name: str, candidate: Candidate) -> None:
        words = name_words(name)
        bare = _without(words, _words().percent | _words().absolute)
        for key in {"".join(words), "".join(bare), _any_order(words), _any_order(bare)} - {""}:
            held = index.setdefault(key, [])
            if candidate not in held:
                held.append(candidate)

    for analyte in analytes().values():
        own = [analyte.id, *analyte.names["en"], *analyte.names["fr"]]
        shared = analytes()[analyte.shares] if analyte.shares else None
        if shared is not None:
            own += [shared.id, *shared.names["en"], *shared.names["fr"]]
        for name in own:
            add(name, Candidate(analyte))
        if analyte.basis is not None:
            for name in analyte.basis.names:
                add(name, Candidate(analyte, analyte.basis.annotation))
    return {key: tuple(held) for key, held in index.items()}


@cache
def loinc_index() -> Mapping[str, tuple[Candidate, ...]]:
    """Candidates by LOINC code; the second of two is the one a unit may point to instead."""
    index: dict[str, list[Candidate]] = {}
    for analyte in analytes().values():
        for code in analyte.loinc:
            index.setdefault(code, []).append(Candidate(analyte))
        if analyte.basis is not None:
            for code in analyte.basis.loinc:
                index.setdefault(code, []).append(Candidate(analyte, analyte.basis.annotation))
    for held in index.values():
        for candidate in list(held):
            for sibling in siblings(candidate.analyte):
                if Candidate(sibling) not in held:
                    held.append(Candidate(sibling))
    return {code: tuple(held) for code, held in index.items()}


def siblings(analyte: Analyte) -> list[Analyte]:
    """Analytes that share this one's names and differ by their unit (cells in % and per litre)."""
    family = _unit_family()
    return [
        other
        for other in analytes().values()
        if other.id != analyte.id and family[other.id] == family[analyte.id]
    ]


@cache
def _unit_family() -> Mapping[str, str]:
    """The analyte that lends its names to a family, by member."""
    return {analyte.id: analyte.shares or analyte.id for analyte in analytes().values()}


def is_loinc(code: str | None) -> bool:
    """Whether a code has the form of a LOINC code."""
    return code is not None and _LOINC.fullmatch(code.strip()) is not None


def by_loinc(code: str | None) -> tuple[Candidate, ...]:
    """The candidates of a LOINC code; () when it is not one of ours."""
    return () if code is None else loinc_index().get(code.strip(), ())


@lru_cache(maxsize=65536)
def by_name(name: str) -> tuple[Candidate, ...]:
    """The candidates of a printed name; () when it is unknown, too long, or not of blood."""
    if len(name) > MAX_NAME_CHARACTERS or not_blood(name):
        return ()
    words = name_words(name)
    found = _found(words)
    if not found and (asides := _ASIDE.findall(name)):
        found = _found(name_words(_ASIDE.sub(" ", name)))
        if not all(_says_nothing_new(aside, found) for aside in asides):
            return ()
    return _hinted(found, words)


def _found(words: tuple[str, ...]) -> tuple[Candidate, ...]:
    """The candidates of a name's words, leaving out as few words about the specimen as will do."""
    hints = _words().percent | _words().absolute
    for variant in dict.fromkeys((words, _without(words, hints))):
        for trimmed in _trimmed(variant):
            found = name_index().get("".join(trimmed)) or name_index().get(_any_order(trimmed))
            if found:
                return found
    return ()


def _any_order(words: tuple[str, ...]) -> str:
    """A key that "Troponin T, high sensitivity" and "High sensitivity troponin T" share."""
    return " ".join(sorted(words))


def _trimmed(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words, then without more and more words of the specimen at either end."""
    specimen = _words().specimen
    last_start = next((i for i, word in enumerate(words) if word not in specimen), 0)
    tail = next((i for i, word in enumerate(reversed(words)) if word not in specimen), 0)
    cuts = [(start, end) for start in range(last_start + 1) for end in range(tail + 1)]
    for start, end in sorted(cuts, key=sum):
        yield words[start : len(words) - end]


def _says_nothing_new(aside: str, found: tuple[Candidate, ...]) -> bool:
    """Whether a remark in brackets changes nothing: a method, a unit, the analyte's short name."""
    words = set(name_words(aside))
    known = _words()
    if words <= known.harmless | known.specimen | known.percent | known.absolute:
        return True
    if ucum_candidates(aside.strip("()[]; ")):
        return True
    named = name_index().get("".join(name_words(aside)), ())
    return any(candidate in found for candidate in named)


def _without(words: tuple[str, ...], unwanted: frozenset[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in unwanted)


def _hinted(found: tuple[Candidate, ...], words: tuple[str, ...]) -> tuple[Candidate, ...]:
    """Those in % when the name says so (none may be), the others when it says "count"."""
    percent = tuple(
        c for c in found if "%" in (c.analyte.unit, *c.analyte.units, *c.analyte.aliases)
    )
    if not _words().percent.isdisjoint(words):
        return percent
    absolute = tuple(c for c in found if c.analyte.unit not in _PERCENT)
    if not _words().absolute.isdisjoint(words) and absolute:
        return absolute
    return found


def candidates(name: str | None, loinc: str | None) -> tuple[tuple[Candidate, ...], str]:
    """The analytes of a printed name and code, and why there is none.

    A code of ours decides; a name then only has to agree with it. A LOINC code that is not ours is
    refused even where the name is known: it may be the code of the same analyte in urine.
    """
    coded = by_loinc(loinc)
    named = by_name(name) if name else ()
    if name and not_blood(name):
        return (), f"{name!r} is not a result of blood."
    if is_loinc(loinc) and not coded:
        return (), f"The LOINC code {loinc} is not one of those we know for blood."
    if not coded:
        return named, "" if named else f"{name!r} is not the name of an analyte we know."
    if not named:
        return coded, ""
    both = tuple(c for c in coded if c in named)
    if both:
        return both, ""
    families = {_unit_family()[c.analyte.id] for c in coded}
    broader = {c.analyte.narrows for c in coded} | families
    if any(_unit_family()[c.analyte.id] in broader for c in named):
        return coded, ""
    return (), f"The name {name!r} and the LOINC code {loinc} stand for different analytes."
