"""Addresses: streets, and towns with their codes."""

from __future__ import annotations

import re
from functools import cache

from hemoscribe.curate.scrub.derived_words import is_scientific
from hemoscribe.curate.scrub.name_shapes import is_word
from hemoscribe.curate.scrub.places import CAPITAL, CITY, is_no_place, place_words
from hemoscribe.curate.scrub.rule import Rule
from hemoscribe.curate.scrub.word_lists import (
    LOWER,
    UPPER,
    any_of,
    fold,
    is_analyte_word,
    towns,
    word_set,
)
from hemoscribe.curate.scrub.word_starts import gate_of

_JOINS = r"(?i:sur|lès|les|lez|en|sous|aux|de|du|des|la|le|et|l['’]|d['’])"
_OF = r"(?i:de|du|des|la|le|les|l['’]|d['’])"
_TOWN = (
    rf"(?:(?i:la|le|les|l['’]|saint|ste?)[ \n])?{CAPITAL}"
    rf"(?:(?:[ -]{_JOINS}){{1,2}}[ \n-]?{CAPITAL}|[ -]{CAPITAL}){{0,4}}"
    r"(?:[ ](?i:cedex))?(?:[ ]\d{1,2}(?![\d.,/:]))?"
)
"""A town's name, with what joins its words, and the number of its district or its post office."""

_CODE = r"(?:(?:F|D|B|CH|L)[ -]?)?(?:\d{5}|2[AB]\d{3}|\d{2} \d{3}|\d{4})"


def address_rules() -> tuple[Rule, ...]:
    """Streets, towns."""
    return (*_streets(), *_towns())


def _streets() -> tuple[Rule, ...]:
    streets = any_of("streets_fr")
    a_street = rf"(?<!\w)(?=[abcefhilmpqrstvABCEFHILMPQRSTV])(?i:{streets})\s"
    number = (
        rf"(?:\d{{1,4}}(?:-\d{{1,4}})?(?:\s?(?:bis|ter|quater|[A-D]))?|(?i:{any_of('numbers_fr')}))"
    )
    rooms = rf"(?:,?\s+(?i:{any_of('rooms')})\s*(?:n°\s?)?[\w-]{{1,12}}(?!\w))*"
    with_town = rf"(?:[,\s–-]+{_CODE}(?![\d.,/:]\d|\d)(?:[,\s]+{_TOWN})?)?"
    street_fr = (
        rf"{number},?\s+(?i:{streets})\s+[\w'’-]+\.??(?:\s+[\w'’-]+\.??){{0,5}}?"
        rf"(?=\s?[,;]|\.\s|\.$|\n|$|\s\d{{5}}(?!\d)|\s[-–(]|\s:){rooms}{with_town}"
    )
    # Without a mark where the street ends, its capitals tell.
    street_capitals = (
        rf"{number},?\s+(?i:{streets})\s+(?:{_JOINS}\s?){{0,2}}{CAPITAL}"
        rf"(?:[ -](?:{_JOINS}[ ]?){{0,2}}{CAPITAL}){{0,4}}{rooms}{with_town}"
    )
    unnumbered = (
        rf"(?:(?i:la) |l['’])?(?i:{any_of('sure_streets_fr')}) (?:{_OF}\s?){{0,2}}{CAPITAL}"
        rf"(?:[ -](?:{_JOINS}[ ]?){{0,2}}{CAPITAL}){{0,4}}"
    )
    house_en = r"(?<![\d./,])\d{1,5}[A-Z]?[ ]+(?:[NSEW]\.?\s+)?"
    street_word = rf"{any_of('streets_en')}(?!\w)\.?"
    street_en = (
        rf"{house_en}(?:\d{{1,3}}(?:st|nd|rd|th)[ ]+)?(?:[{UPPER}][\w'’.-]*[ ]+){{1,4}}"
        rf"{street_word}"
        rf"(?:,?\s+(?:Apt|Suite|Unit|Flat)\.?\s*\w+)?(?:,\s*{CITY}(?!\w|\s*[\d=<>:]))?"
        r"(?:,?\s+[A-Z]{2}\s+\d{5}(?:-\d{4})?)?"
    )
    numbered_en = rf"{house_en}\d{{1,3}}(?:st|nd|rd|th)[ ]+{street_word}"
    # "Lindenstrasse 13", "Via Roma 12", "Calle Mayor 3": the number stands last.
    number_last = (
        rf"(?:[{UPPER}][\w-]*(?:[Ss]tra(?:ss|ß)e|str\.|weg|platz|gasse|allee|laan|straat|plein)"
        rf"|{any_of('streets_foreign')}(?:\s(?:[a-z]{{2,5}}\s)?(?:\d{{1,2}}\.\s)?{CAPITAL}){{1,4}}?)"
        rf",?\s\d{{1,4}}[a-z]?(?!\w|[.,]\d){with_town}"
    )

    french, english = (gate_of(f"{any_of(name)} ") for name in ("streets_fr", "streets_en"))
    foreign = (
        *("stra", "str.", "weg", "platz", "gasse", "allee", "laan", "plein"),
        *sorted({start.rstrip() for start in gate_of(any_of("streets_foreign"))}),
    )
    return (
        Rule(
            "address",
            rf"(?<!\w){street_fr}",
            when=a_street,
            length=_without_words_after,
            words=french,
        ),
        Rule(
            "address",
            rf"(?<!\w){street_capitals}",
            when=a_street,
            length=_without_words_after,
            words=french,
        ),
        Rule("address", rf"(?<!\w){street_en}", digits=1, words=english),
        Rule("address", rf"(?<!\w){numbered_en}", digits=2, words=english),
        Rule(
            "address",
            rf"(?<!\w){number_last}",
            digits=1,
            length=_without_words_after,
            any_of=foreign,
        ),
        # "BD" is bilirubin as well.
        Rule("address", rf"(?<!\w)(?!BD ){unnumbered}", when=a_street, words=french),
        Rule(
            "address",
            r"(?<!\w)(?:BP|B\.\s?P\.|CS|TSA|PO Box|P\.\s?O\. Box)(?:\s?n°)?\s?"
            r"(?:\d{2,3} \d{3}|\d{2,6})(?!\w|[.,]\d)",
            digits=2,
            words=gate_of("BP|B |CS|TSA|PO |P "),
        ),
        *_without_numbers(),
    )


