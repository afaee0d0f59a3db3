"""``hemoscribe curate``: a read folder becomes rows that may be used for training.

results.parquet   curated rows, ordered by patient pseudonym
rejects.parquet   what the read stage refused, and what was refused here
quality.html      what came in, what was refused, what is left
data-card.md      a datasheet of the rows
croissant.json    the same for machines
manifest.json     inputs, settings, versions, counts
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.curate.account.notices import notices, other_key_notices
from hemoscribe.curate.account.outcome import Outcome, summarise
from hemoscribe.curate.cleaning.rejection import together
from hemoscribe.curate.cleaning.rejects import carry_rejects
from hemoscribe.curate.cleaning.row_schema import require_columns
from hemoscribe.curate.privacy.anonymity import measure_anonymity, reports_in_small_cells
from hemoscribe.curate.privacy.disclosure import measure_disclosure
from hemoscribe.curate.privacy.generalisation import (
    Generalised,
    generalise,
    list_occasions,
    require_k,
    require_one_way,
)
from hemoscribe.curate.privacy.known_values import TRUE_MONTH, true_months
from hemoscribe.curate.pseudonyms.keys import fingerprint_of, pseudonym_key
from hemoscribe.curate.pseudonyms.rejected import of_reports
from hemoscribe.curate.scrub import finder_of, versions_of_finder
from hemoscribe.curate.split.decided_sides import require_whole_split
from hemoscribe.curate.split.leakage import (
    SAME_PANEL_CODE,
    SamePanels,
    find_same_panels,
    require_one_side,
)
from hemoscribe.curate.split.near_copies import find_near_copies
from hemoscribe.curate.stream.flow import CleanRows, curate_rows, write_rows
from hemoscribe.curate.stream.report_lines import COMMENT
from hemoscribe.curate.stream.threads import AT_ONCE
from hemoscribe.errors import InputError, StageError
from hemoscribe.files import REJECTS, RESULTS
from hemoscribe.records import SPLITS, STOOD_FOR, CuratedResult, RejectCode
from hemoscribe.row_files import brought_up_to_date, read_rejects, scan_rows, write_rejects
from hemoscribe.settings import CurateSettings
from hemoscribe.stages import content_of, read_manifest, run_stage, verify

STAGE = "curate"
OF_CURATION = tuple(
    str(code)
    for code in (
        *STOOD_FOR,
        RejectCode.CONTRADICTION,
        RejectCode.MISSING_POLICY,
        RejectCode.SMALL_CELL,
        RejectCode.SAME_PANEL,
        RejectCode.OTHER_SIDE,
        RejectCode.INVALID,
    )
)


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
        MissingError: ``scrub_with`` asks for Presidio, which is not installed.
        SettingsError: the shares of the split leave no test side, or two settings want the same.
    """
    folder, out = Path(folder), Path(out)
    require_whole_split(settings)
    require_one_way(settings)
    finds = versions_of_finder(settings.scrub_with)
    verify(folder, read_manifest(folder, stage="read"))
    require_columns(scan_rows(folder / RESULTS).collect_schema(), folder)
    key = pseudonym_key()
    warnings = other_key_notices(out, key, stage=STAGE)
    return run_stage(
        out,
        stage=STAGE,
        inputs={
            "read": content_of(folder, RESULTS, REJECTS),
            "pseudonym key": fingerprint_of(key),
            **finds,
        },
        settings=settings.model_dump(mode="json"),
        work=lambda target: _work(folder, target, settings, key, warnings),
    ).summary()


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
    rows = scan_rows(folder / RESULTS)
    if split is not None:
        rows = rows.filter(pl.col("split") == split)
    return rows.select(columns or CuratedResult.column_names()).collect()


def load_rejects(folder: Path) -> pl.DataFrame:
    """What was refused of the reports of a curated folder, and would be when they are interpreted.

    What only curation refuses (a duplicate, a small cell) is left out.

    Raises:
        StageError: ``folder`` is no complete curated folder.
    """
    read_manifest(Path(folder), stage=STAGE)
    rejects = read_rejects(Path(folder) / REJECTS)
    return rejects.filter(pl.col("report_id").is_not_null() & ~pl.col("code").is_in(OF_CURATION))


