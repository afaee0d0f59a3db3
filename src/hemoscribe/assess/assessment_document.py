"""The documents of an assessment: numbers, page and model card; judged anew at need."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemoscribe.assess.assessment_page import assessment_page
from hemoscribe.assess.card import CARD, gather_sources, model_card
from hemoscribe.assess.judgement import judge, limits_of
from hemoscribe.files import write_text
from hemoscribe.models.assessment_record import (
    ASSESSMENT,
    AssessmentRecord,
    read_assessment,
    write_assessment,
)
from hemoscribe.settings import Settings
from hemoscribe.stages import (
    MANIFEST,
    Done,
    changed_settings,
    lock,
    stage_folder,
    write_manifest,
)

PAGE = "assessment.html"
OBSERVATIONS = "observations.parquet"
TEXTS = "texts.jsonl"
SUMMARY = (
    "accuracy",
    "abnormal_recall",
    "abnormal_precision",
    "finding_f1",
    "unfaithful_rate",
    "withheld_rate",
)


@dataclass(frozen=True)
class Told:
    """What the documents tell of besides the numbers; ``model`` is None for one in memory."""

    model: str | None
    curated: Path
    beside: Path
    settings: Settings


def write_documents(target: Path, record: AssessmentRecord, told: Told) -> dict[str, Any]:
    """Write numbers, page and card into a folder; returns the summary."""
    document = record.as_json()
    write_text(target / PAGE, assessment_page(document))
    write_assessment(target / ASSESSMENT, record)
    write_text(target / CARD, _card(record, told))
    return summary_of(document)


def judged(out: Path, done: Done, told: Told) -> dict[str, Any]:
    """The stage's summary, once what lies in ``out`` was judged by the limits of the settings.

    Raises:
        BusyError: another run is writing ``out``.
    """
    record = read_assessment(out / ASSESSMENT)
    before = {} if record.limits is None else record.limits.as_json()
    why = changed_settings(before, limits_of(told.settings).as_json())
    if why is None or record.measured is None:
        return done.summary()
    made = done.manifest
    with lock(out), stage_folder(out) as target:
        for name in (OBSERVATIONS, TEXTS):
            shutil.copyfile(out / name, target / name)
        summary = write_documents(target, judge(record, record.measured, told.settings), told)
        write_manifest(
            target,
            stage=made.stage,
            inputs=made.inputs,
            settings=made.settings,
            code=made.code,
            summary=summary,
        )
    return {**summary, "skipped": True, "judged": why}


def _card(record: AssessmentRecord, told: Told) -> str:
    """The model card of what is known by now; ``hemoscribe card`` makes it again later."""
    from hemoscribe.models import registry

    named = told.model is not None
    sources = gather_sources(
        record.model or "",
        None if told.model is None else registry.resolve(told.model),
        assessment=record,
        curated=told.curated if (told.curated / MANIFEST).exists() else None,
        beside=told.beside if named else None,
    )
    return model_card(sources, told.settings.card)


def summary_of(assessment: Mapping[str, Any]) -> dict[str, Any]:
    """What ``assess --json`` prints of an assessment."""
    kept = (
        "model",
        "engine",
        "may_write",
        "split",
        "truth",
        "reports",
        "results",
        "patients",
        "languages",
    )
    return {
        **{name: assessment[name] for name in kept},
        "headline_track": assessment["headline_track"],
        "tracks": {
            name: {metric: track[metric] for metric in SUMMARY}
            for name, track in assessment["tracks"].items()
        },
        "baselines": {
            name: {metric: row[metric] for metric in (*SUMMARY, "paired") if metric in row}
            for name, row in assessment["baselines"].items()
        },
        "system": assessment["system"],
        "latency_p50_s": assessment["latency_p50_s"],
        "latency_p95_s": assessment["latency_p95_s"],
        "warnings": assessment["warnings"],
        "gates": assessment["gates"],
    }
