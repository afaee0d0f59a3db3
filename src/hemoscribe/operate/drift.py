"""``hemoscribe drift``: what is served against what was trained on, analyte by analyte.

Four things can drift: the values (population stability index and Kolmogorov-Smirnov), the share of
abnormal results, the ranges that laboratories print, and what is sent at all (analytes that the
training rows do not have, names that nobody recognises).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import func, select

from hemoscribe.errors import InputError
from hemoscribe.files import sha256, write_json, write_text
from hemoscribe.operate.drift_page import drift_page
from hemoscribe.operate.drift_statistics import (
    BINS,
    CHANCE,
    PSI_DRIFT,
    PSI_WATCH,
    adjusted,
    kolmogorov_smirnov,
    share_difference,
    stability,
)
from hemoscribe.serve.store import (
    Interpretation,
    RejectedResult,
    ServedResult,
    Store,
    open_store,
)
from hemoscribe.settings import Settings, load_settings
from hemoscribe.stages import MANIFEST, origin_of, replaced, stage_folder, write_manifest

MIN_SERVED = 50
MIN_TRAINING = 50
TRAINING_SAMPLE = 50_000
NEW_RANGE_SHARE = 0.05
LEVELS = ("drift", "watch", "stable", "too few")
SOURCES = {
    "levels": "Siddiqi, Credit Risk Scorecards, Wiley 2006: 0.1 and 0.25.",
    "chance": (
        "Yurdakul and Naranjo, J. Risk Model Validation 2020; 14(4):89: without drift, PSI is "
        "(1/n + 1/m) times a chi-square; a level counts only above its 95th centile."
    ),
    "shares": "Newcombe, Stat. Med. 1998; 17:873-890, method 10.",
    "p": "Kolmogorov-Smirnov, two samples; adjusted over analytes by Benjamini and Hochberg.",
}


def drift(training: Path | None, out: Path, *, settings: Settings | None = None) -> dict[str, Any]:
    """Compare served results with the training rows; write ``drift.json`` and ``drift.html``.

    Args:
        training: a curated folder; the one that the champion was trained on when None.

    Returns:
        ``{reports, results, analytes, alerts, unknown_analytes, unrecognised, page}``;
        ``analytes`` has, per analyte, ``level`` (drift, watch, stable, too few), ``psi``,
        ``psi_chance``, ``ks``, ``p``, ``p_adjusted``, ``abnormal_share`` now and before, and
        ``new_ranges``.

    Raises:
        InputError: nothing was served yet, or the training folder is not known.
    """
    settings = settings or load_settings()
    store = open_store(settings.serve)
    try:
        served, unrecognised = _served(store)
        reports = _count(store)
    finally:
        store.close()
    if served.is_empty():
        raise InputError(
            "No report was served yet, so nothing can have drifted; start `hemoscribe serve`."
        )
    folder = training if training is not None else _champion_rows(settings)
    before = _training(folder)
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "training": {"folder": folder.name, "results": before.height},
        "reports": reports,
        "results": served.height,
        **compare(before, served),
        "unrecognised": unrecognised,
        "rules": {
            "psi_watch": PSI_WATCH,
            "psi_drift": PSI_DRIFT,
            "chance": CHANCE,
            "bins": BINS,
            "min_served": MIN_SERVED,
        },
        "sources": SOURCES,
    }
    why = _write(out, document, folder)
    summary = {key: value for key, value in document.items() if key not in ("sources", "rules")}
    return {**summary, **why, "page": str(out / "drift.html")}


def compare(before: pl.DataFrame, served: pl.DataFrame) -> dict[str, Any]:
    """Training rows against served rows.

    Args:
        before, served: one row per result: analyte, value, unit, low, high, range_source, flag.
    """
    entries = []
    known = set(before["analyte"].unique().to_list())
    parts = before.partition_by("analyte", as_dict=True)
    for (analyte,), rows in served.partition_by(
        "analyte", as_dict=True, maintain_order=True
    ).items():
        if analyte in known:
            entries.append(_entry(str(analyte), parts[(analyte,)], rows))
    tested = [entry for entry in entries if entry["p"] is not None]
    for entry, p in zip(tested, adjusted([entry["p"] for entry in tested]), strict=True):
        entry["p_adjusted"] = p
    entries.sort(key=lambda entry: (LEVELS.index(entry["level"]), -(entry["psi"] or 0.0)))
    counts = served.group_by("analyte").len().sort("len", "analyte", descending=[True, False])
    unknown = {str(name): int(n) for name, n in counts.iter_rows() if name not in known}
    return {
        "analytes": entries,
        "alerts": _alerts(entries, unknown),
        "unknown_analytes": unknown,
    }


def _entry(analyte: str, before: pl.DataFrame, served: pl.DataFrame) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "analyte": analyte,
        "unit": served["unit"][0],
        "served": served.height,
        "training": before.height,
        "level": "too few",
        "psi": None,
        "psi_chance": None,
        "ks": None,
        "p": None,
        "p_adjusted": None,
        "median": {"training": before["value"].median(), "served": served["value"].median()},
        "bins": None,
        "abnormal_share": _abnormal(before, served),
        "new_ranges": _new_ranges(before, served),
    }
    if served.height < MIN_SERVED or before.height < MIN_TRAINING:
        return entry
    old, new = (rows["value"].to_numpy().astype(np.float64) for rows in (before, served))
    found = stability(old, new)
    distance, p = kolmogorov_smirnov(old, new)
    bins = {"edges": found.edges, "training": found.training, "served": found.served}
    return {
        **entry,
        "level": found.level,
        "psi": round(found.psi, 4),
        "psi_chance": round(found.chance, 4),
        "ks": round(distance, 4),
        "p": p,
        "bins": bins,
    }


def _abnormal(before: pl.DataFrame, served: pl.DataFrame) -> dict[str, Any]:
    """Shares of flagged results outside their range, and their difference with its interval."""
    counts = {}
    for name, rows in (("training", before), ("served", served)):
        flags = rows["flag"].drop_nulls()
        counts[name] = (int((flags != "N").sum()), len(flags))
    shares = {
        name: round(abnormal / total, 4) if total else None
        for name, (abnormal, total) in counts.items()
    }
    return {**shares, "difference": share_difference(*counts["served"], *counts["training"])}


def _new_ranges(before: pl.DataFrame, served: pl.DataFrame) -> list[dict[str, Any]]:
    """Ranges the laboratory now prints on a share of results, and never printed before."""
    printed = served.filter(pl.col("range_source") == "laboratory")
    old = {_range(row) for row in before.select("low", "high").unique().iter_rows()}
    counts = Counter(_range(row) for row in printed.select("low", "high").iter_rows())
    return [
        {"low": low, "high": high, "share": round(count / printed.height, 4)}
        for (low, high), count in counts.most_common()
        if (low, high) not in old and count >= NEW_RANGE_SHARE * printed.height
    ]


def _range(row: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Limits to four significant digits, so that a converted unit is no new range."""
    low, high = (None if limit is None else float(f"{limit:.4g}") for limit in row)
    return low, high


