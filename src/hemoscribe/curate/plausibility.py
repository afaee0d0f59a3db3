"""Values outside what is possible in a living person, with a hint where a unit was mistaken."""

from __future__ import annotations

import re

import polars as pl

from hemoscribe.curate.rejection import Cleaned, refuse, together
from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import analytes, linear_conversion
from hemoscribe.records import RejectCode, no_rejects

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


def refuse_implausible(rows: pl.DataFrame) -> Cleaned:
    """Rows outside the analyte's plausible limits become rejects that name the limits."""
    known = analytes()
    limits = pl.DataFrame(
        [(id_, *entry.plausible) for id_, entry in known.items()],
        schema={"analyte": pl.String, "_lowest": pl.Float64, "_highest": pl.Float64},
        orient="row",
    )
    marked = rows.join(limits, on="analyte", how="left", maintain_order="left")
    unknown = pl.col("_lowest").is_null() & pl.col("_highest").is_null()
    outside = (pl.col("value") < pl.col("_lowest")) | (pl.col("value") > pl.col("_highest"))
    bad = marked.select((unknown | outside.fill_null(value=False)).alias("bad")).to_series()
    if not bad.any():
        return rows, no_rejects()
    failing = marked.filter(bad)
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
