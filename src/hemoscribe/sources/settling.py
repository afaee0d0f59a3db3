"""What only the whole export tells: what was withdrawn later, and whose a number is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hemoscribe.row_files import MARK
from hemoscribe.sources.authorities import Identities
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.mapping import PatientRule
from hemoscribe.sources.withdrawals import Withdrawals


@dataclass(frozen=True)
class Settled:
    """The rows as they stand, whether anything in them changed, and the rejects beside them."""

    rows: pl.LazyFrame
    rejects: pl.DataFrame
    changed: bool


@dataclass(frozen=True)
class Settling:
    """Settles the rows and rejects of an export once all of it is read."""

    withdrawals: Withdrawals
    rule: PatientRule | None
    notices: Notices

    def settle(self, rows: pl.LazyFrame, rejects: pl.DataFrame) -> Settled:
        """Rows and rejects with whose they are as it is known outside."""
        identities = Identities.of(rows, self.rule, self.notices)
        rows = identities.read(self.withdrawals.settled(rows))
        rejects = identities.read_rejects(rejects)
        shared = _shared_reports(rows)
        changed = bool(self.withdrawals.kept or identities.before or len(shared))
        if len(shared):
            rows = rows.with_columns(_told_apart(shared))
            rejects = rejects.with_columns(_told_apart(shared))
        return Settled(rows, rejects, changed)

    def settle_file(self, path: Path, rejects: pl.DataFrame) -> pl.DataFrame:
        """As ``settle``, the rows in a Parquet file, in bounded memory; returns the rejects."""
        settled = self.settle(pl.scan_parquet(path), rejects)
        if settled.changed:
            other = path.with_name(f".{path.name}")
            settled.rows.sink_parquet(other, metadata=dict(MARK))
            other.replace(path)
        return settled.rejects


def _shared_reports(rows: pl.LazyFrame) -> pl.Series:
    """Report numbers that several patients share: such a number is one of a day, or of a person."""
    return (
        rows.group_by("report_id")
        .agg(pl.col("patient_id").n_unique().alias("patients"))
        .filter(pl.col("patients") > 1)
        .collect(engine="streaming")["report_id"]
    )


def _told_apart(shared: pl.Series) -> pl.Expr:
    """Report numbers, where one is also another patient's with the patient in it."""
    own = pl.format("{} {}", "patient_id", "report_id")
    return (
        pl.when(pl.col("report_id").is_in(shared.implode()) & pl.col("patient_id").is_not_null())
        .then(own)
        .otherwise("report_id")
        .alias("report_id")
    )
