"""What the requester wrote of time: hours since a drug was taken, hours of a newborn's life, term.

An hour that is denied, not sure, or of another noun (another drug, the jaundice) tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_HOURS = (
    r"(?P<hours>\d{1,3}(?:[.,]\d+)?)\s*(?:h|hrs?|hours?|heures?)(?![a-zé])\.?\s*"
    r"(?P<minutes>[0-5]\d(?!\d))?"
)
_TAKEN = r"(?:ingestion|ingested|taking|taken|intake|overdose|prise|intoxication|absorption)"
_AFTER = r"(?:after|post|following|since|apr[eè]s|depuis)"
_SINCE_INGESTION = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_HOURS}[\s-]*{_AFTER}[\s-]*(?:the |an? |la |une |l')?\s*{_TAKEN}",
        rf"{_TAKEN}\b[^.;\n]{{0,30}}?\b{_HOURS}\s*(?:ago|before|earlier)",
        rf"{_TAKEN}\b[^.;\n]{{0,30}}?\bil y a\s*{_HOURS}",
    )
)
_OF_LIFE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_HOURS}[\s-]*(?:old\b|of (?:life|age)\b|de vie\b)",
        rf"\b(?:aged|[âa]g[ée]e? de|at the age of)\s*{_HOURS}",
        r"\bH\s?(?P<hours>\d{1,3})(?P<minutes>(?!\d)(?!.))?\s*(?:of life|de vie)\b",
    )
)
_CLAUSE = re.compile(r"[.;,\n](?!\d)")
_DOUBT = re.compile(
    r"\b(?:not|no|never|unknown|unclear|unsure|uncertain|denies|maybe|perhaps|pas|non|jamais|aucune?"
    r"|inconnue?s?|incertaine?s?|ignor\w+|peut-[êe]tre)\b|\?",
    re.IGNORECASE,
)
_OTHER_NOUN = re.compile(
    r"\b(?:seen|noticed|noted|since|onset|began|started|appear\w+|feed\w*|mother|ruptur\w+"
    r"|transfus\w+|phototherap\w+|discharg\w+|vue?|apparue?|constat\w+|d[ée]but\w*|depuis"
    r"|m[èe]re|allait\w+|phototh[ée]rapie|sortie?)\b",
    re.IGNORECASE,
)
_TAKEN_WHAT = re.compile(rf"{_TAKEN}\s+(?:of|de|d['’]|du)\s*(?P<what>[^\W\d]+)", re.IGNORECASE)
_OUR_DRUG = re.compile(
    r"parac[ée]tamol|acetaminophen|acétaminophène|apap|doliprane|efferalgan|dafalgan|panadol"
    r"|tylenol|tablets?|pills?|capsules?|comprim[ée]s?|g[ée]lules?|cachets?|drugs?|m[ée]dicaments?"
    r"|unknown|la|le|the",
    re.IGNORECASE,
)
_WEEKS = re.compile(
    r"\b(?:born (?:at|after)|n[ée]e? (?:à|a)|delivered at|gestation(?:al age)?(?: of)?|terme"
    r"(?: de)?)"
    r"\s*:?\s*(?P<weeks>2[2-9]|3\d|4[0-3])(?:\s*\+\s*(?P<days>[0-6]))?"
    r"|\b(?P<only>2[2-9]|3\d|4[0-3])(?:\s*\+\s*[0-6])?\s*(?:SA\b|weeks?(?:'| of)? gestation"
    r"|weeker|semaines d['’]am[ée]norrh[ée]e)",
    re.IGNORECASE,
)
_INFANT_YEARS = 2.0
_PRETERM = re.compile(r"\b(?:pre-?term|prematur\w*|pr[ée]matur\w*)\b", re.IGNORECASE)


def stated_hours(note: str) -> Mapping[str, float | None]:
    """The facts that a note holds of hours and term (``knowledge.fact_names``)."""
    if not note:
        return {}
    return {
        "ingestion_hours": hours_since_ingestion(note),
        "life_hours": hours_of_life(note),
        "gestation_weeks": weeks_of_gestation(note),
    }


def fitting(
    hours: Mapping[str, float | None], age_years: float | None
) -> Mapping[str, float | None]:
    """The same without hours of life that the age contradicts by more than a day, and without the
    weeks of somebody who is no infant: they are those of a pregnancy."""
    if age_years is not None and age_years >= _INFANT_YEARS:
        hours = {**hours, "gestation_weeks": None} if hours else hours
    life = hours.get("life_hours")
    if life is None or age_years is None:
        return hours
    age = age_years * 24 * 365.25
    return hours if age - 24 <= life <= age + 48 else {**hours, "life_hours": None}


def hours_since_ingestion(note: str) -> float | None:
    """Hours between ingestion and sample; None where the note states none, or several."""
    return _only(note, _SINCE_INGESTION, _of_another_drug)


def hours_of_life(note: str) -> float | None:
    """A newborn's age in hours; None where the note states none, or several."""
    return _only(note, _OF_LIFE, lambda clause: bool(_OTHER_NOUN.search(clause)))


def weeks_of_gestation(note: str) -> float | None:
    """At birth; 0 where the note says preterm and not when, None where it says nothing of it."""
    found = {
        float(match["weeks"] or match["only"])
        for match in _WEEKS.finditer(note)
        if not _DOUBT.search(_clause_of(note, match))
    }
    if found:
        return min(found)
    stated = _PRETERM.search(note)
    return 0.0 if stated and not _DOUBT.search(_clause_of(note, stated)) else None


def _of_another_drug(clause: str) -> bool:
    named = _TAKEN_WHAT.search(clause)
    return named is not None and _OUR_DRUG.fullmatch(named["what"]) is None


def _clause_of(note: str, match: re.Match[str]) -> str:
    """The words around a match, from one stop to the next."""
    first = max((one.end() for one in _CLAUSE.finditer(note, 0, match.start())), default=0)
    last = _CLAUSE.search(note, match.end())
    return note[first : last.start() if last else len(note)]


def _only(
    note: str, patterns: Iterable[re.Pattern[str]], is_another: Callable[[str], bool]
) -> float | None:
    found = set()
    for pattern in patterns:
        for match in pattern.finditer(note):
            clause = _clause_of(note, match)
            if _DOUBT.search(clause) or is_another(clause):
                continue
            minutes = int(match["minutes"] or 0) / 60
            found.add(float(match["hours"].replace(",", ".")) + minutes)
    return found.pop() if len(found) == 1 else None
