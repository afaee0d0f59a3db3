"""What other people's files call the LOINC codes of our analytes, to be held against our names.

The files are those of the test data: MIMIC's list of laboratory items, HL7 v2 messages, FHIR and
CDA documents, and MIRACUM's table of conversions, which pairs codes of one analyte in two units.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import analytes, linear_conversion
from hemoscribe.knowledge.name_index import loinc_index
from hemoscribe.knowledge.names import by_name

_HL7 = re.compile(r"(\d{1,6}-\d)\^([^\^|~&\r\n]+)\^LN")
_JSON = re.compile(r'"code"\s*:\s*"(\d{1,6}-\d)"\s*,\s*"display"\s*:\s*"([^"]*)"')
_XML = re.compile(r'<code value="(\d{1,6}-\d)"\s*/>\s*<display value="([^"]*)"')
_CDA = re.compile(
    r'<(?:code|translation)\s[^>]*?\bcode="(\d{1,6}-\d)"[^>]*?\bdisplayName="([^"]*)"'
)
_LONG_NAMES = (  # from LOINC's long and formal names to those of a report
    (re.compile(r"/100 leu[ck]ocytes.*"), " %"),
    (re.compile(r"^Erythrocyte (?=mean)"), ""),
    (re.compile(r"^([^:\[]+):.*"), r"\1"),
)
_CHECK_WEIGHTS = (2, 1)
FACTOR_TOLERANCE = 0.06
"""MIRACUM rounds its factors to one or two digits."""


@dataclass(frozen=True, slots=True)
class Named:
    """A code, what a file calls it, and which file."""

    code: str
    text: str
    file: str

    @property
    def ours(self) -> frozenset[str]:
        """The analytes the code stands for, with those whose name it may go by."""
        return _with_relatives(one.analyte.id for one in loinc_index().get(self.code, ()))

    @property
    def theirs(self) -> frozenset[str]:
        """The analytes the text stands for; none where it is no name of ours."""
        text = self.text
        for pattern, name in _LONG_NAMES:
            text = pattern.sub(name, text)
        return _with_relatives(one.analyte.id for one in by_name(text))


def _with_relatives(names: Iterator[str]) -> frozenset[str]:
    found = set()
    for name in names:
        found |= {name, analytes()[name].narrows or name, analytes()[name].shares or name}
    return frozenset(found)


def our_codes() -> dict[str, str]:
    """Every LOINC code of ours and its analyte."""
    return {code: held[0].analyte.id for code, held in loinc_index().items()}


def check_digit(code: str) -> bool:
    """Whether a LOINC code ends in the check digit of its number (Luhn's, mod 10)."""
    number, _, digit = code.partition("-")
    total = 0
    for place, sign in enumerate(reversed(number)):
        product = int(sign) * _CHECK_WEIGHTS[place % 2]
        total += product // 10 + product % 10
    return (10 - total % 10) % 10 == int(digit)


def named(folder: Path) -> Iterator[Named]:
    """Every code of ours with a text, once per file and text."""
    seen = set()
    for one in _all(folder):
        if one.code in our_codes() and one.text.strip() and one not in seen:
            seen.add(one)
            yield one


def _all(folder: Path) -> Iterator[Named]:
    with (folder / "mimic3_demo/d_labitems.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["loinc_code"] and row["fluid"].casefold() == "blood":
                yield Named(row["loinc_code"], row["label"], "MIMIC-III list of items")
    for path in sorted((folder / "hl7v2").iterdir()):
        for match in _HL7.finditer(path.read_text(encoding="utf-8-sig", errors="replace")):
            yield Named(match[1], match[2], "HL7 v2 messages")
    for kind, name in (("fhir", "FHIR documents"), ("cda_fr", "French CDA documents")):
        for path in sorted((folder / kind).iterdir()):
            text = path.read_text(encoding="utf-8", errors="replace")
            for pattern in (_JSON, _XML, _CDA):
                for match in pattern.finditer(text):
                    yield Named(match[1], match[2], name)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two codes MIRACUM converts into each other: TO = factor * FROM."""

    source: str
    source_unit: str
    target: str
    target_unit: str
    factor: float

    def trouble(self) -> str | None:
        """What contradicts our knowledge of the two codes; None where nothing does."""
        one, other = our_codes().get(self.source), our_codes().get(self.target)
        if one is None or other is None:
            return None
        if one != other:
            return f"{self.source} is {one} and {self.target} is {other} to us"
        try:
            scale, offset = linear_conversion(one, _basis(one, self.source, self.source_unit))
            back, shift = linear_conversion(one, _basis(one, self.target, self.target_unit))
        except KnowledgeError as error:
            return str(error)
        if offset or shift:
            return None
        ours = scale / back
        if abs(ours / self.factor - 1) > FACTOR_TOLERANCE:
            return f"{self.source_unit} to {self.target_unit}: {self.factor:g}, ours {ours:.4g}"
        return None


def _basis(analyte: str, code: str, unit: str) -> str:
    basis = analytes()[analyte].basis
    if basis is not None and code in basis.loinc and "g" in unit.split("/")[0]:
        return f"{unit}{{{basis.annotation}}}"
    return unit


def pairs(folder: Path) -> Iterator[Pair]:
    """MIRACUM's conversions of which both codes are ours."""
    path = folder / "ucum/miracum_loinc_conversion.tsv"
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if {row["FROM_LOINC"], row["TO_LOINC"]} <= set(our_codes()):
                units = row["FROM_LOINC"], row["FROM_UNIT"], row["TO_LOINC"], row["TO_UNIT"]
                yield Pair(*units, float(row["FACTOR"]))
