"""The rows' way through curation: surveyed, dealt out, cleaned by partition, written in order.

    results.parquet -> survey -> partitions on disk -> cleaned partitions on disk -> results.parquet

What looks across patients (the same panel under two numbers, small cells) stands between cleaning
and writing, and sees one line per report. However many the rows, only a few partitions are in
memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hemoscribe.curate.cleaning.rejection import ROW, refuse, together
from hemoscribe.curate.cleaning.row_schema import validate_written
from hemoscribe.curate.cleaning.steps import Counts, CuratedPart, curate_partition
from hemoscribe.curate.privacy.generalisation import Way
from hemoscribe.curate.pseudonyms.pseudonymise import take_sides
from hemoscribe.curate.split.leakage import SAME_PANEL_CODE, SAME_PANEL_MESSAGE
from hemoscribe.curate.stream.curated_parquet import NamedRows, write_coded
from hemoscribe.curate.stream.partitions import deal, take
from hemoscribe.curate.stream.report_lines import COMMENT
from hemoscribe.curate.stream.scratch import drop_part, read_part, split_runs, write_part
from hemoscribe.curate.stream.survey import Survey, survey_rows
from hemoscribe.curate.stream.threads import in_order
from hemoscribe.records import RejectCode
from hemoscribe.settings import CurateSettings

_MESSAGES = {
    SAME_PANEL_CODE: SAME_PANEL_MESSAGE,
    RejectCode.SMALL_CELL: (
        "Too few patients share this sex, age, laboratory and, where dates are coarser too, period;"
        " `curate.wanted_k` or `curate.generalise_to_k` says how many are needed."
    ),
}


@dataclass(frozen=True, slots=True)
class CleanRows:
    """Cleaned partitions on disk, one line per report, rejects, counts."""

    survey: Survey
    parts: tuple[Path, ...]
    names: tuple[pl.Series, ...]
    reports: pl.DataFrame
    rejects: list[pl.DataFrame]
    counts: Counts


def curate_rows(
    results: Path, scratch: Path, settings: CurateSettings, key: bytes, threads: ThreadPoolExecutor
) -> CleanRows:
    """Everything but what looks across patients.

    Args:
        scratch: a folder for rows on their way: about 120 bytes a row stand there at most.
    """
    survey = survey_rows(results, key, settings, threads)
    dealt = deal(results, survey, scratch, threads, settings)
    patients = survey.patients

    def one(numbered: tuple[int, tuple[Path, ...]]) -> tuple[Path, CuratedPart]:
        number, files = numbered
        done = curate_partition(take(files, survey), patients, key, settings, survey.stated)
        part = scratch / f"part-{number:05}.arrow"
        write_part(part, split_runs(done.rows))
        return part, CuratedPart(
            done.rows.clear(), done.reports, done.names, done.rejects, done.counts
        )

    parts, names, reports = [], [], []
    rejects, counts = [dealt.rejects], Counts()
    for part, done in in_order(threads, one, enumerate(dealt.partitions)):
        parts.append(part)
        names.append(done.names)
        reports.append(_told(done, patients))
        rejects.append(done.rejects)
        counts.add(done.counts)
    return CleanRows(survey, tuple(parts), tuple(names), pl.concat(reports), rejects, counts)


def write_rows(
    done: CleanRows,
    leaving: pl.DataFrame,
    results: Path,
    threads: ThreadPoolExecutor,
    coarser: Way | None = None,
) -> list[pl.DataFrame]:
    """Write the rows of all reports but those of ``leaving``; a reject for each row of these.

    Args:
        leaving: ``report_id`` (pseudonym) and ``code``.
        coarser: how ages, times and laboratories are written; None: as they are.
    """
    rejects: list[pl.DataFrame] = []
    patients = done.survey.patients

    def one(numbered: tuple[Path, pl.Series]) -> tuple[NamedRows, pl.DataFrame]:
        part, names = numbered
        rows, refused = _leave_out(read_part(part).joined(), names, leaving)
        if coarser is not None:
            rows = coarser.write(rows.with_columns(pl.col("laboratory").cast(pl.String)))
        rows, invalid = validate_written(rows)
        return (take_sides(rows, patients), names), together([refused, invalid])

    def parts() -> Iterator[NamedRows]:
        numbered = zip(done.parts, done.names, strict=True)
        for part, (written, refused) in zip(
            done.parts, in_order(threads, one, numbered), strict=True
        ):
            rejects.append(refused)
            drop_part(part)
            yield written

    write_coded(parts(), patients["pseudonym"], results, threads)
    return rejects


def _told(done: CuratedPart, patients: pl.DataFrame) -> pl.DataFrame:
    """One line per report, with its pseudonym, side and fold; patients stay numbers.

    Its long comment becomes a code: as text it would keep every comment of the partition in memory.
    """
    placed = patients.select("split", "fold")[done.reports["patient_id"]]
    return done.reports.with_columns(
        done.names.gather(done.reports["report_id"]).alias("report_id"),
        pl.col(COMMENT).cast(pl.Categorical),
        *placed,
    )


def _leave_out(
    rows: pl.DataFrame, names: pl.Series, leaving: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rejects = []
    for code, message in _MESSAGES.items():
        those = leaving.filter(pl.col("code") == str(code))["report_id"]
        numbers = names.is_in(those.implode()).arg_true()
        if len(numbers):
            goes = rows["report_id"].is_in(numbers.implode())
            rejects.append(refuse(rows.filter(goes).sort(ROW), code, message))
            rows = rows.filter(~goes)
    return rows, together(rejects)
