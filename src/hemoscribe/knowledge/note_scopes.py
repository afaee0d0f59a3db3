"""Where the names of a note stand: there, denied, stopped, of somebody else, planned or asked.

A note is read once from left to right. A mark before a name reaches to the end of its enumeration,
a mark behind one is looked for in the next few words, so that the time is that of the length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hemoscribe.knowledge.note_words import (
    NUMBER,
    NoteItem,
    Phrase,
    phrases_by_first,
    stem,
    tokens_of,
)

TAKEN, DENIED, ASKED, APART = "taken", "denied", "asked", "apart"
_STATE_OF: Final[Mapping[str, str]] = {
    "denied": DENIED,
    "asked": ASKED,
    "stopped": APART,
    "planned": APART,
    "allergy": APART,
    "past": APART,
    "family": APART,
    "after_denied": DENIED,
    "after_stopped": APART,
    "after_planned": APART,
    "after_asked": ASKED,
}
_BEFORE: Final = ("denied", "stopped", "planned", "asked", "allergy", "past")
_AFTER: Final = ("after_denied", "after_stopped", "after_planned", "after_asked")
_SILENT: Final = ("fillers", "joins", "lists", "nothing")
_KEEP_ON: Final = frozenset(("allergy", "past"))
"""Marks that hold for the whole of a list behind them, which commas part."""
_HARD: Final = frozenset(".;!\n")
_SOFT: Final = frozenset(",()")
_REACH: Final = 6
"""Words that say something else, after which a mark before a name reaches no further."""
_LOOK: Final = 12
"""Units that are looked at behind a name or a comma."""
_YEARS: Final = (1930, 2100)
_THE_PATIENT: Final = ("patient", "patiente")
"""Whom a note speaks of again behind a relative."""
_NO_MARKS: Final[frozenset[str]] = frozenset()


@dataclass(slots=True)
class Unit:
    """A sign, a known phrase or another word of a note."""

    text: str
    item: NoteItem | None = None
    marks: frozenset[str] = _NO_MARKS


@dataclass(slots=True)
class _Reach:
    """The mark that holds where a note is read, and what stood behind it."""

    mark: str = ""
    said: int = 0
    family: bool = False


def units_of(note: str) -> list[Unit]:
    """A note in units."""
    known = phrases_by_first()
    tokens = tokens_of(note)
    stems = [NUMBER if one.isdecimal() else stem(one) for one in tokens]
    found: list[Unit] = []
    place = 0
    while place < len(tokens):
        first = stems[place]
        phrase = _longest(known[first], tokens, stems, place) if first in known else None
        if phrase is None and first == NUMBER:
            phrase = _longest(known.get(tokens[place], ()), tokens, stems, place)
        if phrase is None:
            found.append(Unit(tokens[place]))
            place += 1
        else:
            found.append(Unit(tokens[place], phrase.item, phrase.marks))
            place += len(phrase.words)
    return found


def _longest(
    phrases: Sequence[Phrase], tokens: Sequence[str], stems: Sequence[str], place: int
) -> Phrase | None:
    behind = stems[place + 1] if place + 1 < len(stems) else ""
    for phrase in phrases:
        length = len(phrase.words)
        if length > 1:
            if behind != NUMBER and phrase.words[1] != behind:
                continue
            own = tuple(stems[place : place + length])
            if own != phrase.words and (
                NUMBER not in own or not _is_spelt(phrase.words, own, tokens, place)
            ):
                continue
        if phrase.capitals and not tokens[place].isupper():
            continue
        return phrase
    return None


def _is_spelt(
    words: Sequence[str], stems: Sequence[str], tokens: Sequence[str], place: int
) -> bool:
    """Whether these are the words of a phrase that has a number of its own in it ("type 2")."""
    spelt = tokens[place : place + len(words)]
    return len(stems) == len(words) and all(
        word in pair for word, *pair in zip(words, stems, spelt, strict=True)
    )


def states_of(note: str) -> Iterator[tuple[NoteItem, str]]:
    """Each name of a note and how it stands there, in the order of the note."""
    units = units_of(note)
    reach = _Reach()
    segment: list[tuple[NoteItem, str]] = []
    for place, unit in enumerate(units):
        if unit.text == "?":
            if _opens(units, place):
                reach.mark, reach.said = "asked", 0
                continue
            segment = [(item, ASKED if state == TAKEN else state) for item, state in segment]
        if unit.text in _HARD or unit.text == "?" or unit.text in _SOFT:
            yield from segment
            segment = []
            _part(reach, units, place)
        elif unit.item is not None:
            segment.append((unit.item, _state(units, place, reach)))
            reach.said += 1
        else:
            _move(reach, unit)
    yield from segment


def _opens(units: Sequence[Unit], place: int) -> bool:
    """Whether a question mark stands before what it asks ("?sepsis", "? sepsis")."""
    begins = place == 0 or units[place - 1].text in _HARD or units[place - 1].text in _SOFT
    behind = place + 1 < len(units) and units[place + 1].text not in _HARD | _SOFT
    return behind and (begins or (units[place - 1].item is None))


def _part(reach: _Reach, units: Sequence[Unit], place: int) -> None:
    """What a sign does to the mark that holds: a comma leaves it where its list goes on."""
    if units[place].text not in _SOFT:
        reach.mark, reach.said, reach.family = "", 0, False
    elif reach.mark not in _KEEP_ON and not _goes_on(units, place, reach.mark):
        reach.mark, reach.said = "", 0


def _goes_on(units: Sequence[Unit], place: int, mark: str) -> bool:
    """Whether a list goes on behind a comma: a name comes next, and "or" before it ends."""
    behind = units[place + 1 : place + 1 + _LOOK]
    if not mark or not behind or behind[0].item is None:
        return False
    for one in behind:
        if one.text in _HARD or one.text == "?":
            return False
        if "lists" in one.marks or ("joins" in one.marks and mark != "denied"):
            return True
        if one.item is None and one.text not in _SOFT and "fillers" not in one.marks:
            return False
    return False


def _move(reach: _Reach, unit: Unit) -> None:
    """What a word that is no name does to the mark that holds."""
    marks = unit.marks
    before = None if marks.isdisjoint(_BEFORE) else next(one for one in _BEFORE if one in marks)
    if unit.text.lower() in _THE_PATIENT:
        reach.family = False
    if "family" in marks:
        reach.family = True
    elif "turns" in marks or (reach.said and "breaks" in marks):
        reach.mark, reach.said = "", 0
    elif before is not None and not (reach.mark == "denied" and not reach.said):
        reach.mark, reach.said = before, 0
    elif marks.isdisjoint(_SILENT) and not unit.text.isdecimal():
        reach.said += 1
        if reach.said > _REACH and reach.mark not in _KEEP_ON:
            reach.mark = ""


def _state(units: Sequence[Unit], place: int, reach: _Reach) -> str:
    """How the name at a place stands there."""
    item = units[place].item
    assert item is not None
    if reach.family or _is_of_family(units, place):
        return APART
    if reach.mark and not (reach.mark == "past" and item.lasting):
        return _STATE_OF[reach.mark]
    return _behind(units, place, item)


def _is_of_family(units: Sequence[Unit], place: int) -> bool:
    for one in units[place + 1 : place + 1 + _REACH]:
        if one.text in _HARD or one.text in ",?":
            return False
        if "family" in one.marks:
            return True
    return False


def _behind(units: Sequence[Unit], place: int, item: NoteItem) -> str:
    """What is said right behind a name: nothing, and it is there."""
    crossed = False
    for number, one in enumerate(units[place + 1 : place + 1 + _LOOK], place + 1):
        if one.text in _HARD or one.text == "?" or "turns" in one.marks:
            break
        if one.text in ":=" or one.text == "-":
            answer = units[number + 1 : number + 2]
            return DENIED if answer and "after_answers" in answer[0].marks else TAKEN
        if one.text in _SOFT:
            if crossed:
                break
            crossed = True
            continue
        if not one.marks.isdisjoint(_AFTER):
            found = next(mark for mark in _AFTER if mark in one.marks)
            return TAKEN if _is_forward(units, number, one) else _STATE_OF[found]
        if _answers(units, number, one):
            return DENIED
        if _is_past_year(units, number) and not item.lasting:
            return APART
        if not (_says_nothing(one) or (one.item is not None and not crossed)):
            break
    return TAKEN


def _says_nothing(unit: Unit) -> bool:
    return bool(unit.marks & {"fillers", "joins"}) or unit.text.isdecimal()


def _answers(units: Sequence[Unit], place: int, unit: Unit) -> bool:
    """Whether a word answers no at the end of a clause ("fever non, ...")."""
    behind = units[place + 1 : place + 2]
    ends = not behind or behind[0].text in _HARD or behind[0].text in _SOFT
    return ends and "after_answers" in unit.marks and not unit.text.isdecimal()


def _is_forward(units: Sequence[Unit], place: int, unit: Unit) -> bool:
    """Whether a mark is one of the name that comes behind it ("metformin, stopped aspirin")."""
    if not any(one in unit.marks for one in _BEFORE):
        return False
    for one in units[place + 1 : place + 5]:
        if one.item is not None:
            return True
        if one.text in _HARD or one.text in _SOFT or not _says_nothing(one):
            return False
    return False


def _is_past_year(units: Sequence[Unit], place: int) -> bool:
    text, before = units[place].text, units[place - 1]
    year = text.isdecimal() and len(text) == 4 and _YEARS[0] <= int(text) <= _YEARS[1]
    return year and before.text.lower() in ("in", "en")
