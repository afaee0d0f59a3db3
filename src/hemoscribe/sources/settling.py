"""What only the whole export tells: what was withdrawn later, and whose a number is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hemoscribe.sources.authorities import Identities
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.mapping import PatientRule
from hemoscribe.sources.withdrawals import Withdrawals


@dataclass(frozen=True)
class Settling:
    """Settles the rows of an export once all of them are read."""

    withdrawals: Withdrawals
    rule: PatientRule | None
    notices: Notices

    def rows(self, rows: pl.LazyFrame) -> tuple[pl.LazyFrame, bool]:
        """(the rows as they stand, whether anything in them changed)."""
        identities = Identities.of(rows, self.rule, self.notices)
        rows = identities.read(self.withdrawals.settled(rows))
        shared = _shared_reports(rows)
        changed = bool(self.withdrawals.kept or identities.before or len(shared))
        return (_told_apart(rows, shared) if len(shared) else rows), changed

    def file(self, path: Path) -> None:
        """As ``rows``, in a Parquet file, in bounded memory."""
        rows, changed = self.rows(pl.scan_parquet(path))
        if changed:
            other = path.with_name(f".{path.name}")
            rows.sink_parquet(other)
            other.replace(path)


def _shared_reports(rows: pl.LazyFrame) -> pl.Series:
    """Report numbers that several patients share: such a number is one of a day, or of a person."""
    return (
        rows.group_by("report_id")
        .agg(pl.col("patient_id").n_unique().alias("patients"))
        .filter(pl.col("patients") > 1)
        .collect(engine="streaming")["report_id"]
    )


def _told_apart(rows: pl.LazyFrame, shared: pl.Series) -> pl.LazyFrame:
    """Rows whose report number is also another patient's take the patient into it."""
    return rows.with_columns(
        report_id=pl.when(pl.col("report_id").is_in(shared.implode()))
        .then(pl.format("{} {}", "patient_id", "report_id"))
        .otherwise("report_id")
    )
