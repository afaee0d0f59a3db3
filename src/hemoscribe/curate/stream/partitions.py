"""A file of any length as partitions of whole patients, each small enough for memory.

Every step looks at one patient at a time, so rows are dealt out by the patient's number: a
partition holds a range of numbers, and since these are given in the order of pseudonyms, partitions
one after the other are in that order, which tells nothing of the order in which patients came.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hemoscribe.curate.cleaning.rejection import ROW, Cleaned, part, together
from hemoscribe.curate.cleaning.row_schema import plainly_valid, validate
from hemoscribe.curate.split.decided_sides import refuse_other_sides
from hemoscribe.curate.stream.coded import (
    Chunk,
    chunks_of,
    coded,
    read_places,
    with_replaced,
)
from hemoscribe.curate.stream.runs import run_starts, stable_order
from hemoscribe.curate.stream.scratch import drop_part, read_part, split_runs, write_part
from hemoscribe.curate.stream.survey import Survey, stripped
from hemoscribe.curate.stream.threads import in_order
from hemoscribe.records import RejectCode, no_rejects
from hemoscribe.settings import CurateSettings

ROWS_PER_PARTITION = 500_000
_NUMBER = "_number"


@dataclass(frozen=True, slots=True)
class Dealt:
    """Rows on disk by partition, and the rejects of those that cannot belong to any."""

    partitions: tuple[tuple[Path, ...], ...]
    rejects: pl.DataFrame


def deal(
    results: Path,
    survey: Survey,
    scratch: Path,
    threads: ThreadPoolExecutor,
    settings: CurateSettings,
    *,
    rows_per_partition: int = ROWS_PER_PARTITION,
) -> Dealt:
    """Validate and code the rows of ``results``, and lay them out by partition.

    Rows that break the row schema or have no patient are refused here. The others carry their
    number in ``results`` (``row``) and, in ``patient_id``, their patient's number in the survey.

    Args:
        scratch: a folder for rows on their way: about 60 bytes a row stand there.
    """
    count = max(1, -(-survey.rows // rows_per_partition))
    numbers = survey.patients.select("patient_id").with_row_index(_NUMBER).sort("patient_id")
    folder = scratch / "dealt"
    folder.mkdir()

    def one(numbered: tuple[int, Chunk]) -> tuple[dict[int, Path], pl.DataFrame]:
        number, chunk = numbered
        held = _hold_all(results, chunk, survey, numbers)
        if held is None:  # some row is to be refused: every row is looked at
            rows, rejects = _admit(_read_chunk(results, chunk), survey)
            rows, words = _coded(rows, survey, numbers), dict[str, pl.Series]()
        else:
            (rows, words), rejects = held, no_rejects()
        codes = dict(survey.replaced["laboratory"])
        rows, elsewhere = refuse_other_sides(rows, survey.patients, codes, settings)
        files = _write_by_bucket(rows, words, count, len(survey.patients), folder, number)
        return files, together([rejects, elsewhere])

    files: list[list[Path]] = [[] for _ in range(count)]
    rejects = []
    for written, refused in in_order(threads, one, enumerate(chunks_of(results))):
        rejects.append(refused)
        for bucket, file in written.items():
            files[bucket].append(file)
    return Dealt(tuple(tuple(paths) for paths in files if paths), together(rejects))


def take(files: tuple[Path, ...], survey: Survey) -> pl.DataFrame:
    """The rows of one partition, in the order in which they came; their files are gone then."""
    rows = pl.concat([read_part(file).joined() for file in files], rechunk=True)
    for file in files:
        drop_part(file)
    return rows.with_columns(pl.col(name).cat.to(codes) for name, codes in survey.types.items())


def _hold_all(
    results: Path, chunk: Chunk, survey: Survey, numbers: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, pl.Series]] | None:
    """The coded rows of a chunk and the words of those texts that have no codes.

    None where a row breaks the row schema or has no patient. The same rows as by ``_admit`` and
    ``_coded``, found by looking at each text once.
    """
    rows, texts = read_places(results, chunk, survey.left_out)
    patients = texts["patient_id"].words.str.strip_chars()
    if not plainly_valid(rows, texts) or (patients == "").any():
        return None
    columns = [
        coded(texts[name], survey.replaced.get(name, {}), codes).alias(name)
        for name, codes in survey.types.items()
    ]
    owners = numbers[_NUMBER].gather(numbers["patient_id"].search_sorted(patients))
    columns.append(owners.gather(texts["patient_id"].places).alias("patient_id"))
    words = {
        name: with_replaced(texts[name].words, survey.replaced.get(name, {}))
        for name in texts
        if name not in survey.types and name != "patient_id"
    }
    words["report_id"] = words["report_id"].str.strip_chars()
    return rows.with_columns(*columns, *(texts[name].places.alias(name) for name in words)), words


def _read_chunk(results: Path, chunk: Chunk) -> pl.DataFrame:
    rows = pl.scan_parquet(results, row_index_name=ROW)
    return rows.slice(chunk.first, chunk.rows).collect()


def _admit(rows: pl.DataFrame, survey: Survey) -> Cleaned:
    rows = rows.with_columns(
        stripped("patient_id"),
        stripped("report_id"),
        *(
            pl.col(name).replace(list(new), list(new.values()))
            for name, new in survey.replaced.items()
            if new
        ),
    )
    rows, invalid = validate(rows)
    message = "No patient number: the side of the split cannot be decided."
    rows, nobody = part(rows, pl.col("patient_id") == "", RejectCode.NO_PATIENT, message)
    return rows, together([invalid, nobody])


def _coded(rows: pl.DataFrame, survey: Survey, numbers: pl.DataFrame) -> pl.DataFrame:
    # A chunk has few of the patients. Any table of all of them would be built again every time, and
    # cost more than the chunk itself where there are millions; a search in a sorted list does not.
    # And a patient's rows stand together, so there are fewer runs to find than rows.
    starts = run_starts(rows, ("patient_id",))
    firsts = rows.select("patient_id").filter(starts)
    own = firsts["patient_id"].unique()
    places = numbers["patient_id"].search_sorted(own)
    found = pl.DataFrame([own, numbers[_NUMBER].gather(places)])
    owners = firsts.join(found, on="patient_id", how="left", maintain_order="left")[_NUMBER]
    return rows.drop(survey.left_out).with_columns(
        owners.gather(starts.cum_sum() - 1).alias("patient_id"),
        *(pl.col(name).cast(codes) for name, codes in survey.types.items()),
    )


def _write_by_bucket(
    rows: pl.DataFrame,
    words: Mapping[str, pl.Series],
    count: int,
    patients: int,
    folder: Path,
    number: int,
) -> dict[int, Path]:
    # Codes as numbers: with their texts, thousands of small files would hold each list again.
    runs = split_runs(rows.with_columns(pl.col(pl.Enum).to_physical()), words)
    owner = pl.col("patient_id").cast(pl.UInt64)
    bucket = runs.shared.select((owner * count // max(patients, 1)).cast(pl.UInt32)).to_series()
    order = stable_order(bucket.to_frame("bucket"), "bucket")
    files: dict[int, Path] = {}
    for name, own in runs.in_order(order).cut(bucket.gather(order)).items():
        files[name] = folder / f"{name:05}-{number:05}.arrow"
        write_part(files[name], own)
    return files
