"""Who stands nearest to whom in a clause: a direction to its analytes, a number to its analyte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hemoscribe.prose.lexicon import Span

_INSIDE_A_LIST = frozenset(("comma", "list", "fillers", "number", "open", "close", "plain"))
_NO_COST = frozenset(("fillers", "number", "open", "close", "critical", "grade", "negations"))
_MAX_COST = 1.5
_MAX_GAP = 16
_BESIDE_A_NUMBER = frozenset(
    ("fillers", "open", "direction", "colon", "number", "critical", "grade")
)
_MEASURED_BY = frozenset(("a", "at", "of", "="))
_OTHER_WORDS = frozenset(("with", "avec", "plus"))


@dataclass(slots=True)
class Item:
    """A piece of a clause: a phrase of the lexicon, a number and its unit, a sign, another word."""

    kind: str
    start: int
    end: int
    span: Span | None = None
    word: str = ""
    values: tuple[float, ...] = ()
    decimals: int = 0
    unit: str | None = None
    denied: bool = False
    hedged: bool = False
    owner: Item | None = field(default=None, repr=False)  # an analyte's direction

    @property
    def values_of_span(self) -> tuple[str, ...]:
        """What the phrase stands for."""
        return () if self.span is None else self.span.entry.values

    @property
    def is_critical(self) -> bool:
        """A direction that also says "critical"."""
        return "critical" in self.values_of_span

    @property
    def joins_other(self) -> bool:
        """Whether it is a "with", which ends what a denial reaches."""
        return self.word in _OTHER_WORDS


@dataclass(frozen=True, slots=True)
class _Group:
    """Analytes in a row: positions of its members, and whether "and" or "or" closes the row."""

    members: tuple[int, ...]
    closed: bool


def attach(items: Sequence[Item], *, adjective_first: bool) -> None:
    """Give each analyte of a clause the direction said of it, if any (``Item.owner``).

    Args:
        adjective_first: of two directions equally near, the one before the analyte is meant.
    """
    groups = list(_groups(items))
    if not groups:
        return
    directions = [place for place, item in enumerate(items) if item.kind == "direction"]
    pairs = []
    for number, group in enumerate(groups):
        for place in directions:
            cost = _cost(items, place, group)
            if cost is not None and cost <= _MAX_COST:
                before = place < group.members[0]
                pairs.append((cost, before != adjective_first, number, place, before))
    used: set[int] = set()
    sides: dict[int, dict[bool, int]] = {}
    for _, _, number, place, before in sorted(pairs):
        held = sides.setdefault(number, {})
        if place in used or before in held:
            continue
        if held and len(groups[number].members) == 1:
            continue
        used.add(place)
        held[before] = place
    for number, held in sides.items():
        _give(items, groups[number], held)


def _give(items: Sequence[Item], group: _Group, held: dict[bool, int]) -> None:
    before, after = held.get(True), held.get(False)
    if before is not None and after is not None:
        items[group.members[0]].owner = items[before]
        items[group.members[-1]].owner = items[after]
    elif before is not None:
        for member in group.members:
            items[member].owner = items[before]
    elif after is not None:
        for member in group.members if group.closed else group.members[-1:]:
            items[member].owner = items[after]


def _groups(items: Sequence[Item]) -> Iterator[_Group]:
    members: list[int] = []
    closed = False
    joined = False
    for place, item in enumerate(items):
        if item.kind in ("analyte", "group"):
            members.append(place)
            closed = closed or joined
            joined = False
        elif item.kind not in _INSIDE_A_LIST:
            if members:
                yield _Group(tuple(members), closed)
            members, closed, joined = [], False, False
        elif item.kind == "list" and members:
            joined = True
    if members:
        yield _Group(tuple(members), closed)


def _cost(items: Sequence[Item], place: int, group: _Group) -> float | None:
    """How far a direction stands from a row of analytes; None when something stands between."""
    before = place < group.members[0]
    first, last = (place, group.members[0]) if before else (group.members[-1], place)
    if last - first > _MAX_GAP:
        return None
    between = items[first + 1 : last]
    cost = 0.0
    for item in between:
        if item.kind in _NO_COST:
            cost += 0.01
        elif item.kind == "colon" and before:
            cost += 0.1
        elif item.kind in ("comma", "list"):
            if before and item.kind == "comma":
                return None
            cost += 1.0
        elif item.kind in ("other", "plain"):
            if before:
                return None
            cost += 1.2
        else:
            return None
    return cost


def number_owner(items: Sequence[Item], place: int) -> Item | None:
    """The analyte or finding a number is said of: the one before it, small words in between."""
    words = False
    for item in reversed(items[:place]):
        if item.kind == "analyte":
            return item
        if item.kind == "finding":
            return None if words else item
        words = words or (item.kind == "fillers" and item.word not in _MEASURED_BY)
        if item.kind not in _BESIDE_A_NUMBER:
            return None
    return None
