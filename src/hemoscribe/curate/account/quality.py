"""What the quality page shows, measured on the written rows: no patient, no single value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.curate.privacy.anonymity import age_band
from hemoscribe.knowledge import analytes
from hemoscribe.records import SPLITS

BINS = 32
_PERCENTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_UNITS_SHOWN = 4
MOST_ROWS_OF_PERCENTILES = 2_000_000
SMALL_COUNT = 20
"""Below this many results no percentile is shown: it could be somebody's own value."""


@dataclass(frozen=True, slots=True)
class AnalyteQuality:
    """One analyte's values over all curated rows, in ``unit``.

    ``percentiles`` are the 5th, 25th, 50th, 75th and 95th; None for fewer than 20 results.
    ``expected_share`` is the share outside the range in healthy people: 5 % for a reference
    interval, None for a limit set by a guideline.
    """

    name: str
    group: str
    unit: str
    results: int
    percentiles: tuple[float, float, float, float, float] | None
    low: float | None
    high: float | None
    below_share: float | None
    above_share: float | None
    expected_share: float | None
    censored: int
    units: str
    first_bin: float
    last_bin: float
    bins: tuple[int, ...]
    remark: str


def measure_analytes(results: Path) -> list[AnalyteQuality]:
    """Every analyte found, in the order of a report.

    Counts are of all rows. Percentiles and bars are of all rows too, up to a few million, and of
    every n-th row beyond.
    """
    rows = pl.scan_parquet(results)
    counts = (
        rows.group_by("analyte")
        .agg(
            pl.len().alias("results"),
            (pl.col("value") < pl.col("low")).sum().alias("below"),
            (pl.col("value") > pl.col("high")).sum().alias("above"),
            (pl.col("low").is_not_null() | pl.col("high").is_not_null()).sum().alias("ranged"),
            pl.col("comparator").count().alias("censored"),
        )
        .collect(engine="streaming")
    )
    sample = _sample(rows, int(counts["results"].sum()))
    percentiles = sample.group_by("analyte").agg(
        pl.len().alias("seen"),
        *(
            pl.col("value").quantile(share, "linear").alias(f"p{round(share * 100)}")
            for share in _PERCENTILES
        ),
        pl.col("low").median().alias("low"),
        pl.col("high").median().alias("high"),
    )
    table = counts.join(percentiles, on="analyte", how="left").with_columns(
        pl.col("seen").fill_null(0)
    )
    bins = _histograms(sample, table)
    units = _units(rows)
    order = {id_: place for place, id_ in enumerate(analytes())}
    entries = sorted(table.iter_rows(named=True), key=lambda entry: order[entry["analyte"]])
    return [
        _quality(entry, bins.get(entry["analyte"], ()), units[entry["analyte"]])
        for entry in entries
    ]


