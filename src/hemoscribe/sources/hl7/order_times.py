"""When the results of an order were collected, and what is said where only a later time tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from hemoscribe.sources.batches import Notices
from hemoscribe.sources.hl7.order import Order


@dataclass(frozen=True, slots=True)
class OrderTime:
    """The time of an order's results: as stated for all, else for those that state none."""

    stated: str | None
    otherwise: str | None
    what: str | None = None  # what ``otherwise`` is the time of, where it is no collection


def order_time(order: Order, first: str | None) -> OrderTime:
    """The order's own time, else its first result's, the end of collection, an earlier order's.

    Args:
        first: the first time that a result of the order states as its collection.
    """
    stated = order.collected or order.specimen_time
    if stated or first:
        order.whose.collected = stated or first
        return OrderTime(stated, first)
    for time, what in order.later:
        if time:
            return OrderTime(None, time, what)
    if order.whose.collected:
        return OrderTime(None, order.whose.collected)
    sent, what = order.whose.sent
    return OrderTime(None, sent, what if sent else None)


@dataclass
class LaterTimes:
    """Counts the results whose time is a later one, for one sentence each at the end."""

    counts: Counter[str] = field(default_factory=Counter)

    def take(self, found: Mapping[str, int]) -> None:
        """The results of one part, by what their time is the time of."""
        self.counts.update(found)

    def say(self, source: str, notices: Notices) -> None:
        """One sentence for each later time that was read."""
        for what, count in sorted(self.counts.items()):
            notices.say(
                f"{source}: the time of {count:,} results is that of {what}, as no collection is "
                "stated."
            )
