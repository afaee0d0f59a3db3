"""What the rows could tell of somebody: diversity in cells, coarser cells, and a search by values.

k-anonymity says how many patients share a cell. It says nothing of what the cell then tells
(l-diversity, t-closeness), nor of a person whose results are known from elsewhere: a panel of
numbers is a fingerprint. Sources: Machanavajjhala et al. 2007 (l-diversity), Li et al. 2007
(t-closeness), Sweeney 2002 (k-anonymity).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import polars as pl

from hemoscribe.curate.privacy.anonymity import (
    AGE_BAND_YEARS,
    COMMON_K,
    QUASI_IDENTIFIERS,
    age_band,
)
from hemoscribe.curate.privacy.generalisation import Period
from hemoscribe.curate.privacy.known_values import FoundByThree, find_by_three, found_alone
from hemoscribe.curate.stream.report_lines import ABNORMAL, PANEL

AGE_WIDTHS_YEARS = (10, 20, 40)
FEWEST_RESULTS = 4
"""Shorter reports are left out of the search by full panels."""


@dataclass(frozen=True, slots=True)
class Generalisation:
    """A coarser way to tell patients apart, and the smallest cell it leaves.

    ``below`` is the share of patients in a cell of fewer than 5 and fewer than 11.
    """

    age_width_years: int
    with_laboratory: bool
    with_year: bool
    k: int
    below: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What could be learnt of a patient.

    Attributes:
        diversity: l: the fewest different sets of abnormal results in a cell of sex, age band and
            laboratory; 1 means that whoever is known to be in it is known to have that set.
        closeness: t: the most by which the share of reports with an abnormal result differs
            between a cell and all (0 to 1; total variation distance).
        generalisations: finest first.
        by_panel: share of patients whom a full panel of their values finds alone.
        exact: whom hemoglobin, platelets and creatinine of one report find, as printed.
        remembered: whom the same three find, rounded as somebody remembers them.
    """

    diversity: int
    closeness: float
    generalisations: tuple[Generalisation, ...]
    by_panel: float
    exact: FoundByThree
    remembered: FoundByThree

    def reaching(self, k: int) -> Generalisation | None:
        """The finest generalisation whose smallest cell has ``k`` patients."""
        return next((found for found in self.generalisations if found.k >= k), None)


def measure_disclosure(reports: pl.DataFrame, *, period: Period | None = None) -> Disclosure:
    """Measure on one line per report.

    Args:
        reports: with ``known_values.TRUE_MONTH``; the rest as it is written.
        period: of which only the first day is written; None: times are whole.
    """
    cells = reports.with_columns(age_band()).group_by(QUASI_IDENTIFIERS)
    told = cells.agg(
        pl.col(ABNORMAL).n_unique().alias("sets"), (pl.col(ABNORMAL) != 0).mean().alias("share")
    )
    overall = (reports[ABNORMAL] != 0).mean() if reports.height else None
    panels, _ = found_alone(reports.filter(pl.col("results") >= FEWEST_RESULTS), pl.col(PANEL))
    return Disclosure(
        diversity=min(told["sets"].to_list(), default=0),
        closeness=max((abs(share - overall) for share in told["share"]), default=0.0)
        if isinstance(overall, float)
        else 0.0,
        generalisations=_generalisations(reports),
        by_panel=panels,
        exact=find_by_three(reports, remembered=False, period=period),
        remembered=find_by_three(reports, remembered=True, period=period),
    )


def _generalisations(reports: pl.DataFrame) -> tuple[Generalisation, ...]:
    # A cell and a patient in it as one number: what is counted is the same, at a third of the work.
    known = reports.select(
        *(_code(reports[name]) for name in ("patient_id", "sex", "laboratory", "true_year")),
        (pl.col("age_years") // AGE_BAND_YEARS).fill_null(-1).cast(pl.Int64) + 1,
    )
    finest, _ = _in_cells(known, AGE_WIDTHS_YEARS[0], ["laboratory", "true_year"])
    known = known.filter(finest.is_first_distinct())
    found = []
    for with_laboratory, with_year, width in product(
        (True, False), (True, False), AGE_WIDTHS_YEARS
    ):
        names = ["laboratory"] * with_laboratory + ["true_year"] * with_year
        pairs, cells = _in_cells(known, width, names)
        pairs = pairs.unique()
        sizes = (pairs % cells).value_counts()["count"]
        total = len(pairs)
        below = tuple(
            int(sizes.filter(sizes < k).sum()) / total if total else 0.0 for k in COMMON_K
        )
        k = min(sizes.to_list(), default=0)
        found.append(Generalisation(width, with_laboratory, with_year, k, below))
    return tuple(found)


def _in_cells(known: pl.DataFrame, width: int, names: Sequence[str]) -> tuple[pl.Series, int]:
    """For each line a number of its patient and cell, and how many cells there can be."""
    # bands begin at 1, for 0 is no age
    band = (pl.col("age_years") - 1).floordiv(width // AGE_BAND_YEARS) + 1
    cell, cells = pl.lit(0, pl.UInt64), 1
    for code in (pl.col("sex"), band, *map(pl.col, names)):
        count = int(known.select(code.max()).item() or 0) + 1
        cell, cells = cell * count + code.cast(pl.UInt64), cells * count
    return known.select((pl.col("patient_id") * cells + cell).alias("pairs")).to_series(), cells


def _code(column: pl.Series) -> pl.Series:
    """A number for each value of a column, 0 where there is none."""
    if isinstance(column.dtype, pl.Enum):
        column = column.to_physical()
    if column.dtype.is_integer():
        column = column.cast(pl.Int64)
        return (column - column.min() + 1).fill_null(0).cast(pl.UInt64)
    return column.rank("dense").fill_null(0).cast(pl.UInt64)
