"""Names whose letters stand apart, as forms with boxes are read: "N O M : C A S T E L"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from hemoscribe.curate.scrub.name_shapes import NAME, length_of_name
from hemoscribe.curate.scrub.word_lists import LETTER, SPACE

_LABELS = (
    *("nom", "prenom", "prénom", "patient", "patiente", "name", "surname", "receveur", "donneur"),
    *("assuré", "assure", "bénéficiaire", "titulaire", "né", "née", "nee", "ville"),
    *("m", "mme", "mr", "mrs", "dr"),
)


def find_scanned_names(text: str) -> Iterator[tuple[int, int]]:
    """Where names start and end whose letters stand apart, behind a label that may as well."""
    if _apart().search(text) is None:
        return
    for match in _pattern().finditer(text):
        end = match.end(1)
        yield match.start(1), end
        if match.group(2):
            yield match.start(2), match.start(2) + length_of_name(match.group(2))


@cache
def _apart() -> re.Pattern[str]:
    letter = f"[{LETTER}]"
    return re.compile(rf"(?<![\w'’]){letter}{SPACE}{letter}{SPACE}{letter}(?!\w)")


@cache
def _pattern() -> re.Pattern[str]:
    labels = "|".join(f"{SPACE}?".join(label) for label in sorted(_LABELS, key=len, reverse=True))
    letter = f"[{LETTER}]"
    run = rf"{letter}(?:{SPACE}[-'’]?{SPACE}?{letter}){{2,}}(?!\w)"
    run += rf"(?:{SPACE}{{2,3}}{letter}(?:{SPACE}{letter}){{2,}}(?!\w)(?!{SPACE}*:))?"
    return re.compile(
        rf"(?<!\w)(?i:{labels})(?:{SPACE}*\.?{SPACE}*[:=]{SPACE}*|\.?{SPACE}{{1,4}})({run})"
        rf"(?:{SPACE}{{1,3}}({NAME}))?"
    )
