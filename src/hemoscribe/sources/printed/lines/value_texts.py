"""The texts of values: numbers with their signs, in figures or words, and the flags beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from hemoscribe.sources.printed import layout_words

NUMBER = r"[<>≤≥]?=?\s*[-+−]?\d[\d.,]*(?:[eE][+-]?\d{1,2})?"
GROUPED = r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?"
_NUMBER = re.compile(NUMBER)
_VALUE = re.compile(
    rf"(?P<before>\*{{1,3}}|[↑↓]{{1,2}})?\s*(?P<number>{NUMBER}|[<>≤≥]?\s*{GROUPED})\s*(?P<flag>\D*)"
)
_CODE = re.compile(r"0\d{1,2}")


@cache
def _signs_in_words() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """A pattern of all words for a sign, and the sign of each of its groups."""
    signs: Mapping[str, list[str]] = layout_words.layouts()["signs"]
    names = {f"sign{number}": sign for number, sign in enumerate(signs)}
    groups = "|".join(f"(?P<{name}>{'|'.join(signs[sign])})" for name, sign in names.items())
    return re.compile(rf"(?<!\w)(?:{groups})\s{{0,3}}(?=\d)", re.IGNORECASE), names


def with_signs(line: str) -> str:
    """A line of the same length in which a comparator in words is a sign: ``inf. à`` is ``<``."""
    pattern, names = _signs_in_words()

    def sign(match: re.Match[str]) -> str:
        return f"{names[str(match.lastgroup)]} ".rjust(len(match[0]))

    return pattern.sub(sign, line)


def is_flag(text: str) -> bool:
    """Whether a text is a flag as it stands beside a value."""
    return text.strip("()[]").casefold() in layout_words.flags()


def value_and_flag(text: str) -> tuple[str, str | None]:
    """``4.44L``, ``* 11,8`` as value and flag; a text that is no number stays as it is."""
    match = _VALUE.fullmatch(text.strip())
    if match is None:
        return text.strip(), None
    flag = match["flag"].strip()
    if flag and not is_flag(flag):
        return text.strip(), None
    return match["number"].strip(), flag.strip("()[]") or match["before"]


def is_number(text: str) -> bool:
    """Whether a text is a value, flag or not."""
    value, flag = value_and_flag(text)
    return _NUMBER.fullmatch(value) is not None or flag is not None


def is_code(text: str) -> bool:
    """Whether a text is the number of a department or footnote behind a name: ``01``."""
    return _CODE.fullmatch(text) is not None
