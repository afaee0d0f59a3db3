"""What is made of the measurements: gates, the pen, and what a reader meets, under given limits.

An assessment keeps what it measured whatever the limits were, with the model's words and without
them; other limits are judged from that, and no model is asked again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hemoscribe.assess.gates import gates, in_time, may_write
from hemoscribe.assess.notes import notes, warnings
from hemoscribe.errors import InputError
from hemoscribe.models.assessment_record import (
    ASSESSMENT,
    AssessmentRecord,
    Limits,
    Measurements,
    Parts,
    Pen,
    read_assessment,
)
from hemoscribe.settings import Settings


def limits_of(settings: Settings) -> Limits:
    """The limits of a judgement: ``gates`` and ``writing``."""
    return Limits(
        gates=settings.gates.model_dump(mode="json"),
        writing=settings.writing.model_dump(mode="json"),
    )


def judge(measured: Measurements, parts: Parts, settings: Settings) -> AssessmentRecord:
    """What was measured, with what the limits make of it.

    Args:
        measured: an assessment, judged before or not.
        parts: its ``measured``: latency and what a reader meets, with the model's words (latency
            None: it was never timed so) and with the composer's.
    """
    pen = pen_of(measured, parts, settings)
    latency = parts.latency.words if pen.value else parts.latency.reading
    assert latency is not None, "words that may be used were timed"
    timed = latency.as_json()
    document: dict[str, Any] = {
        **measured.as_json(),
        "limits": limits_of(settings).as_json(),
        "may_write": pen.as_json(),
        "system": parts.system.words if pen.value else parts.system.reading,
        "latency": timed,
        **{f"latency_{quantile}": timed[quantile] for quantile in ("p50_s", "p95_s", "p99_s")},
    }
    document["notes"] = notes(document)
    document["warnings"] = warnings(document)
    document["gates"] = [gate.as_json() for gate in gates(measured, latency, settings.gates)]
    return AssessmentRecord.model_validate(document)


def pen_of(measured: Measurements, parts: Parts, settings: Settings) -> Pen:
    """Whether the model's words are used: where they are good enough, and come in time."""
    pen = may_write(measured.tracks.get("assisted"), settings.writing)
    words = parts.latency.words
    return pen if words is None else in_time(pen, words, settings.gates)


def can_judge(document: Measurements, settings: Settings) -> bool:
    """Whether all is measured that these limits ask for: words that may be used were timed."""
    parts = document.measured
    if parts is None:
        return False
    return parts.latency.words is not None or not pen_of(document, parts, settings).value


def why_measured_anew(out: Path, settings: Settings) -> str | None:
    """Why an assessment cannot be judged from what it kept; None: it can, or there is none."""
    path = out / ASSESSMENT
    if not path.is_file():
        return None
    try:
        document = read_assessment(path)
    except InputError:
        return "what was written there is damaged"
    if document.limits == limits_of(settings) or can_judge(document, settings):
        return None
    return "the model may write under these limits, and was never timed with its words"