def _sample(rows: pl.LazyFrame, count: int) -> pl.DataFrame:
    """Every n-th row, so that few million are left; rows stand in the order of pseudonyms."""
    step = -(-count // MOST_ROWS_OF_PERCENTILES)
    columns = rows.select("analyte", "value", "low", "high").with_row_index("_number")
    if step > 1:
        columns = columns.filter(pl.col("_number") % step == 0)
    return columns.drop("_number").collect(engine="streaming")


def _quality(entry: dict[str, Any], bins: tuple[int, ...], units: str) -> AnalyteQuality:
    analyte = analytes()[entry["analyte"]]
    enough = entry["seen"] >= SMALL_COUNT
    ranged = entry["ranged"]
    shown = tuple(entry[f"p{share}"] for share in (5, 25, 50, 75, 95))
    kinds = {limits.kind for limits in analyte.ranges}
    return AnalyteQuality(
        name=analyte.name("en"),
        group=analyte.group,
        unit=analyte.unit,
        results=entry["results"],
        percentiles=shown if enough else None,
        low=entry["low"],
        high=entry["high"],
        below_share=entry["below"] / ranged if ranged else None,
        above_share=entry["above"] / ranged if ranged else None,
        expected_share=0.05 if kinds == {"reference"} else None,
        censored=entry["censored"],
        units=units,
        first_bin=entry["p1"] if enough else 0.0,
        last_bin=entry["p99"] if enough else 0.0,
        bins=bins if enough else (),
        remark=_remark(entry) if enough else "",
    )


def _remark(entry: dict[str, Any]) -> str:
    """What a person should look at: a distribution that the reference range does not explain."""
    median, low, high = entry["p50"], entry["low"], entry["high"]
    if (low is not None and median < low) or (high is not None and median > high):
        return "The median lies outside the range: look at the units."
    if entry["p1"] == entry["p99"]:
        return "All but the same value: look at the export."
    return ""


def _histograms(rows: pl.DataFrame, table: pl.DataFrame) -> dict[str, tuple[int, ...]]:
    """Counts in equal bins between the 1st and the 99th percentile."""
    ends = table.select("analyte", "p1", "p99").filter(pl.col("p99") > pl.col("p1"))
    width = (pl.col("p99") - pl.col("p1")) / BINS
    counts = (
        rows.select("analyte", "value")
        .join(ends, on="analyte")
        .filter(pl.col("value").is_between("p1", "p99"))
        .with_columns(
            ((pl.col("value") - pl.col("p1")) / width).cast(pl.Int16).clip(0, BINS - 1).alias("bin")
        )
        .group_by("analyte", "bin")
        .len()
    )
    found: dict[str, list[int]] = {id_: [0] * BINS for id_ in ends["analyte"]}
    for id_, place, count in counts.iter_rows():
        found[id_][place] = count
    return {id_: tuple(bins) for id_, bins in found.items()}


def _units(rows: pl.LazyFrame) -> dict[str, str]:
    """The units as laboratories printed them, commonest first, with their shares."""
    counts = (rows.group_by("analyte", "reported_unit").len().collect(engine="streaming")).sort(
        "analyte", "len", "reported_unit", descending=[False, True, False]
    )
    told: dict[str, str] = {}
    for (id_,), entries in counts.partition_by("analyte", as_dict=True).items():
        total = entries["len"].sum()
        parts = [
            f"{unit or 'none'} {count / total:.0%}"
            for unit, count in entries.select("reported_unit", "len").head(_UNITS_SHOWN).iter_rows()
        ]
        more = entries.height - len(parts)
        told[str(id_)] = ", ".join(parts) + (f", and {more} more" if more > 0 else "")
    return told


def measure_sides(reports: pl.DataFrame) -> list[dict[str, Any]]:
    """Per side: reports, results, patients, their shares, sex and age: is the split balanced?"""
    patients = reports["patient_id"].n_unique()
    sides = []
    for split in SPLITS:
        side = reports.filter(pl.col("split") == split)
        count = side["patient_id"].n_unique()
        sides.append(
            {
                "split": split,
                "patients": count,
                "share": count / patients if patients else 0.0,
                "reports": side.height,
                "results": int(side["results"].sum()),
                "female": _share(side["sex"].drop_nulls() == "F"),
                "median_age": side["age_years"].median(),
                "results_per_report": side["results"].median(),
            }
        )
    return sides


def _share(flags: pl.Series) -> float | None:
    return float(flags.sum()) / len(flags) if len(flags) else None


def count_by(reports: pl.DataFrame, column: str, limit: int = 40) -> list[tuple[str, int]]:
    """Reports by a column, commonest first; years and ages in their own order."""
    counts = reports.group_by(column).len().sort("len", column, descending=[True, False])
    return [(str(name), int(count)) for name, count in counts.head(limit).iter_rows()]


def count_ages(reports: pl.DataFrame) -> list[tuple[str, int]]:
    """Reports by ten-year age band."""
    bands = reports.select(age_band()).to_series().value_counts().sort("age_band", nulls_last=True)
    return [(_band_name(band), int(count)) for band, count in bands.iter_rows()]


def _band_name(band: int | None) -> str:
    if band is None:
        return "not known"
    return "90 and over" if band >= 90 else f"{band} to {band + 9}"


def count_years(reports: pl.DataFrame) -> list[tuple[str, int]]:
    """Reports by true year of collection (the rows themselves hold shifted dates)."""
    years = reports["true_year"].value_counts().sort("true_year", nulls_last=True)
    return [
        ("not known" if year is None else str(year), int(count))
        for year, count in years.iter_rows()
    ]


def reject_examples(rejects: pl.DataFrame, per_code: int = 3) -> list[dict[str, Any]]:
    """Per code: how many results, and a few rejects with different sentences."""
    found = []
    counts = rejects.group_by("code").agg(pl.col("results").cast(pl.Int64).sum())
    for code, count in counts.sort("results", "code", descending=[True, False]).iter_rows():
        those = rejects.filter(pl.col("code") == code)
        examples = those.unique("message", keep="first", maintain_order=True).head(per_code)
        if examples.height < per_code:
            examples = those.head(per_code)
        found.append({"code": code, "results": count, "examples": examples.to_dicts()})
    return found
