"""A spreadsheet's cells as the texts a person sees: 12.30 by its number format, dates as dates."""

from __future__ import annotations

import math
import operator
import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from hemoscribe.sources.tables.analyte_names import is_unit
from hemoscribe.sources.tables.comparators import signs

_ASIDES = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_PLAIN = re.compile(r"^[^0#?]*(?P<whole>[#0?,]+)(?:\.(?P<decimals>[0#?]+))?(?P<rest>[^0#?]*)$")
_SECTION = re.compile(r'(?:"[^"]*"|\\.|[^;"\\])+|(?<=;)(?=;|$)')
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)\]")
_COMPARED = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
_PLACEHOLDER = re.compile(r"[0#?@]|General", re.IGNORECASE)
_ZERO = 2  # the section for zero
_PRECISE = Context(prec=400)
_MAX_FLOAT = 10**300
_DIGITS = 15  # of a float that a spreadsheet keeps


def cell_text(value: object, number_format: str = "General") -> str:
    """What a cell shows, as far as it changes the number: its decimals and its leading zeros."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return number_text(value, number_format)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S" if value.time() != time() else "%Y-%m-%d")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return " ".join(str(value).split())


def number_text(value: float, number_format: str = "General") -> str:
    """A number as its format shows it: its decimals, its sign of comparison, or a text for it.

    A scientific format, or one that is no plain number, shows the number whole: what such a format
    rounds away is still in the cell. Rounded as a spreadsheet does, halves away from zero.
    """
    shown = _shown_by(number_format or "General", value)
    shape, words = _shape(shown), _words(shown)
    if isinstance(value, int) and abs(value) > _MAX_FLOAT:
        return str(value)  # no format of a spreadsheet shows a whole number that long
    if shape is None:
        if words and not _PLACEHOLDER.search(_ASIDES.sub("", shown)):
            return words  # [<1]"<1"
        return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)
    least, decimals, percent = shape
    text = _rounded(value, decimals, percent=percent)
    if least > 1:
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        whole, point, fraction = digits.partition(".")
        text = f"{sign}{whole.zfill(least)}{point}{fraction}"
    before, after = _beside(shown)
    return f"{before}{text}%" if percent else f"{before}{text}{after}"


def _rounded(value: float, decimals: int, *, percent: bool) -> str:
    if not math.isfinite(value):
        return str(value)
    exact = Decimal(f"{value:.{_DIGITS}g}") if isinstance(value, float) else Decimal(value)
    whole = exact.scaleb(2, _PRECISE) if percent else exact
    return f"{whole.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _PRECISE):f}"


def _shown_by(number_format: str, value: float) -> str:
    """The section of a format that shows a number: by its conditions, else by the sign."""
    sections = _sections(number_format)
    if not any(condition for condition, _ in sections):
        texts = [text for _, text in sections]
        if value == 0 and len(texts) > _ZERO:
            return texts[_ZERO] or texts[0]
        return (texts[1] or texts[0]) if value < 0 and len(texts) > 1 else texts[0]
    for condition, text in sections:
        if condition is None or _COMPARED[condition[0]](value, condition[1]):
            return text
    return "General"


@lru_cache(maxsize=4096)
def _sections(number_format: str) -> tuple[tuple[tuple[str, float] | None, str], ...]:
    """Each section of a format, and its condition where it has one: ``[<1]"<1";0.0``."""
    found = []
    for text in _SECTION.findall(number_format):
        match = _CONDITION.search(text)
        found.append(((match[1], float(match[2])) if match else None, text))
    return tuple(found) or ((None, "General"),)


@lru_cache(maxsize=4096)
def _words(section: str) -> str:
    """What a section shows beside the number, quoted or escaped."""
    return "".join(a or b for a, b in _LITERAL.findall(section)).strip()


@lru_cache(maxsize=4096)
def _beside(section: str) -> tuple[str, str]:
    """The comparator that a section shows before a number and the unit after it, if it does."""
    bare = _ASIDES.sub(lambda aside: " " * len(aside[0]), section)
    digits = [match.start() for match in _PLACEHOLDER.finditer(bare)]
    first, last = (digits[0], digits[-1] + 1) if digits else (len(section), len(section))
    before, after = _words(section[:first]), _words(section[last:])
    return (before if before in signs() else ""), (f" {after}" if is_unit(after) else "")


@lru_cache(maxsize=4096)
def _shape(section: str) -> tuple[int, int, bool] | None:
    """(least digits before the point, decimals, in percent); None: shown as it is."""
    first = _ASIDES.sub("", section)
    match = _PLAIN.match(first)
    if match is None or "E" in first.upper() or "/" in first or "#" in (match["decimals"] or ""):
        return None
    return match["whole"].count("0"), len(match["decimals"] or ""), "%" in first
