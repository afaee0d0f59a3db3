"""Names in lower case: "l'interne maud", "patiente nguyen thi vue", "vu avec abdel benali".

Before them stands what somebody is, or what was done with somebody. A given name that is no word
is enough there; another unknown word needs a second one, or what ends a name, beside it: one alone
is mistyped more often than not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from hemoscribe.curate.scrub.capital_words import is_known
from hemoscribe.curate.scrub.name_shapes import (
    LOWER_NAME,
    PARTICLE_WORDS,
    is_given,
    is_word,
    length_of_lower_name,
)
from hemoscribe.curate.scrub.word_lists import SPACE, as_typed
from hemoscribe.curate.scrub.word_starts import ahead_of, gate_of

_SHORTEST_UNKNOWN = 5
_ENDS = re.compile(
    r"\s*(?:[,;.)/+(&:-]|$|\n|(?:et|and|est|était|sera|a|aura|va|vient|viendra|nom|prénoms?|prenoms?|née?|nee|ddn|sexe|doit|dit|appelle|rappelle|prévenue?"
    r"|informée?|aware|says|is|was|has|had|will|du|de|à|au|aux|en|in|from|at|pour|on)\b)"
)


def find_lower_names(text: str, starts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where names in lower case start and end.

    Args:
        text: the text, or its shape.
        starts: how its words begin (``word_starts``).
    """
    if starts.isdisjoint(_gate()):
        return
    place = 0
    while match := _pattern().search(text, place):
        name = match.group(1)
        length = _length(name)
        if length and _tells(name[:length], text, match.start(1) + length):
            yield match.start(1), match.start(1) + length
        place = match.start(1) + length  # what was no name may be a cue


def _length(name: str) -> int:
    """Length of the name, with the initial before it: "m. lahlou"."""
    initial = len(name) - len(name[2:].lstrip()) if name[1:2] == "." else 0
    length = length_of_lower_name(name[initial:])
    return initial + length if length else 0


def _tells(name: str, text: str, end: int) -> bool:
    words = [word for word in name.split() if word not in PARTICLE_WORDS and word[1:] != "."]
    if not words or is_known(words[0]):
        return False
    if is_given(words[0]):
        return not is_word(words[0]) or len(words) > 1
    if len(words[0]) < _SHORTEST_UNKNOWN:
        return len(words) > 1
    return len(words) > 1 or _ENDS.match(text, end) is not None


@cache
def _gate() -> frozenset[str]:
    return gate_of(f"{as_typed('before_lower_names')} ")


@cache
def _pattern() -> re.Pattern[str]:
    cues = as_typed("before_lower_names")
    return re.compile(
        rf"(?<![\w-]){ahead_of(cues)}(?i:{cues})(?:{SPACE}(?:(?:le|la|l['’]|the|au|à|son|sa|his|her)"
        rf"{SPACE})?|{SPACE}?[,:]{SPACE}(?=[a-z]\.))((?:[a-z]\.{SPACE}?)?{LOWER_NAME})(?![\w@])"
    )
