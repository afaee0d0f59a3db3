"""Hospitals and other places: the word for the place stays, its name goes."""

from __future__ import annotations

import re
from functools import cache

from hemoscribe.curate.scrub.derived_words import is_derived, is_scientific
from hemoscribe.curate.scrub.rule import Rule
from hemoscribe.curate.scrub.word_lists import (
    LOWER,
    UPPER,
    any_of,
    fold,
    is_common,
    ordinary_words,
    word_lists,
    word_set,
)
from hemoscribe.curate.scrub.word_starts import gate_of

_ARTICLES = frozenset(("la", "le", "les", "l"))
CAPITAL = f"[{UPPER}][\\w'’-]*"
CITY = f"{CAPITAL}(?:[ -]{CAPITAL})*"


def place_rules() -> tuple[Rule, ...]:
    """Names beside the words for what bears them: "CHU de [..]", "Institut Hospitalier [..]"."""
    more = rf"(?:[ -](?:(?:de la|de|du|des|la|le|les|et|d['’]|l['’])[ ]?)?{CAPITAL})*"
    name = rf"(?:{CAPITAL}|[{UPPER}]\.[ -]?{CAPITAL}){more}"
    joins = r"(?:(?i:de la|de|du|des|d['’]|l['’]|la|le|les)\s*)*"
    kept = f"(?:{any_of('hospital_words')}|{any_of('clinic_words')})"

    towns = "|".join(word_lists()["towns_too"])
    places, hospitals, clinics, after = (
        gate_of(f"{any_of(name)} ")
        for name in ("places", "hospital_words", "clinic_words", "places_after")
    )

    def rule(words: frozenset[str], pattern: str) -> Rule:
        pattern = rf"(?<!\w){pattern}"
        return Rule("place", pattern, accept=names_place, skip=_own_name, words=words)

    return (
        rule(places, rf"{any_of('places')}\s+({joins}{name})"),
        rule(hospitals, rf"{any_of('hospital_words')}[ \n]((?:(?i:la|le|les|l['’])\s?)?{name})"),
        rule(clinics, rf"(?:la|une|en|the) {any_of('clinic_words')} ({name})"),
        # "examen clinique" is no place: a word of everyday after it is none either.
        Rule(
            "place",
            rf"(?<!\w){any_of('clinic_words')}[ \n]((?:(?i:la|le|les|l['’])\s?)?{name})",
            accept=_is_name,
            skip=_own_name,
            words=clinics,
        ),
        rule(
            hospitals | clinics,
            rf"{kept}[ \n](?:du|de|des|d['’])\s?(?:(?:la|le|les|l['’])\s?)?({name})",
        ),
        *_labelled_places(name),
        # "né à Lens", "hôpital de Tours": inside a sentence the capital is the town's.
        Rule(
            "place",
            rf"(?<!\w)(?:à|de|sur|vers|près de|from|in|of|at) "
            rf"({towns})(?![\w-]|\s?\d)",
            words=gate_of(f"(?:{towns}) "),
        ),
        # "nee le 7.7.55 a braga"
        Rule(
            "place",
            r"(?<!\w)(?i:n[ée]e?)(?: le \S+)? (?:à|a) ([a-zà-ÿ]{3,}(?:-[a-zà-ÿ]+)*)(?!\w)",
            accept=lambda text: not is_no_place(fold(text)),
            words=frozenset(("né", "née", "ne", "nee")),
        ),
        Rule(
            "place",
            rf"(?<!\w)(?:Royal )?(?:Infirmary|Hospital|University) of ({CITY})",
            words=after,
        ),
        Rule(
            "place",
            rf"(?<!\w)((?:[{UPPER}][{LOWER}'’-]+\s+){{0,2}}[{UPPER}][{LOWER}'’-]+)"
            rf"\s+{any_of('places_after')}(?!\w)",
            accept=_is_name_before,
            words=after,
        ),
    )


def _labelled_places(name: str) -> tuple[Rule, ...]:
    """A town behind its label; laboratories and practices: "CABINET MEDICAL DU LAC"."""
    labels, offices = any_of("place_labels"), any_of("offices")
    return (
        Rule(
            "place",
            rf"(?<!\w)(?i:{labels})\s*[:=]\s*({name})(?!\w)",
            accept=_is_town_name,
            words=gate_of(f"{labels} "),
        ),
        Rule(
            "place",
            rf"(?<!\w)(?i:{offices})\s(?i:du|de la|des|de l['’]|de|d['’])\s?({name})(?!\w)",
            accept=_is_office_name,
            words=gate_of(f"{offices} "),
        ),
    )


def _own_name(text: str) -> int:
    """Where in what stands after "Centre de" the name begins, behind "Santé de" and the like.

    An article is the name's own ("la Timone") but after "de".
    """
    article, joined = -1, False
    for match in _any_word().finditer(text):
        word = match.group()
        if fold(word) in word_set("no_places"):
            article, joined = -1, False
            continue
        plain = fold(word)
        if (word[0].islower() or word.isupper()) and plain in word_set("place_joins"):
            if plain in _ARTICLES and not joined and article < 0:
                article = match.start()
            joined |= plain not in _ARTICLES
            continue
        return article if article >= 0 else match.start()
    return len(text)


@cache
def _any_word() -> re.Pattern[str]:
    return re.compile(r"[^\s,'’()]+")


def place_words(text: str) -> list[str]:
    """The words of a place in lower case, without articles and what joins them."""
    joins = word_set("place_joins")
    parts = (fold(word) for word in text.replace("’", "'").replace("'", " ").split())
    words = (part.strip(".,()") for part in parts if part not in joins)
    return [word for word in words if len(word) > 1]


def names_place(text: str) -> bool:
    """Whether a place has a name beyond what every hospital has: "hôpital de jour"."""
    generic = word_set("no_places") | word_set("no_offices")
    return any(word not in generic and not is_scientific(word) for word in place_words(text))


def _is_name(text: str) -> bool:
    return not all(map(is_no_place, place_words(text))) and names_place(text)


def _is_town_name(text: str) -> bool:
    """Whether a town stands behind its label, and no person: "domicile : Mme"."""
    return _is_name(text) and place_words(text)[0] not in word_set("not_names")


def _is_office_name(text: str) -> bool:
    """Whether a laboratory has a name: "LABORATOIRE DE BIOLOGIE MEDICALE DU CHU" has none."""
    words = place_words(text)
    generic = word_set("no_places") | word_set("no_offices")
    return bool(words) and not any(word in generic or is_scientific(word) for word in words)


def _is_name_before(text: str) -> bool:
    """Whether more stands before "Hospital" than what many have: "University Hospital"."""
    return any(fold(word) not in word_set("before_hospitals") for word in text.split())


def is_no_place(word: str) -> bool:
    """Whether a word (``fold``) is one of everyday, of medicine or of every hospital's name."""
    return (
        word in ordinary_words()
        or is_common(word)
        or word in word_set("no_places")
        or is_derived(word)
    )
