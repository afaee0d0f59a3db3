"""Exports of several laboratories for a synthetic cohort: a cold start, and a test of every reader.

The cohort is drawn once: patients with conditions of some severity, each report consistent by
arithmetic (``physiology``). Every laboratory then prints its share in its own names, units, limits,
language and file layout, with the faults of real exports (``faults``), each of them recorded in
``truth.parquet``. All of it follows from the seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.errors import SettingsError
from hemoscribe.files import run_stage, write_json
from hemoscribe.sources.simulation.cohort import Cohort, draw_cohort
from hemoscribe.sources.simulation.comments import comment
from hemoscribe.sources.simulation.faults import plant
from hemoscribe.sources.simulation.laboratory import Laboratory, laboratories, print_results
from hemoscribe.sources.simulation.library import conditions, requests
from hemoscribe.sources.simulation.orders import order
from hemoscribe.sources.simulation.physiology import limits, measure
from hemoscribe.sources.simulation.writing import identities, write_export

STAGE = "simulate"
TRUTH = "truth.parquet"
TRUTH_COUNTS = "truth.json"
MAX_REPORTS = 2_000_000


def simulate(out: Path, *, reports: int, seed: int) -> dict[str, Any]:
    """Write the exports into ``out``; a folder already written for these arguments is left.

    Returns:
        reports, results, patients, files, laboratories, faults (kind -> count).
    """
    if not 1 <= reports <= MAX_REPORTS:
        raise SettingsError(f"--reports {reports}: it lies between 1 and {MAX_REPORTS:,}.")

    def work(folder: Path) -> Mapping[str, Any]:
        return _write(folder, reports, np.random.default_rng(seed))

    settings = {"reports": reports, "seed": seed}
    manifest, _ = run_stage(out, stage=STAGE, inputs={}, settings=settings, work=work)
    summary: dict[str, Any] = manifest["summary"]
    return summary


def _write(folder: Path, reports: int, rng: np.random.Generator) -> dict[str, Any]:
    cohort = draw_cohort(reports, rng)
    ordered = {name for panel in requests()["panels"].values() for name in panel}
    values = {name: value for name, value in measure(cohort, rng).items() if name in ordered}
    chosen = order(list(values), values, cohort, rng)
    intervals = {name: limits(name, cohort) for name in values}
    truths, results = [], 0
    assigned = _assigned(cohort, rng)
    for number, laboratory in enumerate(laboratories()):
        own = np.flatnonzero(assigned == number)
        if not len(own):
            continue
        printed = print_results(laboratory, own, chosen, values, intervals, rng)
        rows = plant(printed, laboratory, rng)
        who = identities(laboratory, cohort, own, rng)
        comments = comment(rows, laboratory, rng)
        results += write_export(folder / laboratory.file, laboratory, rows, who, comments)
        truths.append(_truth(laboratory, rows, who, cohort))
    truth = pl.concat(truths)
    truth.write_parquet(folder / TRUTH)
    faults = Counter(truth["fault"].drop_nulls().to_list())
    counts = {
        "faults": dict(sorted(faults.items())),
        "censored": int(truth["comparator"].count()),
        "abnormal_share": round(_abnormal_share(truth), 4),
        "conditions": {
            condition.id: int((cohort.severity[:, column] > 0).sum())
            for column, condition in enumerate(conditions())
        },
    }
    write_json(folder / TRUTH_COUNTS, counts)
    return {
        "reports": int(truth.select(pl.struct("laboratory", "report_id").n_unique()).item()),
        "results": results,
        "patients": int(cohort.patient.max()) + 1,
        "files": len(truths),
        "laboratories": [truth["laboratory"][0] for truth in truths],
        "faults": counts["faults"],
        "not_exports": [TRUTH, TRUTH_COUNTS],
    }


def _assigned(cohort: Cohort, rng: np.random.Generator) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The laboratory of each report: a patient keeps theirs."""
    shares = np.array([laboratory.share for laboratory in laboratories()])
    people = int(cohort.patient.max()) + 1
    drawn = rng.choice(len(shares), size=people, p=shares / shares.sum())
    return drawn[cohort.patient].astype(np.int64)


def _abnormal_share(truth: pl.DataFrame) -> float:
    judged = truth["direction"].drop_nulls()
    return float((judged != 0).sum()) / max(len(judged), 1)


def _truth(
    laboratory: Laboratory, rows: pl.DataFrame, who: pl.DataFrame, cohort: Cohort
) -> pl.DataFrame:
    """What each written row truly is."""
    if laboratory.layout in ("hl7", "fhir"):  # these are read as one report per patient and time
        moment = pl.col("when").dt.strftime("%Y%m%dT%H%M%S")
        who = who.with_columns(report_id=pl.format("{}@{}", "patient_id", moment))
    who = who.select("report", "patient_id", "report_id").with_columns(
        sex=pl.Series([str(cohort.sex[report]) for report in who["report"]]),
        age_years=pl.Series([float(cohort.age_years[report]) for report in who["report"]]),
    )
    joined = rows.join(who, on="report", maintain_order="left")
    return joined.select(
        pl.lit(laboratory.title).alias("laboratory"),
        pl.lit(laboratory.file).alias("file"),
        "patient_id",
        "report_id",
        "sex",
        "age_years",
        "analyte",
        pl.col("canonical").alias("value"),
        "comparator",
        "direction",
        "status",
        "fault",
    )
