"""Whether words say that a result does not stand: ``annulé``, ``entered in error``, ``void``.

One list for every format (``withdrawal_words.yaml``); what is denied ("non annulé"), or said of an
earlier report ("annule et remplace"), withdraws nothing.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from hemoscribe.files import package_yaml
from hemoscribe.sources.tables.headers import fold

MAX_CHARACTERS = 4_000
_MAY = re.compile(
    r"(?i)ann?ul|cancel|void|err|withdr|retract|nul|retir|suppr|delet|invalid|rejet|storn|ung|"
    r"disreg|ignor|do not|not |ne pas|str[iu]|barr|wrong|mis|wbit"
)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    lists = package_yaml(__package__, "withdrawal_words.yaml")
    denied, said = (re.compile(rf"\b(?:{'|'.join(lists[name])})\b") for name in ("denied", "said"))
    return denied, re.compile("|".join(lists["alone"])), said


def may_withdraw(text: str) -> bool:
    """Whether a text holds letters of such a word; quick, to be asked before the others."""
    return _MAY.search(text) is not None


@lru_cache(maxsize=65536)
def says_withdrawn(text: str) -> bool:
    """Whether a text says that the result it stands beside is cancelled, void or an error."""
    if not may_withdraw(text):
        return False
    denied, alone, said = _patterns()
    words = denied.sub(" ; ", _words(text))
    return alone.fullmatch(words.strip()) is not None or said.search(words) is not None


@lru_cache(maxsize=65536)
def is_withdrawal(text: str) -> bool:
    """Whether a text is nothing but that: ``*** RÉSULTAT ANNULÉ ***``."""
    return may_withdraw(text) and _patterns()[1].fullmatch(_words(text)) is not None


def _words(text: str) -> str:
    return fold(text[:MAX_CHARACTERS])
