"""``hemoscribe crossval``: one model per fold, taught on the other folds, assessed on its own.

A patient is in one fold only. The test side takes no part: it stays unseen for the final model.
Every stage of every fold is a folder with its manifest, so an interrupted run, or one that its
budget stopped, goes on from the fold and stage it was in.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import polars as pl

from hemoscribe.assess.assessment import assess
from hemoscribe.assess.assessment_document import SUMMARY
from hemoscribe.assess.directions import headline, read_of
from hemoscribe.assess.gates import gates
from hemoscribe.assess.writing import measure_writing, read_texts
from hemoscribe.corpus import build
from hemoscribe.curate import load_curated
from hemoscribe.errors import InputError, SettingsError
from hemoscribe.files import REJECTS, RESULTS, write_json
from hemoscribe.models.assessment_record import (
    ASSESSMENT,
    Latency,
    Measurements,
    read_assessment,
)
from hemoscribe.models.tokens import token_counter
from hemoscribe.records import FOLDS
from hemoscribe.row_files import MARK, read_rejects, write_rejects
from hemoscribe.settings import Settings
from hemoscribe.stages import MANIFEST, content_of, run_stage, said
from hemoscribe.tune import tune


def crossval(
    settings: Settings,
    *,
    folds: int = FOLDS,
    budget_minutes: float | None = None,
    curated: Path | None = None,
    out: Path | None = None,
) -> dict[str, Any]:
    """Cross-validate a profile's tuning over the patients of its training and validation sides.

    Args:
        folds: how many; fewer than five join the curated folds.
        budget_minutes: no fold is started that, going by the longest so far, would end later; the
            first always is. What is done stays, and the same command goes on from there.
        curated: the curated folder; the profile's run when None.
        out: where the folds and ``crossval.json`` go; the profile's run when None.

    Returns:
        ``folds`` (one summary of ``assess`` each, and ``why`` a stage of it was redone), ``spread``
        (track -> metric -> mean, standard_deviation, least, most), ``pooled`` (a summary over all
        folds' patients), ``gates`` (on the pooled numbers), ``complete``, ``sentence``, ``path``.
    """
    if not 2 <= folds <= FOLDS:
        raise SettingsError(f"folds {folds}: is a number from 2 to {FOLDS}.")
    root = settings.runs / settings.name
    curated, out = curated or root / "curate", out or root / "crossval"
    start, longest = time.monotonic(), 0.0
    done: list[dict[str, Any]] = []
    for fold in range(folds):
        spent = time.monotonic() - start
        if fold and budget_minutes is not None and spent + longest > 60 * budget_minutes:
            break
        done.append(_one_fold(settings, curated, out / f"fold-{fold}", fold, folds))
        longest = max(longest, time.monotonic() - start - spent)
    summary = _summary(settings, done, [out / f"fold-{entry['fold']}" for entry in done], folds)
    path = out / "crossval.json"
    write_json(path, summary)
    return {**summary, "path": str(path)}


def _one_fold(
    settings: Settings, curated: Path, out: Path, fold: int, folds: int
) -> dict[str, Any]:
    rows = _split_off(curated, out / "curate", fold, folds)
    corpus = build(
        out / "curate",
        out / "corpus",
        settings.corpus,
        count_tokens=token_counter(settings.tune.base),
        max_tokens=settings.tune.max_tokens,
    )
    tuned = tune(settings, out / "corpus", out / "tune", resume=True)
    found = assess(  # a champion may have been taught on these patients
        str(out / "tune"), out / "curate", settings=settings, out=out / "assess", against=()
    )
    stages = {"curate": rows, "corpus": corpus, "tune": tuned, "assess": found}
    why = {name: said(summary, redo="tune --redo") for name, summary in stages.items()}
    return {"fold": fold, **found, "why": {name: one for name, one in why.items() if one}}


def _split_off(curated: Path, out: Path, fold: int, folds: int) -> dict[str, Any]:
    """A curated folder whose test side is one fold; the test side proper is left out."""

    def work(target: Path) -> dict[str, Any]:
        rows = load_curated(curated).filter(pl.col("split") != "test", pl.col("fold").is_not_null())
        own = pl.col("fold") % folds == fold
        rows = rows.with_columns(
            pl.when(own).then(pl.lit("test")).otherwise("split").alias("split")
        )
        counts = dict(rows.group_by("split").agg(pl.col("report_id").n_unique()).iter_rows())
        if not counts.get("test") or not counts.get("train"):
            raise InputError(
                f"{curated}: fold {fold} of {folds} has {counts.get('test', 0)} reports to test "
                f"and {counts.get('train', 0)} to train on; curate more reports or ask for fewer "
                "folds."
            )
        rows.write_parquet(target / RESULTS, metadata=dict(MARK))
        write_rejects(read_rejects(curated / REJECTS), target / REJECTS)
        return {"reports": counts, "fold": fold}

    manifest = curated / MANIFEST
    return run_stage(
        out,
        stage="curate",
        rules="fold",
        inputs={"curated": content_of(curated, RESULTS, REJECTS)} if manifest.exists() else {},
        settings={"fold": fold, "folds": folds},
        work=work,
    ).summary()


def _summary(
    settings: Settings, done: Sequence[Mapping[str, Any]], folders: Sequence[Path], folds: int
) -> dict[str, Any]:
    slowest = _slowest(folders)
    pooled = _pooled(settings, done, folders, slowest)
    measured = Measurements.model_validate({"tracks": pooled["tracks"]})
    complete = len(done) == folds
    sentence = f"{len(done)} of {folds} folds are done."
    if not complete:
        sentence += " The budget ends here; the same command goes on with the next fold."
    if settings.tune.start_from is not None:
        sentence += (
            f" Every fold goes on from the adapter `{settings.tune.start_from}`: if that was "
            "taught on these patients, the numbers flatter; `tune.start_from: null` starts afresh."
        )
    return {
        "folds": list(done),
        "spread": _spread(done),
        "pooled": pooled,
        "gates": [gate.as_json() for gate in gates(measured, slowest, settings.gates)],
        "complete": complete,
        "sentence": sentence,
    }


def _spread(done: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Track -> metric -> mean, standard deviation, least and most over the folds."""
    spread: dict[str, dict[str, dict[str, float | None]]] = {}
    for track in done[0]["tracks"]:
        spread[track] = {}
        for metric in SUMMARY:
            values = [
                entry["tracks"][track][metric]["value"]
                for entry in done
                if entry["tracks"][track][metric]["value"] is not None
            ]
            spread[track][metric] = {
                "mean": fmean(values) if values else None,
                "standard_deviation": stdev(values) if len(values) > 1 else None,
                "least": min(values, default=None),
                "most": max(values, default=None),
            }
    return spread


def _slowest(folders: Sequence[Path]) -> Latency:
    """The seconds of the fold whose reports took longest."""
    records = [read_assessment(folder / "assess" / ASSESSMENT) for folder in folders]
    timed = [record.latency for record in records if record.latency is not None]
    none = Latency(n=0, p50_s=None, p95_s=None, p99_s=None)
    return max(timed, key=lambda latency: latency.p95_s or 0.0, default=none)


def _pooled(
    settings: Settings,
    done: Sequence[Mapping[str, Any]],
    folders: Sequence[Path],
    slowest: Latency,
) -> dict[str, Any]:
    """Every fold's results together: each patient read by the model that never saw them."""
    draws = settings.assess.bootstrap
    observed = pl.concat(
        [pl.read_parquet(folder / "assess" / "observations.parquet") for folder in folders]
    )
    texts = [text for folder in folders for text in read_texts(folder / "assess" / "texts.jsonl")]
    tracks = {}
    for track in done[0]["tracks"]:
        table = observed.filter(pl.col("track") == track)
        written = measure_writing([text for text in texts if text.track == track], draws=draws)
        tracks[track] = {
            **headline(read_of(table, truth="rules", draws=draws)),
            "finding_f1": written["finding_f1"],
            "unfaithful_rate": written["unfaithful_rate"],
            "withheld_rate": written["withheld_rate"],
        }
    return {
        "tracks": tracks,
        "reports": observed["report_id"].n_unique(),
        "patients": observed["patient_id"].n_unique(),
        "latency_p50_s": slowest.p50_s,
        "latency_p95_s": slowest.p95_s,
    }
