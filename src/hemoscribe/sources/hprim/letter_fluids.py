"""What fluid the results of a letter are of, by the print around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from hemoscribe.knowledge.fluids import says_blood
from hemoscribe.sources.heading_marks import is_of_urine, is_only_of_blood, is_volume_of_urine
from hemoscribe.sources.printed.lines.cells import clean_name
from hemoscribe.sources.specimens import heading_specimen

_SPACED = re.compile(r"\b\w(?: \w\b)+")
_INITIALS = re.compile(r"(?:[^\W\d]\. ?){2,5}")
_DIGIT = re.compile(r"\d")
_VOLUME = re.compile(
    r"(?P<name>[^\d:=]{3,40}?)\s*(?:\.{2,}|[:=]|\s)\s*\d+(?:[ .,]\d+)*\s?(?:ml|l|cc)\b.*",
    re.IGNORECASE,
)
_HEADING_WORDS = 8


@dataclass
class LetterFluids:
    """Goes down the print of a letter; a heading in spaced letters is one of a chapter."""

    heading: str | None = None
    _is_spaced: bool = False
    _has_content: bool = False

    def content(self) -> None:
        """A result, or what else is no print."""
        self._has_content = True

    def under(self, printed: str) -> str | None:
        """The heading that holds after a line of print, where it is of no blood."""
        said, named, spaced = heading_on(printed)
        if not said or (named is None and self.heading and self._is_part(printed, spaced=spaced)):
            return self.heading
        if named != self.heading:
            self._is_spaced, self._has_content = spaced, False
        self.heading = named
        return named

    def _is_part(self, printed: str, *, spaced: bool) -> bool:
        """Whether a chapter's heading may stand below another fluid's: cells of a puncture."""
        if is_only_of_blood(_collapsed(printed)) or not (spaced and self._is_spaced):
            return False
        return not self._has_content or not is_of_urine(self.heading or "")


def _collapsed(printed: str) -> str:
    text = re.sub(r"\s{2,}", "  ", printed.strip())
    return re.sub(r"\s+", " ", _SPACED.sub(lambda run: run[0].replace(" ", ""), text)).rstrip(" :")


@lru_cache(maxsize=16384)
def heading_on(printed: str) -> tuple[bool, str | None, bool]:
    """(whether a line says of what its section is, its heading where that is no blood, spaced)."""
    if _DIGIT.search(printed):
        volume = _VOLUME.fullmatch(printed.strip())
        name = clean_name(volume["name"]) if volume else ""
        return (True, name, False) if is_volume_of_urine(name) else (False, None, False)
    text = _collapsed(printed)
    spaced = _SPACED.search(printed) is not None
    words = len(text.split())
    sentence = text.endswith(".") and not _INITIALS.fullmatch(text)
    if not words or words > _HEADING_WORDS or sentence:
        return False, None, spaced
    if heading_specimen(text) is not None:
        return True, text, spaced
    return says_blood(text) or spaced, None, spaced
