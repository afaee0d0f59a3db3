"""Numbers as laboratories print them: comparators, either decimal mark, flags after the value."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from hemoscribe.knowledge.analytes import load_yaml
from hemoscribe.records import RejectCode

MAX_TEXT_CHARACTERS = 64
MAX_MAGNITUDE = 1e15
_SIGNS = str.maketrans(
    {
        "≤": "<=",
        "≥": ">=",
        "−": "-",
        "–": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "’": " ",
        "'": " ",
    }
)
_COMPARATORS = {
    "<": "<", "<=": "<=", "=<": "<=", ">": ">", ">=": ">=", "=>": ">=", "=": None, "": None,
    "inf a": "<", "inferieur a": "<", "less than": "<",
    "sup a": ">", "superieur a": ">", "greater than": ">", "more than": ">",
}  # fmt: skip
_PLAIN_LETTERS = str.maketrans("éà", "ea", ".")
_VALUE = re.compile(
    r"(?P<comparator><=|>=|=<|=>|<|>|=|inf\.? [aà]|sup\.? [aà]|inf[eé]rieur [aà]|sup[eé]rieur [aà]"
    r"|less than|greater than|more than|)\s*"
    r"(?P<number>[+-]?(?:\d[\d .,]*|[.,]\d+)(?:e[+-]?\d{1,2})?)"
    r"\s*(?P<flag>\(?\[?(?:hh|ll|h|l|n|a|\*{1,3}|!|↑{1,2}|↓{1,2}|high|low|\+{1,2}|-{1,2})\]?\)?)?",
    re.IGNORECASE,
)
_GROUPED_SPACE = re.compile(r"[+-]?\d{1,3}(?: \d{3})+(?:[.,]\d+)?$")
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}$")


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """A printed value: the number, or the reject code that says why there is none.

    ``alternative`` is the other reading of a text such as "1,234": a thousands mark.
    """

    number: float | None
    comparator: str | None = None
    flag: str | None = None
    alternative: float | None = None
    trouble: RejectCode | None = None


@lru_cache(maxsize=1)
def _words() -> tuple[tuple[str, ...], frozenset[str], dict[str, str], dict[str, str]]:
    lists = load_yaml("values.yaml")
    flags = {str(word): code for code, words in lists["flags"].items() for word in words}
    status = {str(word): code for code, words in lists["status"].items() for word in words}
    return tuple(lists["unusable_sample"]), frozenset(map(str, lists["no_value"])), flags, status


def flag_words() -> dict[str, str]:
    """Laboratory flags by their casefolded spelling."""
    return _words()[2]


def status_words() -> dict[str, str]:
    """Result statuses by their casefolded spelling."""
    return _words()[3]


@lru_cache(maxsize=65536)
def read_number(text: str) -> ReadNumber:
    """The number of a printed text, or why there is none."""
    plain = text.translate(_SIGNS).strip().strip('"').strip()
    folded = plain.casefold()
    unusable, no_value, _, _ = _words()
    if not plain or folded in no_value:
        return ReadNumber(None, trouble=RejectCode.NO_VALUE)
    match = _VALUE.fullmatch(plain) if len(plain) <= MAX_TEXT_CHARACTERS else None
    if match is None:
        bad = any(word in folded for word in unusable)
        trouble = RejectCode.UNUSABLE_SAMPLE if bad else RejectCode.NOT_A_NUMBER
        return ReadNumber(None, trouble=trouble)
    number, alternative = _numbers(match["number"].strip())
    if number is None or abs(number) > MAX_MAGNITUDE:
        return ReadNumber(None, trouble=RejectCode.NOT_A_NUMBER)
    comparator = _comparator(match["comparator"])
    flag = (match["flag"] or "").strip("()[]").casefold()
    return ReadNumber(number, comparator, flag_words().get(flag), alternative)


def _comparator(text: str) -> str | None:
    return _COMPARATORS[text.casefold().translate(_PLAIN_LETTERS)]


def _numbers(text: str) -> tuple[float | None, float | None]:
    """(number, other reading); None when the marks make no number."""
    mantissa, mark, exponent = text.casefold().partition("e")
    mantissa = mantissa.strip()
    if " " in mantissa:
        if not _GROUPED_SPACE.fullmatch(mantissa):
            return None, None
        mantissa = mantissa.replace(" ", "")
    alternative = None
    if _ONE_GROUP.fullmatch(mantissa) and not mark:
        alternative = float(mantissa.replace(",", ""))
    if "," in mantissa and "." in mantissa:
        decimal = max(mantissa, key=lambda sign: mantissa.rfind(sign) if sign in ",." else -1)
        grouping = "," if decimal == "." else "."
        if not re.fullmatch(rf"[+-]?\d{{1,3}}(?:\{grouping}\d{{3}})+\{decimal}\d+", mantissa):
            return None, None
        mantissa = mantissa.replace(grouping, "")
    elif mantissa.count(",") > 1 or mantissa.count(".") > 1:
        grouping = "," if "," in mantissa else "."
        if not re.fullmatch(rf"[+-]?\d{{1,3}}(?:\{grouping}\d{{3}})+", mantissa):
            return None, None
        mantissa = mantissa.replace(grouping, "")
    try:
        return float(mantissa.replace(",", ".") + (f"e{exponent}" if mark else "")), alternative
    except ValueError:
        return None, None


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """A printed range: either limit may be missing.

    ``alternative`` is the other reading of commas that may mark thousands, as in "150,000-400,000".
    """

    low: float | None
    high: float | None
    alternative: ReadLimits | None = None


_SPAN = re.compile(
    r"\(?\[?\s*(?P<low>[+-]?[\d.,]+(?: \d{3})*(?:[.,]\d+)?)\s*(?:-|to|à|a|_|\.\.|;)\s*"
    r"(?P<high>[+-]?[\d.,]+(?: \d{3})*(?:[.,]\d+)?)\s*\]?\)?",
    re.IGNORECASE,
)


@lru_cache(maxsize=65536)
def read_limits(low: str | None, high: str | None) -> ReadLimits:
    """A range from its two texts; "3.5-5.5" or "<5" in either place is understood.

    Limits that make no range (the low one above the high one, text) are left out.
    """
    for text in (low, high):
        if text is None or (low is not None and high is not None and low != high):
            continue
        span = _SPAN.fullmatch(text.translate(_SIGNS).strip())
        if span is not None:
            return _ordered(span["low"], span["high"])
    lower, upper = (None if text is None else read_number(text) for text in (low, high))
    if lower is not None and lower.number is not None and lower.comparator in ("<", "<="):
        return _ordered(None, low)
    if upper is not None and upper.number is not None and upper.comparator in (">", ">="):
        return _ordered(high, None)
    limits = _ordered(low, high)
    # a range printed as "0" alone: none is expected (blasts, erythroblasts)
    return ReadLimits(None, 0.0) if limits == ReadLimits(0.0, None) else limits


def _ordered(low: str | None, high: str | None) -> ReadLimits:
    """Two limits, and their other reading where neither of them tells what a comma marks."""
    texts = [text for text in (low, high) if text is not None]
    read = [_NO_LIMIT if text is None else read_number(text) for text in (low, high)]
    decimal = _in_order(*(one.number for one in read))
    if all(one.alternative is None for one in read):
        return decimal
    thousands = _in_order(
        *(one.number if one.alternative is None else one.alternative for one in read)
    )
    if any("," in text and read_number(text).alternative is None for text in texts):
        return decimal
    if any("." in text for text in texts) or decimal == _NO_RANGE:
        return thousands
    return replace(decimal, alternative=None if thousands == _NO_RANGE else thousands)


def _in_order(low: float | None, high: float | None) -> ReadLimits:
    return (
        _NO_RANGE if low is not None and high is not None and low > high else ReadLimits(low, high)
    )


_NO_LIMIT = ReadNumber(None)
_NO_RANGE = ReadLimits(None, None)
