"""``hemoscribe curate``: a read folder becomes rows that may be used for training.

results.parquet   curated rows, ordered by patient pseudonym
rejects.parquet   what the read stage refused, and what was refused here
quality.html      what came in, what was refused, what is left
data-card.md      a datasheet of the rows
manifest.json     inputs, settings, versions, counts
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.curate.anonymity import measure_anonymity, reports_in_small_cells
from hemoscribe.curate.cleaning import TRUE_YEAR, Counts, curate_partition
from hemoscribe.curate.keys import fingerprint_of, pseudonym_key
from hemoscribe.curate.leakage import (
    SAME_PANEL_CODE,
    SAME_PANEL_MESSAGE,
    SamePanels,
    find_same_panels,
    require_one_side,
)
from hemoscribe.curate.notices import notices, other_key_notices
from hemoscribe.curate.outcome import Outcome, summarise
from hemoscribe.curate.partitions import partitions, read_patients
from hemoscribe.curate.rejection import ROW, refuse, together
from hemoscribe.curate.rejects import carry_rejects
from hemoscribe.curate.reports import list_reports
from hemoscribe.curate.validation import require_columns
from hemoscribe.errors import InputError, SettingsError, StageError
from hemoscribe.files import MANIFEST, read_manifest, run_stage, sha256, verify
from hemoscribe.records import SPLITS, CuratedResult, RejectCode
from hemoscribe.settings import CurateSettings

STAGE = "curate"
RESULTS = "results.parquet"
REJECTS = "rejects.parquet"
_ROWS_PER_GROUP = 250_000


def curate(folder: Path, out: Path, settings: CurateSettings) -> dict[str, Any]:
    """Clean, pseudonymise and split what ``read`` wrote; every row goes on or becomes a reject.

    Args:
        folder: what ``hemoscribe read`` wrote.
        out: the curated folder; nothing is written there unless all of it is.

    Returns:
        The summary: ``results``, ``rejects``, ``rejects_by_code``, ``splits``, ``patients``,
        ``k_anonymity``, ``warnings`` and more; ``skipped`` when ``out`` was already complete.

    Raises:
        StageError: ``folder`` is no complete read folder, or was changed since.
        InputError: too few reports are left to train and to measure on.
        SettingsError: the shares of the split leave no test side.
    """
    folder, out = Path(folder), Path(out)
    if settings.train_share + settings.validation_share >= 1:
        raise SettingsError(
            "`curate.train_share` and `curate.validation_share` leave nothing for the test side; "
            "together they must stay under 1."
        )
    verify(folder, read_manifest(folder, stage="read"))
    require_columns(pl.scan_parquet(folder / RESULTS).collect_schema(), folder)
    key = pseudonym_key()
    warnings = other_key_notices(out, key, stage=STAGE)
    manifest, skipped = run_stage(
        out,
        stage=STAGE,
        inputs={"read": sha256(folder / MANIFEST), "pseudonym key": fingerprint_of(key)},
        settings=settings.model_dump(mode="json"),
        work=lambda target: _work(folder, target, settings, key, warnings),
    )
    return {**manifest["summary"], "skipped": skipped}


def load_curated(
    folder: Path, split: str | None = None, columns: list[str] | None = None
) -> pl.DataFrame:
    """The rows of a curated folder, of one side when ``split`` is given, some columns or all.

    Raises:
        StageError: ``folder`` is no complete curated folder.
        InputError: there is no such side.
    """
    folder = Path(folder)
    read_manifest(folder, stage=STAGE)
    if split is not None and split not in SPLITS:
        raise InputError(f"{split}: is no side of the split; the sides are {', '.join(SPLITS)}.")
    rows = pl.scan_parquet(folder / RESULTS)
    if split is not None:
        rows = rows.filter(pl.col("split") == split)
    return rows.select(columns or CuratedResult.column_names()).collect()


def _work(
    folder: Path, target: Path, settings: CurateSettings, key: bytes, warnings: list[str]
) -> dict[str, Any]:
    from hemoscribe.curate.data_card import write_data_card
    from hemoscribe.curate.quality_page import write_quality_page

    counts = Counts()
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=target) as scratch:
        parts, reports, rejects = _curate_partitions(
            folder / RESULTS, Path(scratch), settings, key, counts
        )
        same_panels = find_same_panels(reports, policy=settings.same_panels)
        leaving = _leaving(reports, same_panels, settings)
        rejects += _refuse_reports(parts, leaving)
        _join_parts(parts, leaving, target / RESULTS)
    reports = reports.join(leaving, on=["patient_id", "report_id"], how="anti")
    _require_enough(folder, reports.height, settings)
    all_rejects = pl.concat([carry_rejects(folder / REJECTS), together(rejects)])
    all_rejects.write_parquet(target / REJECTS)
    require_one_side(target / RESULTS)
    anonymity = measure_anonymity(reports)
    summary = summarise(all_rejects, reports, anonymity)
    summary["results_in"] = _height(folder / RESULTS) + _refused_by_read(folder / REJECTS)
    _require_nothing_lost(summary, target)
    outcome = Outcome(summary, reports, all_rejects, anonymity, same_panels, counts)
    summary["warnings"] = [*warnings, *notices(outcome, settings)]
    write_quality_page(target, outcome, settings)
    write_data_card(target, outcome, settings)
    return summary


def _curate_partitions(
    results: Path, scratch: Path, settings: CurateSettings, key: bytes, counts: Counts
) -> tuple[list[Path], pl.DataFrame, list[pl.DataFrame]]:
    """Curated parts on disk, one line per report, rejects."""
    patients = read_patients(results, key, settings)
    parts: list[Path] = []
    reports: list[pl.DataFrame] = []
    rejects: list[pl.DataFrame] = []
    for number, rows in enumerate(partitions(results, patients, scratch)):
        curated, refused = curate_partition(rows, patients, key, settings, counts)
        reports.append(list_reports(curated))
        rejects.append(refused)
        part = scratch / f"part-{number:05}.arrow"
        curated.drop(TRUE_YEAR).write_ipc(part, compression="lz4")
        parts.append(part)
    return parts, pl.concat(reports), rejects


_LEAVING_SCHEMA = {"patient_id": pl.String, "report_id": pl.String, "code": pl.String}


def _leaving(
    reports: pl.DataFrame, same_panels: SamePanels, settings: CurateSettings
) -> pl.DataFrame:
    """Reports that only the view over all patients refuses, with the code."""
    leaving = same_panels.refused.with_columns(pl.lit(str(SAME_PANEL_CODE)).alias("code"))
    if settings.small_cells == "reject":
        stay = reports.join(leaving, on=["patient_id", "report_id"], how="anti")
        small = reports_in_small_cells(stay, measure_anonymity(stay), settings.wanted_k)
        code = pl.lit(str(RejectCode.SMALL_CELL)).alias("code")
        leaving = pl.concat([leaving, small.with_columns(code)])
    return pl.DataFrame(leaving, schema=_LEAVING_SCHEMA)


def _refuse_reports(parts: list[Path], leaving: pl.DataFrame) -> list[pl.DataFrame]:
    messages = {
        SAME_PANEL_CODE: SAME_PANEL_MESSAGE,
        RejectCode.SMALL_CELL: (
            "Too few patients share this sex, age band and laboratory; `curate.wanted_k` says how "
            "many are needed."
        ),
    }
    rejects = []
    for code, message in messages.items():
        those = leaving.filter(pl.col("code") == str(code)).drop("code")
        if those.is_empty():
            continue
        for part in parts:
            rows = pl.scan_ipc(part).join(those.lazy(), on=["patient_id", "report_id"], how="semi")
            rejects.append(refuse(rows.collect().sort(ROW), code, message))
    return rejects


def _join_parts(parts: list[Path], leaving: pl.DataFrame, results: Path) -> None:
    rows = pl.scan_ipc(parts)
    if leaving.height:
        rows = rows.join(
            leaving.lazy(), on=["patient_id", "report_id"], how="anti", maintain_order="left"
        )
    rows.select(CuratedResult.column_names()).sink_parquet(
        results, row_group_size=_ROWS_PER_GROUP, maintain_order=True
    )


def _height(path: Path) -> int:
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def _refused_by_read(path: Path) -> int:
    return int(pl.scan_parquet(path).select(pl.col("results").sum()).collect().item() or 0)


def _require_enough(folder: Path, reports: int, settings: CurateSettings) -> None:
    if reports < settings.few_reports_error:
        raise InputError(
            f"{folder}: {reports:,} reports are left after cleaning, and fewer than "
            f"{settings.few_reports_error:,} can neither train nor measure a model; read more "
            "exports, or lower `curate.few_reports_error` for a trial."
        )


def _require_nothing_lost(summary: Mapping[str, Any], target: Path) -> None:
    written = _height(target / RESULTS)
    came, went = summary["results_in"], written + summary["rejects"]
    if written != summary["results"] or came != went:
        raise StageError(
            f"{came:,} results came in and {went:,} went out as rows and rejects; nothing was "
            "written. This is a defect of Hemoscribe: please report it."
        )
