"""A printed name as words that compare: without case, accents and punctuation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from hemoscribe.knowledge.analytes import load_yaml

MAX_NAME_CHARACTERS = 200  # no laboratory prints more, and a name is looked at in many ways
_WORDS = re.compile(r"[a-z0-9]+")
_PER_CELLS = re.compile(r"/\s*100 ?(?:wbc|leu[ck]ocytes?)")


@cache
def _letters() -> Mapping[int, str]:
    return str.maketrans(load_yaml("names.yaml")["letters"])


@lru_cache(maxsize=65536)
def name_words(text: str) -> tuple[str, ...]:
    """A name as words without case, accents or punctuation; ``%`` is ``pct``, ``#`` ``abs``."""
    text = text[:MAX_NAME_CHARACTERS].casefold().translate(_letters())
    text = unicodedata.normalize("NFKD", text)
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    text = _PER_CELLS.sub(" pct ", text)
    return tuple(_WORDS.findall(text))
