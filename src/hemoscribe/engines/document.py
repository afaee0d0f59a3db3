"""A report as the JSON object that ``interpret --json`` and the API answer with; panels too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from hemoscribe.engines.overlay_document import overruling_document, own_name
from hemoscribe.files import own_yaml
from hemoscribe.knowledge import (
    analytes,
    finding_definitions,
    index_name,
    index_reason,
    read_panel,
    references,
)
from hemoscribe.knowledge.clinical_note import note_of_panel
from hemoscribe.knowledge.overlay import overlay_document, overlay_from_document
from hemoscribe.knowledge.unassessed import (
    Unassessed,
    assumed,
    assumption_words,
    report_assumptions,
    unassessed,
    why_no_flag,
    why_words,
)
from hemoscribe.overlay_record import Overlay
from hemoscribe.prose.numbers import show
from hemoscribe.prose.prompt import patient_words
from hemoscribe.prose.unread import printed
from hemoscribe.records import (
    DIRECTIONS,
    EarlierResult,
    Finding,
    FlaggedResult,
    Index,
    Language,
    Panel,
    Reading,
    Report,
    ReportedResult,
)

NOTICE: Mapping[Language, str] = {
    "en": "Draft for a qualified reader: not validated, not a diagnosis, not a medical device.",
    "fr": (
        "Brouillon destiné à un lecteur qualifié : non validé, sans valeur de diagnostic ; ceci "
        "n'est pas un dispositif médical."
    ),
}

_TIMES = ("collected_at", "requested_at")


def report_document(report: Report, *, id: str | None = None) -> dict[str, Any]:  # noqa: A002
    """A report as a JSON object.

    Keys: ``id``, ``report_id``, ``patient`` (in words), ``request`` (who asked for it, for where,
    when, on which samples), ``language``; ``results`` in the report's
    order (value, low and high in the canonical ``unit``; ``unit_inferred``: whether the unit
    was not stated and its column settled it; ``why_not``: why a result has no flag; ``assumed``:
    what was assumed of the patient for its flag; ``shown``: what to print; ``reading``: the
    model's own {low, normal, high}, or null; ``agrees``: whether its likeliest is the rules'
    direction, or null); ``findings`` (``since``: the earlier results that one rests on, each with
    its report and time), ``not_assessed`` (findings that hang on what the report does not
    tell or what was not read, each with ``why``), ``assumptions`` (of the patient, in sentences),
    ``noted`` (what was read in the requester's note: ``id``, ``kind``: drug, condition or event,
    ``of``: the class of a drug or null, ``name``),
    ``indices``, ``rejects`` (results that were not recognised),
    ``laboratory_rules`` (what the laboratory's own overlay decided, by which entry; or null);
    ``interpretation``, ``follow_up``, ``written_by``, ``withheld`` and ``draft`` (what the model
    wrote, when it was withheld), ``checks``; ``model``, ``engine``, ``seconds``, ``notice``.
    """
    reading, language = report.reading, report.language
    probabilities = report.probabilities or (None,) * len(reading.results)
    return {
        "id": id,
        "report_id": reading.panel.report_id,
        "patient": patient_words(reading.panel, language),
        "request": _request(reading.panel),
        "language": language,
        "results": [
            _result(result, found, reading.panel, language)
            for result, found in zip(reading.results, probabilities, strict=True)
        ],
        "findings": [_finding(finding, reading, language) for finding in reading.findings],
        "not_assessed": [_unassessed(one, language) for one in unassessed(reading)],
        "assumptions": list(report_assumptions(reading, language)),
        "noted": _noted(reading.panel, language),
        "indices": [_index(index, language) for index in reading.indices],
        "rejects": [_reject(reject, language) for reject in reading.rejects],
        "laboratory_rules": overruling_document(reading, language),
        "whole": reading.whole,
        "notices": list(reading.panel.notices),
        "earlier": [
            {"report_id": one.report_id, "collected_at": _time(one.collected_at)}
            for one in reading.earlier
        ],
        "interpretation": report.interpretation,
        "follow_up": report.follow_up,
        "written_by": report.written_by,
        "withheld": bool(report.draft),
        "draft": report.draft or None,
        "checks": [asdict(check) for check in report.checks],
        "model": report.model,
        "engine": report.engine,
        "seconds": round(report.seconds, 3),
        "notice": NOTICE[language],
    }


def _request(panel: Panel) -> dict[str, Any]:
    samples = dict.fromkeys(one.sample_id for one in panel.results if one.sample_id)
    return {
        "requested_at": _time(panel.requested_at),
        "requester": panel.requester,
        "ward": panel.ward,
        "sample_ids": list(samples),
    }


def _result(
    result: FlaggedResult, found: Mapping[str, float] | None, panel: Panel, language: Language
) -> dict[str, Any]:
    shown = show(result, language)
    why = why_no_flag(result, panel)
    analyte = analytes()[result.analyte]
    return {
        "analyte": result.analyte,
        "name": analyte.name(language),
        "group": analyte.group,
        "reported_name": result.reported_name,
        "loinc": result.loinc,
        "value": result.value,
        "comparator": result.comparator,
        "unit": result.unit,
        "low": result.low,
        "high": result.high,
        "range_source": result.range_source,
        "flag": result.flag,
        "critical": result.critical,
        "why_not": None if why is None else why_words(why, language),
        "assumed": [assumption_words(one, language) for one in assumed(result, panel)],
        "laboratory_flag": result.laboratory_flag,
        "reported_value": result.reported_value,
        "reported_unit": result.reported_unit,
        "unit_inferred": result.unit_inferred,
        "shown": asdict(shown),
        "reading": None if found is None else {name: round(found[name], 4) for name in DIRECTIONS},
        "agrees": _agrees(result, found),
    }


def _agrees(result: FlaggedResult, found: Mapping[str, float] | None) -> bool | None:
    """Whether the model's likeliest direction is the rules'; None where either has none."""
    if found is None or result.direction is None:
        return None
    return max(DIRECTIONS, key=lambda name: found[name]) == result.direction


def _finding(finding: Finding, reading: Reading, language: Language) -> dict[str, Any]:
    definition = finding_definitions()[finding.id]
    return {
        "id": finding.id,
        "name": own_name(reading, finding, language),
        "grade": finding.grade,
        "urgency": finding.urgency,
        "severity": finding.severity,
        "hours": finding.hours,
        "evidence": list(finding.evidence),
        "since": [_earlier(one, language) for one in finding.since],
        "criterion": definition.criteria[language],
        "source": [_source(key) for key in definition.source],
    }


def _unassessed(one: Unassessed, language: Language) -> dict[str, Any]:
    return {
        "id": one.finding,
        "name": finding_definitions()[one.finding].names[language],
        "why": [why_words(why, language) for why in one.why],
    }


def _noted(panel: Panel, language: Language) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "kind": one.kind, "of": one.of or None, "name": one.bare_name(language)}
        for one in note_of_panel(panel).told
    ]


def _earlier(one: EarlierResult, language: Language) -> dict[str, Any]:
    result = one.result
    shown = show(result, language)
    return {
        "analyte": result.analyte,
        "name": analytes()[result.analyte].name(language),
        "value": result.value,
        "unit": result.unit,
        "shown": {"value": shown.value, "unit": shown.unit},
        "report_id": one.report_id,
        "collected_at": _time(one.collected_at),
    }


def _source(key: str) -> str:
    reference = references()[key]
    return f"{reference.title} ({reference.published})"


def _index(index: Index, language: Language) -> dict[str, Any]:
    return {
        "id": index.id,
        "name": index_name(index.id, language),
        "value": index.value,
        "unit": index.unit,
        "why_not": index_reason(index, language),
    }


def _reject(reject: Mapping[str, Any], language: Language) -> dict[str, Any]:
    keys = ("code", "message", "place", "reported_name", "reported_value", "reported_unit")
    found: dict[str, Any] = {key: reject.get(key) for key in keys}
    found["reason"] = reject["message"]
    found["laboratory_flag"] = reject.get("laboratory_flag")
    found["critical"] = bool(reject.get("critical"))
    if found["critical"]:
        found["printed"] = printed(reject)
    said = reject_words().get(language, {}).get(str(reject["code"]))
    return {**found, "message": said} if said else found


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


@cache
def reject_words() -> Mapping[str, Mapping[str, str]]:
    """Language -> code of a reject -> why the result was not read (``rejects.yaml``)."""
    text = resources.files(__package__).joinpath("rejects.yaml").read_text("utf-8")
    loaded: Mapping[str, Mapping[str, str]] = own_yaml(text)
    return loaded


def history_document(
    panel: Panel, earlier: Sequence[Panel], overlay: Overlay | None = None
) -> dict[str, Any]:
    """A panel, the earlier reports and the laboratory's overlay it was read with, as one object."""
    document = {**panel_document(panel), "earlier": [panel_document(one) for one in earlier]}
    return document if overlay is None else {**document, "overlay": overlay_document(overlay)}


def reading_from_document(document: Mapping[str, Any]) -> Reading:
    """The rules' reading of what ``history_document`` kept, earlier reports and overlay with it."""
    earlier = [panel_from_document(one) for one in document.get("earlier", ())]
    kept = document.get("overlay")
    overlay = None if kept is None else overlay_from_document(kept)
    return read_panel(panel_from_document(document), earlier=earlier, overlay=overlay)


def panel_document(panel: Panel) -> dict[str, Any]:
    """A panel as a JSON object; ``panel_from_document`` is its inverse."""
    document = asdict(panel)
    document["results"] = [asdict(result) for result in panel.results]
    for name in _TIMES:
        document[name] = _time(document[name])
    return document


def panel_from_document(document: Mapping[str, Any]) -> Panel:
    """The panel of a JSON object that ``panel_document`` made."""
    fields = {name: value for name, value in document.items() if name not in ("earlier", "overlay")}
    fields["rejects"] = tuple(document.get("rejects", ()))
    fields["notices"] = tuple(document.get("notices", ()))
    fields["results"] = tuple(ReportedResult(**result) for result in document["results"])
    for name in _TIMES:
        if fields.get(name):
            fields[name] = datetime.fromisoformat(fields[name])
    return Panel(**fields)
