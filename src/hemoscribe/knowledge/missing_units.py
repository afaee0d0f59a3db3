"""Units that a file does not state: settled for a whole column, or not at all.

A column is what one laboratory prints under one name in one file. Its unit is settled where every
known unit would give the same value, by the ranges printed in it, else by where all of its values
lie; never by one value, and never because a value would then be normal. What is settled is marked
(``unit_inferred``); what is not is refused.
"""

from __future__ import annotations

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
_PLAUSIBLE, _IMPLAUSIBLE = 0.98, 0.5  # shares of a column's values

_COLUMN = ("source", "laboratory", "reported_name", "loinc")
_PRINTED = (*_COLUMN, "reported_low", "reported_high")
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
        open_ = pl.col("reported_unit").is_null() & pl.col("reported_value").is_not_null()
        columns = reported.filter(open_).group_by(_PRINTED, maintain_order=True)
        found = columns.agg(pl.col("reported_value").head(MAX_VALUES))
        units = self._units(found)
        if not any(units):
            return reported
        table = found.select(_PRINTED).with_columns(pl.Series("settled", units, dtype=pl.String))
        joined = reported.join(
            table, on=list(_PRINTED), how="left", nulls_equal=True, maintain_order="left"
        )
        settled = pl.col("settled").is_not_null() & open_
        return joined.with_columns(
            reported_unit=pl.when(settled).then("settled").otherwise("reported_unit"),
            unit_inferred=settled | pl.col("unit_inferred"),
        ).drop("settled")

    def _units(self, found: pl.DataFrame) -> list[str | None]:
        """The unit of each column and range of ``found``."""
        places = len(_COLUMN)
        by_range: list[str | None] = []
        of_columns: dict[Key, set[str]] = {}
        bare: dict[Key, list[str]] = {}
        for *key, values in found.iter_rows():
            unit = unit_by_limits(*key[2:])
            by_range.append(unit)
            column = tuple(key[:places])
            if unit is not None:
                of_columns.setdefault(column, set()).add(unit)
            elif key[places:] == [None, None]:
                bare.setdefault(column, []).extend(values)
        for column, texts in bare.items():
            self._settle_column(column, of_columns.get(column, set()), texts)
        return [
            unit or (self.units.get(tuple(key[:places])) if key[places:] == [None, None] else None)
            for unit, (*key, _) in zip(by_range, found.iter_rows(), strict=True)
        ]

    def _settle_column(self, column: Key, by_ranges: set[str], texts: Sequence[str]) -> None:
        """What holds for the column's values without a printed range, once and for all."""
        if column in self.units:
            return
        if by_ranges:
            self.units[column] = by_ranges.pop() if len(by_ranges) == 1 else None
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
