"""Which texts name an analyte or a unit, for telling a wide file's columns apart."""

from __future__ import annotations

from hemoscribe.knowledge.names import by_name
from hemoscribe.knowledge.units import ucum_candidates


def is_analyte(text: str) -> bool:
    """Whether knowledge has an analyte of this name, in any language."""
    return bool(by_name(text))


def is_unit(text: str) -> bool:
    """Whether knowledge reads this as a unit."""
    return bool(ucum_candidates(text))
