"""What the rules say first of a report of which something was not read: in every text, never cut.

A critical flag of the laboratory's own on a result that could not be understood is told with the
value as printed; then how many results were not read, those that the laboratory flags first; then
the results that the laboratory flags and the rules do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hemoscribe.prose.left_open import caveats
from hemoscribe.prose.voice import Voice, sentence
from hemoscribe.records import Language, Reading

MAX_NAMED = 6


def unread_lead(reading: Reading, language: Language) -> str:
    """The sentences, or "" where everything was read and nobody disagrees."""
    voice = Voice(language, 0)
    return " ".join(map(sentence, _sentences(reading, voice)))


def without_lead(text: str, reading: Reading, language: Language) -> str:
    """A text without the rules' own first and last sentences: the model's or the composer's."""
    for own in (unread_lead(reading, language), caveats(reading, language)):
        text = text.replace(own, "", 1) if own else text
    return text


def _sentences(reading: Reading, voice: Voice) -> Iterator[str]:
    words = voice.words["unread"]
    if reading.unread_critical:
        items = voice.listed([printed(one) for one in reading.unread_critical])
        yield words["critical"].format(items=items)
    if reading.unread:
        template = words["one"] if len(reading.unread) == 1 else words["many"]
        yield template.format(count=len(reading.unread), items=_named(reading.unread, voice))
    if reading.flagged_apart:
        yield words["apart"].format(items=voice.named(reading.flagged_apart, quoted=True))


def printed(reject: Mapping[str, Any]) -> str:
    """An unread result as the laboratory printed it; its place where it has no name."""
    name, value, unit = (
        reject.get(key) for key in ("reported_name", "reported_value", "reported_unit")
    )
    if value and unit and not value.endswith(unit):
        value = f"{value} {unit}"
    flag = reject.get("laboratory_flag")
    stated = " ".join(part for part in (name or reject["place"], value) if part)
    return f"{stated} ({flag})" if flag not in (None, "N") else stated


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
    flag = reject.get("laboratory_flag")
    mark = voice.words["unread"]["marks"].get(str(reject["code"]))
    marks = [one for one in (mark, flag if flag != "N" else None) if one]
    name = str(reject.get("reported_name") or reject["place"])
    return f"{name} ({', '.join(marks)})" if marks else name
