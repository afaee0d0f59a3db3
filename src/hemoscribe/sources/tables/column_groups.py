"""Tables whose columns stand in groups: a date over each, or an analyte over its value and unit.

A group's columns become rows: the table is spread to one result per line, which is read like any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from hemoscribe.sources.tables.delimited import LINE, Layout
from hemoscribe.sources.tables.headers import Headers
from hemoscribe.sources.tables.section_headings import SECTION

VALUE, PLACE = "value", "column"
ROLES = frozenset(
    ("value", "unit", "low", "high", "range", "flag", "comment", "status", "comparator", "loinc",
     "method", "instrument", "validated", "specimen")
)  # fmt: skip
"""What the columns of a group may say of its result."""


@dataclass(frozen=True)
class Group:
    """Columns of one analyte or one time: our column name -> position, and what needs no column."""

    label: str
    columns: Mapping[str, int]
    constants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GroupedLayout:
    """A table of groups: its header (``layout`` ends with it), what it shares, and the groups."""

    layout: Layout
    shared: Headers
    groups: Sequence[Group]

    @property
    def told(self) -> list[str]:
        """Our names of what the groups say, in one order."""
        said = [*(name for one in self.groups for name in (*one.constants, *one.columns))]
        return list(dict.fromkeys(said))

    @property
    def positions(self) -> set[int]:
        """Where the groups' columns stand."""
        return {position for one in self.groups for position in one.columns.values()}

    @property
    def headers(self) -> Headers:
        """The header of the spread table: its own columns, and one for each thing that is told."""
        width = len(self.layout.header)
        grouped = self.positions
        columns = {
            name: position
            for name, position in self.shared.columns.items()
            if name not in self.told
        }
        more = (*self.told, SECTION)
        columns |= {name: width + number for number, name in enumerate(more)}
        others = tuple(position for position in self.shared.others if position not in grouped)
        repeated = tuple(position for position in self.shared.repeated if position not in grouped)
        return replace(
            self.shared,
            names=(*self.layout.header, *more),
            columns=columns,
            others=others,
            repeated=repeated,
        )


def spread(
    frame: pl.DataFrame,
    grouped: GroupedLayout,
    headings: pl.Series | None,
    above: Mapping[int, str] | None = None,
) -> pl.DataFrame:
    """One row per result: the shared cells, and those of the group; no row for an empty value.

    Args:
        headings: what each line of the frame stands under.
        above: the heading of another fluid over a column, by its position.
    """
    told = grouped.told
    width = len(grouped.layout.header)
    under = f"c{width + len(told)}"
    stated = pl.lit(None, dtype=pl.String) if headings is None else headings
    frame = frame.with_columns(stated.alias(under))
    shared = [*(f"c{position}" for position in range(width)), under]
    parts = []
    for order, group in enumerate(grouped.groups):
        cells = [
            _cell(group, name).cast(pl.String).alias(f"c{width + number}")
            for number, name in enumerate(told)
        ]
        held = frame.filter(pl.col(f"c{group.columns[VALUE]}").is_not_null())
        over = (above or {}).get(group.columns[VALUE])
        if over is not None:
            held = held.with_columns(pl.lit(over).alias(under))
        parts.append(
            held.select(
                *shared, *cells, pl.col(LINE), pl.lit(group.label).alias(PLACE),
                pl.lit(order).alias("order"),
            )
        )  # fmt: skip
    return pl.concat(parts).sort(LINE, "order").drop("order")


def _cell(group: Group, name: str) -> pl.Expr:
    """A group's cell, else what it says without one."""
    constant = pl.lit(group.constants.get(name), dtype=pl.String)
    if name not in group.columns:
        return constant
    return pl.coalesce(pl.col(f"c{group.columns[name]}"), constant)


def values(frame: pl.DataFrame, grouped: GroupedLayout) -> pl.Series:
    """The first value of each line; null where a line has none."""
    return frame.select(
        pl.coalesce(pl.col(f"c{one.columns[VALUE]}") for one in grouped.groups).alias(VALUE)
    ).to_series()
