"""Rows of a table that has one result per line, as it is or as it was spread: cells to a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices, of_row, reject, reject_frame, reported_frame
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.tables.comparators import Comparators
from hemoscribe.sources.tables.context import Surroundings
from hemoscribe.sources.tables.decimals import decimal_mark, in_decimal
from hemoscribe.sources.tables.delimited import LINE, Table
from hemoscribe.sources.tables.free_columns import free_columns
from hemoscribe.sources.tables.headers import Headers
from hemoscribe.sources.tables.lookup import looked_up, lookup_table
from hemoscribe.sources.tables.mapped_names import mapped_analytes
from hemoscribe.sources.tables.section_headings import SECTION, Sections, of_blood_sections
from hemoscribe.sources.tables.specimen_column import of_blood
from hemoscribe.sources.tables.spreadsheet_damage import undamaged
from hemoscribe.sources.tables.stays import Stays
from hemoscribe.sources.tables.title_lines import Titles

TROUBLE, CODE, COLUMN = "trouble", "analyte_code", "column"


@dataclass
class LongRows:
    """Makes batches of a file's blocks, whose headers are understood; keeps what goes on."""

    name: str
    headers: Headers
    mapping: Mapping
    notices: Notices
    titles: Titles
    unit: str | None = None
    """The unit of every value, where a line under the header says it."""

    def __post_init__(self) -> None:
        self.surroundings = Surroundings(
            self.name, self.headers, self.mapping, self.notices, titles=self.titles,
            free=free_columns(self.headers, self.mapping, self.headers.others),
        )  # fmt: skip
        self._judge = SpecimenJudge(self.name, self.mapping, self.notices)
        self._comparators = Comparators(self.name, self.headers, self.mapping, self.notices)
        self._sections = Sections(self.name, self.headers)
        self._stays = Stays(self.name, self.notices)
        self._lookup = lookup_table(self.mapping, self.notices)

    def batch(self, table: Table) -> Batch:
        """The reported rows of a block, and a reject for each that cannot be read."""
        frame = table.frame
        frame, headings = self._sections.read(frame, self.surroundings.column(frame, "value"))
        reported = self._reported(frame, headings)
        reported, troubled = self._without_trouble(reported)
        reported, damaged = undamaged(self.name, reported)
        reported, under_others = of_blood_sections(self.name, reported, self._sections.stated)
        reported, of_others = of_blood(self._judge, reported)
        rejects = [
            *table.rejects, *self._sections.lines, *troubled, *damaged, *under_others, *of_others
        ]  # fmt: skip
        return Batch(reported, reject_frame(rejects), trimmed=True)

    def _reported(self, frame: pl.DataFrame, headings: pl.Series | None) -> pl.DataFrame:
        """Columns of ``REPORTED``, and ``section`` and ``trouble`` where there are any."""
        column = self.surroundings.column
        around = self.surroundings.read(frame)
        if "report_id" in self.headers.columns:
            names = pl.coalesce(pl.lit(column(frame, "analyte")), pl.lit(column(frame, CODE)))
            around = self._stays.told_apart(around, pl.select(names).to_series())
        low = frame.select(
            pl.coalesce(pl.lit(column(frame, "low")), pl.lit(column(frame, "range"))).alias("low")
        ).to_series()
        value, trouble = self._comparators.join(frame, column(frame, "value"))
        mark = decimal_mark(value, self.mapping)
        results = pl.DataFrame(
            {
                "reported_name": column(frame, "analyte"),
                CODE: column(frame, CODE),
                "loinc": column(frame, "loinc"),
                "reported_value": in_decimal(value, mark),
                "reported_unit": self._units(column(frame, "unit")),
                "reported_low": in_decimal(low, mark),
                "reported_high": in_decimal(column(frame, "high"), mark),
                "reported_flag": column(frame, "flag"),
                "place": _places(frame),
            }
        )
        joined = looked_up(pl.concat([around, results], how="horizontal"), self._lookup, CODE)
        columns: dict[str, pl.Expr] = {
            name: pl.col(name) for name in joined.columns if name != CODE
        }
        columns = mapped_analytes(columns, self.mapping, code=pl.col(CODE))
        name = pl.coalesce(columns["reported_name"], CODE)
        reported = reported_frame(
            {**columns, "reported_name": name, "source": pl.lit(self.name)}, joined
        )
        more = [part for part in (headings, trouble) if part is not None]
        return reported.with_columns(
            part.alias(SECTION if part is headings else TROUBLE) for part in more
        )

    def _units(self, texts: pl.Series) -> pl.Series:
        return texts if self.unit is None else texts.fill_null(self.unit)

    def _without_trouble(self, reported: pl.DataFrame) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
        """(rows without trouble, a reject for each of the others that says it)."""
        if TROUBLE not in reported.columns:
            return reported, []
        is_bad = reported[TROUBLE].is_not_null()
        rejects = [
            of_row(
                reject(
                    self.name, row["place"], RejectCode.UNREADABLE, row[TROUBLE],
                    name=row["reported_name"], value=row["reported_value"],
                    unit=row["reported_unit"], flag=row["reported_flag"],
                ),
                row,
            )
            for row in reported.filter(is_bad).iter_rows(named=True)
        ]  # fmt: skip
        return reported.filter(~is_bad).drop(TROUBLE), rejects


def _places(frame: pl.DataFrame) -> pl.Series:
    """Where each result stands: its line, and its column where a line holds several."""
    if COLUMN in frame.columns:
        place = pl.format("line {}, column {}", pl.col(LINE), pl.col(COLUMN))
    else:
        place = pl.format("line {}", pl.col(LINE))
    return frame.select(place.alias("place")).to_series()
