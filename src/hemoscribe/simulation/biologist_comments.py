"""Comments as a biologist writes them, only where the printed results bear them out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.simulation.laboratory import Laboratory
from hemoscribe.simulation.library import load

_STATES: Mapping[str, int] = {"low": -1, "normal": 0, "high": 1}


@cache
def texts() -> Mapping[str, Any]:
    """What is written, in each language, and when."""
    found: Mapping[str, Any] = load("comments.yaml")
    return found


def comment(rows: pl.DataFrame, laboratory: Laboratory, rng: np.random.Generator) -> dict[int, str]:
    """Report -> comment, for about a third of the reports.

    Args:
        rows: printed rows with faults: report, analyte, direction, fault.
    """
    language = laboratory.language
    found: dict[int, str] = {}
    for report, analytes, directions, faults in (
        rows.group_by("report", maintain_order=True)
        .agg("analyte", "direction", "fault")
        .iter_rows()
    ):
        written: list[str] = []
        if rng.random() < texts()["share"]:
            written = _about_results(dict(zip(analytes, directions, strict=True)), language, rng)
        if "hemolyzed" in faults:
            written.append(str(rng.choice(texts()["hemolyzed"][language])))
        if rng.random() < texts()["technical"]["share"]:
            written.append(_technical(language, rng))
        if written:
            found[report] = " ".join(written)
    return found


def _about_results(
    directions: Mapping[str, int | None], language: str, rng: np.random.Generator
) -> list[str]:
    if not any(directions.values()):
        return [str(rng.choice(texts()["all_normal"][language]))]
    groups = {name: group for group, names in texts()["groups"].items() for name in names}
    order = {name: rank for names in texts()["groups"].values() for rank, name in enumerate(names)}
    fitting = [name for name, entry in texts()["results"].items() if _fits(entry, directions)]
    taken: dict[str, str] = {}
    for name in sorted(fitting, key=lambda name: order.get(name, 0)):
        taken.setdefault(groups.get(name, name), name)
    chosen = list(taken.values())
    if len(chosen) > texts()["most"]:
        picks = sorted(rng.choice(len(chosen), texts()["most"], replace=False))
        chosen = [chosen[pick] for pick in picks]
    return [str(rng.choice(texts()["results"][name][language])) for name in chosen]


def _fits(entry: Mapping[str, Any], directions: Mapping[str, int | None]) -> bool:
    return all(
        analyte not in directions
        if state == "absent"
        else directions.get(analyte) == _STATES[state]
        for analyte, state in entry["needs"].items()
    )


def _technical(language: str, rng: np.random.Generator) -> str:
    people = texts()["people"]
    return str(rng.choice(texts()["technical"][language])).format(
        doctor=rng.choice(people["family"][language]),
        day=f"{rng.integers(1, 29):02}/{rng.integers(1, 13):02}/2024",
        time=f"{rng.integers(7, 20)}:{rng.integers(0, 60):02}",
        phone=phone(language, rng),
    )


def phone(language: str, rng: np.random.Generator) -> str:
    """A telephone number of a range kept for fiction (555-01xx, 06 39 98)."""
    number: str = texts()["people"]["phone"][language].format(*rng.integers(0, 100, 3))
    return number
