"""Wide CSV: one report per line, one column per analyte, the unit in the header or the mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import (
    Batch,
    Notices,
    of_row,
    reject,
    reject_frame,
    reported_frame,
)
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.tables.analyte_columns import (
    AnalyteColumn,
    analyte_columns,
    looks_like_data,
    other_fluids,
)
from hemoscribe.sources.tables.comparators import signs
from hemoscribe.sources.tables.context import Surroundings
from hemoscribe.sources.tables.delimited import LINE, Layout, layouts, tables
from hemoscribe.sources.tables.free_columns import free_columns_of_reports
from hemoscribe.sources.tables.headers import Headers, understand
from hemoscribe.sources.tables.section_headings import SECTION, of_blood_sections, sections_above
from hemoscribe.sources.tables.specimen_column import of_blood
from hemoscribe.sources.tables.spreadsheet_damage import undamaged
from hemoscribe.sources.tables.stays import Stays
from hemoscribe.sources.tables.title_lines import one_patient, titles
from hemoscribe.sources.tables.unit_rows import Units, agreed, unit_row
from hemoscribe.sources.tables.unread_columns import (
    remember_numbers,
    say_unnamed,
    say_what_is_ignored,
)

_ABOUT_A_REPORT = frozenset(
    ("patient_id", "report_id", "collected_at", "collected_day", "sex", "age")
)


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the first lines hold a header with analyte columns."""
    return _find(export, mapping) is not None


def _find(
    export: Export, mapping: MappingFile
) -> tuple[Layout, Headers, list[AnalyteColumn]] | None:
    for layout in layouts(export, encoding=mapping.encoding, delimiter=mapping.delimiter):
        if looks_like_data(layout.header) and not mapping.analytes:
            continue
        headers = understand(layout.header, mapping.columns)
        found = analyte_columns(headers, mapping)
        below = unit_row(export, layout, [one.position for one in found], encoding=mapping.encoding)
        if found and below is not None:
            layout, headers = below.layout, understand(below.layout.header, mapping.columns)
            found = _with_units(export, found, below.units, mapping)
        if len(found) > 1 or (found and _ABOUT_A_REPORT & headers.columns.keys()):
            return layout, headers, found
    return None