def _alerts(entries: Sequence[Mapping[str, Any]], unknown: Mapping[str, int]) -> list[str]:
    """What a person should look at, worst first, one sentence each."""
    alerts = []
    for entry in entries:
        name, level = entry["analyte"], entry["level"]
        if level in ("drift", "watch"):
            words = "have drifted" if level == "drift" else "are moving"
            alerts.append(f"{name}: the values {words} (PSI {entry['psi']:.2f}).")
        difference = entry["abnormal_share"]["difference"]
        # A share that is surely another, on enough results to matter.
        if (
            difference is not None
            and entry["served"] >= MIN_SERVED
            and (difference["low"] > 0.05 or difference["high"] < -0.05)
        ):
            alerts.append(
                f"{name}: {entry['abnormal_share']['served']:.0%} of results are abnormal, "
                f"{entry['abnormal_share']['training']:.0%} in training."
            )
        if entry["new_ranges"] and entry["served"] >= MIN_SERVED:
            alerts.append(f"{name}: the laboratory prints a range that training never saw.")
    if unknown:
        names = ", ".join(list(unknown)[:5])
        alerts.append(f"Served, and never seen in training: {names} ({len(unknown)} in all).")
    return alerts


def _served(store: Store) -> tuple[pl.DataFrame, dict[str, int]]:
    """(served results, names not recognised with how often)."""
    columns = (
        ServedResult.analyte,
        ServedResult.value,
        ServedResult.unit,
        ServedResult.low,
        ServedResult.high,
        ServedResult.range_source,
        ServedResult.flag,
    )
    with store.session() as session:
        rows = session.execute(select(*columns).order_by(ServedResult.id)).all()
        names = session.execute(
            select(RejectedResult.reported_name, func.count(RejectedResult.id))
            .where(RejectedResult.code == "unknown_analyte")
            .group_by(RejectedResult.reported_name)
            .order_by(func.count(RejectedResult.id).desc(), RejectedResult.reported_name)
        ).all()
    schema = {
        "analyte": pl.String,
        "value": pl.Float64,
        "unit": pl.String,
        "low": pl.Float64,
        "high": pl.Float64,
        "range_source": pl.String,
        "flag": pl.String,
    }
    frame = pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
    return frame, {str(name): int(count) for name, count in names}


def _count(store: Store) -> int:
    with store.session() as session:
        return session.scalar(select(func.count(Interpretation.id))) or 0


def _training(folder: Path) -> pl.DataFrame:
    """The training side, flagged; at most ``TRAINING_SAMPLE`` results of each analyte."""
    from hemoscribe.curate import load_curated
    from hemoscribe.knowledge import flag

    rows = load_curated(folder, "train")
    if rows.is_empty():
        raise InputError(f"{folder}: its training side is empty; give another curated folder.")
    order = pl.struct("report_id", "analyte").hash(0)
    rows = rows.filter(order.rank("ordinal").over("analyte") <= TRAINING_SAMPLE)
    return flag(rows.drop("split", "fold"))


def _champion_rows(settings: Settings) -> Path:
    from hemoscribe.operate.retrain_rows import champion_rows

    folder = champion_rows(settings)
    if folder is None:
        raise InputError(
            "The rows that the champion was trained on are not known; name their curated folder "
            "with --training."
        )
    return folder


def _write(out: Path, document: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Write what was measured; ``redone`` where something else was there."""
    inputs = {"curated": sha256(folder / MANIFEST)}
    origin = origin_of("drift", inputs, document["rules"])
    why = replaced(out, origin)
    with stage_folder(out) as work:
        write_json(work / "drift.json", document)
        write_text(work / "drift.html", drift_page(document))
        write_manifest(
            work,
            stage="drift",
            inputs=inputs,
            settings=document["rules"],
            summary={"reports": document["reports"], "alerts": document["alerts"]},
            code=origin.code,
        )
    return why
