"""Columns of no known meaning in which a line may say that it is withdrawn, or of another fluid.

A column of specimens is judged whole: what is not known to be blood is refused. A free column
(``Source``, ``Tube``, ``Body site``, ``State``) counts only where a cell is the name of another
fluid, or a word for a withdrawn result, and nothing else: its numbers, wards and tubes say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.sources.beside import SEVERAL
from hemoscribe.sources.fluid_statements import fluid_gate, fluid_in_field, fluid_of_site
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.tables.headers import Headers, fold
from hemoscribe.sources.withdrawal_words import (
    is_withdrawn_flag,
    says_withdrawn,
    withdrawal_gate,
)

_KNOWN = ("sample_id", "ward", "laboratory")
"""Known columns whose names some laboratories use for a specimen: tube, origin, site."""


@dataclass(frozen=True)
class FreeColumns:
    """The positions of a table that are looked at for fluids, and for withdrawals."""

    fluids: tuple[int, ...] = ()
    withdrawals: tuple[int, ...] = ()

    def fluid(self, frame: pl.DataFrame) -> pl.Series | None:
        """The other fluid that each line names; None where no line does."""
        found: pl.Series | None = None
        for texts in _texts(frame, self.fluids):
            said = _told(texts, fluid_gate(), _names_fluid)
            if said is not None:
                found = said if found is None else found.fill_null(said)
        return found

    def withdrawn(self, frame: pl.DataFrame) -> pl.Series | None:
        """Whether each line is withdrawn in words; None where no line is."""
        found: pl.Series | None = None
        for texts in _texts(frame, self.withdrawals):
            said = _told(texts, withdrawal_gate(), _withdraws)
            if said is not None:
                found = said.is_not_null() if found is None else found | said.is_not_null()
        return found


def free_columns(headers: Headers, mapping: Mapping, unread: Iterable[int]) -> FreeColumns:
    """Those of a table with a result a line: all that no meaning is known of.

    Args:
        unread: positions of no known meaning.
    """
    known = [headers.columns[name] for name in _KNOWN if name in headers.columns]
    others = [
        at
        for at in (*unread, *headers.repeated)
        if headers.names[at] not in mapping.ignore and not _is_elsewhere(headers.names[at])
    ]
    return FreeColumns(tuple(dict.fromkeys((*others, *known))), tuple(others))


def free_columns_of_reports(
    headers: Headers, mapping: Mapping, unread: Iterable[int]
) -> FreeColumns:
    """Those of a table with a report a line: an unknown column may be an analyte's.

    So only columns for states are looked at for withdrawals.
    """
    found = free_columns(headers, mapping, unread)
    states = tuple(at for at in found.withdrawals if fold(headers.names[at]) in _lists()["states"])
    return FreeColumns(found.fluids, states)


def _lists() -> dict[str, list[str]]:
    lists: dict[str, list[str]] = package_yaml(__package__, "free_columns.yaml")
    return lists


def _is_elsewhere(header: str) -> bool:
    """Whether a column speaks of another thing than this result: a visit, an earlier result."""
    return not set(_lists()["elsewhere"]).isdisjoint(fold(header).split())


def _texts(frame: pl.DataFrame, positions: Iterable[int]) -> Iterable[pl.Series]:
    for at in positions:
        name = f"c{at}"
        if name in frame.columns and frame[name].null_count() < frame.height:
            yield frame[name]


def _told(texts: pl.Series, gate: list[str], tells: Callable[[str], bool]) -> pl.Series | None:
    """The texts that tell something, null for the others; None where none does."""
    asked = texts.filter(texts.str.contains_any(gate, ascii_case_insensitive=True))
    said = [text for text in asked.unique() if tells(text)] if len(asked) else []
    return texts.set(~texts.is_in(said), None) if said else None


def _names_fluid(text: str) -> bool:
    return fluid_in_field(text) is not None or fluid_of_site(text) is not None


def _withdraws(text: str) -> bool:
    return is_withdrawn_flag(text) and says_withdrawn(text, SEVERAL)
