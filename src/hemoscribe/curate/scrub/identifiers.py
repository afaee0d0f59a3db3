"""Identifiers that a shape or a label gives away: numbers, addresses, dates, places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from hemoscribe.curate.scrub.national_numbers import is_nhs_number
from hemoscribe.curate.scrub.word_lists import LOWER, UPPER, any_of, count_digits

_CITY = f"[{UPPER}][\\w'’-]*(?:[ -][{UPPER}][\\w'’-]*)*"


_DOMAINS = (
    "fr",
    "com",
    "org",
    "net",
    "eu",
    "io",
    "uk",
    "ch",
    "be",
    "ca",
    "de",
    "gov",
    "edu",
    "health",
)
_FILES = (
    "jpg",
    "jpeg",
    "png",
    "gif",
    "tif",
    "tiff",
    "bmp",
    "heic",
    "dcm",
    "pdf",
    "doc",
    "docx",
    "xls",
    "xlsx",
)
_MONTHS = (
    *("jan", "fév", "fev", "feb", "mar", "avr", "apr", "mai", "may", "jui", "jun", "jul", "aoû"),
    *("aou", "aug", "sep", "oct", "nov", "déc", "dec"),
)
"""How every name of a month in ``words.yaml`` begins."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Group 1 of a match, or all of it, is an identifier when ``accept`` says so.

    ``digits``, ``needs`` and ``any_of`` tell at once that a text cannot match: it has fewer digits,
    or lacks a character, or in lower case lacks every one of some words. A ``strong`` rule is sure
    of itself; the others give way to laboratory values.
    """

    kind: str
    pattern: str
    strong: bool = False
    accept: Callable[[str], bool] | None = None
    digits: int = 0
    needs: str = ""
    any_of: tuple[str, ...] = ()

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where identifiers start and end."""
        compiled = _compiled(self.pattern)
        for match in compiled.finditer(text):
            group = 1 if compiled.groups and match.group(1) is not None else 0
            if self.accept is None or self.accept(match.group(group)):
                yield match.span(group)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, the strong ones first."""
    return (*_online(), *_national(), *_phones(), *_dates(), *_labelled(), *_addresses())


def _online() -> tuple[Rule, ...]:
    end = r"[^\s<>\"')\]]"
    domains = f"(?:{'|'.join(_DOMAINS)})"
    return (
        Rule("email", r"[\w.+%-]+\s?@\s?[\w-]+(?:\.[\w-]+)+", strong=True, needs="@"),
        Rule("url", rf"(?:https?|ftp)://{end}+", strong=True, needs="://"),
        Rule("url", rf"(?<!\w)www\.{end}+", strong=True, needs="www."),
        Rule(
            "url",
            rf"(?<![\w@.])[A-Za-z][\w-]*(?:\.[\w-]+)*\.{domains}(?:/{end}*)?(?!\w)",
            strong=True,
            any_of=tuple(f".{domain}" for domain in _DOMAINS),
        ),
        Rule(
            "id", r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)", strong=True, digits=4, needs="."
        ),
        Rule(
            "id",
            r"(?<![\w:])(?=[0-9a-fA-F:]*::|(?:[0-9a-fA-F]{1,4}:){7})"
            r"[0-9a-fA-F]{0,4}(?::{1,2}[0-9a-fA-F]{1,4}){2,7}(?![\w:])",
            strong=True,
            needs=":",
        ),
        Rule(
            "file",
            rf"(?i)(?<!\w)[\w.-]*\w\.(?:{'|'.join(_FILES)})(?!\w)",
            strong=True,
            any_of=tuple(f".{ending}" for ending in _FILES),
        ),
        Rule("id", r"(?<!\w)(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?!\w)", strong=True, digits=1),
        Rule(
            "id",
            r"(?<!\w)[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?!\w)",
            strong=True,
            digits=4,
            needs="-",
        ),
    )


def _national() -> tuple[Rule, ...]:
    nir = (
        r"(?<![\d.,])[1-478][ .-]?\d{2}[ .-]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .-]?(?:\d{2}|2[ABab])"
        r"[ .-]?\d{3}[ .-]?\d{3}(?:\s?[-./(]?\s?(?:clé\s?:?\s?)?\d{2}\)?)?(?!\d)"
    )
    iban = r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"
    return (
        # Whether the key is right or mistyped, these digits in this order are a person's number.
        Rule("id", nir, strong=True, digits=12),
        Rule("id", r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])", strong=True, digits=9, needs="-"),
        Rule(
            "id",
            r"(?<!\d)\d{3}[ -]\d{3}[ -]\d{4}(?!\d)",
            strong=True,
            accept=is_nhs_number,
            digits=10,
        ),
        Rule("id", r"(?<!\d)\d{4}(?:[ -]\d{4}){3}(?!\d)", strong=True, digits=16),
        Rule("id", r"(?<![\d.,])\d{3} \d{2} \d{4}(?![\d.,]\d|\d)", digits=9),
        # Digits read one by one by a scanner, or dictated.
        Rule("id", r"(?<![\w.,])\d(?: [\dAB]){7,}(?!\w)", digits=8),
        Rule("id", r"(?<!\w)[A-Z]{2}-\d{3}-[A-Z]{2}(?!\w)", digits=3, needs="-"),
        Rule("id", r"(?<!\w)[A-Z]{2}\d{2} [A-Z]{3}(?!\w)", digits=2),
        # Numbers in groups, as cards and forms print them, whatever stands before.
        Rule("id", r"(?<![\w.,/-])\d{4}(?: \d{4}){2,}(?!\w|[.,]\d)", digits=12),
        Rule("id", r"(?<![\w.,/-])\d{2}(?: \d{2}){3,}(?!\w|[.,]\d)", digits=8),
        Rule("id", r"(?<![\w.,/-])\d{2,5}(?:-\d{2,5}){2,}(?![\w-])", accept=_is_long, digits=8),
        Rule("id", r"(?<![\w.,/-])\d{5,}[-/]\d{3,}(?![\w/-])", accept=_is_reference, digits=8),
        Rule("id", r"(?<!\w)(?=[A-Z]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z\d]{17}(?!\w)", digits=5),
        Rule("id", iban, strong=True, digits=12),
    )


def _phones() -> tuple[Rule, ...]:
    labels = any_of("phone_labels")
    french = r"(?:(?:\+|00)\s?33\s?(?:\(0\)\s?)?[ .-]?|0)[1-9](?:[ .\-/\u00a0]?\d{2}){4}"
    international = r"\+\d{1,3}(?:[ .()-]{0,2}\d{1,4}){2,6}"
    american = r"(?:\+?1[ .-])?(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4}"
    british = r"(?:\(0\d{2,4}\)\s?|0\d{2,4}[ -])\d{3,4}[ -]?\d{3,4}"
    return (
        Rule("phone", rf"(?<![\d.,]){french}(?!\d)", strong=True, digits=10),
        Rule("phone", rf"{international}(?!\d)", True, _is_long_phone, digits=7, needs="+"),
        Rule("phone", rf"(?<!\d){american}(?!\d)", strong=True, digits=10),
        Rule("phone", rf"(?<![\d.,]){british}(?!\d)", strong=True, digits=10),
        Rule("phone", r"(?<![\w.,])0(?: ?\d){9}(?! ?\d)", digits=10),
        Rule(
            "phone",
            r"(?<!\d)(?:\(\s?\d{3}\s?\)|\d{3}\s?-)\s?\d{3}\s?-\s?\d{4}(?!\d)",
            strong=True,
            digits=10,
            needs="-",
        ),
        Rule(
            "phone",
            rf"(?<!\w)(?i:{labels})\s*[:.]?\s*([+(]?\d[\d .()/-]{{5,}}\d)",
            accept=_is_long_phone,
            digits=7,
        ),
        Rule(
            "phone",
            r"(?<!\w)(?i:poste|bip|pager|bleep|ext\.?|extension)\s*[:.]?\s*(\d{3,6})(?!\d)",
            digits=3,
        ),
    )


def _dates() -> tuple[Rule, ...]:
    month = rf"(?i:{any_of('months')})"
    day = r"(?:0?[1-9]|[12]\d|3[01])(?:er|st|nd|rd|th)?"
    time = r"(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?"
    numeric = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))"
    before = r"(?i:le|du|au|depuis|on|since|dated|née?|born|dob)"
    great = r"(?:9\d|1[01]\d)"
    years = r"\s?(?:ans|years?|y/?o)(?!\w)"
    return (
        Rule("date", rf"(?<![\d/.-]){numeric}{time}(?![\d/])", True, _is_date, digits=3),
        Rule(
            "date",
            rf"(?<!\w){day}\s+(?:of\s+|de\s+)?{month}(?:,?\s+\d{{4}}|\s+\d{{2}}(?!\d))?(?!\w)",
            strong=True,
            digits=1,
            any_of=_MONTHS,
        ),
        Rule(
            "date",
            rf"(?<!\w){month}\s+{day}(?:,?\s+\d{{4}})?(?!\w)",
            strong=True,
            digits=1,
            any_of=_MONTHS,
        ),
        Rule(
            "date",
            rf"(?<!\w){day}[-./]{month}[-./]\d{{2,4}}(?!\w)",
            strong=True,
            digits=3,
            any_of=_MONTHS,
        ),
        Rule("date", rf"(?<!\w){month}\s+\d{{4}}(?!\w)", strong=True, digits=4, any_of=_MONTHS),
        Rule(
            "date",
            rf"(?<!\w){before}\s*:?\s*(\d{{1,2}}/\d{{1,2}})(?![\d/])(?!\s?(?:mm|%))",
            accept=lambda text: _is_date(f"{text}/2000"),
            digits=2,
            needs="/",
        ),
        Rule(
            "age",
            rf"(?<!\w)(?i:âgée?|agee?|aged?|âge|de)\s*:?\s*(?:de )?({great})(?={years})",
            digits=2,
        ),
        Rule(
            "age",
            rf"(?<!\w)(?i:âgée?|agee?|aged|âge|age)\s*:?\s*(?:de )?({great})(?!\w|[.,]\d)",
            digits=2,
        ),
        Rule("age", rf"(?<!\w)({great})(?=[ -](?i:years?[ -]old|y/?o)(?!\w))", digits=2),
    )


def _labelled() -> tuple[Rule, ...]:
    token = r"[A-Za-z0-9](?:[A-Za-z0-9/_.:-]*[A-Za-z0-9])?"
    link = r"(?:\s*(?:n°|no\.?|number|numéro|:|#|=|is|est|id))*\s*"
    label = rf"(?<!\w)(?i:{any_of('strong_id_labels')}){link}"
    # Groups of at most four digits, as on a card; a number with a unit after it is no part of them.
    groups = r"(?=(?:\D{0,2}\d){6})[A-Z]{0,3} ?\d{1,4}(?:[ ./-]\d{1,4}){1,6}(?!\w|[.,]\d)"
    strong = rf"{label}({groups}|[A-Z]{{1,3}} \d{{4,}}(?!\w)|{token})(?!\w)"
    weak = rf"(?<!\w)(?i:{any_of('weak_id_labels')}){link}({token})(?!\w)"
    code = r"[A-Za-z]{1,6}\d*[-/_]?\d[\dA-Z]*(?:[-/_]\d[\dA-Z]*)*"
    return (
        Rule("id", strong, accept=lambda text: count_digits(text) >= 3, digits=3),
        Rule("id", weak, accept=_is_reference, digits=3),
        Rule("id", r"(?<![\w.,])\d{7,}(?!\w|[.,]\d)", digits=7),
        Rule("id", rf"(?<![\w.,-]){code}(?!\w)", accept=_is_code, digits=6),
        Rule("id", r"(?<![\w.,-])\d{2,}[A-Z]{1,3}\d{4,}(?!\w)", digits=6),
        Rule(
            "id",
            r"(?<![\w.,/-])(?=[\d-]*[A-Z])\d[\dA-Z]*(?:-[\dA-Z]+)+(?![\w-])",
            accept=_is_code,
            digits=6,
        ),
        Rule("id", r"(?<![\w.,/-])(?:19|20)\d{2}[-/]\d{4,}(?![\w/-])", digits=8),
    )


def _addresses() -> tuple[Rule, ...]:
    street_fr = (
        rf"\d{{1,4}}(?:\s?(?:bis|ter|quater|[A-D]))?,?\s+(?i:{any_of('streets_fr')})\s+"
        r"[\w'’-]+\.?(?:\s+[\w'’-]+\.?){0,5}?(?=\s?[,;]|\.\s|\.$|\n|$|\s\d{5}(?!\d)|\s[-–(]|\s:)"
        rf"(?:,?\s+\d{{5}}\s+{_CITY}(?:\s+CEDEX(?:\s\d+)?)?)?"
    )
    street_en = (
        rf"\d{{1,5}}[A-Z]?\s+(?:[NSEW]\.?\s+)?(?:\d{{1,3}}(?:st|nd|rd|th)\s+)?(?:[{UPPER}][\w'’.-]*\s+){{0,4}}{any_of('streets_en')}(?!\w)\.?"
        rf"(?:,?\s+(?:Apt|Suite|Unit|Flat)\.?\s*\w+)?(?:,\s*{_CITY}(?!\w|\s*[\d=<>:]))?"
        r"(?:,?\s+[A-Z]{2}\s+\d{5}(?:-\d{4})?)?"
    )
    place = (
        rf"(?:{any_of('places')})\s+(?:(?:de la|de|du|des|d'|l'|la|le)\s*)*"
        rf"[{UPPER}][\w'’-]+(?:[ -](?:de |du |des )?[{UPPER}][\w'’-]+)*"
    )
    return (
        Rule("address", rf"(?<!\w){street_fr}", digits=1),
        Rule("address", rf"(?<!\w){street_en}", digits=1),
        Rule("address", rf"(?<!\w)(?:F-?)?\d{{5}}\s+{any_of('cities_fr')}(?!\w)", digits=5),
        Rule("address", rf"(?<!\w)\d{{5}}\s+{_CITY}\s+CEDEX(?:\s\d+)?", digits=5, needs="CEDEX"),
        Rule("address", r"(?<!\w)(?:BP|B\.P\.|CS|PO Box|P\.O\. Box)\s?\d{2,6}(?!\w)", digits=2),
        Rule(
            "address",
            rf"(?<!\w)(?:{_CITY},? )?[A-Z]{{1,2}}\d[A-Z\d]? \d[A-Z]{{2}}(?!\w)",
            digits=2,
        ),
        Rule(
            "address",
            rf"(?<!\w)(?:F-?)?(?:\d{{5}}|2[AB]\d{{3}}) [{UPPER}][{LOWER}'’-]*(?!\w)",
            digits=4,
        ),
        Rule(
            "address",
            rf"(?<!\w){_CITY}, [A-Z]{{2}} \d{{5}}(?:-\d{{4}})?(?!\d)",
            digits=5,
            needs=", ",
        ),
        Rule("place", rf"(?<!\w){place}"),
        Rule("place", rf"(?<!\w)(?:Royal )?(?:Infirmary|Hospital|University) of {_CITY}"),
        Rule(
            "place", rf"(?<!\w)(?:[{UPPER}][{LOWER}'’-]+\s+){{1,3}}{any_of('places_after')}(?!\w)"
        ),
    )


def _is_date(text: str) -> bool:
    numbers = [int(number) for number in re.findall(r"\d+", text)[:3]]
    if numbers[0] > 31:
        return 1 <= numbers[1] <= 12 and 1 <= numbers[2] <= 31
    days, months = max(numbers[:2]), min(numbers[:2])
    return 1 <= days <= 31 and 1 <= months <= 12


def _is_long_phone(text: str) -> bool:
    return count_digits(text) >= 7


def _is_long(text: str) -> bool:
    return count_digits(text) >= 8


def _is_reference(text: str) -> bool:
    """A number that names something, and no result, interval or count."""
    interval = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*[-–/]\s*(\d+(?:[.,]\d+)?)", text)
    if interval and count_digits(text) >= 9:
        low, high = (float(limit.replace(",", ".")) for limit in interval.groups())
        return low > high
    if interval or (re.fullmatch(r"\d+(?:[.,]\d+)?", text) and not re.fullmatch(r"\d{5,}", text)):
        return False
    digits = count_digits(text)
    return digits >= 5 or (digits >= 3 and any(character.isalpha() for character in text))


def _is_code(text: str) -> bool:
    """Letters and six digits or more; a dbSNP number names a variant, not a person."""
    return count_digits(text) >= 6 and not re.fullmatch(r"(?:rs|RS)\d+", text)
