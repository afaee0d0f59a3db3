"""What may be a result on a line that is understood by nothing, so that it is not lost."""

from __future__ import annotations

import re
from itertools import pairwise

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.cells import chunks, tokens
from hemoscribe.sources.printed.lines.range_texts import is_range
from hemoscribe.sources.printed.lines.value_texts import is_flag, is_number, value_and_flag
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit

_RUN_TOGETHER = re.compile(
    r"(?P<name>[^\d:;|=]{1,60}?)\s?(?:[:;|=]+|\.{2,}|\s)\s?[<>≤≥]?\s?\d+(?:[.,]\d+)?(?=\S)"
)
_AND = re.compile(r"\s*[/+,&-]\s*|\s+(?:et|and|und)\s+")


def holds_a_result(text: str) -> bool:
    """Whether a line of the title block has a number with a unit behind it."""
    return len(chunks(text)) > 1 and has_value(text)


def has_value(text: str) -> bool:
    """Whether a number stands before a unit that is no bare word."""
    words = [cell.text for cell in tokens(text)]
    return any(
        is_number(one) and is_unit(other) and any(sign in other for sign in "/%")
        for one, other in pairwise(words)
    )


def is_run_together(text: str) -> bool:
    """Whether an analyte's name stands before a number that is run together with what follows it.

    ``Potassium 7,0mmol/L``, ``Sodium;120;mmol/L``, ``Hb:6,0g/dL``: no heading, and no result that
    can be read, so it is refused with its line; so is ``Na/K: 118/7,0``. Not ``CA 15-3``, a name.
    """
    if any(is_number(cell.text) for cell in tokens(text)):
        return False
    bare = " ".join(text.split())
    match = _RUN_TOGETHER.match(bare)
    if match is None or is_analyte(bare):
        return False
    names = [one.strip(" .") for one in (match["name"], *_AND.split(match["name"]))]
    return is_analyte(names[0]) or (len(names) > 2 and all(map(is_analyte, names[1:])))


def has_range_or_flag(text: str) -> bool:
    """Whether a reference range or a flag stands on a line."""
    return any(is_range(cell.text) or flag_on(cell.text) for cell in tokens(text))


def flag_on(text: str) -> str | None:
    """The flag that stands on a line: alone, or at a number; of several the gravest kind."""
    found = []
    for cell in tokens(text):
        _, own = value_and_flag(cell.text)
        flag = own or (cell.text.strip("()[]") if is_flag(cell.text) else None)
        if flag is not None and flag.casefold() not in layout_words.layouts()["no_alarm_flags"]:
            found.append(flag)
    return max(found, key=len, default=None)
