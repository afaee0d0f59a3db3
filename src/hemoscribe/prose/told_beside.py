"""What the rules say of a report beside its results: an earlier critical value that is none any
more, and an anticoagulant that the requester's note names and INR does not measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hemoscribe.knowledge.anticoagulants import ANTICOAGULANT, NONE_TAKEN
from hemoscribe.knowledge.report_facts import facts_of_note
from hemoscribe.prose.numbers import show
from hemoscribe.prose.voice import Voice
from hemoscribe.records import EarlierResult, FlaggedResult, Language, Reading

_CLOTTING: Final = ("inr", "pt", "pt_pct")


def told_beside(reading: Reading, voice: Voice) -> Iterator[str]:
    """The sentences, those on earlier critical values first."""
    for before, now in reading.was_critical:
        yield _was_critical(before, now, reading, voice)
    kind = unmeasured_anticoagulant(reading)
    if kind is not None:
        yield str(voice.words["anticoagulated"][kind])


def unmeasured_anticoagulant(reading: Reading) -> str | None:
    """The class that the note names (``data/anticoagulants.yaml``) where what was measured is
    within its range and does not tell its effect: INR does that of a vitamin K antagonist."""
    kind = facts_of_note(reading.panel.context).get(ANTICOAGULANT)
    if kind in (None, NONE_TAKEN):
        return None
    held = [one for one in reading.results if one.analyte in _CLOTTING]
    if kind == "vka" and any(one.analyte == "inr" for one in held):
        return None
    within = held and all(one.direction in (None, "normal") for one in held)
    return str(kind) if within else None


def _was_critical(before: EarlierResult, now: FlaggedResult, reading: Reading, voice: Voice) -> str:
    words = voice.words["was_critical"]
    was = before.result
    at, today = before.collected_at, reading.panel.collected_at
    same_day = today is not None and at.date() == today.date()
    side = was.direction if was.direction in ("low", "high") else "none"
    return str(words[side]).format(
        name=voice.name(was.analyte),
        then=_quoted(was, voice.language),
        now=_quoted(now, voice.language),
        date=at.strftime(str(words["time" if same_day else "date"])),
    )


def _quoted(result: FlaggedResult, language: Language) -> str:
    shown = show(result, language)
    return f"{shown.value} {shown.unit}".strip()
