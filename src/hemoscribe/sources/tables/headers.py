"""Header names, in English or French, to our own column names (``headers.yaml``)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from hemoscribe.files import package_yaml
from hemoscribe.sources.mapping import Column

IDENTIFIER, ASIDE = "identifier", "aside"
_TIMES = frozenset(("time", "tm", "hour", "heure"))
MEASURED = frozenset(("analyte", "loinc", "analyte_code"))
"""Columns of which one says what was measured."""


@cache
def header_names() -> Mapping[str, tuple[str, int]]:
    """Folded header name -> our column name, and its rank among the names of that column."""
    return {
        fold(name): (column, rank)
        for column, names in package_yaml(__package__, "headers.yaml").items()
        for rank, name in enumerate(names)
    }


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """A header without case, accents or punctuation: ``Âge (années)`` -> ``age annees``."""
    letters = unicodedata.normalize("NFKD", name.replace("°", " ").replace("º", " "))
    kept = "".join(
        character if character.isalnum() else " "
        for character in letters.casefold()
        if not unicodedata.combining(character)
    )
    return " ".join(kept.split())


@dataclass(frozen=True)
class Headers:
    """A header row, understood.

    ``columns``: our name -> position. ``others``: positions of no known meaning. ``identifiers``:
    positions that name a person. ``repeated``: positions whose meaning an earlier one has.
    ``asides``: positions of a known meaning that no row has.
    """

    names: tuple[str, ...]
    columns: Mapping[str, int]
    others: tuple[int, ...]
    identifiers: tuple[int, ...]
    repeated: tuple[int, ...]
    asides: tuple[int, ...] = ()

    @property
    def is_long(self) -> bool:
        """One result per line: what was measured, and the value."""
        return "value" in self.columns and bool(MEASURED & self.columns.keys())


def understand(names: Sequence[str], mapped: Mapping[Column, str] | None = None) -> Headers:
    """What each column of a header row is; of two of one meaning, the more telling name counts.

    Args:
        mapped: our column name -> the header's exact name, from a mapping file; it wins.
    """
    columns: dict[str, int] = {}
    taken: set[int] = set()
    for column, name in (mapped or {}).items():
        if name in names:
            columns[column] = names.index(name)
            taken.add(columns[column])
    others: list[int] = []
    identifiers: list[int] = []
    asides: list[int] = []
    repeated: list[int] = []
    unknown = ("", 0)
    meanings = [header_names().get(fold(name), unknown) for name in names]
    for position in sorted(range(len(names)), key=lambda place: (meanings[place][1], place)):
        if position in taken or not names[position]:
            continue
        meaning = meanings[position][0]
        if meaning == IDENTIFIER:
            identifiers.append(position)
        elif meaning == ASIDE:
            asides.append(position)
        elif not meaning:
            others.append(position)
        elif meaning in columns:
            is_time = meaning == "collected_at" and bool(
                _TIMES & set(fold(names[position]).split())
            )
            if is_time and "collected_time" not in columns:
                columns["collected_time"] = position  # "Collection time" beside "Collection date"
            else:
                repeated.append(position)
        else:
            columns[meaning] = position
    parts = [tuple(sorted(part)) for part in (others, identifiers, repeated, asides)]
    return Headers(tuple(names), columns, *parts)
