"""Headings of a table: a column of sections, lines that hold a heading alone, and what they mean.

What stands under a heading of another fluid ("Urines", "LCR") is no blood, whatever its name is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import of_row, reject
from hemoscribe.sources.exports import Export
from hemoscribe.sources.fluid_sections import FluidSections, Heading, may_be_blood
from hemoscribe.sources.heading_marks import (
    BLOOD_AGAIN,
    HEADING,
    heading_mark,
    is_heading,
    is_only_in_blood,
)
from hemoscribe.sources.lines import sample_text
from hemoscribe.sources.specimens import OtherSpecimen, heading_specimen
from hemoscribe.sources.tables.delimited import LINE, Layout, split_line
from hemoscribe.sources.tables.headers import Headers, fold
from hemoscribe.sources.tables.report_headings import HeadingLines

SECTION = "section"
_TAKEN = frozenset(("prelevement", "specimen collected", "collected"))
"""Headers of times that some laboratories use for what was taken."""
_LINES_ABOVE = 3  # of headings over the columns


@dataclass
class Sections:
    """The heading that each line stands under; a heading goes on from one block to the next."""

    source: str
    headers: Headers
    under: str | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    """A reject of no result for each line that was a heading, of the last block."""
    stated: dict[str, OtherSpecimen] = field(default_factory=dict)
    """Specimens that lines of results state, by their texts."""

    def __post_init__(self) -> None:
        self._reports = HeadingLines(self.headers, self.stated)
        self._fluid = FluidSections()

    def read(self, frame: pl.DataFrame, value: pl.Series) -> tuple[pl.DataFrame, pl.Series | None]:
        """(the frame without lines of headings, the heading of each row; None without any)."""
        self.lines = []
        headings: pl.Series | None = None
        if value.null_count():
            frame, headings, value = self._lines(frame, value)
        elif self.under is not None:
            headings = pl.repeat(self.under, frame.height, dtype=pl.String, eager=True)
        headings = self._reports.read(frame, value, headings)
        for position in self._columns(frame):
            stated = frame[f"c{position}"]
            if headings is None:
                headings = stated
            elif not _other_fluids(stated):
                continue
            else:
                said = list(_other_fluids(stated))
                headings = pl.select(
                    pl.when(pl.lit(stated).is_in(said)).then(pl.lit(stated)).otherwise(headings)
                ).to_series()
        return frame, None if headings is None else headings.alias(SECTION)

    def _columns(self, frame: pl.DataFrame) -> list[int]:
        found = []
        if SECTION in self.headers.columns:
            found.append(self.headers.columns[SECTION])
        at = self.headers.columns.get("collected_at")
        if at is not None and fold(self.headers.names[at]) in _TAKEN:
            texts = frame[f"c{at}"].drop_nulls()
            if not texts.str.contains(r"\d").all():
                found.append(at)
        return found

    def _lines(
        self, frame: pl.DataFrame, value: pl.Series
    ) -> tuple[pl.DataFrame, pl.Series | None, pl.Series]:
        """Lines with one cell that is a heading; what follows is under it until the next one."""
        cells = pl.col([f"c{number}" for number in range(len(self.headers.names))])
        empty = frame.with_columns(pl.lit(value).alias("_value")).filter(pl.col("_value").is_null())
        alone = empty.select(
            pl.col(LINE),
            pl.coalesce(cells).alias("text"),
            pl.sum_horizontal(cells.is_not_null()).alias("held"),
        ).filter(pl.col("held") == 1)
        alone = alone.filter(pl.col("text").map_elements(is_heading, return_dtype=pl.Boolean))
        if alone.is_empty():
            if self.under is None:
                return frame, None, value
            under = pl.repeat(self.under, frame.height, dtype=pl.String, eager=True)
            return frame, under, value
        marked = frame.select(LINE).join(
            alone.select(LINE, "text"), on=LINE, how="left", maintain_order="left"
        )
        self.lines = [
            reject(self.source, f"line {line}", RejectCode.NO_VALUE, HEADING, results=0, name=text)
            for line, text in alone.select(LINE, "text").iter_rows()
        ]
        is_line = marked["text"].is_not_null()
        headings = self._by_level(marked)["text"].forward_fill()
        if self.under is not None:
            headings = headings.fill_null(self.under)
        self.under = headings[-1]
        return frame.filter(~is_line), headings.filter(~is_line), value.filter(~is_line)

    def _by_level(self, marked: pl.DataFrame) -> pl.DataFrame:
        """The headings, each as the fluid that holds under it: "BIOCHIMIE" below "URINES" is urine.

        Of a heading that may be either, the specimen is not known, which ``stated`` says.
        """
        texts = marked["text"].drop_nulls()
        if self._fluid.other is None and not any(map(heading_specimen, texts.unique())):
            return marked
        places = marked["text"].is_not_null().arg_true()
        shown: list[str] = []
        before = -1
        for at, text in zip(places, texts, strict=True):
            if at > before + 1:
                self._fluid.content()
            self._fluid.enter(Heading(text))
            other, before = self._fluid.other, at
            shown.append(text if other is None else other.name)
            if other is not None and other.name != text:
                self.stated[other.name] = other
        if marked.height > before + 1:
            self._fluid.content()
        column = marked["text"].scatter(places, pl.Series(shown, dtype=pl.String))
        return marked.with_columns(column)


def sections_above(
    export: Export, layout: Layout, *, encoding: str | None = None
) -> dict[int, str]:
    """Position of a column -> the heading over it: ``Sang;;Urines;`` above a wide table's header.

    A heading stands over the columns to its right, up to the next one of its line. Of several lines
    of headings the nearest that says a fluid counts; nothing where none says another than blood.
    """
    lines = sample_text(export, encoding).split("\n")
    top = layout.header_line - layout.header_lines
    found: dict[int, str] = {}
    above = [line for line in lines[:top] if line.strip(f"{layout.delimiter} \r")]
    for distance, line in enumerate(reversed(above[-_LINES_ABOVE:])):
        cells = [cell.strip() for cell in split_line(line, layout.delimiter)]
        is_title = sum(map(bool, cells)) == 1 and bool(cells[0])
        if (distance and is_title) or not any(map(heading_specimen, cells)):
            continue
        heading = ""
        for position in range(len(layout.header)):
            heading = (cells[position] if position < len(cells) else "") or heading
            if (said := heading_mark(heading)) is not None:
                found.setdefault(position, said)
    return {position: heading for position, heading in found.items() if heading != BLOOD_AGAIN}


def _other_fluids(texts: pl.Series) -> dict[str, str]:
    """Each heading that names another fluid, and why its results are not read."""
    found = {}
    for text in texts.drop_nulls().unique():
        other = heading_specimen(text)
        if other is not None:
            found[text] = other.sentence
    return found


def _told_by_results(reported: pl.DataFrame, unclear: list[str]) -> pl.Series:
    """The rows of sections, of one report each, that hold what only blood has."""
    under = pl.col(SECTION).is_in(unclear).fill_null(value=False)
    names = reported.filter(under)["reported_name"].drop_nulls().unique()
    blood = [name for name in names if is_only_in_blood(name)]
    is_told = under & pl.col("reported_name").is_in(blood).fill_null(value=False)
    group = (SECTION, "patient_id", "report_id", "collected_at")
    return reported.select(under & is_told.any().over(*group)).to_series()


def of_blood_sections(
    source: str, reported: pl.DataFrame, stated: Mapping[str, OtherSpecimen] | None = None
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """(rows under no heading of another fluid, a reject for each of the others).

    Args:
        reported: columns of ``REPORTED``, and ``section`` where the table has headings.
        stated: sections that are specimens which a line states, and what they are.
    """
    if SECTION not in reported.columns:
        return reported, []
    others = {
        text: other
        for text in reported[SECTION].drop_nulls().unique()
        if (other := (stated or {}).get(text) or heading_specimen(text)) is not None
    }
    rows = reported.drop(SECTION)
    if not others:
        return rows, []
    is_other = reported[SECTION].is_in(list(others)).fill_null(value=False)
    unclear = [text for text, other in others.items() if may_be_blood(other)]
    if unclear:
        is_other &= ~_told_by_results(reported, unclear)
    rejects = [
        of_row(
            reject(
                source, row["place"], others[row[SECTION]].code, others[row[SECTION]].sentence,
                name=row["reported_name"], value=row["reported_value"],
                unit=row["reported_unit"], flag=row["reported_flag"],
            ),
            row,
        )
        for row in reported.filter(is_other).iter_rows(named=True)
    ]  # fmt: skip
    return rows.filter(~is_other), rejects
