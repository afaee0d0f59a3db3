"""What the rules say of the patient's earlier results: how a result moved, and over how long.

In every text, behind the words of the model or the composer, which neither has to know them
(``knowledge.movements`` decides what is told).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from hemoscribe.knowledge.movements import Movement, movements
from hemoscribe.prose.numbers import show
from hemoscribe.prose.voice import Voice
from hemoscribe.records import FlaggedResult, Reading

_DAY: Final = timedelta(days=1)
_UNITS: Final = (
    ("hours", timedelta(hours=1), timedelta(hours=36)),
    ("days", _DAY, 14 * _DAY),
    ("weeks", 7 * _DAY, 60 * _DAY),
    ("months", 365.25 / 12 * _DAY, 730 * _DAY),
    ("years", 365.25 * _DAY, timedelta.max),
)
"""In which unit a time is told, and up to which."""


def told_courses(reading: Reading, voice: Voice) -> Iterator[str]:
    """A sentence for each kind of movement: out of range, back in it, within it."""
    found = movements(reading)
    moved = [one for one in found if one.kind == "moved"]
    if moved:
        yield voice.listed([_moved(one, voice) for one in moved])
    steady = [one for one in found if one.kind == "steady"]
    if steady:
        yield voice.listed([_steady(one, voice) for one in steady])
    back = [one for one in found if one.kind == "back"]
    if back:
        yield _back(back, voice)
    within = [one for one in found if one.kind == "within"]
    if within:
        items = voice.listed([_within(one, voice) for one in within])
        yield str(voice.words["course"]["within_lead"]).format(items=items)


def span(time: timedelta, voice: Voice) -> str:
    """A time as a text says it: ``three weeks``, ``14 months``."""
    name, unit, _ = next(one for one in _UNITS if time < one[2])
    count = max(round(time / unit), 1)
    single, several = voice.words["course"]["times"][name]
    numbers = voice.words["course"]["numbers"]
    said = numbers[count - 1] if count <= len(numbers) else count
    return str(single if count == 1 else several).format(count=said)


def _phrase(name: str, movement: Movement, voice: Voice) -> str:
    """The phrase of a course: one for one thing and one for several, that rise or fall."""
    said = voice.words["course"][name]
    if isinstance(said, dict):
        said = said["up" if movement.rose else "down"]
    return str(said[voice.is_plural(movement.now.analyte)])


def _moved(movement: Movement, voice: Voice) -> str:
    words = voice.words["course"]
    told = _phrase("moved", movement, voice).format(
        name=voice.named_with_article(movement.now.analyte),
        then=_value(movement.then.result, movement.now, voice),
        now=voice.value(movement.now),
        over=span(movement.over, voice),
    )
    for one in movement.between:
        ago = movement.over - (one.collected_at - movement.then.collected_at)
        value = _value(one.result, movement.now, voice)
        told += f" ({words['ago'].format(value=value, over=span(ago, voice))})"
    return told


def _steady(movement: Movement, voice: Voice) -> str:
    return _phrase("steady", movement, voice).format(
        name=voice.named_with_article(movement.now.analyte),
        then=voice.value(movement.then.result),
        over=span(movement.over, voice),
    )


def _back(found: Sequence[Movement], voice: Voice) -> str:
    words = voice.words["course"]
    parts = []
    for place, one in enumerate(found):
        then = _value(one.then.result, one.now, voice)
        name = "back_too" if place else "back"
        parts.append(
            _phrase(name, one, voice).format(
                name=voice.named_with_article(one.now.analyte),
                now=voice.value(one.now),
                then=words["ago"].format(value=then, over=span(one.over, voice)),
            )
        )
    return voice.listed(parts)


def _within(movement: Movement, voice: Voice) -> str:
    between = [_value(one.result, movement.now, voice) for one in movement.between]
    then = _value(movement.then.result, movement.now, voice)
    values = str(voice.words["course"]["then"]).join([then, *between, voice.value(movement.now)])
    return _phrase("within", movement, voice).format(
        name=voice.named_with_article(movement.now.analyte),
        values=values,
        over=span(movement.over, voice),
    )


def _value(result: FlaggedResult, beside: FlaggedResult, voice: Voice) -> str:
    """A value without its unit, which is that of the result it stands beside."""
    known = (result.reported_unit or result.unit) == (beside.reported_unit or beside.unit)
    return show(result if known else _in_unit_of(beside, result), voice.language).value


def _in_unit_of(beside: FlaggedResult, result: FlaggedResult) -> FlaggedResult:
    """A result as it would be printed in another's unit, with as many decimals."""
    return replace(
        result,
        reported_unit=beside.reported_unit,
        reported_value=beside.reported_value,
        low=None,
        high=None,
    )
