"""What a laboratory prints: its names, units and limits, its number of decimals, its flags."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import polars as pl

from hemoscribe.knowledge import analytes, linear_conversion
from hemoscribe.records import Language
from hemoscribe.simulation.cohort import Bools, Floats, Ints
from hemoscribe.simulation.library import load

MAX_DECIMALS = 4
_NAMES_TAKEN = 3  # of an analyte's names, how many a laboratory may choose from


@dataclass(frozen=True)
class Laboratory:
    """One entry of ``laboratories.yaml``."""

    id: str
    title: str
    language: Language
    share: float
    file: str
    layout: str  # a key of exporting.LAYOUTS
    delimiter: str
    decimal: str
    encoding: str
    newline: str
    date: str
    patient: str
    report: str
    sexes: Mapping[str, str]
    comments_on: Literal["every_row", "first_row"]
    limits_vary: float
    columns: Sequence[Sequence[str]]
    spelling: Mapping[str, str]
    units: Mapping[str, str]
    names: Mapping[str, str]
    detects: Mapping[str, float]
    exceeds: Mapping[str, float]
    birth_date: str = "%Y-%m-%d"
    age: str = "{}"
    range: str = "{low}-{high}"
    flags: Mapping[str, str] | None = None
    statuses: Mapping[str, str] | None = None
    loinc: Mapping[str, str] | None = None
    basis_mass: Mapping[str, str] | None = None
    sheet: str = "Sheet1"
    by_request: bool = False
    comment_header: str = "Comment"
    wide_header: str = "{name} ({unit})"
    specimen_header: str = ""  # of a table with a line per result; empty: a name says its fluid
    fluid_names: Sequence[str] = ("{name} ({fluid})",)  # in turn

    def unit(self, analyte: str) -> str:
        """The unit as this laboratory prints it; empty for a plain number."""
        canonical = analytes()[analyte].unit
        return self.units.get(analyte, self.spelling.get(canonical, canonical))

    def name(self, analyte: str) -> str:
        """What this laboratory calls the analyte."""
        if analyte in self.names:
            return self.names[analyte]
        names = analytes()[analyte].names[self.language][:_NAMES_TAKEN]
        return names[zlib.crc32(f"{self.id} {analyte}".encode()) % len(names)]

    def code(self, analyte: str) -> str | None:
        """The LOINC code this laboratory sends."""
        known = analytes()[analyte].loinc
        return (self.loinc or {}).get(analyte) or (known[0] if known else None)

    def conversion(self, analyte: str) -> tuple[float, float]:
        """(scale, offset): canonical = scale * printed + offset."""
        unit = self.unit(analyte)
        if not unit:
            return 1.0, 0.0
        basis = (self.basis_mass or {}).get(analyte)
        return linear_conversion(analyte, f"{unit}{{{basis}}}" if basis else unit)

    def decimals(self, analyte: str) -> int:
        """Decimals in this laboratory's unit, so that the precision stays that of the analyte."""
        scale, _ = self.conversion(analyte)
        wanted = analytes()[analyte].decimals + round(math.log10(scale))
        return min(max(wanted, 0), MAX_DECIMALS)

    def number(self, value: float, decimals: int) -> str:
        """A number as printed, with the laboratory's decimal mark."""
        return f"{value:.{decimals}f}".replace(".", self.decimal)


@cache
def laboratories() -> tuple[Laboratory, ...]:
    """Every laboratory of ``laboratories.yaml``."""
    entries: Mapping[str, Mapping[str, Any]] = load("laboratories.yaml")
    return tuple(Laboratory(id=name, **entry) for name, entry in entries.items())


