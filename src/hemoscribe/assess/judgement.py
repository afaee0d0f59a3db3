"""What is made of the measurements: gates, the pen, and what a reader meets, under given limits.

An assessment keeps what it measured whatever the limits were, with the model's words and without
them; other limits are judged from that, and no model is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hemoscribe.assess.gates import Pen, gates, in_time, may_write
from hemoscribe.assess.notes import notes, warnings
from hemoscribe.files import read_json
from hemoscribe.settings import Settings

DOCUMENT = "assessment.json"
Document = Mapping[str, Any]


def limits_of(settings: Settings) -> dict[str, Any]:
    """The limits of a judgement: ``gates`` and ``writing``."""
    return {
        "gates": settings.gates.model_dump(mode="json"),
        "writing": settings.writing.model_dump(mode="json"),
    }


def judge(measured: Document, settings: Settings) -> dict[str, Any]:
    """The document with what the limits make of it.

    Args:
        measured: an assessment's document, judged before or not; ``measured`` in it holds
            ``latency`` and ``system`` twice: ``words`` (those of the model are used; latency None:
            it was never timed so) and ``reading`` (the composer's are).
    """
    kept = measured["measured"]
    pen = pen_of(measured, settings)
    which = "words" if pen["value"] else "reading"
    latency = kept["latency"][which]
    document = {
        **measured,
        "limits": limits_of(settings),
        "may_write": pen,
        "system": kept["system"][which],
        "latency": latency,
        **{f"latency_{quantile}": latency[quantile] for quantile in ("p50_s", "p95_s", "p99_s")},
    }
    document["notes"] = notes(document)
    document["warnings"] = warnings(document)
    document["gates"] = gates(document, settings.gates)
    return document


def pen_of(measured: Document, settings: Settings) -> Pen:
    """Whether the model's words are used: where they are good enough, and come in time."""
    pen = may_write(measured["tracks"].get("assisted"), settings.writing)
    words = measured["measured"]["latency"]["words"]
    return pen if words is None else in_time(pen, words, settings.gates)


def can_judge(document: Document, settings: Settings) -> bool:
    """Whether all is measured that these limits ask for: words that may be used were timed."""
    kept = document.get("measured")
    if kept is None:
        return False
    return kept["latency"]["words"] is not None or not pen_of(document, settings)["value"]


def why_measured_anew(out: Path, settings: Settings) -> str | None:
    """Why an assessment cannot be judged from what it kept; None: it can, or there is none."""
    path = out / DOCUMENT
    if not path.is_file():
        return None
    document = read_json(path)
    if document.get("limits") == limits_of(settings) or can_judge(document, settings):
        return None
    return "the model may write under these limits, and was never timed with its words"
