"""Flags: each value against its laboratory's range, else against ours by sex, age and pregnancy.

What is done where sex or age is not stated is in ``knowledge.applicable``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.knowledge.flag_arrays import (
    FLAG_NAMES,
    RANGE_SOURCES,
    SEX_CODES,
    SIGN_CODES,
    STATED_CODES,
    flag_arrays,
)
from hemoscribe.knowledge.printed_limits import other_units
from hemoscribe.knowledge.range_table import range_table

_FLAG_NAMES = pl.Series(FLAG_NAMES, dtype=pl.String)
_SOURCES = pl.Series(RANGE_SOURCES, dtype=pl.String)


def flag(rows: pl.DataFrame, *, fill: Literal["knowledge", "keep"] = "knowledge") -> pl.DataFrame:
    """The rows with ``flag`` (LL, L, N, H, HH or null), ``critical``, the range as it was printed
    (``printed_low``, ``printed_high``), and whether that was not used (``range_refused``).

    The laboratory's printed range decides between low, normal and high. Where it printed none and
    ``fill`` is ``knowledge``, our range is filled in (low, high, range_source), rounded as it is
    printed in the unit of the report (``as_printed``); so is the one limit that a printed range
    lacks, and ours counts where a printed range cannot be of the result (``printed_sides``). What
    the laboratory itself flags as critical is critical. Where sex or age is unknown and our limits
    differ, a value between them has no flag and no range. Beyond our critical
    limits ``critical`` is true, whatever the range says, and L or H becomes LL or HH; without any
    range the critical limit alone gives LL or HH. Where an age has no critical limits of its own,
    those of adults count, except for what our range for that age holds (a hematocrit of 65 % in a
    newborn). A value such as "<5" that may lie on either side of a limit has no flag.
    """
    analyte_codes = range_table().codes
    done = flag_arrays(
        _coded(rows["analyte"], tuple(analyte_codes)),
        rows["value"].to_numpy(),
        _signs(rows["comparator"]),
        rows["low"].to_numpy(),
        rows["high"].to_numpy(),
        _coded(rows["sex"], tuple(SEX_CODES)),
        rows["age_years"].to_numpy(),
        rows["pregnant"].fill_null(False).cast(pl.Int32).to_numpy(),
        stated=_stated(rows) if "laboratory_flag" in rows else None,
        other_unit=other_units(rows) if fill == "knowledge" else None,
        fill=fill == "knowledge",
    )
    printed = pl.col("range_source") != "knowledge"
    return rows.with_columns(
        pl.Series("low", done.low, nan_to_null=True),
        pl.Series("high", done.high, nan_to_null=True),
        _source(rows["range_source"], done.source),
        _FLAG_NAMES.gather(done.flags).alias("flag"),
        pl.Series("critical", done.critical),
        pl.when(printed).then("low").alias("printed_low"),
        pl.when(printed).then("high").alias("printed_high"),
        pl.Series("range_refused", done.refused),
    )


def _source(before: pl.Series, codes: npt.NDArray[np.int64]) -> pl.Series:
    """Whose range counts; of one that was filled in before, as it was said then."""
    found = _SOURCES.gather(codes)
    ours = (before == "knowledge").fill_null(value=False) & (found == "laboratory")
    if ours.any():
        found = found.set(ours.fill_null(value=False), "knowledge")
    return found.alias("range_source")


def _stated(rows: pl.DataFrame) -> npt.NDArray[np.int8] | None:
    """The laboratory's own critical flags; None where there are none."""
    flags = rows["laboratory_flag"]
    if flags.null_count() == len(flags):
        return None
    codes = flags.cast(pl.String).replace_strict(STATED_CODES, default=0, return_dtype=pl.Int8)
    return codes.fill_null(0).to_numpy()


def _coded(names: pl.Series, known: tuple[str, ...]) -> npt.NDArray[np.int32]:
    """The place of each name among those known; of any other, and of none, their number."""
    places = names.cast(pl.Enum(known), strict=False).to_physical()
    return places.cast(pl.Int32).fill_null(len(known)).to_numpy()


def _signs(comparators: pl.Series) -> npt.NDArray[np.int8]:
    if comparators.null_count() == len(comparators):
        return np.zeros(len(comparators), dtype=np.int8)
    return comparators.replace_strict(SIGN_CODES, default=0, return_dtype=pl.Int8).to_numpy()
