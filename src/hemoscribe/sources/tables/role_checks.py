"""Whether the cells of a column can be what its header says: whose, when, of which sex and age.

A column of the patient decides whose every result is. One that holds 4.1 and 4.2 is no patient,
whatever it is called, and neither is one whose name has a word left over ("Subject value").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from hemoscribe.knowledge.printed import read_number
from hemoscribe.panel_input import MAX_AGE_YEARS
from hemoscribe.sources.patients import sexes
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit

_SOME = 0.3  # of a column's texts that must look alike to tell that it is another column
_WHOLE = re.compile(r"\d+(?:[.,]0+)?")  # a spreadsheet writes the number 1234 as 1234.0
_DECIMAL = re.compile(r"[<>≤≥]?=?\s*[+-]?\d{0,5}[.,]\d{1,4}")
_COMPARED = re.compile(r"[<>≤≥].*")
_SMALL = re.compile(r"[<>≤≥]?=?\s*[+-]?\d{1,3}(?:[.,]\d{1,4})?")
_NUMBERED = re.compile(r"(?=.*\d)[\w /.:-]{1,40}")
_SHORT = 3  # digits of a number that may be a result, a patient or a line


def fits_name(column: str, texts: Sequence[str]) -> bool:
    """Whether a column of these texts may be what its whole name says it is."""
    refuse = _REFUSED_BY.get(column)
    return refuse is None or not texts or not refuse(texts)


def fits_word(column: str, texts: Sequence[str]) -> bool:
    """Whether it may be what one word of its name says: its texts have to show it too."""
    if not fits_name(column, texts):
        return False
    return column not in _IDENTITIES or not texts or _are_identifiers(texts)


def _share(texts: Sequence[str], fits: Callable[[str], object]) -> float:
    return sum(bool(fits(text.strip())) for text in texts) / len(texts)


def are_results(texts: Sequence[str]) -> bool:
    """Whether texts look like values of results: decimals, comparators, few digits and a unit."""
    return _share(texts, _is_result) >= _SOME


def _is_result(text: str) -> bool:
    if _WHOLE.fullmatch(text):
        return False
    number, _, unit = text.rpartition(" ")
    with_unit = bool(number) and read_number(number).number is not None and is_unit(unit)
    return with_unit or bool(_DECIMAL.fullmatch(text) or _COMPARED.fullmatch(text))


def _are_identifiers(texts: Sequence[str]) -> bool:
    """Whether texts have the shape of identifiers: no short plain numbers, no bare words."""
    shaped = _share(texts, _NUMBERED.fullmatch)
    short = _share(texts, lambda text: text.isdigit() and len(text.lstrip("0")) <= _SHORT)
    padded = _share(texts, lambda text: text.startswith("0") and len(text) > _SHORT)
    return shaped >= 1 - _SOME and (short < _SOME or padded >= _SOME)


def _no_identity(texts: Sequence[str]) -> bool:
    named = len(texts) > 1 and _share(texts, is_analyte) >= _SOME
    return (
        named or are_results(texts) or _share(texts, _is_plain_unit) >= _SOME or _are_sexes(texts)
    )


def _is_plain_unit(text: str) -> bool:
    """Whether a text is a unit and nothing else: a number is one to UCUM, and so is a letter."""
    return ("/" in text or "%" in text) and not text[:1].isdigit() and is_unit(text)


def _are_sexes(texts: Sequence[str]) -> bool:
    return all(map(str.isalpha, texts)) and not _no_sex(texts)


def _no_date(texts: Sequence[str]) -> bool:
    return _share(texts, _SMALL.fullmatch) >= _SOME or _share(texts, _COMPARED.fullmatch) >= _SOME


def _no_sex(texts: Sequence[str]) -> bool:
    return sexes(pl.Series(list(texts), dtype=pl.String)).drop_nulls().is_empty()


def _no_age(texts: Sequence[str]) -> bool:
    numbers = [read_number(text).number for text in texts]
    known = [number for number in numbers if number is not None]
    return len(known) > _SOME * len(texts) and (
        sum(0 <= number <= MAX_AGE_YEARS for number in known) < (1 - _SOME) * len(known)
    )


_IDENTITIES = frozenset(("patient_id", "report_id", "sample_id"))
_REFUSED_BY: Mapping[str, Callable[[Sequence[str]], bool]] = {
    **dict.fromkeys(_IDENTITIES, _no_identity),
    **dict.fromkeys(("collected_at", "collected_day", "birth_date", "requested_at"), _no_date),
    "sex": _no_sex,
    "age": _no_age,
}
