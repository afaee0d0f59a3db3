"""Reading: results to flags, indices and findings, for one report at once or for many in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.knowledge.analytes import analytes, linear_conversion
from hemoscribe.knowledge.courses import (
    RESULT_COLUMNS,
    Courses,
    EarlierReport,
    course_of,
    first_results,
    resting,
    with_since,
)
from hemoscribe.knowledge.derived_alarms import ring, ring_all, unjudged
from hemoscribe.knowledge.earlier_facts import earlier_facts
from hemoscribe.knowledge.findings.finding_table import finding_table
from hemoscribe.knowledge.findings.search import findings_of, report_frame
from hemoscribe.knowledge.fluids import heading_not_blood
from hemoscribe.knowledge.held_before import Past, PastRows, in_order, results_before
from hemoscribe.knowledge.indices import index_table, indices_of
from hemoscribe.knowledge.overlay.overruled import with_overlay
from hemoscribe.knowledge.overlay.own_limits import by_own_alarms, overrule
from hemoscribe.knowledge.positions import Positions, partitions, positions
from hemoscribe.knowledge.ranges import flag
from hemoscribe.knowledge.recognise import recognise
from hemoscribe.knowledge.recognise_plain import flag_plain, plain_rows
from hemoscribe.knowledge.refusals import with_flag
from hemoscribe.knowledge.repeated import rows_worst_first, worst_first
from hemoscribe.knowledge.report_facts import facts_of_panel, unread_analytes
from hemoscribe.knowledge.statuses import replaced_by
from hemoscribe.overlay_record import Decision, Overlay
from hemoscribe.records import (
    CARRIED,
    REPORTED,
    EarlierResult,
    Finding,
    FlaggedResult,
    Index,
    Panel,
    Reading,
    RejectCode,
    ReportedResult,
)

_REPORTS_AT_ONCE = 5_000  # what is held as Python objects at once
_Reject = Mapping[str, Any]


def read_panel(
    panel: Panel, *, earlier: Sequence[Panel] = (), overlay: Overlay | None = None
) -> Reading:
    """The facts of one report: flagged results, indices, findings, and what was not understood.

    Args:
        panel: the report. Values outside the plausible limits of their analyte, cancelled results
            and those that a final or corrected one replaces are rejects of the reading.
        earlier: the patient's earlier reports, for delta checks and acute kidney injury; those
            without a time, or not before the panel's, are left out.
        overlay: the laboratory's own limits, names, silences and alarms, over the published ones.
    """
    stated, panel = panel, _of_blood(panel)
    panels = [panel, *(_of_blood(old) for old in earlier if _is_before(old, panel))]
    results: list[list[FlaggedResult]] = [[] for _ in panels]
    placed, rejects = _flagged(panels)
    replaced = replaced_by([((place, one.analyte), status) for place, status, one in placed])
    for (place, status, result), by in zip(placed, replaced, strict=True):
        refusal = _refusal(result, status, by)
        if refusal is None:
            results[place].append(result)
        elif place == 0:
            rejects.append(refusal)
    refused = (
        *map(with_flag, panel.rejects),
        *(_of_panel(reject, panel) for reject in rejects),
        *_of_other_fluids(stated),
    )
    results = [[found[place] for place in worst_first(found)] for found in results]
    old = [
        EarlierReport(one.report_id, one.collected_at, first_results(found))
        for one, found in zip(panels[1:], results[1:], strict=True)
        if one.collected_at is not None
    ]
    course = course_of(panel.collected_at, old)

    def facts_with(own: Sequence[FlaggedResult]) -> tuple[dict[str, Any], tuple[Index, ...]]:
        facts: dict[str, Any] = {**facts_of_panel(panel, own, refused), **course.facts}
        return facts, tuple(indices_of(facts))

    def found_in(own: Sequence[FlaggedResult]) -> list[Finding]:
        facts, _ = facts_with(own)
        ring(own, facts)
        return findings_of(facts)

    decisions: list[Decision] = []
    if overlay is not None:
        results[1:] = [
            by_own_alarms(one, own, overlay)
            for one, own in zip(panels[1:], results[1:], strict=True)
        ]
        results[0], decisions = overrule(panel, results[0], overlay, found_in)
        order = worst_first(results[0])  # by the laboratory's own limits
        results[0] = [results[0][place] for place in order]
        decisions = _placed_anew(decisions, order)
    facts, indices = facts_with(results[0])
    results[0] = ring(unjudged(results[0], facts), facts)
    reading = Reading(
        panel=stated,
        results=tuple(results[0]),
        findings=with_since(findings_of(facts), facts, course),
        indices=indices,
        earlier=tuple(panels[1:]),
        before=_results_before(panels, results),
        rejects=refused,
    )
    return reading if overlay is None else with_overlay(reading, overlay, decisions)


def _of_blood(panel: Panel) -> Panel:
    """A panel without the results of which it states another fluid than blood."""
    if not any(one.specimen for one in panel.results):
        return panel
    return replace(panel, results=tuple(one for one in panel.results if not _of_other_fluid(one)))


def _of_other_fluid(result: ReportedResult) -> bool:
    return result.specimen is not None and heading_not_blood(result.specimen)


def _of_other_fluids(panel: Panel) -> Iterator[_Reject]:
    """The rejects of the results that are of another fluid than blood."""
    for place, one in enumerate(panel.results, start=1):
        if _of_other_fluid(one):
            yield with_flag(
                {
                    "source": panel.report_id,
                    "place": f"result {place}",
                    "code": str(RejectCode.OTHER_SPECIMEN),
                    "message": f"A result of {one.specimen}; only blood is read.",
                    "results": 1,
                    "reported_name": one.analyte,
                    "reported_value": one.value,
                    "reported_unit": one.unit,
                    "reported_flag": one.flag,
                    "patient_id": panel.patient_id,
                    "report_id": panel.report_id,
                }
            )


def _placed_anew(decisions: Sequence[Decision], order: Sequence[int]) -> list[Decision]:
    """Decisions on results that stand in another order now."""
    return [
        one if one.place is None else replace(one, place=order.index(one.place))
        for one in decisions
    ]


def _results_before(
    panels: Sequence[Panel], results: Sequence[Sequence[FlaggedResult]]
) -> tuple[EarlierResult, ...]:
    """What the first panel's reading holds of the others."""
    pasts = [Past(one, own) for one, own in zip(panels[1:], results[1:], strict=True)]
    return results_before(panels[0].collected_at, in_order(pasts))