def _without_numbers() -> tuple[Rule, ...]:
    """Hamlets, estates, houses: "lieu-dit Kergoat", "The Old Forge, Mill Lane, Ashwell"."""
    country = any_of("country_places_fr")
    name = rf"(?:{_JOINS}\s?){{0,2}}{CAPITAL}(?:[ -](?:{_JOINS}[ ]?){{0,2}}{CAPITAL}){{0,3}}"
    lanes = any_of("lanes_en")
    ways = "place|route|chemin|quai|impasse|square|esplanade|promenade|all[ée]es?"
    return (
        Rule(
            "address",
            rf"(?<![\w'’-])(?i:{country})\s(?:dit\s)?{name}",
            accept=_names_country_place,
            words=gate_of(f"{country} "),
        ),
        Rule(
            "address",
            rf"(?<!\w)(?:{CITY}, ){{1,4}}(?=[A-Z]{{1,2}}\d[A-Z\d]? \d[A-Z]{{2}}(?!\w))",
            digits=2,
            needs=", ",
            when=r"[A-Z]\d[A-Z\d]? \d[A-Z]{2}(?!\w)",
        ),
        Rule(
            "address",
            rf"(?<!\w)(?:{CITY}, ){{1,2}}(?:[{UPPER}][\w'’]+ ){{1,2}}{lanes}(?!\w)(?:, {CITY})?",
            needs=", ",
            words=gate_of(f"{lanes} "),
        ),
        # "au 3e étage du 22 de la rue du Chat"
        Rule(
            "address",
            rf"(?<!\w)((?:\d{{1,2}}(?:er|e|è?me) étage,? (?:du |au |, )?)?\d{{1,4}}(?: "
            rf"(?:bis|ter))?,? de la) (?:rue|place|route|ruelle) (?:{_JOINS}\s?){{0,2}}[{UPPER}]",
            digits=1,
            needs=" de la ",
        ),
        # "route du Phare, 56360"
        Rule(
            "address",
            rf"(?<!\w)(?i:{any_of('streets_fr')}) {name}(?=,?[ \n]\d{{5}}[ \n][{UPPER}])",
            digits=5,
            words=gate_of(f"{any_of('streets_fr')} "),
        ),
        # "place du Marché, Vannes"
        Rule(
            "address",
            rf"(?<!\w)(?i:{ways}) (?:de |du |des |de la |de l['’]|d['’])"
            rf"(?:[{UPPER}][{LOWER}'’-]+[ ]?){{1,4}}"
            rf"(?=,[ ][{UPPER}][{LOWER}]{{2,}})",
            accept=lambda text: (
                not any(is_analyte_word(word) or is_scientific(word) for word in place_words(text))
            ),
            needs=",",
            words=gate_of(f"(?:{ways}) "),
        ),
        # A postal code in two groups: "29 000 Quimper".
        Rule(
            "address",
            rf"(?<![\w.,/-])(?<!\d )(?:0[1-9]|[1-8]\d|9[0-8]) \d{{3}},? {_TOWN}(?!\w)",
            accept=_names_sure_town,
            digits=5,
            length=_without_words_after,
        ),
    )


