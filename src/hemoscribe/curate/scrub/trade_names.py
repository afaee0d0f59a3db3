"""Trade names of devices in capitals, where the word for the device beside them tells."""

from __future__ import annotations

import re
from functools import cache

from hemoscribe.curate.scrub.name_shapes import is_given
from hemoscribe.curate.scrub.word_lists import LOWER, SPACE, UPPER, any_of
from hemoscribe.curate.scrub.word_starts import gate_of


def find_trade_names(text: str, starts: frozenset[str]) -> list[tuple[int, int]]:
    """Where words in capitals stand that are makers or models: "valve porcine SORIN Sizer n° 16".

    After a device's name come one or two words; a second one, or one with a given name beside it,
    is taken for a model only where a size or a sign of trade follows.
    """
    found: list[tuple[int, int]] = []
    if starts.isdisjoint(_devices()):
        return found
    for match in (
        *_behind_device().finditer(text),
        *_before_device().finditer(text),
        *_right_behind().finditer(text),
    ):
        words = match.group(1).split()
        if any(map(is_given, words)):
            continue
        found.append(match.span(1))
    return found


@cache
def _devices() -> frozenset[str]:
    return gate_of(f"{any_of('devices')} ", f"{any_of('devices_en')} ")


@cache
def _behind_device() -> re.Pattern[str]:
    trade = f"[{UPPER}]{{3,}}(?:-[{UPPER}]{{2,}})?"
    size = rf"(?={SPACE}?(?:®|™|n°|N°|no\.|taille|size|ref\.?|réf\.?|de{SPACE}taille)(?!\w))"
    alone = rf"(?!\w|['’.-]\w|{SPACE}[{UPPER}])"
    return re.compile(
        rf"(?<!\w)(?i:{any_of('devices')})(?:{SPACE}[{LOWER}]{{3,}}){{0,2}}{SPACE}"
        rf"({trade}(?:{SPACE}[{UPPER}][\w-]+)?{size}|{trade}{alone})"
    )


@cache
def _right_behind() -> re.Pattern[str]:
    """ "microscope Quarzonix": one word with a capital right behind the device."""
    return re.compile(
        rf"(?<!\w)(?i:{any_of('devices')}){SPACE}([{UPPER}][{LOWER}]{{2,}}(?:-[{UPPER}]?[{LOWER}]+)?)"
        rf"(?!\w|['’.-]\w|{SPACE}[{UPPER}][{LOWER}])"
    )


@cache
def _before_device() -> re.Pattern[str]:
    """English puts the maker first, inside a sentence: "GORE ACUSEAL vascular graft"."""
    trade = f"[{UPPER}]{{3,}}"
    return re.compile(
        rf"(?<={SPACE})({trade}(?:{SPACE}{trade})?)"
        rf"(?:{SPACE}[{LOWER}]{{3,}})?{SPACE}(?:{any_of('devices_en')})(?!\w)"
    )