def _is_before(old: Panel, panel: Panel) -> bool:
    return (
        old.collected_at is not None
        and panel.collected_at is not None
        and old.collected_at < panel.collected_at
    )


def _flagged(
    panels: Sequence[Panel],
) -> tuple[list[tuple[int, str, FlaggedResult]], list[_Reject]]:
    """(panel number, status, flagged result) of every result, and the first panel's rejects."""
    plain = plain_rows(panels)
    if plain is not None:
        read, refused = plain
        placed = [
            (int(row[0]), row[-1], result)
            for row, result in zip(read, flag_plain(read), strict=True)
        ]
        return placed, [reject for reject in refused if reject["source"] == "0"]
    rows, rejected = recognise(reported_rows(panels))
    columns = ("report_id", "status", *RESULT_COLUMNS)
    placed = [
        (int(place), status, FlaggedResult(*row))
        for place, status, *row in flag(rows).select(columns).iter_rows()
    ]
    return placed, [row for row in rejected.to_dicts() if row["source"] == "0"]


_NOT_READ = tuple(name for name in CARRIED if name != "specimen")


def reported_rows(panels: Sequence[Panel]) -> pl.DataFrame:
    """What the rules read of panels, as rows; a panel's number is its report and its source."""
    columns: dict[str, list[Any]] = {name: [] for name in REPORTED}
    for number, panel in enumerate(panels):
        count = len(panel.results)
        shared = {
            "report_id": str(number),
            "patient_id": panel.patient_id,
            "laboratory": panel.laboratory,
            "collected_at": panel.collected_at,
            "sex": panel.sex,
            "age_years": panel.age_years,
            "pregnant": panel.pregnant,
            "source": str(number),
        }
        for name, value in shared.items():
            columns[name] += [value] * count
        for place, result in enumerate(panel.results, start=1):
            columns["reported_name"].append(result.analyte)
            columns["loinc"].append(result.loinc)
            columns["reported_value"].append(result.value)
            columns["reported_unit"].append(result.unit)
            columns["unit_inferred"].append(result.unit_inferred)
            columns["reported_low"].append(result.low)
            columns["reported_high"].append(result.high)
            columns["reported_flag"].append(result.flag)
            columns["comment"].append(result.comment)
            columns["specimen"].append(result.specimen)
            columns["status"].append(result.status)
            columns["place"].append(f"result {place}")
    return pl.DataFrame(
        {name: values for name, values in columns.items() if name not in _NOT_READ},
        schema={name: kind for name, kind in REPORTED.items() if name not in _NOT_READ},
    )


