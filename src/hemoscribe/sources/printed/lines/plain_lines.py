"""Lines that are a result beyond doubt, or a known test with words where its value would be."""

from __future__ import annotations

import re
from itertools import pairwise

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.cells import clean_name, tokens
from hemoscribe.sources.printed.lines.one_line import results_of
from hemoscribe.sources.printed.lines.range_texts import is_known_unit
from hemoscribe.sources.printed.lines.value_texts import is_flag, is_number
from hemoscribe.sources.printed.parts import PrintedResult
from hemoscribe.sources.tables.analyte_names import is_analyte

_ASIDE = re.compile(r"\s*[(\[][^()\[\]]{1,40}[)\]]")
_MARKS = re.compile(r"[*\-–—.?_x]{2,}", re.IGNORECASE)
_GRAVE = ("H", "L", "HH", "LL", "H*", "L*", "**", "***", "↑", "↓", "↑↑", "↓↓")
_MAX_NAME_WORDS = 5
_MAX_WORDS = 24  # of a line that can be a result


def is_result(text: str) -> bool:
    """Whether a line is a name and a value, with a unit, flag or range and nothing else."""
    if len(text.split()) > _MAX_WORDS:
        return False
    found = results_of(text) or results_of(_ASIDE.sub("", text, count=1))
    return bool(found) and all(map(_is_whole, found))


def _is_whole(result: PrintedResult) -> bool:
    value = result.value
    if value is None or not is_number(value) or value.endswith((".", ",")) or result.rest:
        return False
    if result.unit is not None and not is_known_unit(result.unit):
        return False
    if is_analyte(result.name) or is_analyte(_ASIDE.sub("", result.name)):
        return True
    words = len(result.name.split())
    said = result.has_range or result.flag is not None
    return words <= _MAX_NAME_WORDS and result.unit is not None and said


def without_value(text: str) -> PrintedResult | None:
    """``INR (annulé)``, ``D-dimères ***``: a known test, and words that stand for no value."""
    words = text.split()
    if len(words) > _MAX_WORDS:
        return None
    for size in range(min(_MAX_NAME_WORDS, len(words) - 1), 0, -1):
        said = " ".join(words[size:])
        bare = said.strip("()[] :.")
        if not (layout_words.is_no_value(bare) or _MARKS.fullmatch(said.strip("()[] :"))):
            continue
        name = clean_name(" ".join(words[:size]))
        if is_analyte(name):
            return PrintedResult(name, said, None, None, None, None, known=True)
    return None


def may_be_result(rest: str) -> bool:
    """Whether what stands behind a result may be another value, and not words on it."""
    cells = tokens(rest)
    return bool(cells) and (is_number(cells[0].text) or is_result(rest) or has_grave_flag(rest))


def has_grave_flag(text: str) -> bool:
    """Whether a number has a flag of an alarm right behind it."""
    cells = tokens(text)
    return any(
        is_number(one.text) and other.text.strip("()[]") in _GRAVE and is_flag(other.text)
        for one, other in pairwise(cells)
    )
