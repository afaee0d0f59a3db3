"""Results that a later row withdraws without a value of its own, over a whole export.

A laboratory that withdraws a result (OBX-11 of W, D or X, entered-in-error...), or corrects it to
words ("Haemolysed"), sends a row with no number, which is a reject; what stood before it must not
stand. Only the keys of such rows are kept, so memory does not grow with the export.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from hemoscribe.knowledge.printed import status_words

_WITHDRAW = ("cancelled", "corrected")
_RESULT = ("patient_id", "collected_at", "loinc", "name")
_NAME = pl.coalesce("reported_name", "loinc").alias("name")


@dataclass
class Withdrawals:
    """Parts of an export, one after the other; ``read`` counts the results that went before."""

    read: int = 0
    kept: list[pl.DataFrame] = field(default_factory=list)

    def take(self, reported: pl.DataFrame) -> pl.DataFrame:
        """A part with what its own rows withdraw cancelled; its withdrawals are kept."""
        orders = _orders(reported)
        if orders.is_empty():
            return reported
        if self.read:
            self.kept.append(orders.select(_RESULT).unique().with_columns(before=self.read))
        last = orders.group_by(_RESULT).agg(before=pl.col("row").max())
        return _cancelled(reported.lazy(), last).collect()

    def settled(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """All rows of the export, with what a later part withdrew cancelled."""
        if not self.kept:
            return rows
        last = pl.concat(self.kept).group_by(_RESULT).agg(pl.col("before").max())
        return _cancelled(rows, last)


def _orders(reported: pl.DataFrame) -> pl.DataFrame:
    """The rows that withdraw a result, with their ``row``."""
    status = reported["status"]
    if status.null_count() == len(status):
        return reported.clear().with_columns(_NAME, row=pl.lit(0, pl.UInt32))
    words = status_words()
    texts = [
        text
        for text in status.unique().drop_nulls()
        if words.get(text.strip().casefold()) in _WITHDRAW
    ]
    numberless = ~pl.col("reported_value").str.contains(r"\d").fill_null(value=False)
    return (
        reported.with_columns(_NAME)
        .with_row_index("row")
        .filter(
            pl.col("status").is_in(texts)
            & numberless
            & pl.col("patient_id").is_not_null()
            & pl.col("name").is_not_null()
        )
    )


def _cancelled(rows: pl.LazyFrame, last: pl.DataFrame) -> pl.LazyFrame:
    """Rows that stand before the row ``last`` says of their result are cancelled."""
    columns = rows.collect_schema().names()
    joined = (
        rows.with_row_index("row")
        .with_columns(_NAME)
        .join(last.lazy(), on=list(_RESULT), how="left", nulls_equal=True, maintain_order="left")
    )
    gone = (pl.col("row") < pl.col("before")).fill_null(value=False)
    return joined.with_columns(
        status=pl.when(gone).then(pl.lit("cancelled")).otherwise("status")
    ).select(columns)
