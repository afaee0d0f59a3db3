"""Units that a file does not state: settled for a whole column, or not at all.

A column is what one laboratory prints under one name in one file. Its unit is settled where every
known unit would give the same value, by the ranges printed in it, else by where all of its values
lie; never by one value or one row's range, and never because a value would then be normal. What is
settled is marked (``unit_inferred``); what is not is refused, and so is a row whose own range
contradicts what its column settles. Where a range was asked and told no unit, the row is marked
without one, so that whoever reads a part of the column later does not ask that range alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import median

import polars as pl

from hemoscribe.knowledge import printed
from hemoscribe.knowledge.unit_options import UnitOption, unit_options
from hemoscribe.knowledge.usual_limits import CLOSE, LOOSE, fits, usual_limits

MIN_VALUES = 20
"""Of a column without ranges, before where they lie says anything."""
MAX_VALUES = 2_000  # of a column are looked at
_FAR = 10.0  # a median this many times outside the usual range is in another unit
_NEAR = 3.0
_AGREED = 0.95  # of a column's rows whose ranges tell a unit, that tell the same one
_PLAUSIBLE, _IMPLAUSIBLE = 0.98, 0.5  # shares of a column's values

_COLUMN = ("source", "laboratory", "reported_name", "loinc")
_PRINTED = (*_COLUMN, "reported_low", "reported_high")
_NO_LIMITS = (None, None)
Key = tuple[str | None, ...]


@dataclass
class MissingUnits:
    """The columns of the files of one reading; what is settled for one stays for its later parts.

    ``units``: column -> its unit; ``values``: of a column that is not settled so far.
    """

    units: dict[Key, str | None] = field(default_factory=dict)
    values: dict[Key, list[float]] = field(default_factory=dict)

    def settle(self, reported: pl.DataFrame) -> pl.DataFrame:
        """The rows with a unit, and ``unit_inferred``, where a missing one is settled.

        Args:
            reported: columns of ``records.REPORTED``, texts trimmed.
        """
        if not reported["reported_unit"].null_count():
            return reported
        asked = pl.col("unit_inferred").fill_null(value=False)
        open_ = pl.col("reported_unit").is_null() & pl.col("reported_value").is_not_null() & ~asked
        columns = reported.filter(open_).group_by(_PRINTED, maintain_order=True)
        found = columns.agg(pl.len().alias("rows"), pl.col("reported_value").head(MAX_VALUES))
        told = self._told(found)
        if not any(unit or refused for unit, refused in told):
            return reported
        table = found.select(_PRINTED).with_columns(
            pl.Series("settled", [unit for unit, _ in told], dtype=pl.String),
            pl.Series("refused", [refused for _, refused in told], dtype=pl.Boolean),
        )
        joined = reported.join(
            table, on=list(_PRINTED), how="left", nulls_equal=True, maintain_order="left"
        )
        settled = pl.col("settled").is_not_null() & open_
        refused = pl.col("refused").fill_null(value=False) & open_
        return joined.with_columns(
            reported_unit=pl.when(settled).then("settled").otherwise("reported_unit"),
            unit_inferred=settled | refused | pl.col("unit_inferred"),
        ).drop("settled", "refused")

    def _told(self, found: pl.DataFrame) -> list[tuple[str | None, bool]]:
        """(unit, whether the rows are refused whatever their range) of each column and range."""
        places = len(_COLUMN)
        keys = [(tuple(key[:places]), tuple(key[places:])) for key in found.select(_PRINTED).rows()]
        by_range = [unit_by_limits(*column[2:], *limits) for column, limits in keys]
        votes: dict[Key, Counter[str]] = {column: Counter() for column, _ in keys}
        bare: dict[Key, list[str]] = {}
        for (column, limits), unit, (rows, values) in zip(
            keys, by_range, found.select("rows", "reported_value").iter_rows(), strict=True
        ):
            if unit is not None:
                votes[column][unit] += rows
            elif limits == _NO_LIMITS:
                bare.setdefault(column, []).extend(values)
        for column, by_ranges in votes.items():
            self._settle_column(column, by_ranges, bare.get(column, ()))
        return [
            self._told_of(column, limits, own)
            for (column, limits), own in zip(keys, by_range, strict=True)
        ]

    def _told_of(self, column: Key, limits: Key, own: str | None) -> tuple[str | None, bool]:
        """The column's unit, unless the rows' own range contradicts it or tells nothing of it."""
        options = unit_options(*column[2:])
        unit = self.units.get(column)
        if unit is not None and (own == unit or limits == _NO_LIMITS):
            return unit, False
        if unit is not None and own is None:
            span = printed.read_limits(*limits)
            [option] = [one for one in options if one.unit == unit]
            if span.low is span.high is None or fits(option, span.low, span.high, LOOSE):
                return unit, False
        return None, len(options) > 1 and limits != _NO_LIMITS

    def _settle_column(self, column: Key, by_ranges: Counter[str], texts: Sequence[str]) -> None:
        """What holds for all rows of the column, once and for all."""
        if column in self.units:
            return
        if by_ranges:
            unit, rows = by_ranges.most_common(1)[0]
            self.units[column] = unit if rows >= _AGREED * by_ranges.total() else None
            return
        held = self.values.setdefault(column, [])
        numbers = (printed.read_number(text).number for text in texts)
        held += [number for number in numbers if number is not None][: MAX_VALUES - len(held)]
        if len(held) >= MIN_VALUES:
            self.units[column] = unit_by_values(unit_options(*column[2:]), held)


@lru_cache(maxsize=65536)
def unit_by_limits(
    name: str | None, loinc: str | None, low: str | None, high: str | None
) -> str | None:
    """The only unit of an analyte that there is, or in which printed limits are of its order.

    Of a row of a column this is one vote (``MissingUnits``).

    Args:
        name: as it is printed, and ``loinc`` beside it.
        low: a limit, or a whole range, as it is printed, and ``high`` likewise.
    """
    options = unit_options(name, loinc)
    if len(options) == 1:
        return None if options[0].analyte.unit == "1" else options[0].unit
    span = printed.read_limits(low, high)
    for factor in (LOOSE, CLOSE):
        fitting = [option for option in options if fits(option, span.low, span.high, factor)]
        if len(fitting) == 1:
            return fitting[0].unit
    return None


def unit_by_values(options: Sequence[UnitOption], values: Sequence[float]) -> str | None:
    """The unit in which a column's values are possible, where in no other one they can be meant.

    A unit could be meant where the median would be neither critical nor far from the usual range,
    so haemoglobin of sick people in g/dL is never taken for that of healthy ones in mmol/L.
    """
    middle = median(values)
    meant = [
        option
        for option in options
        if _share_plausible(option, values) >= _IMPLAUSIBLE
        and _within(option, middle, _FAR)
        and not _is_critical(option, middle)
    ]
    if len(options) < 2 or len(meant) != 1:
        return None
    [only] = meant
    sure = _share_plausible(only, values) >= _PLAUSIBLE and _within(only, middle, _NEAR)
    return only.unit if sure else None


def _share_plausible(option: UnitOption, values: Sequence[float]) -> float:
    low, high = option.analyte.plausible
    return sum(low <= option.canonical(value) <= high for value in values) / len(values)


def _is_critical(option: UnitOption, value: float) -> bool:
    low, high = option.analyte.critical
    value = option.canonical(value)
    return (low is not None and value <= low) or (high is not None and value >= high)


def _within(option: UnitOption, value: float, factor: float) -> bool:
    """Whether a value is within a factor of the usual range; a missing limit bounds nothing."""
    low, high = usual_limits(option.analyte.id)
    value = option.canonical(value)
    return (low is None or value >= low / factor) and (high is None or value <= high * factor)
