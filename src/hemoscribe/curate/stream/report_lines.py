"""One line per curated report: what the checks across patients need, and few result values."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hemoscribe.curate.stream.runs import run_starts

PANEL = "panel"
ABNORMAL = "abnormal"
THREE_VALUES = "three_values"
REMEMBERED = "three_values_remembered"
_THREE = ("hemoglobin", "platelets", "creatinine")
REMEMBERED_DIGITS = 2
"""Significant digits of a value as somebody remembers it: 13, 240, 0.9."""

COMMENT = "long_comment"
LONG_COMMENT_LETTERS = 80
PER_REPORT = ("patient_id", "sex", "age_years", "laboratory", "true_year", "collected_at")


def list_reports(rows: pl.DataFrame) -> pl.DataFrame:
    """One line per report: patient, sex, age, laboratory, times, results, hashes, long comment.

    Two reports have the same panel hash when they hold the same analytes with the same values, in
    whatever order; the same abnormal hash when the same analytes are low or high (0: none is); the
    same hash of three values when hemoglobin, platelets and creatinine are the same, and the same
    remembered one when they are to two significant digits. A report with any of the three missing
    or twice has neither. The comment is kept as text where it is long: equal ones share memory.

    Args:
        rows: scrubbed, dates as they are written; ``true_year`` beside them.
    """
    beyond = (
        pl.when(pl.col("value") < pl.col("low"))
        .then(-1)
        .when(pl.col("value") > pl.col("high"))
        .then(1)
    )
    rows = rows.with_columns(
        pl.struct("analyte", "value", "comparator").hash(seed=0).alias(PANEL),
        pl.when(beyond.is_not_null())
        .then(pl.struct("analyte", beyond.alias("beyond")).hash(seed=0))
        .otherwise(0)
        .alias(ABNORMAL),
    )
    reports = _list_runs(rows)
    if reports["report_id"].is_duplicated().any():  # a report of two times, another one between
        reports = reports.group_by("report_id", maintain_order=True).agg(
            pl.col(*PER_REPORT).first(),
            pl.col("results").sum(),
            pl.col(PANEL, ABNORMAL).bitwise_xor(),
            pl.col(COMMENT).drop_nulls().first(),
        )
    long = pl.col(COMMENT).str.len_chars() >= LONG_COMMENT_LETTERS
    reports = reports.with_columns(pl.when(long).then(COMMENT).alias(COMMENT))
    return reports.join(_three_values(rows), on="report_id", how="left", maintain_order="left")


def _list_runs(rows: pl.DataFrame) -> pl.DataFrame:
    """One line per run of rows of one report: there are as many as reports, or hardly more."""
    firsts = run_starts(rows, ("report_id",)).arg_true()
    noted = rows["comment"].is_not_null().to_numpy()
    places = np.where(noted, np.arange(len(rows)), len(rows))
    comments = pl.Series(_reduced(np.minimum, places, firsts)).replace(len(rows), None)
    return rows.select("report_id", *PER_REPORT)[firsts].with_columns(
        pl.Series("results", np.diff(np.append(firsts.to_numpy(), len(rows))), pl.UInt32),
        *(_mixed(rows[name], firsts) for name in (PANEL, ABNORMAL)),
        rows["comment"].gather(comments).alias(COMMENT),
    )


def _three_values(rows: pl.DataFrame) -> pl.DataFrame:
    """``report_id`` and the two hashes of the reports that have each of the three once."""
    known = rows.schema["analyte"]
    if isinstance(known, pl.Enum) and known.categories.is_in(_THREE).sum() != len(_THREE):
        three = rows.head(0)
    else:
        three = rows.filter(pl.any_horizontal(pl.col("analyte") == name for name in _THREE))
    remembered = pl.col("value").round_sig_figs(REMEMBERED_DIGITS)
    three = three.select(
        "report_id",
        "analyte",
        pl.col(PANEL).alias(THREE_VALUES),
        pl.struct("analyte", remembered).hash(seed=0).alias(REMEMBERED),
    )
    firsts = run_starts(three, ("report_id",)).arg_true()
    runs = three.select("report_id")[firsts].with_columns(
        *(_mixed(three[name], firsts) for name in (THREE_VALUES, REMEMBERED)),
        *(
            pl.Series(
                f"_{name}",
                _reduced(np.add, (three["analyte"] == name).cast(pl.UInt32).to_numpy(), firsts),
            )
            for name in _THREE
        ),
    )
    if runs["report_id"].is_duplicated().any():
        runs = runs.group_by("report_id").agg(
            pl.col(THREE_VALUES, REMEMBERED).bitwise_xor(), pl.col("^_.*$").sum()
        )
    once = pl.all_horizontal(pl.col(f"_{name}") == 1 for name in _THREE)
    return runs.filter(once).select("report_id", THREE_VALUES, REMEMBERED)


def _mixed(hashes: pl.Series, firsts: pl.Series) -> pl.Series:
    """The hashes of each run as one, in whatever order they stand."""
    return pl.Series(hashes.name, _reduced(np.bitwise_xor, hashes.to_numpy(), firsts), pl.UInt64)


def _reduced(how: np.ufunc, values: NDArray[Any], firsts: pl.Series) -> NDArray[Any]:
    """``how`` over the values of each run."""
    return how.reduceat(values, firsts.to_numpy(), dtype=values.dtype) if len(values) else values
