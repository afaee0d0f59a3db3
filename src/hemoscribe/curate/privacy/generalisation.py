"""Coarser rows, so that at least k patients share sex, age, period and laboratory as written.

Every way to write them is one of three steps each (age in wider bands, collection time as month,
quarter, year or not at all, laboratories kept, merged or masked). The way that loses least and
refuses few reports is taken; reports that still stand among fewer than k patients are refused.
What is lost is measured as Prec (Sweeney 2002, doi:10.1142/S021848850200165X): the mean height of
the three in their hierarchies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from hemoscribe.curate.pseudonyms.pseudonymise import OLDEST_AGE_YEARS
from hemoscribe.curate.stream.scratch import read_part
from hemoscribe.errors import SettingsError, StageError
from hemoscribe.settings import CurateSettings

WRITTEN: Final = ("sex", "age_years", "collected_at", "laboratory")
"""What may be known of somebody from outside, as it stands in the rows."""

MERGED: Final = "merged"
AGE_WIDTHS_YEARS: Final = (1, 5, 10, 20, 40)
Period = Literal["month", "quarter", "year", "none"]
Laboratories = Literal["kept", "merged", "masked"]
_PERIODS: Final[tuple[Period, ...]] = ("month", "quarter", "year", "none")
_LABORATORIES: Final[tuple[Laboratories, ...]] = ("kept", "merged", "masked")
_TRUNCATED: Final = {"month": "1mo", "quarter": "1q", "year": "1y"}
_INFANT_YEARS, _ADULT_YEARS = 1, 18
_INFANT_VALUE_YEARS = 0.5


@dataclass(frozen=True, slots=True)
class Way:
    """How coarsely ages, times and laboratories are written; ``merged``: those under one name."""

    age_width_years: int
    period: Period
    laboratories: Laboratories
    merged: tuple[str, ...] = ()

    @property
    def loss(self) -> float:
        """0: as it was, 1: nothing left."""
        return (
            AGE_WIDTHS_YEARS.index(self.age_width_years) / (len(AGE_WIDTHS_YEARS) - 1)
            + _PERIODS.index(self.period) / (len(_PERIODS) - 1)
            + _LABORATORIES.index(self.laboratories) / (len(_LABORATORIES) - 1)
        ) / 3

    @property
    def words(self) -> str:
        """What was done, as a person reads it."""
        age = "whole years" if self.age_width_years == 1 else f"bands of {self.age_width_years}"
        period = "left out" if self.period == "none" else f"the first day of their {self.period}"
        merged = f" ({len(self.merged)} under one name)" if self.laboratories == MERGED else ""
        return f"ages in {age}, shifted dates {period}, laboratories {self.laboratories}{merged}"

    @property
    def bands(self) -> list[tuple[str, float]]:
        """Each age band in words, and the value written for it; empty for whole years."""
        if self.age_width_years == 1:
            return []
        starts = _starts(self.age_width_years)
        return [
            (_named(low, high), _value(low, high))
            for low, high in zip(starts, [*starts[1:], None], strict=True)
        ]

    def write(self, rows: pl.DataFrame) -> pl.DataFrame:
        """``rows`` made coarser in what they have of ``WRITTEN``; laboratories are text."""
        new = {
            "age_years": self._age(),
            "collected_at": self._time(),
            "requested_at": pl.lit(None, pl.Datetime("us")),  # would tell the time again
            "laboratory": self._laboratory(),
        }
        return rows.with_columns(
            expression.alias(name) for name, expression in new.items() if name in rows.columns
        )

    def _age(self) -> pl.Expr:
        age = pl.col("age_years")
        if self.age_width_years == 1:
            return age
        starts = _starts(self.age_width_years)
        values = [_value(low, high) for low, high in zip(starts, [*starts[1:], None], strict=True)]
        written = pl.lit(None, pl.Float64)
        for low, value in zip(starts, values, strict=True):
            written = pl.when(age >= low).then(pl.lit(value)).otherwise(written)
        return written

    def _time(self) -> pl.Expr:
        if self.period == "none":
            return pl.lit(None, pl.Datetime("us"))
        return pl.col("collected_at").dt.truncate(_TRUNCATED[self.period])

    def _laboratory(self) -> pl.Expr:
        if self.laboratories == "masked":
            return pl.lit(None, pl.String)
        name = pl.col("laboratory")
        return pl.when(name.is_in(self.merged)).then(pl.lit(MERGED)).otherwise(name)


@dataclass(frozen=True, slots=True)
class Generalised:
    """What was done for ``k``: the way, the smallest cell left, and the reports refused for it."""

    wanted_k: int
    k: int
    way: Way
    refused: pl.Series
    reports: int

    def told(self) -> dict[str, Any]:
        """What the summary says of it."""
        return {
            "wanted_k": self.wanted_k,
            "k": self.k,
            "age_width_years": self.way.age_width_years,
            "period": self.way.period,
            "laboratories": self.way.laboratories,
            "merged": len(self.way.merged),
            "reports_refused": self.refused.len(),
            "loss": round(self.way.loss, 3),
        }


def require_one_way(settings: CurateSettings) -> None:
    """Raise SettingsError when two settings want small cells out in two ways."""
    if settings.generalise_to_k is not None and settings.small_cells == "reject":
        raise SettingsError(
            "`curate.generalise_to_k` and `curate.small_cells: reject` both take small cells out; "
            "set one of them."
        )


def list_occasions(parts: Sequence[Path], names: Sequence[pl.Series]) -> pl.DataFrame:
    """What the rows of ``parts`` tell of each report, once: its pseudonym and ``WRITTEN``.

    A report's rows may be of two laboratories or times: then it has two lines.
    """
    month = pl.col("collected_at").dt.truncate(_TRUNCATED["month"])
    found = []
    for part, pseudonyms in zip(parts, names, strict=True):
        known = (
            read_part(part)
            .shared.select("patient_id", "report_id", *WRITTEN)
            .with_columns(month)
            .unique(maintain_order=True)
            .with_columns(pl.col("sex", "laboratory").cast(pl.String))
        )
        found.append(known.with_columns(pseudonyms.gather(known["report_id"]).alias("report_id")))
    return pl.concat(found)


def generalise(occasions: pl.DataFrame, k: int, *, refused_share: float) -> Generalised:
    """The way that loses least and refuses at most ``refused_share`` of the reports.

    Where no way refuses so few, the one that refuses fewest is taken. Of ways that lose the same,
    the one that refuses fewest.
    """
    total = occasions["report_id"].n_unique()
    best: Generalised | None = None
    for way in _ways(occasions, k, refused_share):
        if best is not None and way.loss > best.way.loss and _accepted(best, refused_share):
            break
        found = _measured(occasions, way, k, total)
        if best is None or found.refused.len() < best.refused.len():
            best = found
    assert best is not None
    return best


def require_k(results: Path, k: int) -> None:
    """Read the written file back: no cell of ``WRITTEN`` with fewer than ``k`` patients.

    Raises:
        StageError: there is one; names how many.
    """
    small = (
        pl.scan_parquet(results)
        .group_by(WRITTEN)
        .agg(pl.col("patient_id").n_unique().alias("patients"))
        .filter(pl.col("patients") < k)
        .select(pl.len())
        .collect(engine="streaming")
        .item()
    )
    if small:
        raise StageError(
            f"{results.name}: {small:,} cells of sex, age, period and laboratory have fewer than "
            f"{k} patients. This is a defect of Hemoscribe: please report it."
        )


def _accepted(found: Generalised, refused_share: float) -> bool:
    return found.refused.len() <= refused_share * found.reports


def _ways(occasions: pl.DataFrame, k: int, refused_share: float) -> Iterator[Way]:
    """Every way that changes something, those that lose least first."""
    sites = occasions["laboratory"].drop_nulls().n_unique()
    dated = occasions["collected_at"].null_count() < len(occasions)
    some = {"kept": True, "merged": sites > 2, "masked": sites > 0}
    ways = [
        Way(width, period, laboratories)
        for width, period, laboratories in product(AGE_WIDTHS_YEARS, _PERIODS, _LABORATORIES)
        if some[laboratories] and (dated or period == _PERIODS[0])
    ]
    for way in sorted(ways, key=lambda way: way.loss):
        if way.laboratories != MERGED:
            yield way
        elif merged := _to_merge(occasions, way, k, refused_share):
            yield Way(way.age_width_years, way.period, MERGED, merged)


def _to_merge(occasions: pl.DataFrame, way: Way, k: int, refused_share: float) -> tuple[str, ...]:
    """Laboratories of whose reports too many would be refused; at least two, or none."""
    kept = Way(way.age_width_years, way.period, "kept")
    refused = _refused(kept.write(occasions), k)
    shares = (
        occasions.drop_nulls("laboratory")
        .select("laboratory", "patient_id", gone=pl.col("report_id").is_in(refused.implode()))
        .group_by("laboratory")
        .agg(pl.col("gone").mean(), pl.col("patient_id").n_unique().alias("patients"))
        .sort("patients", "laboratory")
    )
    merged = shares.filter(pl.col("gone") > refused_share)["laboratory"].to_list()
    if len(merged) == 1:  # one alone under another name would still be one alone
        merged += [name for name in shares["laboratory"] if name not in merged][:1]
    return tuple(sorted(merged))


def _measured(occasions: pl.DataFrame, way: Way, k: int, total: int) -> Generalised:
    written = way.write(occasions)
    refused = _refused(written, k)
    left = written.filter(~pl.col("report_id").is_in(refused.implode()))
    return Generalised(k, min(_sizes(left)["patients"].to_list(), default=0), way, refused, total)


def _sizes(written: pl.DataFrame) -> pl.DataFrame:
    return written.group_by(WRITTEN).agg(pl.col("patient_id").n_unique().alias("patients"))


def _refused(written: pl.DataFrame, k: int) -> pl.Series:
    """Reports with a line in a small cell; each that goes may make another cell small."""
    left = written
    gone: list[pl.Series] = []
    while True:
        small = _sizes(left).filter(pl.col("patients") < k)
        if small.is_empty():
            return pl.concat(gone) if gone else written["report_id"].clear()
        reports = left.join(small, on=WRITTEN, how="semi", nulls_equal=True)["report_id"].unique()
        gone.append(reports)
        left = left.filter(~pl.col("report_id").is_in(reports.implode()))


def _starts(width: int) -> list[int]:
    """The first years of the bands: no infant beside a child, no child beside an adult."""
    children = [_INFANT_YEARS, *range(width, _ADULT_YEARS, width)]
    grown = [start for start in range(0, OLDEST_AGE_YEARS + 1, width) if start > _ADULT_YEARS]
    if grown[0] - _ADULT_YEARS < width / 2:  # what is left of a band goes with the next
        grown = grown[1:]
    return [0, *children, _ADULT_YEARS, *grown]


def _named(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} and over"
    return f"under {high}" if low == 0 else f"{low} to {high - 1}"


def _value(low: int, high: int | None) -> float:
    """The middle of a band; of the open one, 90 or what is between."""
    if low < _INFANT_YEARS:
        return _INFANT_VALUE_YEARS
    return float((low + (OLDEST_AGE_YEARS if high is None else high)) // 2)
