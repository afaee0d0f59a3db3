"""From the name and code a laboratory prints to the analytes they may stand for."""

from __future__ import annotations

import re
from functools import lru_cache

from hemoscribe.knowledge.analytes import Analyte, load_yaml
from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.knowledge.name_index import Candidate, loinc_index, unit_families
from hemoscribe.knowledge.name_match import match
from hemoscribe.knowledge.spelling import MAX_NAME_CHARACTERS, name_words

_LOINC = re.compile(r"\d{1,7}-\d")


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
    words = set(name_words(name))
    return tuple(one for one in match(name) if not _elsewhere(one.analyte) & words)


@lru_cache(maxsize=1024)
def _elsewhere_of(group: str, analyte_id: str) -> frozenset[str]:
    lists = load_yaml("names.yaml")["elsewhere"]
    return frozenset((*lists.get(group, ()), *lists.get(analyte_id, ())))


def _elsewhere(analyte: Analyte) -> frozenset[str]:
    """Words of a part of the blood in which the analyte's name is of another quantity."""
    return _elsewhere_of(analyte.group, analyte.id)


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
    families = {unit_families()[c.analyte.id] for c in coded}
    broader = {c.analyte.narrows for c in coded} | families
    if any(unit_families()[c.analyte.id] in broader for c in named):
        return coded, ""
    return (), f"The name {name!r} and the LOINC code {loinc} stand for different analytes."
