"""Exports of several laboratories for a synthetic cohort: a cold start, and a test of every reader.

The cohort is drawn once: patients with conditions of some severity, each report consistent by
arithmetic (``physiology``). Every laboratory then prints its share in its own names, units, limits,
language and file layout, with the faults of real exports (``faults``), each of them recorded in
``truth.parquet``. All of it follows from the seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.errors import SettingsError
from hemoscribe.files import write_json
from hemoscribe.simulation.biologist_comments import comment
from hemoscribe.simulation.cohort import Cohort, draw_cohort
from hemoscribe.simulation.exporting import LAYOUTS, export, format_of
from hemoscribe.simulation.exporting.printout import Printout, file_name
from hemoscribe.simulation.faults import plant
from hemoscribe.simulation.identities import identities
from hemoscribe.simulation.laboratory import Laboratory, laboratories, print_results
from hemoscribe.simulation.library import conditions, requests
from hemoscribe.simulation.orders import order
from hemoscribe.simulation.other_fluids import with_fluids
from hemoscribe.simulation.physiology import limits, measure
from hemoscribe.stages import run_stage

STAGE = "simulate"
TRUTH = "truth.parquet"
TRUTH_COUNTS = "truth.json"
MAX_REPORTS = 2_000_000


def simulate(
    out: str | Path,
    *,
    reports: int = 10_000,
    seed: int = 1,
    formats: Sequence[str] | None = None,
    other_fluids: float = 0.0,
) -> dict[str, Any]:
    """Write the exports into ``out``; a folder already written for these arguments is left.

    Args:
        formats: the formats to write, by the names that `read --format` takes, or ``all``; without
            it, those of the laboratories that export one file of many reports.
        other_fluids: the share of reports that also hold results of another fluid than blood; all
            else stays as it is without.

    Returns:
        reports, results, patients, files, laboratories, faults (kind -> count), skipped.
    """
    if not 1 <= reports <= MAX_REPORTS:
        raise SettingsError(f"--reports {reports}: it lies between 1 and {MAX_REPORTS:,}.")
    if not 0 <= other_fluids <= 1:
        raise SettingsError(f"--other-fluids {other_fluids:g}: it is a share, from 0 to 1.")
    writing = exporting_laboratories(formats)

    def work(folder: Path) -> Mapping[str, Any]:
        return _write(folder, reports, writing, seed, other_fluids)

    settings: dict[str, Any] = {"reports": reports, "seed": seed}
    if formats:
        settings["formats"] = sorted(set(formats))
    if other_fluids:
        settings["other_fluids"] = other_fluids
    return run_stage(Path(out), stage=STAGE, inputs={}, settings=settings, work=work).summary()


def exporting_laboratories(formats: Sequence[str] | None) -> tuple[Laboratory, ...]:
    """The laboratories whose exports are of these formats; see ``simulate``.

    Raises:
        SettingsError: a format that no laboratory exports.
    """
    if not formats:
        return tuple(laboratory for laboratory in laboratories() if not laboratory.by_request)
    written = dict.fromkeys(layout.format for layout in LAYOUTS.values())
    wanted = set(formats)
    if "csv" in wanted:
        wanted = wanted - {"csv"} | {name for name in written if name.startswith("csv-")}
    if unknown := sorted(wanted - {*written, "all"}):
        allowed = ", ".join([*written, "csv", "all"])
        raise SettingsError(f"--formats {unknown[0]}: the formats written are {allowed}.")
    return tuple(
        laboratory
        for laboratory in laboratories()
        if "all" in wanted or format_of(laboratory) in wanted
    )


def _write(
    folder: Path, reports: int, writing: Sequence[Laboratory], seed: int, other_fluids: float
) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    cohort = draw_cohort(reports, rng)
    ordered = {name for panel in requests()["panels"].values() for name in panel}
    values = {name: value for name, value in measure(cohort, rng).items() if name in ordered}
    chosen = order(list(values), values, cohort, rng)
    intervals = {name: limits(name, cohort) for name in values}
    truths, files, results = [], 0, 0
    assigned = _assigned(cohort, writing, rng)
    for number, laboratory in enumerate(writing):
        own = np.flatnonzero(assigned == number)
        if not len(own):
            continue
        printed = print_results(laboratory, own, chosen, values, intervals, rng)
        rows = plant(printed, laboratory, rng)
        who = identities(laboratory, cohort, own, rng)
        comments = comment(rows, laboratory, rng)
        printout = Printout(
            laboratory, with_fluids(rows, laboratory, other_fluids, seed), who, comments
        )
        written, stated = export(printout, folder)
        files, results = files + written, results + stated
        truths.append(_truth(printout, cohort))
    truth = pl.concat(truths)
    if not other_fluids:
        truth = truth.drop("fluid")
    truth.write_parquet(folder / TRUTH)
    counts = _counts(truth, cohort)
    write_json(folder / TRUTH_COUNTS, counts)
    return {
        "reports": int(truth.select(pl.struct("laboratory", "report_id").n_unique()).item()),
        "results": results,
        "patients": int(cohort.patient.max()) + 1,
        "files": files,
        "laboratories": [truth["laboratory"][0] for truth in truths],
        "faults": counts["faults"],
        "not_exports": [TRUTH, TRUTH_COUNTS],
    }


def _counts(truth: pl.DataFrame, cohort: Cohort) -> dict[str, Any]:
    """What was planted, counted; the abnormal share is of the results of blood."""
    blood = truth.filter(pl.col("fluid").is_null()) if "fluid" in truth.columns else truth
    counts: dict[str, Any] = {
        "faults": _numbers(truth["fault"]),
        "censored": int(truth["comparator"].count()),
        "abnormal_share": round(_abnormal_share(blood), 4),
        "conditions": {
            condition.id: int((cohort.severity[:, column] > 0).sum())
            for column, condition in enumerate(conditions())
        },
    }
    if "fluid" in truth.columns:
        counts["fluids"] = _numbers(truth["fluid"])
    return counts


def _numbers(of: pl.Series) -> dict[str, int]:
    return dict(sorted(Counter(of.drop_nulls().to_list()).items()))


def _assigned(
    cohort: Cohort, writing: Sequence[Laboratory], rng: np.random.Generator
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The laboratory of each report: a patient keeps theirs."""
    shares = np.array([laboratory.share for laboratory in writing])
    people = int(cohort.patient.max()) + 1
    drawn = rng.choice(len(shares), size=people, p=shares / shares.sum())
    return drawn[cohort.patient].astype(np.int64)