def _refusal(result: FlaggedResult, status: str, replaced: str | None) -> _Reject | None:
    """Why a recognised result is not read, as a reject.

    Args:
        replaced: the status of the result that takes its place, if one does.
    """
    if replaced not in (None, "cancelled"):
        code = RejectCode.SUPERSEDED
        message = f"A {replaced} result of the same report replaces it."
    elif "cancelled" in (status, replaced):
        code, message = RejectCode.CANCELLED, "The laboratory cancelled the result."
    else:
        low, high = analytes()[result.analyte].plausible
        if low <= result.value <= high:
            return None
        code = RejectCode.IMPLAUSIBLE
        message = f"{result.value:g} {result.unit} is outside {low:g} to {high:g}."
    return {
        "source": "0",
        "place": result.reported_name,
        "code": str(code),
        "message": message,
        "results": 1,
        "reported_name": result.reported_name,
        "reported_value": result.reported_value,
        "reported_unit": result.reported_unit,
        "reported_flag": result.laboratory_flag,
    }


def _of_panel(reject: _Reject, panel: Panel) -> _Reject:
    number = re.fullmatch(r"result (\d+)", str(reject["place"]))
    stated = panel.results[int(number[1]) - 1].flag if number else reject.get("reported_flag")
    whose = {"patient_id": panel.patient_id, "report_id": panel.report_id}
    return with_flag({**reject, **whose, "source": panel.report_id, "reported_flag": stated})


# Many reports -------------------------------------------------------------------------------------


def read_rows(rows: pl.DataFrame, rejects: pl.DataFrame | None = None) -> Iterator[Reading]:
    """The readings of many reports, in the order in which the reports first appear.

    Args:
        rows: rows of ``records.Result`` (not flagged). Earlier reports of a patient among them
            serve the patient's later ones.
        rejects: rows of ``records.Reject``; those of a report are in its reading, as they are
            where one report is read at a time.
    """
    if rows.is_empty():
        return
    refused = _by_report(rejects)
    flagged = flag(rows)
    where = positions(flagged)
    flagged = rows_worst_first(flagged, where)
    earlier = earlier_facts(flagged, where)
    courses, pasts = Courses(flagged), PastRows(flagged, where)
    for first, part, place in partitions(flagged, where, _REPORTS_AT_ONCE):
        frame = report_frame(
            part, place, earlier[first : first + len(place.report_ids)], _unread(place, refused)
        )
        frame, part = ring_all(frame, part, place)
        readings = list(_readings(part, place, frame, refused))
        yield from pasts.completed(list(_with_courses(readings, courses)))


def _unread(where: Positions, refused: Mapping[str, tuple[_Reject, ...]]) -> list[tuple[int, str]]:
    """(report, analyte) of what the reports hold beside their rows."""
    if not refused:
        return []
    return [
        (number, analyte)
        for number, report in enumerate(where.report_ids.to_list())
        for analyte in unread_analytes(refused.get(report, ()))
    ]


def _with_courses(readings: Sequence[Reading], courses: Courses) -> Iterator[Reading]:
    """The readings, with the earlier results in the findings that rest on such."""
    resting_on = [
        not resting().keys().isdisjoint(one.id for one in reading.findings) for reading in readings
    ]
    patients = {
        one.panel.patient_id for one, rests in zip(readings, resting_on, strict=True) if rests
    }
    known = courses.of(patients) if patients else {}
    for reading, rests in zip(readings, resting_on, strict=True):
        earlier = known.get(reading.panel.patient_id or "", ())
        yield _with_course(reading, earlier) if rests else reading


