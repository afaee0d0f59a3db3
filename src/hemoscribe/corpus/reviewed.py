"""A reviewed report as it teaches: the expert's words, and that they stand above the draft's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from hemoscribe.corpus.example import Example
from hemoscribe.corpus.lessons import Lessons
from hemoscribe.corpus.review_record import ReviewRecord
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.prompt import completion, writing_prompt
from hemoscribe.records import Reading

PREFERENCES = "preferences.jsonl"


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


def reviewed_reading(review: ReviewRecord) -> Reading:
    """The reading of the report that a review is about."""
    return read_panel(review.panel_read(), earlier=review.panels_before())


def reviewed_example(review: ReviewRecord) -> Example:
    """The expert's words as what the model should have written."""
    reading = reviewed_reading(review)
    prompt = writing_prompt(reading, language=review.language, track="assisted")
    return Example(
        report_id=review.report_id,
        track="assisted",
        language=review.language,
        prompt=prompt.text,
        slots=prompt.slots,
        answers=(),
        completion=completion(review.interpretation, review.follow_up, review.language),
        words_from="review",
    )


def reviewed_lessons(reviews: Iterable[ReviewRecord]) -> Lessons:
    """What the experts' own words teach to say."""
    lessons = Lessons()
    for review in reviews:
        own = f"{review.interpretation} {review.follow_up}"
        lessons.add(own, reviewed_reading(review), review.language)
    return lessons


def preference(review: ReviewRecord) -> Preference | None:
    """The correction beside the draft it corrects; None where nothing was corrected."""
    if review.decision != "corrected" or not review.draft:
        return None
    example = reviewed_example(review)
    chosen = example.completion or ""
    if chosen.split() == review.draft.split():
        return None
    return Preference(
        example.report_id, example.language, example.prompt, example.slots, chosen, review.draft
    )


def write_preferences(path: Path, reviews: Iterable[ReviewRecord]) -> int:
    """Write one preference a line for every correction; no file where there is none."""
    found = [one for one in map(preference, reviews) if one is not None]
    if found:
        text = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)
        path.write_text(text, encoding="utf-8")
    return len(found)
