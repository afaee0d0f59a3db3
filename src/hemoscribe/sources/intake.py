"""From exports to rows and rejects: recognise each file, read it in parts, name what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from hemoscribe.errors import SourceError
from hemoscribe.files import REJECTS, RESULTS, hash_inputs
from hemoscribe.knowledge import MissingUnits
from hemoscribe.records import REPORTED, RejectCode, no_rejects, no_results
from hemoscribe.row_files import MARK, write_rejects
from hemoscribe.sources.batches import Batch, Notices, reject, reject_frame
from hemoscribe.sources.bystanders import left_alone
from hemoscribe.sources.comments import Comments
from hemoscribe.sources.exports import Export, Watch, exports
from hemoscribe.sources.formats import format_of
from hemoscribe.sources.heading_marks import without_headings
from hemoscribe.sources.known_format import Format
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.mapping import load_mapping, mapping_files
from hemoscribe.sources.said_beside import without_what_is_denied
from hemoscribe.sources.settling import Settling
from hemoscribe.sources.withdrawals import Withdrawals
from hemoscribe.stages import run_stage

STAGE = "read"
ROWS_PER_PART = 400_000
_SHOWN_REJECTS = 3
_SHOWN_CHARACTERS = 60
_REMEDY = "Check the file, or describe its columns in a file given with --mapping."
_NO_PATIENT = (
    "Name the column of the patient in a file given with --mapping (`columns: {patient_id: ...}`), "
    "or say there that each line is a patient (`patient: line`)."
)


def read_parts(
    paths: Sequence[Path],
    *,
    format: str | None,  # noqa: A002
    mapping: Path | None,
    notices: Notices,
    watch: Watch | None = None,
    withdrawals: Withdrawals | None = None,
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """(rows, rejects) of the exports, a few hundred thousand results at a time.

    Args:
        withdrawals: holds afterwards what later parts withdrew of earlier ones.
    """
    comments = Comments(MissingUnits())
    withdrawals = withdrawals or Withdrawals()
    batches = reported_batches(paths, format=format, mapping=mapping, notices=notices, watch=watch)
    for part in _ahead(_gathered(batches)):
        rows, rejects = _recognised(part, comments, withdrawals)
        withdrawals.read += rows.height
        yield rows, rejects
    comments.end()
    if (left := comments.left()).height:
        yield no_results(), left


def _gathered(batches: Iterator[Batch]) -> Iterator[list[Batch]]:
    """Batches together until they hold ``ROWS_PER_PART`` results."""
    waiting: list[Batch] = []
    height = 0
    for batch in batches:
        waiting.append(batch)
        height += batch.reported.height
        if height >= ROWS_PER_PART:
            yield waiting
            waiting, height = [], 0
    if waiting:
        yield waiting


def _ahead(parts: Iterator[list[Batch]]) -> Iterator[list[Batch]]:
    """The same parts, each taken from the files while the one before is recognised."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = thread.submit(next, parts, None)
            yield part


def reported_batches(
    paths: Sequence[Path],
    *,
    format: str | None,  # noqa: A002
    mapping: Path | None,
    notices: Notices,
    watch: Watch | None = None,
) -> Iterator[Batch]:
    """What the files report, before anything is recognised."""
    rules = load_mapping(mapping)
    for export, known in recognised_exports(
        paths, format=format, rules=rules, notices=notices, watch=watch
    ):
        if isinstance(known, SourceError):
            yield Batch(_nothing(), reject_frame([_unread(export, known)]))
            continue
        try:
            for batch in known.read(export, rules, notices):
                yield without_what_is_denied(without_headings(batch))
        except SourceError as error:
            if export.named or error.of_all:
                raise
            notices.unread.setdefault(export.name)
            notices.say(f"Not read, or not to its end: {_located(export, error)}")
            yield Batch(_nothing(), reject_frame([_unread(export, error)]))
    if rejects := [one for told in notices.at_end for one in told()]:
        yield Batch(_nothing(), reject_frame(rejects))


def recognised_exports(
    paths: Sequence[Path],
    *,
    format: str | None,  # noqa: A002
    rules: MappingFile,
    notices: Notices,
    watch: Watch | None = None,
) -> Iterator[tuple[Export, Format | SourceError]]:
    """Each file and its format; one found in a folder or a zip may be of none, and that is said.

    Raises:
        SourceError: a file that the user named is of no format, or no file of a folder is.
    """
    any_known = False
    first_error: SourceError | None = None
    if told := left_alone(paths):
        notices.say(told)
    for export in exports(paths, watch=watch):
        try:
            known = format_of(export, rules, format)
        except SourceError as error:
            if export.named or error.of_all:
                raise
            notices.unread.setdefault(export.name)
            notices.say(f"Not read: {_located(export, error)}")
            first_error = first_error or error
            yield export, error
            continue
        any_known = True
        yield export, known
    if not any_known and first_error is not None:
        raise first_error


