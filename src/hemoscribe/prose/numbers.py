"""How a result's value and limits are printed: in its own unit, one number of decimals.

The value is the laboratory's own text wherever it has one. Limits are converted back from the
canonical unit, and take as many decimals as it needs for the printed numbers to tell the same story
as the flag (a value of 5.04 above a limit of 5.02 is never printed as 5.0 against 5.0).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from hemoscribe.knowledge import analytes, display_unit, linear_conversion
from hemoscribe.records import FlaggedResult, Language

MAX_DECIMALS = 4
_SIGNIFICANT = 4
_SHOWN_DIGITS = 3
_MARK: Mapping[Language, Mapping[int, str | int]] = {"en": {}, "fr": str.maketrans(".", ",")}


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A printed result: ``value`` with its comparator, ``unit``, ``range`` without brackets."""

    value: str
    unit: str
    range: str


def show(result: FlaggedResult, language: Language) -> ShownResult:
    """A result's value, unit and range as text, with the language's decimal mark."""
    unit = result.reported_unit or result.unit
    scale, offset = _from_canonical(result.analyte, unit)
    value = result.value * scale + offset
    low, high = (
        None if limit is None else limit * scale + offset for limit in (result.low, result.high)
    )
    decimals = _decimals(result, value, low, high)
    mark = _MARK[language]

    def text(number: float) -> str:
        return f"{number:.{decimals}f}".translate(mark)

    if low is not None and high is not None:
        limits = f"{text(low)}-{text(high)}"
    elif high is not None:
        limits = f"<{text(high)}"
    elif low is not None:
        limits = f">{text(low)}"
    else:
        limits = ""
    return ShownResult((result.comparator or "") + text(value), display_unit(unit), limits)


@lru_cache(maxsize=4096)
def _from_canonical(analyte: str, unit: str) -> tuple[float, float]:
    """(scale, offset) that turn a canonical value into ``unit``."""
    scale, offset = linear_conversion(analyte, unit)
    return 1 / scale, -offset / scale


def _decimals(result: FlaggedResult, value: float, low: float | None, high: float | None) -> int:
    limits = [limit for limit in (low, high) if limit is not None]
    converted = result.range_source == "knowledge" and result.reported_unit is not None
    needed = [_width_decimals(limits)] if converted else [_needed_decimals(n) for n in limits]
    wanted: int = max([_printed_decimals(result.reported_value), *needed])
    if result.reported_unit is None:
        wanted = max(wanted, analytes()[result.analyte].decimals)
    decimals = min(wanted, MAX_DECIMALS)
    while decimals < MAX_DECIMALS and any(
        _order(value, limit) != _order(round(value, decimals), round(limit, decimals))
        for limit in limits
    ):
        decimals += 1
    return decimals


def _width_decimals(limits: list[float]) -> int:
    """Decimals that give a range's width two significant digits: our limits in another's unit."""
    width: float = (abs(limits[-1] - limits[0]) or abs(limits[0])) if limits else 0.0
    return max(0, 1 - math.floor(math.log10(width))) if width else 0


def _printed_decimals(text: str) -> int:
    number = text.strip().lstrip("<>=≤≥ ").replace(",", ".")
    whole, mark, fraction = number.partition(".")
    del whole
    return len(fraction) if mark and fraction.isdigit() else 0


def _needed_decimals(number: float) -> int:
    """Decimals of a number once rounded to four significant digits."""
    if number == 0:
        return 0
    digits = _SIGNIFICANT - 1 - math.floor(math.log10(abs(number)))
    text = f"{round(number, digits):.{max(digits, 0)}f}"
    return len(text.rstrip("0").partition(".")[2])


def _order(left: float, right: float) -> int:
    return 0 if math.isclose(left, right, rel_tol=1e-9) else (1 if left > right else -1)


def show_number(number: float, language: Language) -> str:
    """A printed limit, as it stands in the laboratory's unit."""
    return f"{number:.6g}".translate(_MARK[language])


def show_index(value: float, unit: str, language: Language) -> tuple[str, str]:
    """(number, unit) of an index as a text quotes it: to three digits; "" where it has no unit."""
    if value == 0:
        text = "0"
    else:
        digits = _SHOWN_DIGITS - 1 - math.floor(math.log10(abs(value)))
        text = f"{round(value, digits):.{max(digits, 0)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.translate(_MARK[language]), "" if unit == "1" else display_unit(unit)
