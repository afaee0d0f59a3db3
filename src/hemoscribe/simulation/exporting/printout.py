"""What a laboratory has printed, report by report: all that a writer of exports needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.files import write_bytes
from hemoscribe.simulation.laboratory import Laboratory
from hemoscribe.simulation.other_fluids import Fluid, fluids

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Printout:
    """A laboratory's printed rows, who they are about, and the comment of a report.

    Attributes:
        rows: one row per result, in order: report, analyte, value, unit, low, high, flag, status;
            fluid and way where it is of another fluid than blood.
        who: one row per report: report, report_id, patient_id, collected_at, sex, names.
        comments: report -> comment.
    """

    laboratory: Laboratory
    rows: pl.DataFrame
    who: pl.DataFrame
    comments: Mapping[int, str]

    def reports(self) -> Iterator[tuple[Row, list[dict[str, Any]], str | None]]:
        """(who and when, results in order, comment) of each report."""
        identity = {row["report"]: row for row in self.who.iter_rows(named=True)}
        for part in self.rows.partition_by("report", maintain_order=True):
            report = part["report"][0]
            yield identity[report], part.rows(named=True), self.comments.get(report)

    def code(self, row: Row) -> str | None:
        """The LOINC code of a result; those of other fluids are sent without one."""
        return None if row["fluid"] else self.laboratory.code(row["analyte"])

    def flag(self, row: Row) -> str:
        """The flag as this laboratory prints it; empty where it prints none."""
        return (self.laboratory.flags or {}).get(row["flag"] or "", "")

    def status(self, row: Row, default: str) -> str:
        """The status of a result in this laboratory's words."""
        return (self.laboratory.statuses or {}).get(row["status"]) or default

    def path(self, folder: Path, about: Row | None = None) -> Path:
        """The laboratory's file, or the one of a report where each has its own."""
        return folder / file_name(self.laboratory, None if about is None else about["report_id"])

    def write_text(self, folder: Path, text: str, about: Row | None = None) -> int:
        """Write a file in the laboratory's encoding; returns 1, the number of files."""
        return self.write_bytes(folder, text.encode(self.laboratory.encoding), about)

    def write_bytes(self, folder: Path, data: bytes, about: Row | None = None) -> int:
        """Write a file; returns 1, the number of files."""
        path = self.path(folder, about)
        path.parent.mkdir(exist_ok=True)
        write_bytes(path, data)
        return 1


@dataclass(frozen=True)
class OfFluid:
    """The results of one fluid of a report, and which way the format states it."""

    fluid: Fluid
    way: int
    results: list[Row]


def by_fluid(results: Sequence[Row]) -> tuple[list[Row], list[OfFluid]]:
    """(results of blood, those of each other fluid), in the report's order."""
    others: dict[str, OfFluid] = {}
    for row in results:
        if row["fluid"]:
            one = OfFluid(fluids()[row["fluid"]], row["way"], [])
            others.setdefault(row["fluid"], one).results.append(row)
    return [row for row in results if not row["fluid"]], list(others.values())


def file_name(laboratory: Laboratory, report_id: str | None) -> str:
    """``laboratory.file``, with the report's number where it asks for one."""
    return laboratory.file.format(report_id)
