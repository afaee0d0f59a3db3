"""How a cleaning step says no: rows in, ``(rows, rejects)`` out, and no row in neither.

Every step works on the row schema plus ``row``, the row's number in the read folder's
``results.parquet`` (from 0), which is what a reject's place is made of. No message holds a patient
or report number.
"""

from __future__ import annotations

import polars as pl

from hemoscribe.records import RejectCode, no_rejects

ROW = "row"
REPORTED = ("reported_name", "reported_value", "reported_unit")
_UNTOLD = ("patient_id", "report_id")  # told later, in pseudonyms: ``pseudonyms.rejected``
SOURCE = "results.parquet"

Cleaned = tuple[pl.DataFrame, pl.DataFrame]
"""What every step returns: the rows that go on, the rejects."""


def refuse(rows: pl.DataFrame, code: RejectCode, message: pl.Expr | str) -> pl.DataFrame:
    """One reject for each of ``rows``; ``message`` is a sentence, or an expression of one."""
    if rows.is_empty():
        return no_rejects()
    sentence = pl.lit(message) if isinstance(message, str) else message
    return rows.select(
        pl.lit(SOURCE).alias("source"),
        pl.format("row {}", pl.col(ROW) + 1).alias("place"),
        pl.lit(str(code)).alias("code"),
        sentence.alias("message"),
        pl.lit(1, pl.UInt32).alias("results"),
        *(pl.col(name).cast(pl.String) for name in REPORTED),
        pl.col("laboratory_flag").cast(pl.String).alias("reported_flag"),
        *(pl.lit(None, pl.String).alias(name) for name in _UNTOLD),
    )


def part(rows: pl.DataFrame, bad: pl.Expr, code: RejectCode, message: pl.Expr | str) -> Cleaned:
    """Rows where ``bad`` is true become rejects; null counts as not bad."""
    marked = rows.select(bad.fill_null(value=False)).to_series()
    if not marked.any():
        return rows, no_rejects()
    return rows.filter(~marked), refuse(rows.filter(marked), code, message)


def together(rejects: list[pl.DataFrame]) -> pl.DataFrame:
    """The rejects of several steps as one frame."""
    return pl.concat([no_rejects(), *(frame for frame in rejects if frame.height)])