def _abnormal_share(truth: pl.DataFrame) -> float:
    judged = truth["direction"].drop_nulls()
    return float((judged != 0).sum()) / max(len(judged), 1)


def _truth(printout: Printout, cohort: Cohort) -> pl.DataFrame:
    """What each written row truly is; value and limits in the analyte's canonical unit."""
    laboratory, who = printout.laboratory, printout.who
    files = [file_name(laboratory, number) for number in who["report_id"]]
    if LAYOUTS[laboratory.layout].per_patient_and_time:
        moment = pl.col("when").dt.strftime("%Y%m%dT%H%M%S")
        who = who.with_columns(report_id=pl.format("{}@{}", "patient_id", moment))
    reports = who["report"].to_list()
    who = who.select("report", "patient_id", "report_id", "when").with_columns(
        file=pl.Series(files),
        sex=pl.Series([str(cohort.sex[report]) for report in reports]),
        age_years=pl.Series([float(cohort.age_years[report]) for report in reports]),
        comment=pl.Series([printout.comments.get(report) for report in reports], dtype=pl.String),
    )
    joined = printout.rows.join(who, on="report", maintain_order="left")
    return joined.select(
        pl.lit(laboratory.title).alias("laboratory"),
        "file",
        "patient_id",
        "report_id",
        pl.col("when").alias("collected_at"),
        "sex",
        "age_years",
        "analyte",
        pl.col("canonical").alias("value"),
        "comparator",
        pl.col("unit").alias("reported_unit"),
        pl.col("true_low").fill_nan(None).alias("low"),
        pl.col("true_high").fill_nan(None).alias("high"),
        "flag",
        "direction",
        "status",
        "fault",
        "comment",
        "fluid",
    )
