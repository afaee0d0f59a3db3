"""Values outside what is possible in a living person, with a hint where a unit was mistaken."""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

from hemoscribe.curate.cleaning.rejection import Cleaned, refuse, together
from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import analytes, linear_conversion
from hemoscribe.records import RejectCode, no_rejects

_STRAYED_FROM = 1e6
_FAR_ABOVE = 2.0
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


def is_implausible(rows: pl.DataFrame) -> pl.Series:
    """Whether a row's value lies outside its analyte's plausible limits, or it has no limits."""
    lowest, highest = _limits(rows)
    outside = (pl.col("value") < lowest) | (pl.col("value") > highest)
    unknown = lowest.is_null() & highest.is_null()
    return rows.select((outside.fill_null(value=False) | unknown).alias("bad")).to_series()


def refuse_implausible(rows: pl.DataFrame) -> Cleaned:
    """Rows outside the analyte's plausible limits become rejects that name the limits."""
    bad = is_implausible(rows)
    if not bad.any():
        return rows, no_rejects()
    failing = rows.filter(bad)
    failing = failing.with_columns(
        limit.alias(name)
        for limit, name in zip(_limits(failing), ("_lowest", "_highest"), strict=True)
    )
    unknown = pl.col("_lowest").is_null() & pl.col("_highest").is_null()
    rejects = together(
        [
            refuse(
                failing.filter(unknown),
                RejectCode.UNKNOWN_ANALYTE,
                pl.format(
                    "The analyte {} is not in this version's list; read the export again.",
                    "analyte",
                ),
            ),
            _refuse_with_hints(failing.filter(~unknown)),
        ]
    )
    return rows.filter(~bad), rejects


def drop_impossible_limits(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """``rows`` without printed ranges that no analyte has, and how many had one.

    A limit of seven digits and more, far above what is possible in a living person, is a number
    that strayed into the column (a patient's, a request's), and would go on into the rows.
    """
    highest = _limit(
        rows["analyte"], {id_: entry.plausible[1] for id_, entry in analytes().items()}
    )
    strayed = rows.select(
        pl.any_horizontal(
            pl.col(name).abs() >= pl.max_horizontal(pl.lit(_STRAYED_FROM), highest * _FAR_ABOVE)
            for name in ("low", "high")
        ).fill_null(value=False)
    ).to_series()
    if not strayed.any():
        return rows, 0
    nothing = {name: pl.lit(None, rows.schema[name]) for name in ("low", "high", "range_source")}
    kept = (
        pl.when(~strayed).then(name).otherwise(empty).alias(name) for name, empty in nothing.items()
    )
    return rows.with_columns(*kept), int(strayed.sum())


def _limits(rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Each row's lowest and highest plausible value."""
    known = {id_: entry.plausible for id_, entry in analytes().items()}
    lowest, highest = (
        _limit(rows["analyte"], {id_: limits[place] for id_, limits in known.items()})
        for place in (0, 1)
    )
    return lowest, highest


def _limit(analyte: pl.Series, limits: dict[str, float | None]) -> pl.Series:
    """Each row's limit; of codes, by looking each code up once."""
    if isinstance(analyte.dtype, pl.Enum):
        by_code = pl.Series([limits.get(id_) for id_ in analyte.dtype.categories], dtype=pl.Float64)
        return by_code.gather(analyte.to_physical())
    return analyte.replace_strict(limits, default=None, return_dtype=pl.Float64)


def _refuse_with_hints(failing: pl.DataFrame) -> pl.DataFrame:
    cases = ("analyte", "reported_value", "_lowest", "_highest")
    messages = []
    for analyte, reported, lowest, highest in failing.select(cases).iter_rows():
        unit = analytes()[analyte].unit
        fitting = fitting_unit(analyte, reported, lowest, highest)
        hint = f"; the number would fit in {fitting}: was the unit mistaken?" if fitting else "."
        messages.append(
            f"{analytes()[analyte].name('en')} lies outside what is possible "
            f"({lowest:g} to {highest:g} {unit}){hint}"
        )
    failing = failing.with_columns(pl.Series("_message", messages, pl.String))
    return refuse(failing, RejectCode.IMPLAUSIBLE, pl.col("_message"))


@lru_cache(maxsize=10_000)
def fitting_unit(analyte: str, reported: str, lowest: float, highest: float) -> str | None:
    """The first accepted unit in which the reported number would be plausible."""
    match = _NUMBER.search(reported)
    if match is None:
        return None
    number = float(match.group().replace(",", "."))
    for unit in analytes()[analyte].units:
        try:
            scale, offset = linear_conversion(analyte, unit)
        except KnowledgeError:
            continue
        if lowest <= scale * number + offset <= highest:
            return unit
    return None
