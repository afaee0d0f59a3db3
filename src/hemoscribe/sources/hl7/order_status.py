"""The status of a result (OBX-11) beside that of its order (OBR-25): the worse one holds."""

from __future__ import annotations

from hemoscribe.knowledge.printed import status_words
from hemoscribe.sources.hl7.observation_codes import codes

WITHDRAWN = "X"
"""The status of an order that is cancelled, as OBR-25 says it."""
_RANKS = {"final": 0, "corrected": 1, "preliminary": 2, "cancelled": 4}
_UNKNOWN_RANK = 3


def worse_status(own: str | None, order: str | None) -> str | None:
    """The status of a result in the words of knowledge, or as stated where it is not known.

    A withdrawn order withdraws its results, whatever they say. What an order states of its progress
    alone (some results are there, others are to come) says nothing against a result that has a
    status of its own.

    Args:
        own: OBX-11, in capitals; ``order``: OBR-25.
    """
    if own is None:
        return None if order is None else codes()["status"].get(order, order)
    stated = codes()["status"].get(own, own)
    if order is None:
        return str(stated)
    held = codes()["order_status"].get(order)
    if held is None and len(order) > 1:  # in words: what is no code of the table
        held = status_words().get(order.casefold())
    return held if held is not None and _rank(held) > _rank(stated) else str(stated)


def _rank(status: str) -> int:
    return _RANKS.get(status_words().get(status.casefold(), ""), _UNKNOWN_RANK)


def is_cancelled(control: str, state: str) -> bool:
    """Whether ORC-1 (the control of an order) or ORC-5 (its state) cancels the order."""
    return (
        control.upper() in codes()["cancelled_orders"]
        or state.upper() in codes()["cancelled_order_states"]
        or any(
            len(one) > 2 and status_words().get(one.casefold()) == "cancelled"
            for one in (control, state)
        )
    )
