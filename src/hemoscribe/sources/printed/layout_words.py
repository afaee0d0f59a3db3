"""The words of printed reports (``layouts.yaml``), compared without case, accents or signs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.fluids import heading_not_blood
from hemoscribe.sources.tables.headers import IDENTIFIER, fold, header_names

_TITLES_OF_A_TABLE = (
    *("patient_id", "report_id", "collected_at", "collected_day", "collected_time"),
    *("sex", "age", "birth_date", "pregnant", "laboratory", IDENTIFIER),
)


@cache
def layouts() -> Mapping[str, Any]:
    """The lists of ``layouts.yaml``."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "layouts.yaml")
    return loaded


@cache
def _meanings(part: str) -> Mapping[str, str]:
    return {fold(word): kind for kind, words in layouts()[part].items() for word in words}


@cache
def _list(part: str) -> frozenset[str]:
    return frozenset(fold(word) or word for word in layouts()[part])


@cache
def flags() -> frozenset[str]:
    """Flags as they stand after a value, in lower case."""
    return frozenset(layouts()["flags"])


def heading(text: str) -> str | None:
    """unit, range, flag, result, name or earlier: what a heading says of its column."""
    return _meanings("headings").get(fold(text))


def row_label(text: str) -> str | None:
    """date, time or request: what a row over several columns holds."""
    return _meanings("rows").get(fold(text))


def title(label: str) -> str | None:
    """What a label of the title block stands for: a column of ours, ``identifier`` or ``other``."""
    folded = fold(label)
    known = _meanings("titles").get(folded)
    if known is not None:
        return known
    meaning = header_names().get(folded, ("", 0))[0]
    return meaning if meaning in _TITLES_OF_A_TABLE else None


def phrase(line: str) -> tuple[str, str] | None:
    """(our column, the text after it) of a title without a colon: ``Née le 12/03/1960``."""
    words = line.split()
    for size in (1, 2, 3):
        meaning = _meanings("phrases").get(fold(" ".join(words[:size])))
        if meaning is not None and len(words) > size:
            return meaning, " ".join(words[size:])
    return None


def comment_label(label: str) -> str | None:
    """plain, named or general: how a label opens a comment; None where it opens none."""
    folded = fold(label)
    known = _meanings("comments").get(folded)
    if known == "ending":
        return "plain"
    if (
        known is None
        and folded.split()[-1:]
        and folded.split()[-1] in layouts()["comments"]["ending"]
    ):
        return "named"
    return known


def explains(text: str) -> bool:
    """Whether a title is over limits or explanations rather than over results."""
    return not _list("explains").isdisjoint(fold(text).split())


def is_no_range(text: str) -> bool:
    """Whether words stand where a range would: ``SEE-BELOW``."""
    return fold(text) in _list("no_range")


def is_footer(text: str) -> bool:
    """Whether a line ends a page or signs a report."""
    words = fold(text).split()
    return any(" ".join(words[:size]) in _list("footers") for size in (1, 2, 3, 4))


def specimen(text: str) -> bool | None:
    """Whether a title says blood (True), another fluid (False), or neither (None)."""
    words = set(fold(text).split())
    if words & _list("not_blood") or heading_not_blood(text):
        return False
    return True if words & _list("blood") else None


def is_french(text: str) -> bool:
    """Whether the words of a report are French."""
    return len(_list("french") & set(fold(text).split())) > 1