def _with_units(
    export: Export, columns: list[AnalyteColumn], units: Units, mapping: MappingFile
) -> list[AnalyteColumn]:
    """The columns with the units of the line under the header; a mapping's own count before."""
    found = []
    for column in columns:
        mapped = mapping.analytes.get(column.header)
        unit = mapped.unit if mapped is not None else None
        if unit is None:
            unit = agreed(export, column.header, column.unit, units.get(column.position))
        found.append(replace(column, unit=unit))
    return found


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The reported rows of a wide CSV, block by block; an empty cell is no result.

    Raises:
        SourceError: as ``csv_long.read``.
    """
    found = _find(export, mapping)
    assert found is not None, "recognises() comes first"
    layout, headers, columns = found
    columns = sorted([*columns, *other_fluids(headers, mapping)], key=lambda one: one.position)
    read_too = {column.position for column in columns}
    rest = tuple(position for position in headers.others if position not in read_too)
    shown = replace(headers, others=rest)
    say_what_is_ignored(export.name, shown, mapping, notices)
    above = titles(export, layout, encoding=mapping.encoding)
    free = free_columns_of_reports(headers, mapping, rest)
    surroundings = Surroundings(export.name, headers, mapping, notices, titles=above, free=free)
    judge = SpecimenJudge(export.name, mapping, notices)
    stays = Stays(export.name, notices)
    under = sections_above(export, layout, encoding=mapping.encoding)
    for table in tables(export, layout, encoding=mapping.encoding):
        one_patient(export.name, table.frame, headers, above)
        remember_numbers(export.name, table.frame, shown, mapping, notices)
        say_unnamed(export.name, table.frame, headers, notices)
        reported = _reported(export.name, table.frame, columns, surroundings, stays, under)
        reported, unsigned = _without_signs(export.name, table.frame, reported, columns, shown)
        reported, damaged = undamaged(export.name, reported)
        reported, under_others = of_blood_sections(export.name, reported)
        reported, of_others = of_blood(judge, reported)
        rejects = [*table.rejects, *unsigned, *damaged, *under_others, *of_others]
        yield Batch(reported, reject_frame(rejects), trimmed=True)


def _without_signs(
    name: str,
    frame: pl.DataFrame,
    reported: pl.DataFrame,
    columns: Sequence[AnalyteColumn],
    unread: Headers,
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """(rows beside no sign, a reject for each beside a column with ``<`` that nobody explains)."""
    places: dict[str, str] = {}
    by_position = {column.position: column for column in columns}
    for position in unread.others:
        signed = frame.filter(pl.col(f"c{position}").is_in(list(signs())))[LINE].to_list()
        beside = [by_position[at] for at in (position - 1, position + 1) if at in by_position]
        for line in signed:
            for column in beside:
                places[_place(line, column)] = unread.names[position]
    if not places:
        return reported, []
    is_beside = pl.col("place").is_in(list(places))
    rejects = [
        of_row(
            reject(
                name, row["place"], RejectCode.UNREADABLE,
                f"The column {places[row['place']]!r} beside it has a comparator, and nothing says "
                "of which column; write it into the cell of its value.",
                name=row["reported_name"], value=row["reported_value"], unit=row["reported_unit"],
            ),
            row,
        )
        for row in reported.filter(is_beside).iter_rows(named=True)
    ]  # fmt: skip
    return reported.filter(~is_beside), rejects


def _place(line: int, column: AnalyteColumn) -> str:
    return f"line {line}, column {column.header}"


def _reported(
    name: str,
    frame: pl.DataFrame,
    columns: Sequence[AnalyteColumn],
    surroundings: Surroundings,
    stays: Stays,
    under: Mapping[int, str],
) -> pl.DataFrame:
    """Columns of ``REPORTED``, and ``section`` where the columns stand under headings."""
    around = surroundings.read(frame)
    if "report_id" in surroundings.headers.columns:
        around = stays.told_apart(around, pl.Series(["any"]).new_from_index(0, around.height))
    around = around.with_columns(frame[LINE])
    if "report_id" not in surroundings.headers.columns and around["collected_at"].null_count():
        report = pl.coalesce("report_id", pl.format("line {}", pl.col(LINE)))
        around = around.with_columns(report_id=pl.format("{} line {}", report, pl.col(LINE)))
    cells = frame.select(LINE, *(pl.col(f"c{c.position}") for c in columns)).unpivot(
        index=LINE, variable_name="column", value_name="reported_value"
    )
    described = pl.DataFrame(
        {
            "column": [f"c{column.position}" for column in columns],
            "order": list(range(len(columns))),
            "header": [column.header for column in columns],
            "reported_name": [column.name for column in columns],
            "reported_unit": [column.unit for column in columns],
            "loinc": [column.loinc for column in columns],
            SECTION: [under.get(column.position) for column in columns],
        },
        schema_overrides=dict.fromkeys(("reported_unit", "loinc", SECTION), pl.String),
    )
    joined = (
        cells.filter(pl.col("reported_value").is_not_null())
        .join(described, on="column")
        .join(around, on=LINE)
        .sort(LINE, "order")
    )
    columns_read: dict[str, pl.Expr] = {
        column: pl.col(column)
        for column in ("reported_name", "reported_unit", "loinc", "reported_value")
    }
    reported = reported_frame(
        {
            **columns_read,
            **{column: pl.col(column) for column in around.columns if column != LINE},
            "source": pl.lit(name),
            "place": pl.format("line {}, column {}", pl.col(LINE), pl.col("header")),
        },
        joined,
    )
    return reported.with_columns(joined[SECTION]) if under else reported