def _unread(export: Export, error: SourceError) -> dict[str, Any]:
    reason = f"{error.reason[:1].upper()}{error.reason[1:]}."
    message = f"{reason} {error.remedy}".strip()
    return reject(export.name, error.place or "file", RejectCode.UNREADABLE, message, results=0)


def _located(export: Export, error: SourceError) -> str:
    """The sentence of an error, with the name of the file in it, wherever it was raised."""
    text = str(error)
    return text if export.name in text else f"{export.name}: {text}"


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema=dict(REPORTED))


def _recognised(
    batches: Sequence[Batch], comments: Comments, withdrawals: Withdrawals
) -> tuple[pl.DataFrame, pl.DataFrame]:
    reported = withdrawals.take(pl.concat([batch.reported for batch in batches]))
    rows, rejects = comments.recognise(reported, trimmed=all(batch.trimmed for batch in batches))
    return rows, pl.concat([rejects, *(batch.rejects for batch in batches), comments.left()])


def read_all(
    paths: Sequence[Path],
    *,
    format: str | None = None,  # noqa: A002
    mapping: Path | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, Notices]:
    """Every row and reject in memory, and what was said.

    Raises:
        SourceError: a file that cannot be read, or no readable result in any.
    """
    notices = Notices()
    settling = Settling(Withdrawals(), load_mapping(mapping).patient, notices)
    parts = list(
        read_parts(
            paths,
            format=format,
            mapping=mapping,
            notices=notices,
            withdrawals=settling.withdrawals,
        )
    )
    rows = pl.concat([part[0] for part in parts]) if parts else no_results()
    rejects = pl.concat([part[1] for part in parts]) if parts else no_rejects()
    if not rows.height:
        raise nothing_readable(paths, rejects)
    settled = settling.settle(rows.lazy(), rejects)
    return settled.rows.collect(), settled.rejects, notices


def nothing_readable(paths: Sequence[Path], rejects: pl.DataFrame) -> SourceError:
    """No result at all could be read: names the first reject of each kind, and what to do."""
    kinds = rejects.group_by("code", maintain_order=True).first().head(_SHOWN_REJECTS)
    shown = [_sentence(row) for row in kinds.iter_rows(named=True)]
    remedy = _NO_PATIENT if str(RejectCode.NO_PATIENT) in kinds["code"] else _REMEDY
    names = ", ".join(str(path) for path in paths)
    return SourceError(names, "no result in it can be read", remedy=" ".join([*shown, remedy]))


def _sentence(row: Mapping[str, Any]) -> str:
    place = row["place"][:1].upper() + row["place"][1:]
    stated = " ".join(part for part in (row["reported_name"], row["reported_value"]) if part)
    shown = f" ({stated[:_SHOWN_CHARACTERS]})" if stated else ""
    return f"{place}{shown}: {row['message']}"


def read_to_folder(
    paths: Sequence[Path],
    out: Path,
    *,
    format: str | None = None,  # noqa: A002
    mapping: Path | None = None,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Rows and rejects as Parquet, in bounded memory; returns the summary of the manifest."""
    files = sorted({export.path: None for export in exports(paths)})
    settings = {
        "format": format,
        "mapping": hash_inputs(mapping_files(mapping)) if mapping else None,
    }

    def work(folder: Path) -> Mapping[str, Any]:
        return _write(paths, folder, files=len(files), format=format, mapping=mapping, watch=watch)

    return run_stage(
        out, stage=STAGE, inputs=hash_inputs(files), settings=settings, work=work
    ).summary()


def _write(
    paths: Sequence[Path],
    folder: Path,
    *,
    files: int,
    format: str | None,  # noqa: A002
    mapping: Path | None,
    watch: Watch | None,
) -> dict[str, Any]:
    notices = Notices()
    settling = Settling(Withdrawals(), load_mapping(mapping).patient, notices)
    rejected: list[pl.DataFrame] = []

    def parts(*_: object) -> Iterator[pl.DataFrame]:
        for rows, rejects in read_parts(
            paths,
            format=format,
            mapping=mapping,
            notices=notices,
            watch=watch,
            withdrawals=settling.withdrawals,
        ):
            rejected.append(rejects)
            yield rows

    path = folder / RESULTS
    found = register_io_source(parts, schema=no_results().schema)
    found.sink_parquet(path, metadata=dict(MARK))
    all_rejects = pl.concat(rejected) if rejected else no_rejects()
    all_rejects = settling.settle_file(path, all_rejects)
    written = pl.scan_parquet(path)
    results, reports = (
        written.select(pl.len(), pl.col("report_id").n_unique().alias("reports")).collect().row(0)
    )
    if not results:
        raise nothing_readable(paths, all_rejects)
    write_rejects(all_rejects, folder / REJECTS)
    by_code = all_rejects.group_by("code").agg(pl.col("results").sum()).sort("code")
    return {
        "files": files,
        "reports": reports,
        "results": results,
        "rejects": int(all_rejects["results"].sum()),
        "rejects_by_code": dict(by_code.iter_rows()),
        "unread": list(notices.unread),
        "notices": list(notices.sentences),
    }
