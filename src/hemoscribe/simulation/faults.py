"""Faults planted in a laboratory's printed results, each known and counted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.simulation.laboratory import Laboratory
from hemoscribe.simulation.library import load

_PLANTED = (
    *("missing", "no_value", "text", "times_10", "times_1000", "wrong_unit"),
    *("duplicate", "corrected", "preliminary", "cancelled"),
)
_THE_OTHER_LINE = {"duplicate": "duplicated", "preliminary": "completed"}


@cache
def rules() -> Mapping[str, Any]:
    """How often each fault is planted, and with which texts."""
    found: Mapping[str, Any] = load("faults.yaml")
    return found


def plant(printed: pl.DataFrame, laboratory: Laboratory, rng: np.random.Generator) -> pl.DataFrame:
    """The printed rows with faults: columns ``fault`` (null: none), ``status`` and ``turn`` added.

    Of the two lines of a fault each has its own name: ``duplicated`` and its ``duplicate``,
    ``preliminary`` and then ``completed``, ``superseded`` and then ``corrected``.

    ``turn`` orders the rows of one result: a wrong or preliminary row stands before the last one.
    """
    rows = printed.with_columns(
        pl.Series("fault", _drawn(printed.height, laboratory, rng), dtype=pl.String),
        status=pl.lit("final"),
        turn=pl.lit(1, dtype=pl.Int8),
    )
    rows = _hemolyzed(rows, laboratory, rng)
    rows = _texts(rows, laboratory, rng)
    rows = _wrong_numbers(rows, laboratory)
    rows = rows.with_columns(
        status=pl.when(pl.col("fault").is_in(["corrected", "cancelled"]))
        .then("fault")
        .otherwise("status")
    )
    extra = _extra_rows(rows, laboratory, rng)
    rows = rows.with_columns(fault=pl.col("fault").replace(_THE_OTHER_LINE))
    return pl.concat([rows, *extra]).sort("report", "position", "turn")


def _drawn(count: int, laboratory: Laboratory, rng: np.random.Generator) -> list[str | None]:
    """At most one fault per result."""
    kinds = rules()["only"].get(laboratory.layout, _PLANTED)
    edges = np.cumsum([rules()[kind]["share"] for kind in kinds])
    places = np.searchsorted(edges, rng.random(count), side="right")
    return [kinds[place] if place < len(kinds) else None for place in places]


def _hemolyzed(
    rows: pl.DataFrame, laboratory: Laboratory, rng: np.random.Generator
) -> pl.DataFrame:
    rule = rules()["hemolyzed"]
    reports = rows.filter(pl.col("analyte") == "potassium")["report"].unique(maintain_order=True)
    chosen = reports.filter(pl.Series(rng.random(len(reports)) < rule["share"]))
    hit = pl.col("report").is_in(chosen.implode()) & pl.col("analyte").is_in(rule["analytes"])
    text = rng.choice(rule["texts"][laboratory.language])
    return rows.with_columns(
        fault=pl.when(hit).then(pl.lit("hemolyzed")).otherwise("fault"),
        value=pl.when(hit).then(pl.lit(str(text))).otherwise("value"),
    )


def _texts(rows: pl.DataFrame, laboratory: Laboratory, rng: np.random.Generator) -> pl.DataFrame:
    for kind in ("no_value", "text"):
        texts = rules()[kind]["texts"][laboratory.language]
        drawn = pl.Series(rng.choice(texts, rows.height).tolist(), dtype=pl.String)
        hit = pl.col("fault") == kind
        rows = rows.with_columns(value=pl.when(hit).then(drawn).otherwise("value"))
    missing = pl.col("fault") == "missing"
    return rows.with_columns(
        value=pl.when(missing.fill_null(value=False)).then(None).otherwise("value")
    )


def _wrong_numbers(rows: pl.DataFrame, laboratory: Laboratory) -> pl.DataFrame:
    """A slipped decimal mark, a unit of another size, another unit's label; only exact values."""
    exact = pl.col("comparator").is_null()
    other = pl.col("unit").replace_strict(
        rules()["wrong_units"], default=None, return_dtype=pl.String
    )
    slips = pl.col("fault").is_in(["times_10", "times_1000"])
    impossible = (pl.col("fault") == "wrong_unit") & other.is_null()
    rows = rows.with_columns(
        fault=pl.when((slips & ~exact) | impossible).then(None).otherwise("fault")
    )
    times = {"times_10": 10, "times_1000": 1000}
    values = [
        laboratory.number(number * times[fault], 1) if fault in times else value
        for fault, number, value in rows.select("fault", "printed", "value").iter_rows()
    ]
    return rows.with_columns(
        pl.Series("value", values, dtype=pl.String),
        unit=pl.when(pl.col("fault") == "wrong_unit").then(other).otherwise("unit"),
    )


def _extra_rows(
    rows: pl.DataFrame, laboratory: Laboratory, rng: np.random.Generator
) -> list[pl.DataFrame]:
    """The second line of a duplicate; the line that a corrected or final one supersedes."""
    twice = rows.filter(pl.col("fault") == "duplicate").with_columns(turn=pl.lit(2, dtype=pl.Int8))
    found = [twice]
    for kind, label, status in (
        ("corrected", "superseded", "final"),
        ("preliminary", "preliminary", "preliminary"),
    ):
        before = rows.filter(pl.col("fault") == kind)
        wrong = before["printed"].to_numpy() * rng.uniform(1.05, 1.6, before.height)
        decimals = [laboratory.decimals(analyte) for analyte in before["analyte"]]
        texts = [
            laboratory.number(float(number), places)
            for number, places in zip(wrong, decimals, strict=True)
        ]
        found.append(
            before.with_columns(
                pl.Series("value", texts, dtype=pl.String),
                fault=pl.lit(label),
                status=pl.lit(status),
                flag=pl.lit(None, dtype=pl.String),
                turn=pl.lit(0, dtype=pl.Int8),
            )
        )
    return found