def _with_course(reading: Reading, reports: Sequence[EarlierReport]) -> Reading:
    course = course_of(reading.panel.collected_at, reports)
    facts = facts_of_panel(reading.panel, reading.results, reading.rejects)
    facts |= course.facts
    return replace(reading, findings=with_since(reading.findings, facts, course))


def _by_report(rejects: pl.DataFrame | None) -> Mapping[str, tuple[_Reject, ...]]:
    if rejects is None or rejects.is_empty():
        return {}
    known = rejects.filter(pl.col("report_id").is_not_null())
    parts = known.partition_by("report_id", as_dict=True)
    return {
        str(report): tuple(map(with_flag, part.to_dicts())) for (report,), part in parts.items()
    }


def _readings(
    rows: pl.DataFrame,
    where: Positions,
    frame: pl.DataFrame,
    refused: Mapping[str, tuple[_Reject, ...]],
) -> Iterator[Reading]:
    count = len(where.report_ids)
    findings: list[list[Finding]] = [[] for _ in range(count)]
    for report, name, grade, evidence, severity in finding_table(frame).iter_rows():
        findings[report].append(Finding(name, grade, tuple(evidence), severity))
    indices: list[list[Index]] = [[] for _ in range(count)]
    for report, name, value, unit, why_not in index_table(frame).iter_rows():
        indices[report].append(Index(name, value, unit, why_not))
    patients = rows.select(
        *("report_id", "patient_id", "laboratory", "collected_at", "sex", "age_years", "pregnant"),
        pl.col("clinical_note") if "clinical_note" in rows else pl.lit(None),
    )[where.first_row]
    order = np.argsort(where.report, kind="stable")
    ends = np.cumsum(np.bincount(where.report, minlength=count)).tolist()
    values = rows.select(RESULT_COLUMNS)[order].rows()
    statuses = rows["status"].gather(order).to_list()
    start = 0
    for report, (patient, end) in enumerate(zip(patients.rows(), ends, strict=True)):
        results = tuple([FlaggedResult(*row) for row in values[start:end]])
        rejects = refused.get(patient[0], ())
        yield Reading(
            panel=_panel(patient, results, statuses[start:end], rejects),
            results=results,
            findings=tuple(findings[report]),
            indices=tuple(indices[report]),
            rejects=rejects,
        )
        start = end


def _panel(
    patient: tuple[Any, ...],
    results: Sequence[FlaggedResult],
    statuses: Sequence[str],
    rejects: tuple[_Reject, ...],
) -> Panel:
    report_id, patient_id, laboratory, collected_at, sex, age_years, pregnant, note = patient
    return Panel(
        results=tuple(map(_as_reported, results, statuses)),
        sex=sex,
        age_years=age_years,
        pregnant=pregnant,
        collected_at=collected_at,
        report_id=report_id,
        patient_id=patient_id,
        laboratory=laboratory,
        context=note or "",
        rejects=rejects,
    )


def _as_reported(result: FlaggedResult, status: str) -> ReportedResult:
    """The result as the laboratory stated it; its limits are converted back to its unit."""
    unit = result.reported_unit or result.unit
    low = _printed(result.analyte, unit, result.printed_low)
    high = _printed(result.analyte, unit, result.printed_high)
    return ReportedResult(  # by position: this is called for every result of a corpus
        result.reported_name,
        result.reported_value,
        unit,
        low,
        high,
        result.laboratory_flag,
        result.loinc,
        result.comment,
        status,
        unit_inferred=result.unit_inferred,
    )


@lru_cache(maxsize=65536)
def _printed(analyte: str, unit: str, limit: float | None) -> str | None:
    """A canonical limit as text in ``unit``."""
    if limit is None:
        return None
    scale, offset = linear_conversion(analyte, unit)
    return f"{(limit - offset) / scale:.6g}"
