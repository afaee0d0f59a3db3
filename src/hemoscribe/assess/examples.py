"""Three texts worth showing on the page: one in each language that holds, and one that fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hemoscribe.assess.writing import Written
from hemoscribe.knowledge import analytes
from hemoscribe.prose.numbers import show
from hemoscribe.prose.prompt import Track, patient_words
from hemoscribe.records import LANGUAGES, Reading

_ORDER: tuple[Track, ...] = ("assisted", "raw", "bare")  # what is served first
_LANGUAGE_NAMES = {"en": "English", "fr": "French"}


def choose_examples(
    texts: Mapping[Track, Sequence[Written]], readings: Sequence[Reading]
) -> list[dict[str, Any]]:
    """Examples for the page; each tells the most abnormal results of its kind."""
    by_id = {reading.panel.report_id: reading for reading in readings}
    ranked = sorted(
        (text for track in _ORDER for text in texts.get(track, ())),
        key=lambda text: (_ORDER.index(_track(text)), -text.abnormal),
    )
    chosen: list[tuple[str, Written]] = []
    for language in LANGUAGES:
        own = [text for text in ranked if text.language == language]
        name = _LANGUAGE_NAMES[language]
        sound = next((text for text in own if all(found.ok for found in text.checks)), None)
        if sound is not None:
            chosen.append((f"{name}: every check holds", sound))
        elif own:
            chosen.append((f"{name}: no text passed every check; this is one of them", own[0]))
    shown = [text for _, text in chosen]
    failed = next((text for text in ranked if text.unfaithful and text not in shown), None)
    if failed is not None:
        chosen.append(("An unfaithful text, which the guard withholds", failed))
    return [_example(why, text, by_id[text.report_id]) for why, text in chosen]


def _track(text: Written) -> Track:
    return next(track for track in _ORDER if track == text.track)


def _example(why: str, text: Written, reading: Reading) -> dict[str, Any]:
    results = []
    for result in reading.results:
        shown = show(result, text.language)
        results.append(
            {
                "name": analytes()[result.analyte].name(text.language),
                "value": shown.value,
                "unit": shown.unit,
                "range": shown.range,
                "direction": result.direction,
            }
        )
    return {
        "why": f"{why} ({text.track} track)",
        "report_id": text.report_id,
        "language": text.language,
        "patient": patient_words(reading.panel, text.language),
        "results": results,
        "text": text.text,
        "checks": [
            {"code": found.code, "ok": found.ok, "message": found.message} for found in text.checks
        ],
    }
