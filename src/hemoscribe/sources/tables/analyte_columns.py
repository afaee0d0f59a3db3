"""Which columns of a wide table are analytes, by their headers: ``Hb (g/dL)``, ``K_mmol/L``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit
from hemoscribe.sources.tables.comparators import signs
from hemoscribe.sources.tables.headers import Headers, fold, header_names
from hemoscribe.sources.tables.mapped_names import known

MAX_HEADER_CHARACTERS = 200  # matching takes the square of a run of spaces
_BRACKETED = re.compile(r"^(?P<name>.+?)\s*[(\[{]\s*(?P<unit>[^()\[\]]+(?:\[[^\]]*\])?)\s*[)\]}]$")
_SEPARATORS = re.compile(r"[\s_,:;]+")
_NUMBER = re.compile(r"[<>≤≥]?=?\s*[+-]?\d+(?:[ .,]\d+)*\s*%?(?:\s*[HLN*+-]{1,2})?")
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]+\d{1,2}[:hH]\d{2}(?::\d{2})?(?:\.\d+)?)?Z?"
)


@dataclass(frozen=True)
class AnalyteColumn:
    """One analyte column: its position, and the name and unit its header gives."""

    position: int
    header: str
    name: str
    unit: str | None
    loinc: str | None = None


def looks_like_data(cells: Sequence[str]) -> bool:
    """Whether a line holds values: two numbers, dates or comparators are no names of columns."""
    found = [cell for cell in map(str.strip, cells) if is_value(cell)]
    return len(found) > 1 or any(not cell.isdigit() for cell in found)


def is_value(cell: str) -> bool:
    """Whether a cell is a number, a date or a comparator."""
    if len(cell) > MAX_HEADER_CHARACTERS:
        return False
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell)) or cell in signs()


def analyte_columns(headers: Headers, mapping: Mapping) -> list[AnalyteColumn]:
    """The columns whose header is an analyte, perhaps with its unit: ``Hb (g/dL)``."""
    found = []
    for position in headers.others:
        header = headers.names[position]
        mapped = mapping.analytes.get(header)
        if header in mapping.ignore:
            continue
        if mapped is not None:
            split = split_header(header)
            own, own_unit = split or (header, None)
            name, loinc, unit = known(own, mapped)
            found.append(AnalyteColumn(position, header, name or own, unit or own_unit, loinc))
        elif (split := split_header(header)) is not None:
            found.append(AnalyteColumn(position, header, *split))
    return found


def split_header(header: str) -> tuple[str, str | None] | None:
    """(analyte name, unit) of a header; None when it is no analyte we know."""
    if len(header) > MAX_HEADER_CHARACTERS:
        return None
    match = _BRACKETED.match(header)
    if match is not None and is_analyte(match["name"]) and is_unit(match["unit"]):
        return match["name"], match["unit"]
    if is_analyte(header):
        return header, None
    for separator in _SEPARATORS.finditer(header):
        name, unit = header[: separator.start()], header[separator.end() :]
        if is_analyte(name):
            for spelling in (unit, unit.replace("_", "/")):
                if is_unit(spelling) and header_names().get(fold(spelling), ("", 0))[0] != "unit":
                    return name, spelling
    return None


def other_fluids(headers: Headers, mapping: Mapping) -> list[AnalyteColumn]:
    """Columns named after another fluid: ``Na urinaire``, ``Glucose (LCR)``; read to be refused."""
    return [
        AnalyteColumn(position, header, header, None)
        for position in headers.others
        if (header := headers.names[position]) not in mapping.ignore
        and header not in mapping.analytes
        and len(header) <= MAX_HEADER_CHARACTERS
        and not_blood(header)
        and split_header(header) is None  # "ALT (U)" is in units
    ]
