"""Several results of one analyte in a report: the worst of them counts, whatever their order.

Rules, words and follow-up take the first result of an analyte; so the worst is put first among the
places that the analyte's results have. Nothing else moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.positions import Positions
from hemoscribe.records import FlaggedResult

_COLUMNS = ("critical", "flag", "value", "low", "high", "comparator")
_RANKS = {"N": 0, None: 1, "L": 2, "H": 2, "LL": 3, "HH": 3}


def worst_first(results: Sequence[FlaggedResult]) -> list[int]:
    """The places of the results in the order in which they count."""
    order = list(range(len(results)))
    if len({one.analyte for one in results}) == len(results):
        return order
    by_analyte: dict[str, list[int]] = {}
    for place, one in enumerate(results):
        by_analyte.setdefault(one.analyte, []).append(place)
    for places in by_analyte.values():
        if len(places) > 1:
            ranked = sorted(places, key=lambda place: _badness(*_facts(results[place])))
            for place, chosen in zip(places, reversed(ranked), strict=True):
                order[place] = chosen
    return order


def _facts(result: FlaggedResult) -> tuple[Any, ...]:
    return tuple(getattr(result, name) for name in _COLUMNS)


def rows_worst_first(rows: pl.DataFrame, where: Positions) -> pl.DataFrame:
    """As ``worst_first``, of the flagged rows of many reports."""
    names = tuple(analytes())
    codes = rows["analyte"].cast(pl.Enum(names), strict=False).to_physical()
    code = codes.fill_null(len(names)).to_numpy().astype(np.int64)
    keys = where.report * (len(names) + 1) + code
    repeated = np.bincount(keys, minlength=1) > 1
    if not repeated.any():
        return rows
    places = np.flatnonzero(repeated[keys])
    facts = rows.select(_COLUMNS)[places].rows()
    groups: dict[int, list[int]] = {}
    for number, key in enumerate(keys[places].tolist()):
        groups.setdefault(key, []).append(number)
    order = np.arange(len(rows))
    for numbers in groups.values():
        ranked = sorted(numbers, key=lambda number: _badness(*facts[number]))
        order[places[numbers]] = places[_reversed(ranked)]
    return rows[order]


def _reversed(numbers: Iterable[int]) -> list[int]:
    return list(numbers)[::-1]


def _badness(
    critical: bool,
    flag: str | None,
    value: float,
    low: float | None,
    high: float | None,
    comparator: str | None,
) -> tuple[Any, ...]:
    """What the worst of several results has most of; alike whatever their order."""
    return (
        bool(critical),
        _RANKS[flag],
        _departure(value, low, high),
        comparator is None,
        value,
    )


def _departure(value: float, low: float | None, high: float | None) -> float:
    """How far a value is from the middle of its range, in widths; from its limit where it has one.

    Rounded, so that the same value in two units departs alike.
    """
    if low is not None and high is not None:
        width = high - low
        away = abs(value - (low + high) / 2) / width if width else 0.0
    elif high:
        away = value / abs(high)
    elif low:
        away = -value / abs(low)
    else:
        away = 0.0
    return round(away, 6)
