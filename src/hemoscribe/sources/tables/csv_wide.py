"""Wide CSV: one report per line, one column per analyte, the unit in the header or the mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from hemoscribe.sources.batches import Batch, Notices, reject_frame, reported_frame
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit
from hemoscribe.sources.tables.context import Surroundings
from hemoscribe.sources.tables.csv_long import say_what_is_ignored
from hemoscribe.sources.tables.delimited import LINE, Layout, layouts, tables
from hemoscribe.sources.tables.headers import Headers, understand
from hemoscribe.sources.tables.specimen_column import of_blood
from hemoscribe.sources.tables.spreadsheet_damage import undamaged
from hemoscribe.sources.tables.unit_rows import Units, agreed, unit_row

_BRACKETED = re.compile(r"^(?P<name>.+?)\s*[(\[{]\s*(?P<unit>[^()\[\]]+(?:\[[^\]]*\])?)\s*[)\]}]$")
_SEPARATORS = re.compile(r"[\s_,:;]+")
_ABOUT_A_REPORT = frozenset(
    ("patient_id", "report_id", "collected_at", "collected_day", "sex", "age")
)
MAX_HEADER_CHARACTERS = 200  # matching takes the square of a run of spaces


@dataclass(frozen=True)
class AnalyteColumn:
    """One analyte column: its position, and the name and unit its header gives."""

    position: int
    header: str
    name: str
    unit: str | None
    loinc: str | None = None


def recognises(export: Export, mapping: Mapping) -> bool:
    """Whether the first lines hold a header with analyte columns."""
    return _find(export, mapping) is not None


def _find(export: Export, mapping: Mapping) -> tuple[Layout, Headers, list[AnalyteColumn]] | None:
    for layout in layouts(export, encoding=mapping.encoding, delimiter=mapping.delimiter):
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
    export: Export, columns: list[AnalyteColumn], units: Units, mapping: Mapping
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


def analyte_columns(headers: Headers, mapping: Mapping) -> list[AnalyteColumn]:
    """The columns whose header is an analyte, perhaps with its unit: ``Hb (g/dL)``."""
    found = []
    for position in headers.others:
        header = headers.names[position]
        mapped = mapping.analytes.get(header)
        if header in mapping.ignore:
            continue
        if mapped is not None:
            split = _split(header)
            unit = mapped.unit or (split[1] if split else None)
            name = mapped.name or header
            found.append(AnalyteColumn(position, header, name, unit, mapped.loinc))
        elif (split := _split(header)) is not None:
            found.append(AnalyteColumn(position, header, *split))
    return found


def _split(header: str) -> tuple[str, str | None] | None:
    """(analyte name, unit) of a header; None when it is no analyte we know."""
    if len(header) > MAX_HEADER_CHARACTERS:
        return None
    match = _BRACKETED.match(header)
    if match is not None and is_analyte(match["name"]) and is_unit(match["unit"]):
        return match["name"], match["unit"]
    if is_analyte(header):
        return header, None
    for separator in _SEPARATORS.finditer(header):
        name, unit = header[: separator.start()], header[separator.end() :]
        if is_analyte(name):
            for spelling in (unit, unit.replace("_", "/")):
                if is_unit(spelling):
                    return name, spelling
    return None


def read(export: Export, mapping: Mapping, notices: Notices) -> Iterator[Batch]:
    """The reported rows of a wide CSV, block by block; an empty cell is no result."""
    found = _find(export, mapping)
    assert found is not None, "recognises() comes first"
    layout, headers, columns = found
    read_too = {column.position for column in columns}
    rest = tuple(position for position in headers.others if position not in read_too)
    shown = Headers(headers.names, headers.columns, rest, headers.identifiers, headers.repeated)
    say_what_is_ignored(export.name, shown, mapping, notices)
    surroundings = Surroundings(export.name, headers, mapping, notices)
    judge = SpecimenJudge(export.name, mapping, notices)
    for table in tables(export, layout, encoding=mapping.encoding):
        _note_dropped(export.name, table.frame, shown, mapping, notices)
        reported = _reported(export.name, table.frame, columns, surroundings)
        reported, damaged = undamaged(export.name, reported)
        reported, of_others = of_blood(judge, reported)
        rejects = reject_frame([*table.rejects, *damaged, *of_others])
        yield Batch(reported, rejects, trimmed=True)


def _note_dropped(
    name: str, frame: pl.DataFrame, unread: Headers, mapping: Mapping, notices: Notices
) -> None:
    """Columns of no name we know that hold numbers: results, perhaps, that nobody reads."""
    waiting = [one for one in unread.others if (name, unread.names[one]) not in notices.dropped]
    columns = {f"c{position}": unread.names[position] for position in waiting}
    number = pl.col(pl.String).str.strip_chars().str.contains(r"^[<>]?\s*\d+(?:[.,]\d+)?$")
    held_by = frame.select(*columns).select(number.any()).to_dicts() if columns else []
    for column, held in (item for row in held_by for item in row.items()):
        if held and columns[column] not in mapping.ignore:
            notices.dropped.setdefault((name, columns[column]))


def _reported(
    name: str, frame: pl.DataFrame, columns: list[AnalyteColumn], surroundings: Surroundings
) -> pl.DataFrame:
    around = surroundings.read(frame).with_columns(frame[LINE])
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
        },
        schema_overrides={"reported_unit": pl.String, "loinc": pl.String},
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
    return reported_frame(
        {
            **columns_read,
            **{column: pl.col(column) for column in around.columns if column != LINE},
            "source": pl.lit(name),
            "place": pl.format("line {}, column {}", pl.col(LINE), pl.col("header")),
        },
        joined,
    )
