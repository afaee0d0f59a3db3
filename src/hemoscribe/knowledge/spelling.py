"""A printed name as words that compare: without case, accents and punctuation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from hemoscribe.knowledge.analytes import load_yaml

MAX_NAME_CHARACTERS = 200  # no laboratory prints more, and a name is looked at in many ways
_WORDS = re.compile(r"[a-z0-9]+")
_PARTS = re.compile(r"[a-z0-9]+|/")
_PER_CELLS = re.compile(r"/\s*(?:100 ?)?(?:wbc|leu[ck]ocytes?)\b")
_ELISION = re.compile(r"\b[dl]['\u2019]")  # d'hématies: not the letter of haemoglobin D
_INITIALS = re.compile(r"(?<![a-z0-9])(?:[a-z]\.)+[a-z](?![a-z0-9])\.?")
_SERUM = re.compile(r"^s\. ?(?!prot)(?=[a-z]{2})")  # S. Creatinine; "S. protein" may be protein S
_WITH = re.compile(r"\bw/(?=\s*[a-z])(?!o\b)")
_SHORTEST_PLURAL = 4


@cache
def _letters() -> Mapping[int, str]:
    return str.maketrans(load_yaml("names.yaml")["letters"])


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFC", text[:MAX_NAME_CHARACTERS])
    text = unicodedata.normalize("NFKD", text.casefold().translate(_letters()))
    return "".join(sign for sign in text if not unicodedata.combining(sign))


@lru_cache(maxsize=65536)
def name_words(text: str) -> tuple[str, ...]:
    """A name as words without case, accents or punctuation; ``%`` is ``pct``, ``#`` ``abs``."""
    return tuple(_WORDS.findall(_PER_CELLS.sub(" pct ", _folded(text))))


@lru_cache(maxsize=65536)
def name_tokens(text: str) -> tuple[str, ...]:
    """A name's words, each without its plural s, initials as one (T.S.H.), and ``/`` as a word.

    ``%`` is ``percent`` here, so that it is not the PCT of procalcitonin.
    """
    text = _PER_CELLS.sub(" percent ", _folded(text.replace("%", " percent ")))
    text = _WITH.sub("with ", _ELISION.sub("", text))
    text = _INITIALS.sub(lambda run: run[0].replace(".", "") + " ", text)
    text = _SERUM.sub("", text.strip())
    return tuple(map(singular, _PARTS.findall(text)))


def singular(word: str) -> str:
    """A word without its plural s: ``thrombocytes`` is ``thrombocyte``, ``mass`` stays."""
    if len(word) >= _SHORTEST_PLURAL and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word
