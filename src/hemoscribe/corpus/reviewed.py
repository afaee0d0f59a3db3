"""A reviewed report as it teaches: the expert's words, and that they stand above the draft's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hemoscribe.corpus.example import Example
from hemoscribe.corpus.lessons import Lessons
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.prompt import completion, writing_prompt
from hemoscribe.records import UNKNOWN_PATIENT, Language, Panel, Reading, ReportedResult

PREFERENCES = "preferences.jsonl"
_NOW = datetime(2000, 1, 1)
"""An export holds no dates: any time will do, and earlier reports are so long before it."""


@dataclass(frozen=True, slots=True)
class Preference:
    """For one prompt, the text an expert wrote (``chosen``) and the one he corrected.

    ``slots`` are those of ``Example``.
    """

    report_id: str
    language: str
    prompt: str
    slots: tuple[int, ...]
    chosen: str
    rejected: str


def reviewed_reading(line: Mapping[str, Any]) -> Reading:
    """The reading of the report that a line of ``reviews export`` is about, with its course."""
    panel = line["panel"]
    now = Panel(
        results=_results(panel),
        sex=panel["sex"],
        age_years=panel["age_years"],
        pregnant=panel["pregnant"],
        collected_at=_NOW,
        report_id=line["report_id"],
        patient_id=line["patient_id"] or UNKNOWN_PATIENT,
        rejects=tuple(panel.get("rejects", ())),
    )
    return read_panel(now, earlier=[_earlier(now, one) for one in panel.get("earlier", ())])


def _earlier(now: Panel, one: Mapping[str, Any]) -> Panel:
    return replace(
        now,
        results=_results(one),
        collected_at=_NOW - timedelta(seconds=one["seconds_before"]),
        report_id=f"{now.report_id} before",
        rejects=tuple(one.get("rejects", ())),
    )


def _results(panel: Mapping[str, Any]) -> tuple[ReportedResult, ...]:
    return tuple(ReportedResult(**result) for result in panel["results"])


def reviewed_example(line: Mapping[str, Any]) -> Example:
    """The expert's words as what the model should have written."""
    reading = reviewed_reading(line)
    language = _language(line)
    prompt = writing_prompt(reading, language=language, track="assisted")
    return Example(
        report_id=line["report_id"],
        track="assisted",
        language=language,
        prompt=prompt.text,
        slots=prompt.slots,
        answers=(),
        completion=completion(line["interpretation"], line["follow_up"], language),
        words_from="review",
    )


def reviewed_lessons(lines: Iterable[Mapping[str, Any]]) -> Lessons:
    """What the experts' own words teach to say."""
    lessons = Lessons()
    for line in lines:
        own = f"{line['interpretation']} {line['follow_up']}"
        lessons.add(own, reviewed_reading(line), _language(line))
    return lessons


def preference(line: Mapping[str, Any]) -> Preference | None:
    """The correction beside the draft it corrects; None where nothing was corrected."""
    draft = line.get("draft")
    if line["decision"] != "corrected" or not draft:
        return None
    example = reviewed_example(line)
    chosen = example.completion or ""
    if chosen.split() == draft.split():
        return None
    return Preference(
        example.report_id, example.language, example.prompt, example.slots, chosen, draft
    )


def write_preferences(path: Path, lines: Iterable[Mapping[str, Any]]) -> int:
    """Write one preference a line for every correction; no file where there is none."""
    found = [one for one in map(preference, lines) if one is not None]
    if found:
        text = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)
        path.write_text(text, encoding="utf-8")
    return len(found)


def _language(line: Mapping[str, Any]) -> Language:
    return "fr" if line["language"] == "fr" else "en"