def print_results(
    laboratory: Laboratory,
    reports: Ints,
    chosen: Bools,
    values: Mapping[str, Floats],
    limits: Mapping[str, tuple[Floats, Floats]],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """One row per result of these reports, in the order of a report.

    Columns: report, analyte, position, printed (in the laboratory's unit), value, unit, low, high
    (texts), comparator, canonical, true_low, true_high (all three in the canonical unit), direction
    (-1, 0, 1; null without limits), flag (LL to HH).
    """
    parts = []
    for position, analyte in enumerate(values):
        rows = reports[chosen[reports, position]]
        low, high = _own_limits(laboratory, *limits[analyte], rng)
        if len(rows):
            value = values[analyte][rows]
            parts.append(
                print_analyte(laboratory, analyte, position, rows, value, low[rows], high[rows])
            )
    return pl.concat(parts).sort("report", "position")


def _own_limits(
    laboratory: Laboratory, low: Floats, high: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """The laboratory's limits: the published ones, moved by a share of the interval's width."""
    one_sided = np.isnan(low) | np.isnan(high)
    width = np.where(one_sided, np.nan_to_num(low) + np.nan_to_num(high), high - low)
    moved = rng.normal(0.0, laboratory.limits_vary, 2)
    lower = low + moved[0] * width
    # Only what can be negative (a base excess) has limits below zero.
    return np.where(low < 0, lower, np.maximum(lower, 0.0)), high + moved[1] * width


def print_analyte(
    laboratory: Laboratory,
    analyte: str,
    position: int,
    reports: Ints,
    canonical: Floats,
    low: Floats,
    high: Floats,
    decimals: int | None = None,
) -> pl.DataFrame:
    """The rows of one analyte, as ``print_results``; numbers and limits in its canonical unit.

    Args:
        decimals: other than those of the analyte in this laboratory.
    """
    scale, offset = laboratory.conversion(analyte)
    decimals = laboratory.decimals(analyte) if decimals is None else decimals
    printed = np.round((canonical - offset) / scale, decimals)
    lower = np.round((low - offset) / scale, decimals)
    upper = np.round((high - offset) / scale, decimals)
    comparator = np.full(len(reports), "", dtype="U1")
    least, most = laboratory.detects.get(analyte), laboratory.exceeds.get(analyte)
    if least is not None:
        comparator = np.where(printed < least, "<", comparator)
        printed = np.maximum(printed, least)
    if most is not None:
        comparator = np.where(printed > most, ">", comparator)
        printed = np.minimum(printed, most)
    direction = _direction(printed, comparator, lower, upper)
    critical_low, critical_high = analytes()[analyte].critical
    true = printed * scale + offset
    far = (true <= (critical_low if critical_low is not None else -np.inf)) | (
        true >= (critical_high if critical_high is not None else np.inf)
    )

    def text(numbers: Floats, index: int) -> str | None:
        value = float(numbers[index])
        return None if math.isnan(value) else laboratory.number(value, decimals)

    count = range(len(reports))
    names = {-1: "L", 0: "N", 1: "H"}
    return pl.DataFrame(
        {
            "report": reports,
            "analyte": [analyte] * len(reports),
            "position": [position] * len(reports),
            "printed": printed,
            "value": [
                str(comparator[i]) + laboratory.number(float(printed[i]), decimals) for i in count
            ],
            "unit": [laboratory.unit(analyte)] * len(reports),
            "low": [text(lower, i) for i in count],
            "high": [text(upper, i) for i in count],
            "comparator": [str(sign) or None for sign in comparator],
            "canonical": true,
            "true_low": lower * scale + offset,
            "true_high": upper * scale + offset,
            "direction": [None if d == _UNKNOWN else int(d) for d in direction],
            "flag": [
                None if d == _UNKNOWN else names[int(d)] * (2 if far[i] and d else 1)
                for i, d in enumerate(direction)
            ],
        },
        schema_overrides={
            "low": pl.String,
            "high": pl.String,
            "comparator": pl.String,
            "direction": pl.Int8,
            "flag": pl.String,
            "position": pl.Int32,
        },
    )


_UNKNOWN = 9


def _direction(printed: Floats, comparator: Any, low: Floats, high: Floats) -> Ints:
    """-1 below, 0 within, 1 above the limits; unknown where there are none or "<" hides it."""
    below = (printed < low) & (comparator != ">") | ((comparator == "<") & (printed <= low))
    above = (printed > high) & (comparator != "<") | ((comparator == ">") & (printed >= high))
    found = np.where(below, -1, np.where(above, 1, 0))
    hidden = ((comparator == "<") & ~below & (low > 0)) | (
        (comparator == ">") & ~above & (high > 0)
    )
    nothing = np.isnan(low) & np.isnan(high)
    return np.where(nothing | hidden, _UNKNOWN, found).astype(np.int64)
