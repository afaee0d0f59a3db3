"""The words of printed reports (``layouts.yaml``), compared without case, accents or signs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.names import by_name
from hemoscribe.sources.tables.headers import IDENTIFIER, fold, header_names

_TITLES_OF_A_TABLE = (
    *("patient_id", "report_id", "collected_at", "collected_day", "collected_time"),
    *("sex", "age", "birth_date", "pregnant", "laboratory", IDENTIFIER),
    *("sample_id", "requested_at", "requester", "ward", "instrument", "method"),
    *("comment_author", "clinical_note", "specimen"),
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


def is_inner_title(label: str) -> bool:
    """Whether a label says whose a report is so surely that it may stand behind other words."""
    return fold(label) in _list("inner_titles")


def is_name_title(label: str) -> bool:
    """Whether a label stands before a patient's name."""
    return fold(label) in _list("names")


def is_born(words: str) -> bool:
    """Whether words stand before a date of birth."""
    folded = fold(words)
    return "birth_date" in (_meanings("titles").get(folded), _meanings("phrases").get(folded))


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


def is_no_value(text: str) -> bool:
    """Whether words stand where a value would: ``annulé``, ``en cours``."""
    return fold(text) in _list("no_value")


def is_footer(text: str) -> bool:
    """Whether a line ends a page or signs a report."""
    words = fold(text).split()
    return any(" ".join(words[:size]) in _list("footers") for size in (1, 2, 3, 4))


def withdraws(sentence: str, which: str) -> bool:
    """Whether a sentence that withdraws results speaks of a whole report, or of several."""
    folded = f" {fold(sentence)} "
    return any(f" {words} " in folded for words in layouts()["withdraws"][which])


def is_out_of_range(text: str) -> bool:
    """Whether a heading is over the values that are out of their range alone."""
    return fold(text) in _list("out_of_range")


def is_second(word: str) -> bool:
    """Whether a word says that the result follows in another unit."""
    return fold(word) in _list("second_unit")


def is_range_label(text: str) -> bool:
    """Whether a label stands before a range on a line of its own."""
    return fold(text) in _list("range_labels")


def is_method(text: str) -> bool:
    """Whether words in brackets behind a name are a method, an analyser or its maker."""
    return not _list("methods").isdisjoint(fold(text).split())


@lru_cache(maxsize=4096)
def names_more(joined: str, name: str) -> bool:
    """Whether two lines together name an analyte that the second alone does not."""
    found = by_name(joined)
    return bool(found) and found != by_name(name)


def is_french(text: str) -> bool:
    """Whether the words of a report are French."""
    return len(_list("french") & set(fold(text).split())) > 1
