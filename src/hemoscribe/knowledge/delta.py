"""What earlier results of the same patient say: the facts that delta checks and KDIGO's AKI need.

``before:X`` is the patient's last value of X before the sample, within the analyte's window
(delta.yaml); ``before:creatinine_48h`` and ``before:creatinine_7d`` are the lowest creatinine of
the 48 hours and 7 days before it. Censored values and results without a time are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import polars as pl

from hemoscribe.files import own_yaml
from hemoscribe.knowledge.positions import Positions

CREATININE_WINDOWS: Final = {"creatinine_48h": "48h", "creatinine_7d": "7d"}
_HOURS: Final = {"48h": timedelta(hours=48), "7d": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class DeltaLimit:
    """How far an analyte may move within ``days``: an amount, or percent of the earlier value.

    ``falls_only``: a rise is of no account (a transfusion, a treatment).
    """

    analyte: str
    days: float
    amount: float | None
    percent: float | None
    source: tuple[str, ...]
    falls_only: bool = False


@cache
def delta_limits() -> Mapping[str, DeltaLimit]:
    """The limits of delta.yaml by analyte."""
    path = resources.files("hemoscribe.knowledge") / "data" / "delta.yaml"
    entries: Mapping[str, Any] = own_yaml(path.read_text(encoding="utf-8"))
    return {
        analyte: DeltaLimit(
            analyte,
            float(entry["days"]),
            entry.get("amount"),
            entry.get("percent"),
            tuple(entry["source"]),
            entry.get("falls_only", False),
        )
        for analyte, entry in entries.items()
    }


@cache
def delta_columns() -> tuple[str, ...]:
    """The names of the facts this module adds."""
    names = [*delta_limits(), *CREATININE_WINDOWS]
    return tuple(f"before:{name}" for name in names)


def earlier_facts(rows: pl.DataFrame, where: Positions) -> pl.DataFrame:
    """A row per report, the columns of ``delta_columns``, from earlier reports among ``rows``."""
    count = len(where.report_ids)
    empty = pl.DataFrame(
        {name: pl.repeat(None, count, dtype=pl.Float64, eager=True) for name in delta_columns()}
    )
    patient = rows["patient_id"].gather(where.first_row).rank("dense").to_numpy()
    repeated = np.bincount(patient)[patient] > 1
    if not repeated.any():
        return empty
    watched = list(dict.fromkeys([*delta_limits(), "creatinine"]))
    history = (
        rows.select(
            pl.Series("report", where.report),
            pl.Series("patient", patient[where.report]),
            pl.Series("repeated", repeated[where.report]),
            pl.col("analyte").cast(pl.Enum(watched), strict=False),
            "collected_at",
            "comparator",
            "value",
        )
        .filter(
            "repeated",
            pl.col("analyte").is_not_null(),
            pl.col("collected_at").is_not_null(),
            pl.col("comparator").is_null(),
        )
        .unique(["report", "analyte"], keep="first", maintain_order=True)
        .sort("collected_at", maintain_order=True)
    )
    if history.is_empty():
        return empty
    days = {analyte: limit.days for analyte, limit in delta_limits().items()}
    window = pl.duration(
        hours=pl.col("analyte").replace_strict(days, default=0.0, return_dtype=pl.Float64) * 24
    )
    strictly_before = history.select(
        "patient", "analyte", "collected_at", since="collected_at", earlier="value"
    )
    last = (
        history.join_asof(
            strictly_before,
            on="collected_at",
            by=["patient", "analyte"],
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .filter(pl.col("collected_at") - pl.col("since") <= window)
        .select(
            "report", fact="before:" + pl.col("analyte").cast(pl.String), value=pl.col("earlier")
        )
    )
    creatinine = history.filter(pl.col("analyte") == "creatinine")
    lowest = [
        creatinine.select(
            "report",
            pl.lit(f"before:{name}").alias("fact"),
            pl.col("value")
            .rolling_min_by("collected_at", window_size=window_size, closed="left")
            .over("patient")
            .alias("value"),
        ).filter(pl.col("value").is_not_null())
        for name, window_size in CREATININE_WINDOWS.items()
    ]
    long = pl.concat([last, *lowest])
    if long.is_empty():
        return empty
    found = long.pivot("fact", index="report", values="value", aggregate_function="first")
    missing = [name for name in delta_columns() if name not in found.columns]
    reports = pl.DataFrame({"report": pl.Series(range(count), dtype=pl.Int64)})
    return (
        reports.join(found, on="report", how="left", maintain_order="left")
        .with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in missing)
        .select(delta_columns())
    )


@dataclass(frozen=True, slots=True)
class EarlierFact:
    """A fact of one report from an earlier one: ``place`` in those given, analyte, its value."""

    place: int
    analyte: str
    value: float


def earlier_facts_of(
    collected_at: datetime | None, earlier: Sequence[tuple[datetime, Mapping[str, Any]]]
) -> dict[str, EarlierFact]:
    """The same facts for one report; ``earlier`` holds each earlier report's time and facts."""
    found: dict[str, EarlierFact] = {}
    if collected_at is None:
        return found
    for place, (time, facts) in sorted(enumerate(earlier), key=lambda pair: pair[1][0]):
        since = collected_at - time
        if since <= timedelta(0):
            continue
        for analyte, limit in delta_limits().items():
            if analyte in facts:
                found.pop(f"before:{analyte}", None)
                if since <= timedelta(days=limit.days):
                    found[f"before:{analyte}"] = EarlierFact(place, analyte, facts[analyte])
        if "creatinine" in facts:
            own = EarlierFact(place, "creatinine", facts["creatinine"])
            for name, window in CREATININE_WINDOWS.items():
                if since <= _HOURS[window]:
                    lowest = found.get(f"before:{name}", own)
                    found[f"before:{name}"] = own if own.value <= lowest.value else lowest
    return found
