"""What the rules say of results in doubt: a flag, a range or another result that does not fit.

Beside what was not read (``unread``), in every text and never cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from hemoscribe.knowledge import analytes, display_unit, linear_conversion
from hemoscribe.knowledge.applicable import critical_limits
from hemoscribe.knowledge.contradictory import contradictions
from hemoscribe.knowledge.unassessed import ONE_SIDE, why_no_flag
from hemoscribe.panel_input import cut
from hemoscribe.prose.numbers import show_number
from hemoscribe.prose.voice import Voice
from hemoscribe.prose.wording import load_yaml
from hemoscribe.records import FlaggedResult, Language, Panel, Reading, RejectCode

Words = Mapping[str, str]


@cache
def _words(language: Language) -> Words:
    read: Words = load_yaml(f"{language}/doubts.yaml")
    return read


def doubts(reading: Reading, voice: Voice) -> Iterator[str]:
    """The sentences on a report's results in doubt, those on alarms first."""
    if not _any(reading):
        return
    words = _words(voice.language)
    for name, items in _items(reading, voice, words):
        if items:
            yield words[name].format(items=voice.listed(items))


def warnings(reading: Reading, voice: Voice) -> Iterator[str]:
    """What is to be verified before anything is made of the report: told first of all.

    Results that contradict each other, and values outside what is possible that nobody flags.
    """
    words = _words(voice.language)
    for one in contradictions(reading):
        several = "two" if len(one.results) == 2 else "many"
        values = [
            words["value_of"].format(name=voice.name(r.analyte), value=voice.value(r))
            for r in one.results
        ]
        yield words[f"contradict_{several}"].format(items=voice.listed(values))
    impossible = [
        one
        for one in reading.unread
        if one["code"] == RejectCode.IMPLAUSIBLE and not one.get("critical")
    ]
    if impossible:
        items = voice.listed([_as_printed(one) for one in impossible])
        yield words["impossible"].format(items=items)


def _as_printed(reject: Mapping[str, Any]) -> str:
    stated = (reject.get(key) for key in ("reported_name", "reported_value", "reported_unit"))
    return " ".join(str(part) for part in stated if part)


def _any(reading: Reading) -> bool:
    """Whether any result may be in doubt: the others are most, and cost nothing."""
    return bool(reading.differing) or any(
        one.laboratory_flag not in (None, "N") or one.range_refused or one.flag is None
        for one in reading.results
    )


def _items(reading: Reading, voice: Voice, words: Words) -> Iterator[tuple[str, list[str]]]:
    """(sentence, what it is of)."""
    results, panel = reading.results, reading.panel
    critical = [one for one in reading.stated_critical if not one.flagged_against]
    within = [one for one in critical if one.direction == "normal"]
    beyond = [one for one in critical if one not in within and not _rings_here(one, panel)]
    yield "stated_critical", _flagged(beyond, voice, words)
    yield "stated_critical_within", _flagged(within, voice, words)
    against = [one for one in results if one.flagged_against]
    yield "against", _flagged(against, voice, words)
    others = [
        one
        for one in reading.flagged_apart
        if one.laboratory_flag != "?" and one not in critical and one not in against
    ]
    normal = [one for one in others if one.direction == "normal"]
    yield "apart", _flagged(normal, voice, words)
    yield "apart_unjudged", _flagged([one for one in others if one not in normal], voice, words)
    unknown = [one for one in results if one.laboratory_flag == "?"]
    yield "not_understood", _quoted(unknown, reading, voice, words)
    refused = [one for one in results if one.range_refused]
    yield "refused", list(dict.fromkeys(_ranged(one, voice, words) for one in refused))
    sides = [one for one in results if (why := why_no_flag(one, panel)) and why.code == ONE_SIDE]
    yield "open", list(dict.fromkeys(voice.name(one.analyte) for one in sides))
    yield "differing", [_values(several, voice, words) for several in reading.differing]


def _rings_here(result: FlaggedResult, panel: Panel) -> bool:
    """Whether the value is critical by our own limit too, so that its flag says nothing new."""
    low, high = critical_limits(analytes()[result.analyte], panel.age_years)
    return (low is not None and result.value <= low) or (high is not None and result.value >= high)


def _flagged(results: Sequence[FlaggedResult], voice: Voice, words: Words) -> list[str]:
    return [
        words["flagged"].format(
            name=voice.name(one.analyte), value=voice.value(one), flag=one.laboratory_flag
        )
        for one in results
    ]


def _quoted(
    results: Sequence[FlaggedResult], reading: Reading, voice: Voice, words: Words
) -> list[str]:
    """Unknown flags as they were stated, each with the names of its results."""
    by_flag: dict[str, list[str]] = {}
    for one in results:
        stated = _stated_flag(one, reading.panel) or words["flag_not_quoted"]
        by_flag.setdefault(stated, []).append(voice.name(one.analyte))
    return [
        words["quoted"].format(flag=cut(flag), name=voice.listed(list(dict.fromkeys(names))))
        for flag, names in by_flag.items()
    ]


def _stated_flag(result: FlaggedResult, panel: Panel) -> str | None:
    for one in panel.results:
        same = one.value.strip() == result.reported_value
        if same and one.flag and result.reported_name in (one.analyte.strip(), one.loinc):
            return None if one.flag == "?" else one.flag.strip()
    return None


def _ranged(result: FlaggedResult, voice: Voice, words: Words) -> str:
    unit = result.reported_unit or result.unit
    scale, offset = linear_conversion(result.analyte, unit)
    low, high = (
        None if limit is None else show_number((limit - offset) / scale, voice.language)
        for limit in (result.printed_low, result.printed_high)
    )
    if low is None or high is None:
        text = f"<{high}" if low is None else f">{low}"
    else:
        text = f"{low}-{high}"
    shown = f"{text} {display_unit(unit)}" if display_unit(unit) not in ("", "1") else text
    return words["ranged"].format(name=voice.name(result.analyte), range=shown)


def _values(several: Sequence[FlaggedResult], voice: Voice, words: Words) -> str:
    values = voice.listed(list(dict.fromkeys(voice.value(one) for one in several)))
    return words["values"].format(name=voice.name(several[0].analyte), values=values)
