"""Dates in every way they are written, and ages over 89."""

from __future__ import annotations

import re

from hemoscribe.curate.scrub.rule import Rule
from hemoscribe.curate.scrub.word_lists import LOWER, any_of, word_lists
from hemoscribe.curate.scrub.word_starts import gate_of

_MONTH = rf"(?i:{any_of('months')})"
_MONTHS = gate_of(f"{any_of('months')} ")
_WEEKDAYS = (
    *("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
)
_SHORT_WEEKDAYS = (
    *("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
    *("mon", "tues?", "wed", "thu", "thurs", "fri", "sat", "sun"),
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:er|st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d{2}"
_A_YEAR = rf"(?<!\d){_YEAR}(?!\w)"
_LIVED = r"(?:19[2-9]|20[0-4])\d"
_NUMERIC = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))"


def date_rules() -> tuple[Rule, ...]:
    """Dates, then ages that are too rare to tell."""
    return (
        *_in_digits(),
        *_odd_digits(),
        *_weekdays(),
        *_with_months(),
        *_in_words(),
        *_parts_of_dates(),
        *_ages(),
    )


def _in_digits() -> tuple[Rule, ...]:
    # A time of day tells nobody, a stamp with its zone does as any number of a machine.
    stamp = r"(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?"
    before = r"(?i:les?|du|au|depuis|dès|on|since|dated|née?|born|dob)"
    spans = r"(?i:ans|mois|semaines?|jours?|heures?|years|months|weeks|days|hours)(?!\w)"
    no_span = rf"(?!\s?(?:mm|%|rempli|plein|dilu|{spans}))"
    return (
        Rule("date", rf"(?<![\d/.-]){_NUMERIC}{stamp}(?![\d/])", True, _is_date, digits=3),
        # "08-09/08/07": from the eighth to the ninth.
        Rule(
            "date",
            rf"(?<![\w/.-])\d{{1,2}}-{_NUMERIC}(?![\d/])",
            accept=lambda text: _is_date(text.split("-", 1)[1]),
            digits=4,
            needs="-",
        ),
        # "22|8|1923", "07 . 03 . 1958", "18X2027": what a scanner or a hurried hand makes of it.
        Rule(
            "date",
            rf"(?<![\w.,/-])\d{{1,2}}\s?[-/.|\\_]\s?\d{{1,2}}\s?[-/.|\\_]\s?{_YEAR}(?!\w|[.,]\d)",
            True,
            _is_date,
            digits=6,
        ),
        Rule(
            "date",
            rf"(?<!\w){before}\s*:?\s*(\d{{1,2}}\s?/\s?\d{{1,2}})(?![\d/]){no_span}",
            accept=lambda text: _is_date(f"{text}/2000"),
            digits=2,
            needs="/",
        ),
    )


def _odd_digits() -> tuple[Rule, ...]:
    """ "1er/02/1963", "DN 02 01 1960", "1 7 / 0 9 / 1 9 4 6"."""
    noun = "|".join(word_lists()["dated_things"])
    apart = r"\d \d ?[-/.|] ?\d \d ?[-/.|] ?\d \d \d \d"
    return (
        Rule(
            "date",
            rf"(?<![\w.,/-])1(?:er|ER|ᵉʳ)[-/. ]\d{{1,2}}[-/. ](?:{_YEAR}|\d{{2}})(?!\w|[.,/]\d)",
            digits=4,
            when=r"\d(?:er|ER|ᵉʳ)[-/. ]\d",
        ),
        Rule(
            "date",
            rf"(?<![\w.,/-])(?<!\d ){apart}(?!\w|[.,/ ]\d)",
            accept=lambda text: _is_date(text.replace(" ", "")),
            digits=8,
            when=r"\d \d",
        ),
        Rule(
            "date",
            rf"(?<![\w.,/-])(?<!\d )\d{{2}} \d{{2}} {_YEAR}(?!\w|[.,/ ]\d)",
            accept=_is_date,
            digits=8,
            when=r"\d\d \d\d \d{4}",
        ),
        # "since last March"
        Rule(
            "date",
            rf"(?<!\w)(?i:{'|'.join(word_lists()['before_months'])}) ({_MONTH})(?!\w)",
            words=_MONTHS,
        ),
        # "28 VIII 2019"
        Rule(
            "date",
            rf"(?<![\w.,/-])\d{{1,2}}[ ./-](?:I{{1,3}}|I[VX]|VI{{0,3}}|XI{{0,2}})[ ./-]"
            rf"(?:{_YEAR}|\d{{2}})(?!\w|[.,]\d)",
            digits=3,
            when=r"[IVX][ ./-]\d\d",
        ),
        # "rdv le 26 06"
        Rule(
            "date",
            r"(?<!\w)(?i:le|du|rdv|on) (\d{2} [01]\d)(?!\w|[ .,/-]\d|\s?"
            r"(?:%|[a-zµ]{1,4}/|ans|mois|jours))",
            accept=lambda text: _is_date(f"{text} 2000"),
            digits=4,
            when=r"\d\d \d\d",
        ),
        # A line of a diary: "12/04 PLR : hémocultures", "13/04 : RAS"
        Rule(
            "date",
            r"(?:^|\n)[ \t]*(\d{1,2}/\d{1,2})(?=(?: \d{1,2}[h:]\d{0,2})?(?: "
            r"(?:Dr |Mme |M\. )?[^\W\d]{2,12}\.?)?\s?:\s)",
            accept=lambda text: _is_date(f"{text}/2000"),
            digits=2,
            needs="/",
        ),
        # "Date de naissance 270849"
        Rule(
            "date",
            r"(?<!\w)(?i:date de naissance|né\(?e?\)? le|ddn|d\.o\.b\.?|dob|date of birth)\s*:?\s*"
            r"(\d{6}|\d\d \d\d \d\d)(?!\w|[.,]\d)",
            digits=6,
        ),
        # "ordonnance du 12.03"
        Rule(
            "date",
            rf"(?<!\w)(?i:{noun}) (?i:du|of|from) (\d{{1,2}}\.\d{{2}})(?!\w|[.,]\d|\s?[%/])",
            accept=lambda text: _is_date(f"{text}.2000"),
            digits=2,
            needs=".",
            words=gate_of(f"(?:{noun}) "),
        ),
    )


def _weekdays() -> tuple[Rule, ...]:
    """The day of the week goes with its date: "mardi 9 avril", "lundi 14"; "Sat 98" is oxygen."""
    whole, any_day = "|".join(_WEEKDAYS), "|".join((*_WEEKDAYS, *_SHORT_WEEKDAYS))
    with_month = rf"(?:{_DAY},?\s+(?:de |of )?{_MONTH}|{_MONTH}\s+{_DAY})(?!\w)"
    gate = gate_of(f"(?:{whole}) ")
    return (
        Rule(
            "date",
            rf"(?<!\w)(?i:{any_day})[.,]?\s+(?:le |the )?(?={with_month})",
            digits=1,
            words=gate_of(f"(?:{any_day}) "),
        ),
        Rule(
            "date",
            rf"(?<!\w)(?i:{whole}),?\s+(?:le |the )?(?:(?={_NUMERIC})|{_DAY}/\d{{1,2}}(?![\w/]))",
            digits=2,
            words=gate,
        ),
        Rule(
            "date",
            rf"(?<!\w)(?i:{whole}),?\s+(?:le |the )?{_DAY}"
            r"(?=\s*(?:[,;.)\n](?!\d)|$|(?:à|au|et|at|vers)\s))",
            digits=1,
            words=gate,
        ),
    )


def _with_months() -> tuple[Rule, ...]:
    day, month = _DAY, _MONTH
    written = (
        (rf"{day},?\s*(?:of\s+|de\s+)?{month}(?:,?\s*\d{{4}}|\s+\d{{2}}(?!\d))?", 1),
        (rf"{month}\s+{day}(?:,?\s*\d{{4}})?", 1),
        (rf"{day}[-./]{month}[-./]\d{{2,4}}", 3),
        (rf"{month},?\s+\d{{4}}", 4),
        (rf"{month}\s+\d{{2}}(?!\s?[\d/%]|[.,:hH]\d|\s[a-zµ]{{1,4}}/)", 2),
        (rf"(?i:fin|début|debut|mi|late|early|mid|end of)[ -]{month}", 0),
        (rf"{_YEAR}\s+{month}(?:\s+{day}(?!\s?[\d:]))?", 4),
        # "from January to March 2019"
        (rf"{month}(?=\s*(?:à|au|-|–|et|to|and)\s*{month}\s+\d{{4}})", 4),
    )
    return tuple(
        Rule(
            "date",
            rf"(?<!\w){pattern}(?!\w)",
            strong=True,
            digits=digits,
            words=_MONTHS,
        )
        for pattern, digits in written
    )


def _in_words() -> tuple[Rule, ...]:
    """ "deux janvier mille neuf cent quatre", "the second of May two thousand and five"."""
    french, english = any_of("numbers_fr"), any_of("numbers_en")
    ordinal = any_of("ordinals_en")
    few, many = rf"{french}(?:[ -]{french}){{0,2}}", rf"{french}(?:[ -]{french}){{1,8}}"
    year = rf"{english}(?:[ -](?:and[ -])?{english}){{1,6}}"
    return (
        Rule(
            "date",
            rf"(?<!\w)(?i:(?:{few}|{_DAY})\s+{_MONTH}(?:\s+(?:{many}|\d{{4}}))?)(?!\w)",
            strong=True,
            accept=_has_words,
            words=_MONTHS,
        ),
        Rule(
            "date",
            rf"(?<!\w)(?i:(?:{ordinal}\s+(?:of\s+)?{_MONTH}|{_MONTH}\s+(?:the\s+)?{ordinal})"
            rf"(?:,?\s+(?:{year}|\d{{4}}))?)(?!\w)",
            strong=True,
            words=_MONTHS,
        ),
    )


def _parts_of_dates() -> tuple[Rule, ...]:
    """The first day of "18 et 19/01/2018", and years that say when."""
    no_quantity = r"(?!\w|[.,/]\d|\s?(?:[mµ]?[lLgG]|UI|U|%|pas|cells|copies|steps)(?!\w)|\s?/)"
    return (
        Rule(
            "date",
            rf"(?<!\w)(?i:les?|du|on|the|between|entre)\s(?:le\s)?({_DAY}(?:,\s?{_DAY}){{0,3}})"
            rf"(?=\s*(?:,|et|and|au|to|-|&)\s*(?:le\s)?(?:{_NUMERIC}|{_DAY}\s+{_MONTH}))",
            strong=True,
            digits=3,
            words=gate_of("les? |du |on |the |between |entre "),
        ),
        Rule(
            "date",
            rf"(?<!\w)(?i:{any_of('before_years')})[ \n-](?:l'année |l'an )?({_YEAR}){no_quantity}",
            digits=4,
            when=_A_YEAR,
        ),
        Rule(
            "date",
            rf"(?<!\w)(?i:{any_of('seasons')})[ -]{_YEAR}{no_quantity}",
            digits=4,
            when=_A_YEAR,
        ),
        # A year of a person's life, alone: "élue de 1995", "- 1966: traitement".
        Rule(
            "date",
            rf"(?<!\w)(?i:de|of|from|entre|between) ({_LIVED}){no_quantity}"
            r"(?!\s(?i:à|to|et|and)\s\d)",
            digits=4,
            when=_A_YEAR,
        ),
        Rule(
            "date",
            rf"(?:^|\n)[ \t]*[-–•*] ?({_LIVED})(?=[ ]?[:–-]|[ ][{LOWER}]{{2}}){no_quantity}",
            digits=4,
        ),
    )


def _ages() -> tuple[Rule, ...]:
    great = r"(?:9\d|1[01]\d)"
    years = r"\s?(?:ans|years?|y/?o)(?!\w)"
    return (
        Rule(
            "age",
            rf"(?<!\w)(?i:âgée?|agee?|aged?|âge|de)\s*:?\s*(?:de )?({great})(?={years})",
            digits=2,
            any_of=("ans", "year", "yo", "y/o"),
        ),
        Rule(
            "age",
            rf"(?<!\w)(?i:âgée?|agee?|aged|âge|age)\s*:?\s*(?:de )?({great})(?!\w|[.,]\d)",
            digits=2,
            any_of=("age", "âg"),
        ),
        Rule(
            "age",
            rf"(?<!\w)({great})(?=[ -](?i:years?[ -]old|y/?o)(?!\w))",
            digits=2,
            any_of=("year", "yo", "y/o"),
        ),
    )


def _is_date(text: str) -> bool:
    numbers = [int(number) for number in re.findall(r"\d+", text)[:3]]
    if numbers[0] > 31:
        return 1 <= numbers[1] <= 12 and 1 <= numbers[2] <= 31
    days, months = max(numbers[:2]), min(numbers[:2])
    return 1 <= days <= 31 and 1 <= months <= 12


def _has_words(text: str) -> bool:
    return len(text.split()) > 1
