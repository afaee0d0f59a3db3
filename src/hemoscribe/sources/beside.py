"""What a text stands beside: one result, and whether words, numbers and days are this one's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from hemoscribe.knowledge.names import by_loinc, by_name

MAX_CHARACTERS = 4_000
NAME_WORDS = 4  # of an analyte's name in a clause
_WORD = re.compile(r"[a-z]+|\d[\d/.:-]*")
_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-]\d{2,4})?")


@dataclass(frozen=True, slots=True)
class Beside:
    """The result that a text stands beside: its name, code, value and day, where they are known."""

    name: str | None = None
    loinc: str | None = None
    value: str | None = None
    day: date | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything tells which analyte it is."""
        return self.name is not None or self.loinc is not None

    def is_named(self, said: str) -> bool | None:
        """Whether a text names this result's analyte; None where it is the name of none.

        Without a name or code nothing is known of another analyte.
        """
        if not (named := analytes(said)):
            return None
        return not self.is_known or bool(named & _own(self))

    def is_its_number(self, word: str) -> bool:
        """Whether a number is this result's value or day; what is not known is no other."""
        if (day := _DATE.fullmatch(word)) is not None and not self._is_value(word):
            return self._is_day(day)
        return self.value is None or self._is_value(word)

    def is_of_this_day(self, words: Sequence[str]) -> bool:
        """Whether words that begin with "du 3/5" or "of 3/5" say the result's own day."""
        for word, following in zip(words[:2], words[1:3], strict=False):  # noqa: RUF007
            day = _DATE.fullmatch(following)
            if word in ("du", "of", "from") and day is not None:
                return self._is_day(day)
        return True

    def _is_value(self, word: str) -> bool:
        return self.value is not None and word.strip(".") == self.value.replace(",", ".")

    def _is_day(self, found: re.Match[str]) -> bool:
        stated = {int(found[1]), int(found[2])}
        return self.day is None or stated == {self.day.day, self.day.month}


NOTHING = Beside()
"""A result of which nothing is known."""
SEVERAL = Beside(name="")
"""Several results: what names an analyte is not said of all."""


def plain(text: str) -> str:
    """A text without case and accents."""
    letters = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS].replace("\u2019", "'"))
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold()


def words_in(said: str) -> list[str]:
    """The words and numbers of a text that is ``plain``."""
    return _WORD.findall(said)


def is_number(word: str) -> bool:
    """Whether a word of ``words_in`` is a number or a date."""
    return word[0].isdigit()


@lru_cache(maxsize=16384)
def analytes(name: str) -> frozenset[str]:
    """The analytes that a name may stand for."""
    return frozenset(one.analyte.id for one in by_name(name))


@lru_cache(maxsize=16384)
def _own(beside: Beside) -> frozenset[str]:
    coded = frozenset(one.analyte.id for one in by_loinc(beside.loinc)) if beside.loinc else None
    return coded or (analytes(beside.name) if beside.name else frozenset())
