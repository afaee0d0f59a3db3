"""An export as panels of reported results, for reading one report at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.knowledge import with_flag, with_units
from hemoscribe.records import (
    UNKNOWN_PATIENT,
    UNKNOWN_REPORT,
    Panel,
    RejectCode,
    ReportedResult,
    Sex,
    no_rejects,
    report_number,
)
from hemoscribe.sources.authorities import Identities
from hemoscribe.sources.batches import Batch, Notices, reject
from hemoscribe.sources.intake import nothing_readable, reported_batches
from hemoscribe.sources.mapping import load_mapping
from hemoscribe.sources.withdrawals import Withdrawals

MAX_RESULTS = 2_000_000
MAX_ALONE = 20
_NOTHING = "nothing of its report can be read."
_NUMBER = "_number"


def panels(
    paths: Sequence[Path],
    *,
    format: str | None,  # noqa: A002
    mapping: Path | None,
) -> list[Panel]:
    """One panel per report, in the file's order, every result as the file states it.

    A file with no patient column holds one patient's report. What the readers refused is with the
    panel of the same report, or with its patient's of the same message; a reject that does not tell
    whose it was is with every panel, without its value, so that no report of the file is whole.

    Raises:
        SourceError: a file that cannot be read, holds no result, or too many to hold in memory.
    """
    batches: list[Batch] = []
    height = 0
    notices = Notices()
    for batch in reported_batches(paths, format=format, mapping=mapping, notices=notices):
        height += batch.reported.height
        if height > MAX_RESULTS:
            raise SourceError(
                paths[0],
                f"it holds more than {MAX_RESULTS:,} results",
                remedy="Split the file; `hemoscribe read` takes one of any length.",
            )
        batches.append(batch)
    rejects = pl.concat([batch.rejects for batch in batches]) if batches else no_rejects()
    if not height:
        raise nothing_readable(paths, rejects)
    stated = pl.concat([batch.reported for batch in batches])
    reported = Withdrawals().take(with_units(stated)).lazy()
    identities = Identities.of(reported, load_mapping(mapping).patient, notices)
    rejects = identities.read_rejects(rejects.filter(pl.col("results") > 0))
    refused = (*rejects.to_dicts(), *_dropped(notices))
    found = list(_panels(identities.read(reported).collect()))
    dealt, alone, unread = _without_a_panel(refused, found)
    said = (*notices.sentences, *alone)
    shared, only = _shared(found, refused), len(found) == 1
    return [
        replace(one.panel, rejects=tuple(_of_report(dealt, one, shared, alone=only)), notices=said)
        for one in found
    ] + [replace(panel, notices=said) for panel in _alarms(unread)]


def _alarms(unread: Mapping[tuple[str, str], Sequence[dict[str, Any]]]) -> Iterator[Panel]:
    """A panel without results for each report of which nothing is read and something alarms."""
    for (patient, report), refused in unread.items():
        if any(with_flag(one)["critical"] for one in refused):
            yield Panel(
                results=(),
                patient_id=patient or UNKNOWN_PATIENT,
                report_id=report,
                rejects=tuple(refused),
            )


def _without_a_panel(
    refused: Sequence[dict[str, Any]], found: Sequence[_Found]
) -> tuple[list[dict[str, Any]], list[str], dict[tuple[str, str], list[dict[str, Any]]]]:
    """(the refusals to be dealt out, a sentence for each report of which nothing is read, those).

    Of a patient with other reports the refusals stand with those: they lose their report.
    """
    reports = {(one.patient, one.report) for one in found}
    patients = {one.patient for one in found} - {None}
    whose_messages = {(one.patient, unit) for one in found for unit in one.messages}
    messages = {unit for _, unit in whose_messages}
    kept: list[dict[str, Any]] = []
    alone: dict[tuple[str, str], str] = {}
    unread: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in refused:
        whose, unit = (one["patient_id"], one["report_id"]), _unit(one)
        nobodys = whose[0] is None and (whose[1] is None or unit in messages)
        if nobodys or whose in reports or (whose[0], unit) in whose_messages:
            kept.append(one)
        elif whose[0] in patients:
            kept.append({**one, "report_id": None})
        else:
            alone.setdefault(whose, f"{one['source']}, {one['place']}: {_NOTHING}")
            unread.setdefault(whose, []).append(one)
    said = [*alone.values()]
    more = [f"Of {len(said) - MAX_ALONE:,} more reports nothing can be read."]
    return kept, said if len(said) <= MAX_ALONE else said[:MAX_ALONE] + more, unread


@dataclass(frozen=True)
class _Found:
    """A panel; its patient and report as rejects have them; the messages that it stands in."""

    panel: Panel
    patient: str | None
    report: str | None
    messages: frozenset[tuple[str, str]]


def _unit(row: Mapping[str, Any]) -> tuple[str, str]:
    """The message or document that a row or a refusal is in."""
    return row["source"], row["place"].partition(",")[0]


def _is_message(unit: tuple[str, str]) -> bool:
    return unit[1].startswith("message ")


def _of_report(
    refused: Sequence[dict[str, Any]], found: _Found, shared: frozenset[Any], *, alone: bool
) -> Iterator[dict[str, Any]]:
    """The refusals of one report, and of none; a value only where it is surely the report's own.

    One that states its patient is never with another's, though one message held both. One that does
    not tell whose it was may be another patient's: its value is left out.
    """
    for one in refused:
        patient, report = one["patient_id"], one["report_id"]
        if patient is not None and patient != found.patient:
            continue
        unit = _unit(one)
        if report is not None:
            its_own = (patient, report) == (found.patient, found.report)
        else:
            its_own = alone or patient is not None
        if its_own or (unit in found.messages and (patient is not None or unit not in shared)):
            yield one
        elif unit in found.messages or (
            report is None and patient is None and not _is_message(unit)
        ):
            yield {**one, "reported_value": None}


def _shared(found: Sequence[_Found], refused: Sequence[dict[str, Any]]) -> frozenset[Any]:
    """The messages that hold results of more than one patient, or of one and of nobody."""
    of: dict[tuple[str, str], set[str | None]] = {}
    for panel in found:
        for unit in panel.messages:
            of.setdefault(unit, set()).add(panel.patient)
    for one in refused:
        if one["report_id"] is not None and (unit := _unit(one)) in of:
            of[unit].add(one["patient_id"])
    return frozenset(unit for unit, patients in of.items() if len(patients) > 1)


def _dropped(notices: Notices) -> Iterator[dict[str, Any]]:
    """The columns with numbers that were not read, as rejects of every report."""
    for source, header in notices.dropped:
        message = "The name of this column is none we know, so its numbers are not read."
        place = f"column {header}"
        yield reject(source, place, RejectCode.UNKNOWN_ANALYTE, message, name=header)


def _panels(reported: pl.DataFrame) -> Iterator[_Found]:
    keys = ("patient_id", "report_id", "collected_at")
    reported = reported.with_columns(report_number().alias(_NUMBER))
    for group in reported.partition_by(keys, maintain_order=True):
        rows = group.rows(named=True)
        first = rows[0]
        panel = Panel(
            results=tuple(_result(row) for row in rows),
            sex=cast("Sex | None", _first(rows, "sex")),
            age_years=_first(rows, "age_years"),
            pregnant=_first(rows, "pregnant"),
            collected_at=_first(rows, "collected_at"),
            report_id=first["report_id"] or UNKNOWN_REPORT,
            patient_id=first["patient_id"] or "patient",
            laboratory=_first(rows, "laboratory"),
            context=_first(rows, "clinical_note") or "",
            requested_at=_first(rows, "requested_at"),
            requester=_first(rows, "requester"),
            ward=_first(rows, "ward"),
        )
        messages = frozenset(filter(_is_message, map(_unit, rows)))
        yield _Found(panel, first["patient_id"], first[_NUMBER], messages)


def _first(rows: Sequence[dict[str, Any]], column: str) -> Any:
    """The first value that is there: some exports print the patient on the first line only."""
    return next((row[column] for row in rows if row[column] is not None), None)


def _result(row: dict[str, Any]) -> ReportedResult:
    return ReportedResult(
        analyte=row["reported_name"] or row["loinc"] or "",
        value=row["reported_value"] or "",
        unit=row["reported_unit"],
        low=row["reported_low"],
        high=row["reported_high"],
        flag=row["reported_flag"],
        loinc=row["loinc"],
        comment=row["comment"],
        status=row["status"],
        specimen=row["specimen"],
        sample_id=row["sample_id"],
        instrument=row["instrument"],
        method=row["method"],
        comment_author=row["comment_author"],
        unit_inferred=bool(row["unit_inferred"]),
    )
