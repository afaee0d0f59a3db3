"""What the rules say of a report of which something was not read: in every text, never cut.

A critical flag of the laboratory's own on a result that could not be understood is told first, with
the value as printed. What is to be verified before release comes next, behind the call of a
critical value where there is one. Then how many results were not read, those that the laboratory
flags first, the limits that could not be told without a time, and the results that the laboratory
flags and the rules do not, with what stands beside them (``told_beside``): before the words, or
after them where they begin with an alarm of what was read. How results moved since earlier ones
stands behind them (``told_courses``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hemoscribe.knowledge import index_name, index_reason
from hemoscribe.panel_input import cut
from hemoscribe.prose.conditions import TODAY
from hemoscribe.prose.doubts import doubts, warnings
from hemoscribe.prose.left_open import caveats, may_hold_caveats
from hemoscribe.prose.told_beside import told_beside
from hemoscribe.prose.told_courses import told_courses
from hemoscribe.prose.voice import Voice, sentence
from hemoscribe.records import Language, Reading

MAX_NAMED = 6
_FIRST_SENTENCE = re.compile(r".*?(?<!\bDr)(?<!\bPr)\.\s+(?=[A-ZÀ-ÖØ-Þ])", re.DOTALL)


def with_unread(text: str, reading: Reading, language: Language) -> str:
    """A text, with the rules' own sentences: on what was not read before or after it, on earlier
    results after it, and last on what was assumed of the patient and could not be assessed."""
    alarms, warned, others, courses, last = _parts(reading, language)
    rings = any(result.critical for result in reading.results)
    presses = rings or any(finding.urgency >= TODAY for finding in reading.findings)
    if rings and warned:
        text, warned = _behind_the_call(text, warned), ""
    first, behind = ("", others) if presses else (others, "")
    parts = (alarms, warned, first, text, courses, behind, last)
    return " ".join(part for part in parts if part)


def without_unread(text: str, reading: Reading, language: Language) -> str:
    """A text without the rules' own sentences, as the model or the composer wrote it."""
    for part in _parts(reading, language, caveated=may_hold_caveats(text, language)):
        if part:
            text = text.replace(f"{part} " if f"{part} " in text else part, "", 1)
    return text.strip()


def _behind_the_call(text: str, warned: str) -> str:
    """A text that begins with its call, and behind that what is to be verified."""
    call = _FIRST_SENTENCE.match(text)
    if call is None:
        return f"{text} {warned}".strip()
    return f"{call[0].rstrip()} {warned} {text[call.end() :]}"


def _parts(reading: Reading, language: Language, *, caveated: bool = True) -> tuple[str, ...]:
    """(alarms of what was not read, what is to be verified first, the other sentences on what was
    not read, those on the patient's earlier results, ``left_open``'s), "" without any.

    Args:
        caveated: whether the last are asked for, which takes the longest.
    """
    voice = Voice(language, 0)
    words = voice.words["unread"]
    alarms = []
    if reading.unread_critical:
        items = voice.listed([printed(one) for one in reading.unread_critical])
        alarms.append(words["critical"].format(items=items))
    others = [*told_beside(reading, voice), *_others(reading, voice, words)]
    return (
        " ".join(map(sentence, alarms)),
        " ".join(map(sentence, warnings(reading, voice))),
        " ".join(map(sentence, others)),
        " ".join(map(sentence, told_courses(reading, voice))),
        caveats(reading, language) if caveated else "",
    )


def _others(reading: Reading, voice: Voice, words: Mapping[str, str]) -> Iterator[str]:
    told = [*reading.unread_critical]
    left = [one for one in reading.unread if one not in told]
    if left:
        many = "one" if len(left) == 1 else "many"
        template = words[f"{many}_more" if told else many]
        yield template.format(count=len(left), items=_named(left, voice))
    for index in reading.unplaced:
        name = index_name(index.id, voice.language)
        yield words["unplaced"].format(name=name, why=index_reason(index, voice.language))
    yield from doubts(reading, voice)


def printed(reject: Mapping[str, Any]) -> str:
    """An unread result as the laboratory printed it; its place where it has no name."""
    name, value, unit = (
        reject.get(key) for key in ("reported_name", "reported_value", "reported_unit")
    )
    if value and unit and not value.endswith(unit):
        value = f"{value} {unit}"
    flag = _flag(reject)
    stated = " ".join(part for part in (name or reject["place"], value) if part)
    return f"{stated} ({flag})" if flag not in (None, "N") else stated


def _flag(reject: Mapping[str, Any]) -> str | None:
    """The laboratory's flag in our words; one that is not understood as it was stated."""
    flag = reject.get("laboratory_flag")
    stated = reject.get("reported_flag")
    return cut(f"“{stated}”") if flag == "?" and stated not in (None, "?") else flag


def _named(rejects: Sequence[Mapping[str, Any]], voice: Voice) -> str:
    """Names, those that the laboratory flags first; beyond ``MAX_NAMED`` unflagged, a count."""
    flagged = [one for one in rejects if one.get("laboratory_flag") not in (None, "N")]
    others = [one for one in rejects if one not in flagged]
    shown = [*flagged, *others[: max(0, MAX_NAMED - len(flagged))]]
    names = [_short(one, voice) for one in shown]
    left = len(rejects) - len(shown)
    return voice.listed([*names, f"{left} {voice.words['others']}"] if left else names)


def _short(reject: Mapping[str, Any], voice: Voice) -> str:
    """The name, with its flag; and what it is of, so that it is not taken for one that was read."""
    flag = _flag(reject)
    mark = voice.words["unread"]["marks"].get(str(reject["code"]))
    marks = [one for one in (mark, flag if flag != "N" else None) if one]
    name = str(reject.get("reported_name") or reject["place"])
    return f"{name} ({', '.join(marks)})" if marks else name
