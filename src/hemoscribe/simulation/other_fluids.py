"""Results of other fluids than blood beside a report's own: sodium of the urine, glucose of CSF.

They are drawn apart from everything else, so that all results of blood stay as they are without
them. Each laboratory has every fluid in its turn, and each way of stating one in its turn.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.knowledge import analytes
from hemoscribe.records import Language
from hemoscribe.simulation.laboratory import MAX_DECIMALS, Laboratory, print_analyte
from hemoscribe.simulation.library import load

FAULT = "other_fluid"
WAYS = 3
"""A format states a fluid in as many ways, some further from the result than others."""
_FURTHER = 1000  # positions from one fluid of a report to the next


Measured = tuple["Fluid", str, int, Sequence[int], Sequence[int]]
"""(fluid, analyte, position, reports, ways): what is measured in which fluid of which report."""


@dataclass(frozen=True)
class Words:
    """What a laboratory of one language calls a fluid; see ``fluids.yaml``."""

    name: str
    short: str
    order: str
    heading: Sequence[str]


@dataclass(frozen=True)
class Fluid:
    """One entry of ``fluids.yaml``; ``drawn`` and ``usual`` in the analytes' canonical units."""

    id: str
    en: Words
    fr: Words
    hl7: str
    drawn: Mapping[str, tuple[float, float]]
    usual: Mapping[str, tuple[float, float]]
    snomed: str | None = None

    def words(self, language: Language) -> Words:
        """Its words in a language."""
        return self.fr if language == "fr" else self.en


@cache
def fluids() -> Mapping[str, Fluid]:
    """Every fluid, by its id."""
    return {
        name: Fluid(
            id=name,
            en=Words(**entry["en"]),
            fr=Words(**entry["fr"]),
            hl7=entry["hl7"],
            drawn=entry["drawn"],
            usual=entry.get("usual", {}),
            snomed=entry.get("snomed"),
        )
        for name, entry in _file()["fluids"].items()
    }


@cache
def _file() -> Mapping[str, Any]:
    found: Mapping[str, Any] = load("fluids.yaml")
    return found


def blood() -> Mapping[str, str]:
    """Blood of no stated kind: its words by language, its codes."""
    found: Mapping[str, str] = _file()["blood"]["any"]
    return found


def specimen(analyte: str, fluid: str | None, language: Language) -> str:
    """What a result is of, in a laboratory's words."""
    if fluid is not None:
        return fluids()[fluid].words(language).name
    kinds = _file()["blood"]
    found: str = kinds.get(analytes()[analyte].group, kinds["other"])[language]
    return found


def heading(fluid: str, way: int, language: Language) -> str:
    """The line over a fluid's results in print: its name, another one, or the specimen stated."""
    words = fluids()[fluid].words(language)
    if way < len(words.heading):
        return words.heading[way]
    found: str = _file()["printed_specimen"][language].format(name=words.name)
    return found


def with_fluids(
    rows: pl.DataFrame, laboratory: Laboratory, share: float, seed: int
) -> pl.DataFrame:
    """The rows with ``fluid`` (null: blood) and ``way`` (0 to 2: how it is stated) added.

    Args:
        rows: printed rows with faults.
        share: of the reports, those that also hold results of one or two other fluids, each after
            the report's results of blood.
    """
    none = (pl.lit(None, pl.String).alias("fluid"), pl.lit(None, pl.Int8).alias("way"))
    rows = rows.with_columns(none)
    rng = np.random.default_rng((seed, zlib.crc32(laboratory.id.encode())))
    reports = rows["report"].unique(maintain_order=True)
    chosen = reports.filter(pl.Series(rng.random(len(reports)) < share))
    if not len(chosen):
        return rows
    parts = [
        _printed(laboratory, *one, rng)
        for one in _drawn(rows.filter(pl.col("report").is_in(chosen.implode())), rng)
    ]
    extra = pl.concat(parts).select(pl.col(name).cast(rows.schema[name]) for name in rows.columns)
    return pl.concat([rows, extra]).sort("report", "position", "turn", maintain_order=True)


def _drawn(rows: pl.DataFrame, rng: np.random.Generator) -> Iterator[Measured]:
    """What is measured of these reports, analyte by analyte."""
    known = list(fluids().values())
    turn = int(rng.integers(len(known)))
    places: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for report, own in rows.group_by("report", maintain_order=True).agg("analyte").iter_rows():
        for _ in range(int(rng.integers(1, _file()["most_fluids"] + 1))):
            number, way = turn % len(known), (turn // len(known) + turn) % WAYS
            turn += 1
            for analyte in _measured(known[number], set(own), rng):
                places.setdefault((number, analyte), []).append((report, way))
    for (number, analyte), found in places.items():
        fluid = known[number]
        position = _FURTHER * (number + 1) + list(fluid.drawn).index(analyte)
        yield fluid, analyte, position, [one[0] for one in found], [one[1] for one in found]


def _measured(fluid: Fluid, own: set[str], rng: np.random.Generator) -> list[str]:
    """Two to six analytes of a fluid, those first that the report has of blood."""
    least, most = _file()["results"]
    wanted = int(rng.integers(least, most + 1))
    mixed = [list(fluid.drawn)[place] for place in rng.permutation(len(fluid.drawn))]
    return sorted(mixed, key=lambda analyte: analyte not in own)[:wanted]


def _printed(
    laboratory: Laboratory,
    fluid: Fluid,
    analyte: str,
    position: int,
    reports: Sequence[int],
    ways: Sequence[int],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """The rows of one analyte of one fluid, with the columns of printed rows with faults."""
    least, most = fluid.drawn[analyte]
    values = rng.uniform(least, most, len(reports))
    low, high = (
        np.full(len(reports), limit) for limit in fluid.usual.get(analyte, (np.nan, np.nan))
    )
    scale, _ = laboratory.conversion(analyte)
    telling = min(1 - math.floor(math.log10(most / scale)), MAX_DECIMALS)
    decimals = max(laboratory.decimals(analyte), telling)
    printed = print_analyte(
        laboratory, analyte, position, np.array(reports), values, low, high, decimals
    )
    return printed.with_columns(
        pl.Series("way", ways, dtype=pl.Int8),
        fault=pl.lit(FAULT),
        status=pl.lit("final"),
        turn=pl.lit(1, dtype=pl.Int8),
        fluid=pl.lit(fluid.id),
    )
