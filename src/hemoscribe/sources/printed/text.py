"""Printed reports to reported rows: each report's lines, its samples' times, its comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.records import CARRIED, REPORTED
from hemoscribe.sources.batches import (
    Batch,
    Notices,
    of_row,
    reject,
    reject_frame,
    reported_frame,
)
from hemoscribe.sources.dates import ContradictoryDates, decide_order, is_ambiguous, parse_dates
from hemoscribe.sources.exports import Export
from hemoscribe.sources.lines import sample_text
from hemoscribe.sources.mapping import DateOrder, Mapping
from hemoscribe.sources.patients import ages_at, ages_years, sexes
from hemoscribe.sources.printed.documents import Document, is_records, plain, records
from hemoscribe.sources.printed.headed.headings import find_columns
from hemoscribe.sources.printed.headed.table_lines import AN_EARLIER_RESULT, under
from hemoscribe.sources.printed.lines.one_line import results_of
from hemoscribe.sources.printed.lines.value_texts import is_number
from hemoscribe.sources.printed.parts import (
    MAX_LINE_CHARACTERS,
    PrintedReport,
    PrintedResult,
    Taken,
)
from hemoscribe.sources.printed.report import read_report
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit
from hemoscribe.sources.tables.decimals import decimal_mark, in_decimal
from hemoscribe.sources.tables.mapped_names import mapped_analytes

REPORTS_PER_BATCH = 400
FUTURE_YEARS = 5
_MIN_RESULTS = 2
_SAMPLE_LINES = 400
_ORDER_REMEDY = "Say `dates: day_first` or `dates: month_first` in a file given with --mapping."
_DELIMITERS = (";", "\t", "|")


def recognises(export: Export, mapping: Mapping) -> bool:
    """Whether the file is printed reports: JSON Lines of them, or text with aligned results."""
    if is_records(export):
        return True
    sample = sample_text(export, mapping.encoding).split("\n")[:_SAMPLE_LINES]
    lines = [line[:MAX_LINE_CHARACTERS] for line in sample]
    return _aligned_results(lines) >= _MIN_RESULTS


def _aligned_results(lines: Sequence[str]) -> int:
    """How many of these lines print a known analyte with its value and its unit or range."""
    columns = None
    count = headings = 0
    for at, line in enumerate(lines):
        if (found := find_columns(lines, at)) is not None:
            columns = found[0]
            headings = int(headings or bool(columns.values()))
        if "  " not in line.strip() or any(mark in line for mark in _DELIMITERS):
            continue
        placed = under(columns, line) if columns else None
        results = [one.result for one in placed or ()] or results_of(line)
        count += any(r.known and r.value and is_analyte(r.name) for r in results)
        if placed and columns is not None and columns.complete:  # a table, whatever its names are
            count += any(_is_whole(one.result) for one in placed)
    return count + headings if count else 0  # headings over values make one result enough


def _is_whole(result: PrintedResult) -> bool:
    """Whether a result of an unknown name has a number, a unit and a range all the same."""
    if result.value is None or result.unit is None or is_analyte(result.name):
        return False
    return is_number(result.value) and is_unit(result.unit) and result.has_range


def read(export: Export, mapping: Mapping, notices: Notices) -> Iterator[Batch]:
    """The reported rows of printed reports, some hundreds of reports at a time."""
    found = records if is_records(export) else plain
    yield from read_documents(export, found(export, mapping.encoding), mapping, notices)


def read_documents(
    export: Export,
    documents: Iterator[Document | dict[str, Any]] | Iterator[Document],
    mapping: Mapping,
    notices: Notices,
) -> Iterator[Batch]:
    """The reported rows of documents; the order of their dates is decided on the first of them.

    Raises:
        SourceError: dates that contradict each other, or whose order matters and is unknown.
    """
    order: DateOrder | None = None
    decided = False
    judge = SpecimenJudge(export.name, mapping, notices)
    while part := list(islice(documents, REPORTS_PER_BATCH)):
        rejects = [one for one in part if isinstance(one, dict)]
        reports = [read_report(d.lines, d.titles) for d in part if isinstance(d, Document)]
        if not decided and reports:
            order, decided = _order(export.name, reports, mapping, notices), True
        if any(one.message == AN_EARLIER_RESULT for r in reports for one in r.refused):
            notices.say(f"{export.name}: values of earlier days without their date are not read.")
        others = [_not_blood(export.name, report, judge) for report in reports]
        frame = _read(export.name, reports, order, mapping, notices)
        whose = _first_rows(frame)
        for number, (report, not_blood) in enumerate(zip(reports, others, strict=True)):
            for one, collected in (*_refused(export.name, report), *not_blood):
                row = whose.get((number, collected)) or whose.get((number, None))
                rejects.append(one if row is None else of_row(one, row))
        columns: dict[str, pl.Expr] = {column: pl.col(column) for column in REPORTED}
        reported = reported_frame(mapped_analytes(columns, mapping), frame)
        yield Batch(reported, reject_frame(rejects))


def _first_rows(frame: pl.DataFrame) -> dict[tuple[int, str | None], dict[str, Any]]:
    """(report, its sample's own time or None for today's) -> the first row of that sample.

    Where all rows of a report are of one sample, they are today's too.
    """
    keys = ["report", "own_time", "patient_id", "report_id", "collected_at"]
    alike = frame.select(keys).unique(maintain_order=True)
    once = alike.filter(pl.len().over("report", "own_time") == 1)
    alone = alike.filter(pl.len().over("report") == 1).with_columns(
        own_time=pl.lit(None, pl.String)
    )
    rows = pl.concat([alone, once]).iter_rows(named=True)
    return {(row["report"], row["own_time"]): row for row in rows}


_Stated = tuple[dict[str, Any], str | None]
"""A reject, and the time that stands over its column."""


def _refused(name: str, report: PrintedReport) -> Iterator[_Stated]:
    for refused in report.refused:
        one = reject(
            name, refused.place, refused.code, refused.message, results=refused.results,
            name=refused.name, value=refused.value, unit=refused.unit, flag=refused.flag,
        )  # fmt: skip
        yield one, refused.collected


def _not_blood(name: str, report: PrintedReport, judge: SpecimenJudge) -> list[_Stated]:
    """The rejects of what is not known to be blood; the report keeps the others."""
    rejects: list[_Stated] = []
    kept: list[Taken] = []
    for taken in report.results:
        other = taken.other
        if other is None and taken.specimen is not None:
            other = judge.other((taken.specimen,))
        if other is None:
            kept.append(taken)
            continue
        result = taken.result
        one = reject(
            name, taken.place, other.code, other.sentence,
            name=result.name, value=result.value, unit=result.unit, flag=result.flag,
        )  # fmt: skip
        rejects.append((one, taken.collected))
    report.results = kept
    return rejects


def _order(
    name: str, reports: Sequence[PrintedReport], mapping: Mapping, notices: Notices
) -> DateOrder | None:
    """The order of day and month in all dates of the file.

    Raises:
        SourceError: the dates contradict each other, or a report has several and none decides.
    """
    if mapping.dates is not None:
        return mapping.dates
    collected = [text for report in reports for text in report.dates]
    born = [report.titles.get("birth_date") for report in reports]
    texts = pl.Series([*collected, *born], dtype=pl.String).drop_nulls()
    try:
        order = decide_order(texts, french=any(report.french for report in reports))
    except ContradictoryDates as error:
        raise SourceError(
            name, f"its dates contradict each other: {error}", remedy=_ORDER_REMEDY
        ) from error
    unclear = texts.filter(is_ambiguous(texts))
    if order is not None or not len(unclear):
        return order
    example = f"{unclear[0]!r} could be day-first or month-first, and nothing in the file decides"
    if any(len(set(report.dates)) > 1 for report in reports):
        raise SourceError(name, example, remedy=_ORDER_REMEDY)
    notices.say(f"{name}: {example}, so dates like it are left out. {_ORDER_REMEDY}")
    return None


def _read(
    name: str,
    reports: Sequence[PrintedReport],
    order: DateOrder | None,
    mapping: Mapping,
    notices: Notices,
) -> pl.DataFrame:
    """The columns of ``REPORTED`` and ``report``, the number of each row's report."""
    rows = [
        _row(number, report, taken)
        for number, report in enumerate(reports)
        for taken in report.results
    ]
    schema = {
        **{column: pl.String() for column in REPORTED},
        "birth_date": pl.String(),
        "report": pl.UInt32(),
        "own_time": pl.String(),
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    this_year = date.today().year
    collected = parse_dates(frame["collected_at"], order, latest_year=this_year + FUTURE_YEARS)
    born = parse_dates(frame["birth_date"], order, latest_year=this_year)
    for texts, dates in ((frame["collected_at"], collected), (frame["birth_date"], born)):
        _say_unread(name, texts, dates, order, notices)
    age = ages_years(frame["age_years"])
    if born.null_count() < len(born):
        age = age.fill_null(ages_at(collected, born))
    frame = frame.with_columns(
        collected_at=collected,
        requested_at=parse_dates(frame["requested_at"], order, latest_year=this_year + 1),
        sex=sexes(frame["sex"], mapping.sexes),
        age_years=age,
        pregnant=pl.lit(None, dtype=pl.Boolean),
        source=pl.lit(name),
    )
    if mapping.laboratory is not None:
        frame = frame.with_columns(pl.col("laboratory").fill_null(mapping.laboratory))
    if mapping.patient == "line":
        frame = frame.with_columns(patient_id=pl.format("report {}", pl.col("report") + 1))
    parts = [_in_decimal(part, mapping) for part in frame.partition_by("report")]
    return pl.concat(parts) if parts else frame


def _in_decimal(report: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """The numbers of one report, its decimal mark decided by all of them."""
    mark = decimal_mark(report["reported_value"], mapping)
    if mark is None:
        return report
    names = ("reported_value", "reported_low", "reported_high")
    return report.with_columns(in_decimal(report[column], mark) for column in names)


def _row(number: int, report: PrintedReport, taken: Taken) -> tuple[object, ...]:
    titles, result = report.titles, taken.result
    own = {
        "report_id": taken.request or (titles.get("report_id") if not taken.collected else None),
        "patient_id": titles.get("patient_id"),
        "laboratory": titles.get("laboratory"),
        "collected_at": taken.collected or _collected(titles),
        "sex": titles.get("sex"),
        "age_years": titles.get("age"),
        "reported_name": result.name,
        "reported_value": result.value,
        "reported_unit": result.unit,
        "reported_low": result.low,
        "reported_high": result.high,
        "reported_flag": result.flag,
        "comment": taken.comment,
        "status": taken.status,
        "place": taken.place,
        **{column: titles.get(column) for column in CARRIED},
    }
    own["specimen"] = taken.specimen
    own["method"] = result.method or titles.get("method")
    own["comment_author"] = titles.get("comment_author") if taken.comment else None
    columns = (own.get(column) for column in REPORTED)
    return (*columns, titles.get("birth_date"), number, taken.collected)


def _collected(titles: dict[str, str]) -> str | None:
    day, time = titles.get("collected_at"), titles.get("collected_time")
    return f"{day} {time}" if day and time and len(day) <= len("00/00/0000") else day


def _say_unread(
    name: str, texts: pl.Series, dates: pl.Series, order: DateOrder | None, notices: Notices
) -> None:
    unread = texts.filter(texts.is_not_null() & dates.is_null())
    if order is None:
        unread = unread.filter(~is_ambiguous(unread))
    if len(unread):
        notices.say(
            f"{name}: {unread[0]!r} is not a date that can be read; "
            "the results are read without it."
        )
