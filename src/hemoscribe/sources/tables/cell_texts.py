"""A spreadsheet's cells as the texts a person sees: 12.30 by its number format, dates as dates."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache

_ASIDES = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_PLAIN = re.compile(r"^[^0#?]*(?P<whole>[#0?,]+)(?:\.(?P<decimals>[0#?]+))?(?P<rest>[^0#?]*)$")
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
    """A number with the decimals its format shows; never fewer digits than ``General`` would lose.

    A scientific format, or one that is no plain number, shows the number whole: what such a format
    rounds away is still in the cell.
    """
    shape = _shape(number_format or "General")
    if isinstance(value, int) and abs(value) > _MAX_FLOAT:
        return str(value)  # no format of a spreadsheet shows a whole number that long
    if shape is None:
        return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)
    least, decimals, percent = shape
    shown = value * 100 if percent else value
    text = f"{shown:.{decimals}f}"
    if least > 1:
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        whole, point, fraction = digits.partition(".")
        text = f"{sign}{whole.zfill(least)}{point}{fraction}"
    return f"{text}%" if percent else text


@lru_cache(maxsize=4096)
def _shape(number_format: str) -> tuple[int, int, bool] | None:
    """(least digits before the point, decimals, in percent); None: shown as it is."""
    first = _ASIDES.sub("", number_format.split(";")[0])
    match = _PLAIN.match(first)
    if match is None or "E" in first.upper() or "/" in first or "#" in (match["decimals"] or ""):
        return None
    return match["whole"].count("0"), len(match["decimals"] or ""), "%" in first
