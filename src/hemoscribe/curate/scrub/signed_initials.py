"""Initials and logins of the staff: "VB : JMR", "tapé par sg", "by jsmith at 0915", "12/04 PLR :".

Two to four letters are also how a laboratory shortens what it does, so they must stand where only
who did something can stand, and shorten nothing known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from hemoscribe.curate.scrub.capital_words import is_known
from hemoscribe.curate.scrub.name_shapes import is_word
from hemoscribe.curate.scrub.word_lists import SPACE, as_typed, word_set
from hemoscribe.curate.scrub.word_starts import gate_of

_BY = frozenset(("par ", "by ", "per "))
_INITIALS = r"[A-Z]{2,4}|[A-Z]\.(?:-?[A-Z]\.?){1,2}|[a-z]{2,4}"
_END = rf"(?![\w@'’]|[.-]\w|{SPACE}[a-z]{{3,}}-|{SPACE}?[=<>])"


def find_initials(text: str, starts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where initials and logins start and end.

    Args:
        text: the text, or its shape.
        starts: how its words begin (``word_starts``).
    """
    patterns = []
    if not starts.isdisjoint(_labels_gate()):
        patterns.append(_behind_label())
    if not starts.isdisjoint(_BY):
        patterns += [_behind_verb(), _behind_by(), _login()]
    if "_" in text:
        patterns.append(_login_with_initial())
    if "(" in text:
        patterns.append(_login_in_brackets())
    if text[:1].isdigit() or "\n" in text or "(" in text or "[" in text:
        patterns.append(_behind_date())
    for pattern in patterns:
        for match in pattern.finditer(text):
            for group in range(1, pattern.groups + 1):
                if match.group(group) and _may_be_initials(match.group(group)):
                    yield match.span(group)


def _may_be_initials(word: str) -> bool:
    plain = word.replace(".", "").replace("-", "").rstrip("0123456789")
    plain = max(plain.split("_"), key=len)
    if plain.casefold() in word_set("no_initials"):
        return False
    return not (is_word(plain) or is_known(plain) or is_known(plain.upper()))


@cache
def _labels_gate() -> frozenset[str]:
    return gate_of(f"{as_typed('initials_labels')} ")


@cache
def _behind_label() -> re.Pattern[str]:
    labels, bare = as_typed("initials_labels"), as_typed("bare_initials")
    between = rf"(?:{SPACE}[a-zé]+){{0,2}}{SPACE}?"
    return re.compile(
        rf"(?<![\w-])(?:(?i:{labels})(?!\w){between}[:=/]{SPACE}?|(?i:{bare}){SPACE}(?=[A-Z]{{2,3}}{_END}))"
        rf"({_INITIALS}){_END}"
    )


@cache
def _behind_verb() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w-])(?i:{as_typed('initials_verbs')})(?:{SPACE}[a-zé]+){{0,2}}{SPACE}"
        rf"(?i:par|by|per){SPACE}({_INITIALS})(?:{SPACE}?[/+&]{SPACE}?([A-Z]{{2,4}}))?{_END}"
    )


@cache
def _behind_by() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w)(?:by|per){SPACE}([A-Z]{{2,3}})(?={SPACE}?[.,;)\n]|$|{SPACE}(?:at|on|@){SPACE}\d)"
    )


@cache
def _login() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w)(?:by|par){SPACE}([a-z][a-z0-9]{{2,}}(?:[._-][a-z0-9]+)*)"
        rf"(?={SPACE}(?:at|on|@|à|le){SPACE}?\d)"
    )


@cache
def _login_with_initial() -> re.Pattern[str]:
    """ "kerbrat_m", "j_lemoine"."""
    return re.compile(r"(?<![\w.@/-])([a-z]{4,}_[a-z]|[a-z]_[a-z]{4,})(?![\w.@/-])")


@cache
def _login_in_brackets() -> re.Pattern[str]:
    """ "(mwilson4)": more letters than a gene has, and no word."""
    return re.compile(r"\(([a-z]{5,}\d{1,2}|[a-z]\.[a-z]{3,}|[a-z]{3,}_[a-z]{1,3})\)")


@cache
def _behind_date() -> re.Pattern[str]:
    """A line of a diary: "12/04 PLR : hémocultures", "[12/04 08:30 SD]"."""
    date = r"\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?"
    hour = r"(?:[ ,à-]{1,3}\d{1,2}[h:H]\d{0,2})?"
    return re.compile(
        rf"(?:^|[\n(\[])[ \t]*{date}{hour}\)?{SPACE}?[-–]?{SPACE}?([A-Z]{{2,3}})"
        rf"(?={SPACE}?[:)\]]|{SPACE}[-–]{SPACE})"
    )
