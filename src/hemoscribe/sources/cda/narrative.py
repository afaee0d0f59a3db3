"""The narrative of a CDA section: what its coded entries point to, and figures only it prints.

The narrative is what the biologist signed. Where it prints a result in a second unit, as French
reports do, that figure must agree with the coded one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree.ElementTree import Element

from hemoscribe.sources.stated import bounded
from hemoscribe.sources.xml_trees import local_name

MAX_CELLS = 40  # of a row that are looked at
_SPANS = ("2", "3", "4")  # rows a name stands before; more is layout
_FIGURE = re.compile(
    r"(?P<number>\d[\d ]{0,15}(?:[.,]\d{1,15})?)\s*"
    r"(?P<unit>(?:10\s?[*^]\s?\d+\s?/\s?|[%µμa-zA-Z{\[])[^\s()]*)"
)
_BETWEEN = re.compile(r"[\s()\[\]/|;,<>=≤≥]*")
_SPAN = re.compile(r"\(?\s*(\d+(?:[.,]\d+)?)\s*(?:-|–|à|to)\s*(\d+(?:[.,]\d+)?)\s*\)?")


@dataclass
class Narrative:
    """The elements of all narratives by their ID, and the table row each stands in."""

    elements: dict[str, Element] = field(default_factory=dict)
    rows: dict[str, list[Element]] = field(default_factory=dict)  # ID -> its row and those it spans
    said: dict[Element, str | None] = field(default_factory=dict)

    def words(self, element: Element) -> str | None:
        """As ``words``, once for each element."""
        if element not in self.said:
            self.said[element] = words(element)
        return self.said[element]

    def text_of(self, reference: str | None) -> str | None:
        """The words at a reference such as ``#uree``; those of its cell where it holds none."""
        element = self.elements.get((reference or "").removeprefix("#"))
        return None if element is None else self.words(element)

    def name_of(self, reference: str | None) -> str | None:
        """As ``text_of``; of an empty mark, the words of the first cell of its row."""
        found = self.text_of(reference)
        if found:
            return found
        for row in self.rows.get((reference or "").removeprefix("#"), [])[:1]:
            return self.words(row[0]) if len(row) else None
        return None

    def figures(self, reference: str | None, coded: str) -> list[tuple[str, str]]:
        """(number, unit) printed beside the coded number: in its cell, or below it in spanned rows.

        Args:
            coded: the number as the entry states it.
        """
        rows = self.rows.get((reference or "").removeprefix("#"), [])
        if not rows:
            return []
        cells = list(rows[0])[:MAX_CELLS]
        own = next((cell for cell in cells if _has(self.words(cell) or "", coded)), None)
        if own is None:
            return []
        after = cells[cells.index(own) :]
        below = [row[0] for row in rows[1:] if len(row) <= len(after)]
        found = [figure for cell in (own, *below) for figure in _figures(self.words(cell) or "")]
        return [(number, unit) for number, unit in found if not _equal(number, coded)]

    def span(self, reference: str | None) -> tuple[str, str] | None:
        """The reference range printed in the first row of a reference, if one is."""
        for row in self.rows.get((reference or "").removeprefix("#"), [])[:1]:
            for cell in list(row)[:MAX_CELLS]:
                match = _SPAN.fullmatch((self.words(cell) or "").strip())
                if match is not None:
                    return match[1], match[2]
        return None


def narrative(root: Element) -> Narrative:
    """Every narrative of a document."""
    found = Narrative()
    for element in root.iter():
        if local_name(element) == "text" and len(element):
            for marked in element.iter():
                if "ID" in marked.attrib:
                    found.elements.setdefault(marked.attrib["ID"], marked)
            for body in element.iter():
                rows = [child for child in body if local_name(child) == "tr"]
                for at, row in enumerate(rows):
                    for identifier, spanned in _marks(row):
                        found.rows.setdefault(identifier, rows[at : at + spanned])
    return found


def _marks(row: Element) -> Iterator[tuple[str, int]]:
    for cell in row:
        spanned = cell.attrib.get("rowspan", "1")
        for marked in (row, *cell.iter()):
            if "ID" in marked.attrib:
                yield marked.attrib["ID"], int(spanned) if spanned in _SPANS else 1


def words(element: Element) -> str | None:
    """The text of an element and what it holds, blanks as one space; None where there is none."""
    return bounded(" ".join(" ".join(element.itertext()).split())) or None


@lru_cache(maxsize=4096)
def _figures(text: str) -> tuple[tuple[str, str], ...]:
    """(number, unit) of a text that holds figures and nothing else: a range or words give none."""
    if _BETWEEN.fullmatch(_FIGURE.sub("", text)) is None:
        return ()
    return tuple((m["number"].strip(), m["unit"].strip(".,;")) for m in _FIGURE.finditer(text))


def _has(text: str, coded: str) -> bool:
    return any(_equal(number, coded) for number in _numbers(text))


@lru_cache(maxsize=4096)
def _numbers(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\d+(?:[.,]\d+)?", text)[:MAX_CELLS])


def _equal(one: str, other: str) -> bool:
    try:
        return float(one.replace(",", ".")) == float(other.replace(",", "."))
    except ValueError:
        return False
