"""Which facts of a patient's earlier results there are: of which analyte, from when, which of them.

``before:NAME`` is such a fact of a report. ``data/earlier.yaml`` lists them; the last result of an
analyte of delta.yaml, within its days, is one too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from math import inf, nextafter
from typing import Any, Final, Literal

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import own_yaml
from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.delta import delta_limits

FILE: Final = "earlier.yaml"
Take = Literal["last", "lowest", "highest", "median"]
Bound = Literal["exact", "most", "least"]
_TAKES: Final = ("last", "lowest", "highest", "median")
_BOUNDS: Final = ("exact", "most", "least")


@dataclass(frozen=True, slots=True)
class EarlierWindow:
    """One fact: the ``take`` of the results of ``analyte`` that are of these days before."""

    name: str
    analyte: str
    first: timedelta
    last: timedelta
    take: Take
    bound: Bound = "exact"

    @property
    def column(self) -> str:
        """The fact's name in a report's facts."""
        return f"before:{self.name}"

    def holds(self, since: timedelta) -> bool:
        """Whether a result of this age counts; one of the report's own time never does."""
        return timedelta(0) < since and self.first <= since <= self.last


@cache
def earlier_windows() -> Mapping[str, EarlierWindow]:
    """Every such fact by its column.

    Raises:
        KnowledgeError: an entry that is none; names it.
    """
    path = resources.files("hemoscribe.knowledge") / "data" / FILE
    entries: Mapping[str, Any] = own_yaml(path.read_text(encoding="utf-8"))
    last_ones = [
        EarlierWindow(name, name, timedelta(0), timedelta(days=limit.days), "last")
        for name, limit in delta_limits().items()
    ]
    every = [*last_ones, *(_window(name, entry) for name, entry in entries.items())]
    return {window.column: window for window in every}


def _window(name: str, entry: Mapping[str, Any]) -> EarlierWindow:
    try:
        first, last = (timedelta(days=days) for days in entry["days"])
        window = EarlierWindow(
            name, entry["analyte"], first, last, entry["take"], entry.get("bound", "exact")
        )
    except (KeyError, TypeError, ValueError):
        raise KnowledgeError(f"{FILE}: {name} has no analyte, days or take.") from None
    known = window.analyte in analytes() and name not in delta_limits() and first < last
    if not known or window.take not in _TAKES or window.bound not in _BOUNDS:
        raise KnowledgeError(f"{FILE}: {name} is no window: {dict(entry)}.")
    return window


@cache
def watched() -> tuple[str, ...]:
    """The analytes of which earlier results are asked."""
    return tuple(dict.fromkeys(window.analyte for window in earlier_windows().values()))


def bounded(value: float, comparator: str | None, bound: Bound) -> float | None:
    """What a result says of a bound: infinity where it leaves it open, None for no exact value."""
    if comparator is None:
        return value
    if bound == "exact":
        return None
    above, strict = comparator.startswith(">"), not comparator.endswith("=")
    if above == (bound == "most"):
        return inf if above else -inf
    if not strict:
        return value
    return nextafter(value, inf if above else -inf)
