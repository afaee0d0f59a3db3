"""Which reports are taught, on which track, and what is cut into parts.

A report that is written from its brief stays whole, as in service. The order of reports is that of
a seeded hash, so a smaller corpus is a sample of a larger one. Of what is rare, a sample holds too
little to be learnt: `favour` takes reports for an analyte, `even_findings` for each finding alike.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import polars as pl

from hemoscribe.knowledge import find, flag
from hemoscribe.prose.prompt import Track
from hemoscribe.settings import CorpusSettings


def track_of(report_id: str, settings: CorpusSettings) -> Track:
    """The track of a report: all its parts are of one."""
    tracks = [track for track in settings.tracks if settings.tracks[track] > 0]
    weights = [settings.tracks[track] for track in tracks]
    return random.Random(f"{settings.seed}:{report_id}").choices(tracks, weights)[0]


def choose_reports(
    rows: pl.DataFrame, settings: CorpusSettings
) -> tuple[pl.DataFrame, dict[str, int]]:
    """(rows of the parts to be taught, with ``part``; how many were left out and why)."""
    rows = rows.with_columns(pl.len().over("report_id").alias("results"))
    short = rows.filter(pl.col("results") < settings.min_results)["report_id"].n_unique()
    rows = rows.filter(pl.col("results") >= settings.min_results)
    reports = rows["report_id"].unique(maintain_order=True)
    is_written = [track_of(report, settings) == "assisted" for report in reports]
    whole = reports.filter(pl.Series(is_written, dtype=pl.Boolean))
    parts = (pl.col("results") + settings.max_results - 1) // settings.max_results
    number = pl.int_range(pl.len()).over("report_id") * parts // pl.col("results")
    is_cut = (pl.col("results") > settings.max_results) & ~pl.col("report_id").is_in(
        whole.implode()
    )
    rows = rows.with_columns(
        pl.when(is_cut)
        .then(pl.format("{}#{}", "report_id", number))
        .otherwise(pl.col("report_id"))
        .alias("part"),
        pl.col("report_id").hash(settings.seed).alias("_order"),
    )
    rows = rows.sort("_order", "part", maintain_order=True)
    beyond = 0
    if settings.max_examples is not None:
        chosen = _first_parts(rows, settings.max_examples, settings, whole)
        kept = rows.filter(pl.col("part").is_in(chosen.implode()))
        beyond = rows["part"].n_unique() - kept["part"].n_unique()
        rows = kept
    left_out = {"reports_with_too_few_results": short, "examples_beyond_the_limit": beyond}
    return rows.drop("results", "_order"), left_out


def _first_parts(
    rows: pl.DataFrame, most: int, settings: CorpusSettings, whole: pl.Series
) -> pl.Series:
    """The first ``most`` parts of ``rows``, those that are favoured before others."""
    parts = rows["part"].unique(maintain_order=True)
    chosen = [_holding(rows, settings.favour, most)]
    if settings.even_findings:
        written = rows.filter(pl.col("part").is_in(whole.implode()))
        chosen.append(_evenly(written, round(settings.even_findings * most)))
    first = pl.concat(chosen).unique(maintain_order=True)
    others = parts.filter(~parts.is_in(first.implode()))
    return pl.concat([first, others]).head(most)


def _holding(rows: pl.DataFrame, favour: Mapping[str, float], most: int) -> pl.Series:
    """For each favoured analyte, its share of parts that hold it."""
    chosen = rows["part"].head(0)
    for analyte, share in favour.items():
        holding = rows.filter(pl.col("analyte") == analyte)["part"].unique(maintain_order=True)
        chosen = chosen.append(holding.head(round(share * most)))
    return chosen


def _evenly(rows: pl.DataFrame, count: int) -> pl.Series:
    """``count`` reports, one for each finding in turn, the rarest first, and so on again."""
    found = find(flag(rows)).select("report_id", "finding")
    order = rows.select("report_id").unique(maintain_order=True).with_row_index("place")
    turns = (
        found.join(order, on="report_id")
        .sort("place")
        .with_columns(
            pl.int_range(pl.len()).over("finding").alias("turn"),
            pl.len().over("finding").alias("reports"),
        )
        .sort("turn", "reports", "finding")
    )
    return turns["report_id"].unique(maintain_order=True).head(count)