def _work(
    folder: Path, target: Path, settings: CurateSettings, key: bytes, warnings: list[str]
) -> dict[str, Any]:
    from hemoscribe.curate.account.croissant import write_croissant
    from hemoscribe.curate.account.data_card import write_data_card
    from hemoscribe.curate.account.quality_page import write_quality_page

    with (
        tempfile.TemporaryDirectory(prefix="scratch-", dir=target) as scratch,
        ThreadPoolExecutor(AT_ONCE) as threads,
        ThreadPoolExecutor(1) as aside,
    ):
        rows = brought_up_to_date(folder / RESULTS, Path(scratch))
        done = curate_rows(rows, Path(scratch), settings, key, threads)
        same_panels = find_same_panels(done.reports, policy=settings.same_panels)
        leaving = _leaving(done.reports, same_panels, settings)
        generalised = _generalised(done, leaving, settings)
        way = None
        if generalised is not None:
            code = pl.lit(str(RejectCode.SMALL_CELL)).alias("code")
            leaving = pl.concat([leaving, generalised.refused.to_frame().with_columns(code)])
            way = generalised.way
        reports = done.reports
        if leaving.height:
            reports = reports.filter(~pl.col("report_id").is_in(leaving["report_id"].implode()))
        same_comments = find_near_copies(reports, policy=settings.same_comments)
        reports = reports.drop(COMMENT).with_columns(
            true_months(reports, done.survey.patients).alias(TRUE_MONTH)
        )
        _require_enough(folder, reports.height, settings)
        if way is not None:
            reports = way.write(reports.with_columns(pl.col("sex", "laboratory").cast(pl.String)))
        period = None if way is None else way.period
        # What could be learnt of patients is measured while their rows are written.
        disclosed = aside.submit(measure_disclosure, reports, period=period)
        rejects = [*done.rejects, *write_rows(done, leaving, target / RESULTS, threads, way)]
        disclosure = disclosed.result()
    carried = carry_rejects(
        folder / REJECTS, done.survey.patients, key, finder_of(settings.scrub_with)
    )
    all_rejects = pl.concat([carried, together(rejects)])
    write_rejects(of_reports(all_rejects, reports["report_id"]), target / REJECTS)
    require_one_side(target / RESULTS)
    if generalised is not None:
        require_k(target / RESULTS, generalised.wanted_k)
    anonymity = measure_anonymity(reports)
    summary = summarise(all_rejects, reports, anonymity)
    summary["results_in"] = _height(folder / RESULTS) + _refused_by_read(folder / REJECTS)
    _require_nothing_lost(summary, target)
    outcome = Outcome(
        summary,
        reports,
        all_rejects,
        anonymity,
        disclosure,
        same_panels,
        done.counts,
        same_comments,
        generalised,
    )
    if generalised is not None:
        summary["generalised"] = generalised.told()
    summary["warnings"] = [*warnings, *notices(outcome, settings)]
    write_quality_page(target, outcome, settings)
    write_data_card(target, outcome, settings)
    write_croissant(target, outcome)
    return summary


def _leaving(
    reports: pl.DataFrame, same_panels: SamePanels, settings: CurateSettings
) -> pl.DataFrame:
    """Reports that only the view over all patients refuses, with the code."""
    code = pl.lit(str(SAME_PANEL_CODE)).alias("code")
    leaving = same_panels.refused.select("report_id", code)
    if settings.small_cells == "reject":
        stay = reports.join(leaving, on="report_id", how="anti")
        small = reports_in_small_cells(stay, measure_anonymity(stay), settings.wanted_k)
        code = pl.lit(str(RejectCode.SMALL_CELL)).alias("code")
        leaving = pl.concat([leaving, small.select("report_id", code)])
    return leaving


def _generalised(
    done: CleanRows, leaving: pl.DataFrame, settings: CurateSettings
) -> Generalised | None:
    if settings.generalise_to_k is None:
        return None
    occasions = list_occasions(done.parts, done.names).join(leaving, on="report_id", how="anti")
    return generalise(
        occasions, settings.generalise_to_k, refused_share=settings.generalise_refused_share
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
