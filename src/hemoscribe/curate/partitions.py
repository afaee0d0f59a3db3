"""A file of any length as partitions of whole patients, each small enough for memory.

Every step looks at one patient at a time, so rows are dealt out by the patient's pseudonym: a
partition holds a range of pseudonyms, and partitions one after the other are in the order of
pseudonyms. That order tells nothing of the order in which patients were exported.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from hemoscribe.curate.patients import place_all
from hemoscribe.curate.rejection import ROW
from hemoscribe.settings import CurateSettings

ROWS_PER_PARTITION = 1_000_000
_ROWS_PER_CHUNK = 2_000_000
_BUCKET = "_bucket"
_PREFIX_DIGITS = 4


def read_patients(results: Path, key: bytes, settings: CurateSettings) -> pl.DataFrame:
    """Every patient of ``results`` with the keyed hash's decisions, in the order of pseudonyms."""
    numbers = (
        pl.scan_parquet(results)
        .select(_stripped("patient_id").drop_nulls().unique())
        .collect(engine="streaming")["patient_id"]
    )
    return place_all(numbers, key, settings)


def partitions(
    results: Path,
    patients: pl.DataFrame,
    scratch: Path,
    *,
    rows_per_partition: int = ROWS_PER_PARTITION,
) -> Iterator[pl.DataFrame]:
    """The rows of ``results`` with their numbers (``row``), patient by whole patient.

    Args:
        scratch: a folder for rows on their way; at most twice the size of ``results`` stands there.
    """
    rows = pl.scan_parquet(results, row_index_name=ROW).with_columns(
        _stripped("patient_id"), _stripped("report_id")
    )
    total = rows.select(pl.len()).collect().item()
    count = max(1, -(-total // rows_per_partition))
    if count == 1:
        yield rows.collect()
        return
    folder = scratch / "dealt"
    buckets = _buckets(patients, count).lazy()
    for number, offset in enumerate(range(0, total, _ROWS_PER_CHUNK)):
        dealt = rows.slice(offset, _ROWS_PER_CHUNK).join(buckets, on="patient_id", how="left")
        # A row without a patient goes to the first partition, and is refused there.
        dealt.with_columns(pl.col(_BUCKET).fill_null(0)).sink_ipc(
            pl.PartitionBy(folder / f"{number:05}", key=_BUCKET, include_key=False),
            compression="lz4",
            mkdir=True,
        )
    for bucket in range(count):
        files = sorted(folder.glob(f"*/{_BUCKET}={bucket}/*.ipc"))
        if files:
            yield pl.concat([pl.read_ipc(file) for file in files])
            for file in files:
                file.unlink()


def _buckets(patients: pl.DataFrame, count: int) -> pl.DataFrame:
    """Patient -> partition: equal ranges of the pseudonym's first digits."""
    prefix = pl.col("pseudonym").str.slice(1, _PREFIX_DIGITS).str.to_integer(base=16)
    return patients.select(
        "patient_id", (prefix * count // 16**_PREFIX_DIGITS).cast(pl.UInt16).alias(_BUCKET)
    )


def _stripped(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars()
