"""What a requester's note says that matters to a laboratory result.

Drugs, known conditions, symptoms and events, by the words of ``data/note``. What the note denies,
what was stopped, is planned, is asked or is somebody else's is not read as there. Nothing that is
read takes an alarm, a finding or a severity away: clauses of the phrase bank alone ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hemoscribe.knowledge.note_scopes import ASKED, DENIED, TAKEN, states_of
from hemoscribe.knowledge.note_words import NoteItem, groups, items
from hemoscribe.panel_input import known_age
from hemoscribe.records import Panel

MOST_READ: Final = 20_000
"""Characters of a note that are read; what stands behind them is not."""


@dataclass(frozen=True, slots=True)
class ClinicalNote:
    """What was read in a note: the names that it says are there, in its order, and ``denied``:
    the ids of those that it says are not."""

    items: tuple[NoteItem, ...] = ()
    denied: frozenset[str] = frozenset()

    @property
    def says_something(self) -> bool:
        """Whether anything was read in it."""
        return bool(self.items or self.denied)

    @property
    def told(self) -> tuple[NoteItem, ...]:
        """The names to be told: a class goes unsaid beside a drug of it, a part beside a whole."""
        named = {one.of for one in self.items}
        return tuple(one for one in self.items if one.id not in named)

    def of(self, name: str) -> tuple[NoteItem, ...]:
        """What it names of a class, a group or by its own name."""
        wanted = groups()[name].of if name in groups() else (name,)
        return tuple(one for one in self.told if one.id in wanted or one.of in wanted)


NO_NOTE: Final = ClinicalNote()


@lru_cache(maxsize=8192)
def read_note(note: str) -> ClinicalNote:
    """What a note says is there; "sepsis?" counts for what is dangerous to wait for."""
    found: dict[str, NoteItem] = {}
    denied: set[str] = set()
    for item, state in states_of(note[:MOST_READ]):
        if state == TAKEN or (state == ASKED and item.asked):
            found[item.id] = item
        elif state == DENIED:
            denied.add(item.id)
    return ClinicalNote(tuple(found.values()), frozenset(denied - found.keys()))


def note_of_panel(panel: Panel) -> ClinicalNote:
    """What the note of a panel says, less what its patient's sex or age contradicts."""
    read = read_note(panel.context) if panel.context else NO_NOTE
    age = known_age(panel.age_years)
    kept = tuple(one for one in read.items if _fits(one, panel.sex, age))
    return read if len(kept) == len(read.items) else ClinicalNote(kept, read.denied)


def _fits(item: NoteItem, sex: str | None, age: float | None) -> bool:
    low, high = item.ages
    if item.sex is not None and sex is not None and item.sex != sex:
        return False
    return age is None or ((low is None or age >= low) and (high is None or age < high))


def is_note_name(name: str) -> bool:
    """Whether a condition may ask for this name: an item or a group."""
    return name in items() or name in groups()
