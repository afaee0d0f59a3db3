"""Which specimens are blood: HL7 v2 and FHIR name them by the same codes (``specimens.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.names import not_blood


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    return {
        name: frozenset(words)
        for name, words in package_yaml(__package__, "specimens.yaml").items()
    }


def other_fluid(parts: Sequence[str]) -> str | None:
    """The name of a specimen that is not blood; None for blood, or where nothing says.

    Args:
        parts: a code and the words for it, in any order after the code.
    """
    words = " ".join(parts).casefold()
    if any(word in words for word in _lists()["blood_words"]):
        return None
    if (parts and parts[0].strip().upper() in _lists()["not_blood"]) or not_blood(words):
        return next((part for part in parts[1:] if part), parts[0])
    return None
