"""Identifiers that a shape or a label gives away: every rule, the sure ones first."""

from __future__ import annotations

import re
from functools import cache

from hemoscribe.curate.scrub.addresses import address_rules
from hemoscribe.curate.scrub.national_numbers import is_nhs_number
from hemoscribe.curate.scrub.online import online_rules
from hemoscribe.curate.scrub.phones import phone_rules
from hemoscribe.curate.scrub.places import place_rules
from hemoscribe.curate.scrub.rule import Rule as Rule
from hemoscribe.curate.scrub.word_lists import any_of, count_digits
from hemoscribe.curate.scrub.word_starts import ahead_of, gate_of
from hemoscribe.curate.scrub.written_dates import date_rules


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, the strong ones first."""
    return (
        *online_rules(),
        *_national(),
        *_grouped(),
        *phone_rules(),
        *date_rules(),
        *_labelled(),
        *_bare(),
        *address_rules(),
        *place_rules(),
    )


def _national() -> tuple[Rule, ...]:
    nir = (
        r"(?<![\d.,])[1-478][ .-]?\d{2}[ .-]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .-]?(?:\d{2}|2[ABab])"
        r"[ .-]?\d{3}[ .-]?\d{3}(?:\s?[-./(]?\s?(?:clé\s?:?\s?)?\d{2}\)?)?(?!\d)"
    )
    # The same digits however they are parted, whatever month they say.
    any_nir = (
        r"(?<![\w.,])[1-8](?:[ ./_|-]{0,3}\d){4}[ ./_|-]{0,3}(?:\d[ ./_|-]{0,3}\d|2 ?[ABab])"
        r"(?:[ ./_|-]{0,3}\d){6}(?:[ ./_|-]{0,3}\d){2}(?!\w|[.,]\d)"
    )
    iban = r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"
    return (
        # Whether the key is right or mistyped, these digits in this order are a person's number.
        Rule("id", nir, strong=True, digits=12),
        Rule("id", any_nir, digits=14),
        # The French authority's object identifiers: of the INS, and of who gave a number.
        Rule("id", r"(?<![\w.])1\.2\.250(?:\.\d+){2,}", strong=True, digits=6, needs="."),
        Rule("id", r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])", strong=True, digits=9, needs="-"),
        Rule(
            "id",
            r"(?<!\d)\d{3}[ -]\d{3}[ -]\d{4}(?!\d)",
            strong=True,
            accept=is_nhs_number,
            digits=10,
        ),
        Rule("id", iban, strong=True, digits=12),
    )


def _grouped() -> tuple[Rule, ...]:
    """Numbers in groups, as cards, forms, plates and scanners print them."""
    return (
        Rule("id", r"(?<!\d)\d{4}(?:[ -]\d{4}){3}(?!\d)", strong=True, digits=16),
        Rule("id", r"(?<![\d.,])\d{3} \d{2} \d{4}(?![\d.,]\d|\d)", digits=9),
        # Digits read one by one by a scanner, or dictated; one and the same digit names nothing.
        Rule(
            "id",
            r"(?<![\w.,])\d(?: [\dAB]){7,}(?!\w)",
            accept=lambda text: len(set(text)) > 2,
            digits=8,
        ),
        Rule("id", r"(?<!\w)[A-Z]{2}-\d{3}-[A-Z]{2}(?!\w)", digits=3, needs="-"),
        Rule("id", r"(?<!\w)[A-Z]{2}\d{2} [A-Z]{3}(?!\w)", digits=2),
        # Numbers in groups, as cards and forms print them, whatever stands before.
        Rule("id", r"(?<![\w.,/-])\d{4}(?: \d{4}){2,}(?!\w|[.,]\d)", digits=12),
        Rule("id", r"(?<![\w.,/-])\d{2}(?: \d{2}){3,}(?!\w|[.,]\d)", digits=8),
        Rule("id", r"(?<![\w.,/-])\d{2,5}(?:-\d{2,5}){2,}(?![\w-])", accept=_is_long, digits=8),
        Rule("id", r"(?<![\w.,/-])\d{5,}[-/]\d{3,}(?![\w/-])", accept=_is_reference, digits=8),
        Rule("id", r"(?<!\w)(?=[A-Z]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z\d]{17}(?!\w)", digits=5),
    )


def _labelled() -> tuple[Rule, ...]:
    token = r"[A-Za-z0-9](?:[A-Za-z0-9/_.:-]*[A-Za-z0-9])?"
    link = (
        r"(?:\s*(?:n°|no\.?|number|numéro|:|#|=|is|est|id|du patient|de la patiente|of the patient"
        r"|\([\w/ ]{2,10}\)))*\s*"
    )
    ahead = ahead_of(any_of("strong_id_labels"))
    label = rf"(?<!\w){ahead}(?i:{any_of('strong_id_labels')})(?![^\W\d_]){link}"
    # Groups of at most four digits, as on a card; a number with a unit after it is no part of them.
    groups = r"(?=(?:\D{0,2}\d){6})[A-Z]{0,3} ?\d{1,4}(?:[ ./-]\d{1,4}){1,6}(?!\w|[.,]\d)"
    strong = rf"{label}({groups}|[A-Z]{{1,3}} \d{{4,}}(?!\w)|{token})(?!\w)"
    ahead = ahead_of(any_of("weak_id_labels"))
    weak = rf"(?<!\w){ahead}(?i:{any_of('weak_id_labels')}){link}({token})(?!\w)"
    # A letter may stand right behind a weak label: "ref" in "refAB1234".
    strong_ones = gate_of(f"{any_of('strong_id_labels')} ")
    weak_ones = gate_of(any_of("weak_id_labels"))
    return (
        Rule(
            "id", strong, accept=lambda text: count_digits(text) >= 3, digits=3, words=strong_ones
        ),
        Rule("id", weak, accept=_is_reference, digits=3, words=weak_ones),
        # "sous le n° 24 0117 5582"
        Rule(
            "id",
            r"(?<!\w)[nN][°º]\s?:?\s?(\d{1,4}(?:[ ./-]\d{2,4}){2,})(?!\w|[.,]\d)",
            accept=_is_long,
            digits=8,
            any_of=("n°", "nº"),
        ),
        # "n° receveur 56-0411872": whatever the number is of.
        Rule(
            "id",
            rf"(?<!\w)[nN](?:°|º|o\.|um\.)\s?(?:de |du |d['’])?[^\W\d]{{3,}}"
            rf"(?: [^\W\d]{{3,}})?\s?:?\s?({token})(?!\w)",
            accept=lambda text: _is_reference(text) or (_is_long(text) and "-" in text),
            digits=5,
        ),
    )


def _bare() -> tuple[Rule, ...]:
    """Numbers too long to be a result, and codes of letters and digits."""
    code = r"[A-Za-z]{1,6}\d*[-/_]?\d[\dA-Z]*(?:[-/_]\d[\dA-Z]*)*"
    return (
        Rule("id", r"(?<![\w.,])\d{7,}(?!\w|[.,]\d)", digits=7),
        Rule("id", rf"(?<![\w.,-]){code}(?!\w)", accept=_is_code, digits=6, skip=_behind_glued),
        Rule("id", r"(?<![\w.,-])\d{2,}[A-Z]{1,3}\d{4,}(?!\w)", digits=6),
        Rule(
            "id",
            r"(?<![\w.,/-])(?=[\d-]*[A-Z])\d[\dA-Z]*(?:-[\dA-Z]+)+(?![\w-])",
            accept=_is_code,
            digits=6,
        ),
        Rule("id", r"(?<![\w.,/-])(?:19|20)\d{2}[-/]\d{4,}(?![\w/-])", digits=8),
    )


def _behind_glued(text: str) -> int:
    """Where the number begins behind a label that touches it: "IPP8003417765"."""
    found = re.match(r"(?:IPP|NDA|IEP|NIP|NIR|INS|MRN)(?=\d)", text)
    return found.end() if found else 0


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
