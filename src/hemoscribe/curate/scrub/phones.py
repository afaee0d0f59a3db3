"""Telephone numbers: French, foreign, in odd groups, with the letter O for a zero, short ones."""

from __future__ import annotations

import re

from hemoscribe.curate.scrub.rule import Rule
from hemoscribe.curate.scrub.word_lists import any_of, count_digits
from hemoscribe.curate.scrub.word_starts import gate_of


def phone_rules() -> tuple[Rule, ...]:
    """What is dialled, the sure shapes first."""
    labels = any_of("phone_labels")
    french = r"(?:(?:\+|00)\s?33\s?(?:\(0\)\s?)?[ .-]?|0)[1-9](?:[ .\-/\u00a0]?\d{2}){4}"
    international = r"\+\d{1,3}(?:[ .()-]{0,2}\d{1,4}){2,6}"
    american = r"(?:\+?1[ .-])?(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4}"
    british = r"(?:\(0\d{2,4}\)\s?|0\d{2,4}[ -])\d{3,4}[ -]?\d{3,4}"
    return (
        # A date with a time after it has ten digits in pairs as well.
        Rule(
            "phone",
            rf"(?<![\d.,])(?!\d\d/\d\d/\d{{4}} \d\d:){french}(?!\d)",
            strong=True,
            digits=10,
        ),
        Rule("phone", rf"{international}(?!\d)", True, _is_long_phone, digits=7, needs="+"),
        Rule("phone", rf"(?<!\d){american}(?!\d)", strong=True, digits=10, when=r"\d{3}[.-]\d{4}"),
        Rule("phone", rf"(?<![\d.,]){british}(?!\d)", strong=True, digits=10),
        Rule("phone", r"(?<![\w.,])0(?: ?\d){9}(?! ?\d)", digits=10),
        Rule(
            "phone",
            r"(?<!\d)(?:\(\s?\d{3}\s?\)|\d{3}\s?-)\s?\d{3}\s?-\s?\d{4}(?!\d)",
            strong=True,
            digits=10,
            needs="-",
        ),
        *_odd_ones(),
        Rule(
            "phone",
            rf"(?<!\w)(?i:{labels})\s*[:.]?\s*([+(]?\d[\d .()/-]{{5,}}\d)",
            accept=_is_long_phone,
            digits=7,
            words=gate_of(f"{labels} "),
        ),
        *_inside_ones(),
        Rule(
            "phone",
            rf"(?<!\w)(?i:{any_of('short_phone_labels')})(?:\s+(?i:au|le|à|at|on|interne|numéro))*"
            r"\s*[:.]?\s*(\d{4,6})(?!\w|[.,/]\d|\s?[%/])",
            digits=4,
            words=gate_of(f"{any_of('short_phone_labels')} "),
        ),
    )


def _inside_ones() -> tuple[Rule, ...]:
    """Lines of the house: "poste 5512", "DECT 64 107", "Garde (nuit) : 6 2215", "au 75.204"."""
    lines, desks = any_of("inside_lines"), any_of("desks")
    called = any_of("called_at")
    # Up to six digits in groups, however they are parted; a quantity or a time is none.
    line = r"(\d(?:[ .-]?\d){2,5})(?![\w%]|[.,:/ -]\d|\s?(?:%|/|[mµ]?[lLgG]\b|h\b))"
    between = r"(?:\s*(?:n°|\([^()\n]{1,20}\)|:|\.|au|le|du|de|at|on|is|est|interne|direct))*\s*"
    return (
        Rule(
            "phone",
            rf"(?<!\w)(?i:{lines})(?!\w){between}{line}",
            digits=3,
            words=gate_of(f"{lines} "),
        ),
        Rule(
            "phone",
            rf"(?<!\w)(?i:{desks})(?:[ ][^\W\d]+){{0,3}}(?:\s?\([^()\n]{{1,20}}\))?\s?:\s?"
            rf"(?=(?:\D?\d){{4}}){line}",
            digits=4,
            words=gate_of(f"{desks} "),
        ),
        Rule(
            "phone",
            rf"(?<!\w)(?i:{called})(?:[ ](?:d['’]|l['’])?[^\W\d]+){{0,6}}[ ](?i:au|on)[ ](?="
            rf"(?:\D?\d){{4}}){line}",
            accept=lambda text: not text.startswith(("19", "20")) or count_digits(text) > 4,
            digits=4,
            words=gate_of(f"{called} "),
        ),
        # "555-0188 x14", "Ward office 555-0188"
        Rule(
            "phone",
            r"(?<![\w-])(\d{3}-\d{4})\s?(?:x|ext\.?)\s?(\d{2,6})(?!\w)",
            digits=9,
            needs="-",
        ),
        Rule("phone", r"(?<![\w-])(555-\d{4})(?![\w-])", digits=7, needs="-"),
        # "(02) 98 52 60 60"
        Rule(
            "phone", r"(?<!\d)\(0\d\)\s?\d{2}(?:[ .-]?\d{2}){3}(?!\d)", True, digits=10, needs="("
        ),
        # "(0)3 87 27 33 10"
        Rule(
            "phone",
            r"(?<![\w)])\(0\)\s?[1-9](?:[ .\-/]?\d{2}){4}(?!\d)",
            strong=True,
            digits=10,
            needs="(0)",
        ),
    )


def _odd_ones() -> tuple[Rule, ...]:
    pairs = r"(?:[ .\-/\u00a0]?[\dOo]{2})"
    return (
        # A letter O for a zero, wherever it stands among the digits.
        Rule(
            "phone",
            rf"(?<![\w.,])(?:\+33[ .]?|[0Oo])[1-9]{pairs}{{4}}(?!\w)",
            strong=True,
            accept=_has_letter,
            digits=5,
            when=r"[Oo][ .\-/\u00a0]?\d|\d[ .\-/\u00a0]?[Oo]",
        ),
        Rule(
            "phone",
            r"(?<!\d)\(\s?(?:\+|00)?33\s?\)[ .]?0?[1-9](?:[ .\-/]?\d{2}){4}(?!\d)",
            strong=True,
            digits=11,
            needs=")",
        ),
        # "05.42.0924.67": ten digits in groups of two or more, however they are parted.
        Rule(
            "phone",
            r"(?<![\w.,/-])0[1-9](?:[ .\-_\u00a0]{0,3}\d){8}(?!\w|[.,]\d)",
            accept=_has_whole_groups,
            digits=10,
        ),
        Rule(
            "phone",
            r"(?<![\w.,/-])00[ .]?[1-9]\d{0,2}(?:[ .()/-]{0,2}\d{1,4}){2,6}(?!\w|[.,]\d)",
            accept=lambda text: 10 <= count_digits(text) <= 15,
            digits=10,
        ),
    )


def _is_long_phone(text: str) -> bool:
    return count_digits(text) >= 7


def _has_letter(text: str) -> bool:
    return "o" in text.lower()


def _has_whole_groups(text: str) -> bool:
    groups = re.findall(r"\d+", text)
    return len(groups) > 1 and all(len(group) >= 2 for group in groups)
