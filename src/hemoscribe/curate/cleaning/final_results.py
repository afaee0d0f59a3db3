"""Corrected, cancelled and preliminary results."""

from __future__ import annotations

from typing import Literal

import polars as pl

from hemoscribe.curate.cleaning.rejection import ROW, Cleaned, refuse, together
from hemoscribe.curate.cleaning.same_specimen import RESULT_IN_REPORT
from hemoscribe.knowledge.statuses import RANK
from hemoscribe.records import RejectCode, no_rejects


def settle_statuses(rows: pl.DataFrame, *, preliminary: Literal["reject", "keep"]) -> Cleaned:
    """One standing result for each patient, report, time and analyte, by its status.

    A cancelled result is refused and takes with it what stood before it in the same report; what
    follows it stands. A corrected result supersedes a final one, the last correction the earlier
    ones. A preliminary result goes by policy: refused, or kept until a final one supersedes it.
    """
    if (rows["status"] == "final").all():
        return rows, no_rejects()
    keys = list(RESULT_IN_REPORT)
    concerned = rows.filter(pl.col("status") != "final").select(keys).unique()
    touched = rows.join(concerned, on=keys, how="semi", nulls_equal=True, maintain_order="left")
    cancelled = pl.col("status") == "cancelled"
    rank = pl.col("status").replace_strict(RANK, default=-1, return_dtype=pl.Int8)
    touched = touched.with_columns(
        pl.col(ROW).filter(cancelled).max().over(keys).alias("_cancelled_at"),
        rank.alias("_rank"),
    ).with_columns((pl.col(ROW) < pl.col("_cancelled_at")).fill_null(value=False).alias("_undone"))
    standing = ~cancelled & ~pl.col("_undone")
    touched = touched.with_columns(
        pl.col("_rank").filter(standing).max().over(keys).alias("_best"),
        pl.col(ROW)
        .filter(standing & (pl.col("status") == "corrected"))
        .max()
        .over(keys)
        .alias("_last"),
    )
    refused = touched.with_columns(
        pl.when(cancelled)
        .then(pl.lit("is_cancelled"))
        .when("_undone")
        .then(pl.lit("was_cancelled"))
        .when(pl.lit(preliminary == "reject") & (pl.col("status") == "preliminary"))
        .then(pl.lit("preliminary"))
        .when(pl.col("_rank") < pl.col("_best"))
        .then(pl.lit("superseded"))
        .when((pl.col("status") == "corrected") & (pl.col(ROW) < pl.col("_last")))
        .then(pl.lit("corrected_again"))
        .alias("_why")
    ).filter(pl.col("_why").is_not_null())
    why = pl.col("_why")
    rejects = together(
        [
            refuse(
                refused.filter(why == "is_cancelled"),
                RejectCode.CANCELLED,
                "The laboratory cancelled this result.",
            ),
            refuse(
                refused.filter(why == "was_cancelled"),
                RejectCode.CANCELLED,
                pl.format(
                    "The laboratory cancelled this result later, in row {}.",
                    pl.col("_cancelled_at") + 1,
                ),
            ),
            refuse(
                refused.filter(why == "preliminary"),
                RejectCode.PRELIMINARY,
                "The result is preliminary, not validated; `curate.preliminary: keep` keeps it.",
            ),
            refuse(
                refused.filter(why == "superseded"),
                RejectCode.SUPERSEDED,
                pl.format(
                    "The {} result of the same report was replaced by a later, {} one.",
                    "status",
                    pl.when(pl.col("_best") == RANK["corrected"])
                    .then(pl.lit("corrected"))
                    .otherwise(pl.lit("final")),
                ),
            ),
            refuse(
                refused.filter(why == "corrected_again"),
                RejectCode.SUPERSEDED,
                pl.format("The result was corrected again in row {}.", pl.col("_last") + 1),
            ),
        ]
    )
    return rows.join(refused.select(ROW), on=ROW, how="anti", maintain_order="left"), rejects