def _towns() -> tuple[Rule, ...]:
    return (
        Rule("address", rf"(?<!\w)(?:F-?)?\d{{5}}\s+{any_of('cities_fr')}(?!\w)", digits=5),
        Rule("address", rf"(?<!\w)\d{{5}}\s+{CITY}\s+(?i:CEDEX)(?:\s\d+)?", digits=5),
        Rule(
            "address",
            rf"(?<!\w)(?:{CITY},? )?[A-Z]{{1,2}}\d[A-Z\d]? \d[A-Z]{{2}}(?!\w)",
            digits=2,
            when=r"[A-Z]\d[A-Z\d]? \d[A-Z]{2}(?!\w)",
        ),
        Rule(
            "address",
            rf"(?<![\w.,/-])(?:F-?)?(?:\d{{5}}|2[AB]\d{{3}})[ ,\n]\s?{_TOWN}(?!\w)",
            accept=_names_town,
            digits=4,
            length=_without_words_after,
        ),
        # A town before its code: "Marseille, 13006".
        Rule(
            "address",
            rf"(?<!\w){CAPITAL}(?:[ -](?:{_JOINS}[ -])?{CAPITAL}){{0,2}},\s?\d{{5}}(?!\w|[.,]\d)",
            accept=_names_town,
            digits=5,
        ),
        Rule(
            "address",
            rf"(?<!\w){CITY}, [A-Z]{{2}} \d{{5}}(?:-\d{{4}})?(?!\d)",
            digits=5,
            needs=", ",
        ),
    )


def _without_words_after(text: str) -> int:
    """How much is left of an address whose town words of everyday follow: "74000 Annecy PSA"."""
    code = _code_pattern().search(text)
    if code is None:
        return len(text)
    joined, named = False, False
    for match in _town_words().finditer(text, code.end()):
        word = fold(match.group(1))
        if word in word_set("place_joins"):
            joined = True
            continue
        if not named and not joined and is_no_place(word) and word not in towns():
            return code.end() - len(code.group()) + len(code.group().rstrip(" ,\n"))
        if named and not joined and is_no_place(word) and not word[0].isdigit():
            return match.start()
        joined, named = False, True
    return len(text)


@cache
def _code_pattern() -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:\d{5}|2[AB]\d{3}|\d{2} \d{3}|\d{4})[,\s]+(?=[^\W\d])")


@cache
def _town_words() -> re.Pattern[str]:
    return re.compile(r"[\s,-]*([^\s,-]+)")


@cache
def _with_article() -> re.Pattern[str]:
    return re.compile(r"\d{5}[ ,\n]+(?:Le|La|Les|LE|LA|LES) ")


def _names_sure_town(text: str) -> bool:
    """Whether what stands after two and three digits, which may be a count, is a town's name."""
    words = [word for word in place_words(text) if not any(map(str.isdigit, word))]
    if not words or any(part in word_set("capitalised") for part in words[0].split("-")):
        return False
    return " ".join(words) in towns() or words[0] in towns() or not is_no_place(words[0])


def _names_country_place(text: str) -> bool:
    """Whether a hamlet or an estate has a name: "zone Urgences" has none."""
    word, *words = text.replace("’", "'").split()
    own = place_words(" ".join(words))
    if not own:
        return False
    sure = fold(word).startswith(("lieu", "hameau", "resid", "res."))
    return sure or not (is_no_place(own[0]) or is_word(own[0]) or own[0] in word_set("capitalised"))


def _names_town(text: str) -> bool:
    """Whether what stands beside a postal code is no word of everyday or of medicine."""
    words = [word for word in place_words(text) if not any(map(str.isdigit, word))]
    if not words or all(part in word_set("capitalised") for part in words[0].split("-")):
        return False
    if _with_article().search(text) and not is_analyte_word(words[0]):
        return True  # "56360 Le Palais"
    return not is_no_place(words[0]) or " ".join(words) in towns()
