"""A text in clauses, each by its words without case and accents: what the judges of phrases read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from hemoscribe.prose.lexicon import tokenize
from hemoscribe.prose.prompt import parse_completion
from hemoscribe.prose.wording import load_yaml
from hemoscribe.records import Language

Part = Literal["interpretation", "follow_up"]
_ENDS = re.compile(r"[;!?\n]+|\.(?!\d)")
_MARKS = str.maketrans({"œ": "oe", "’": "'", "‑": "-", "‐": "-", "–": "-"})


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands between two stops: as written, and ``plain``, without case and accents."""

    part: Part
    text: str
    plain: str

    @property
    def words(self) -> frozenset[str]:
        """Its words in the form in which the lexicon compares them; no numbers, no signs."""
        tokens = tokenize(self.text)
        return frozenset(one.word for one in tokens if len(one.word) > 1 and not one.number)


def clauses(text: str, language: Language) -> tuple[Clause, ...]:
    """The clauses of a completion, part by part; of any other text, as of an interpretation."""
    parsed = parse_completion(text, language)
    if parsed is None:
        return tuple(_split(text, "interpretation"))
    return (*_split(parsed[0], "interpretation"), *_split(parsed[1], "follow_up"))


def plain(text: str) -> str:
    """Without case and accents, with straight apostrophes."""
    text = unicodedata.normalize("NFKD", text.casefold().translate(_MARKS))
    return "".join(sign for sign in text if not unicodedata.combining(sign))


def _split(text: str, part: Part) -> Iterator[Clause]:
    for piece in _ENDS.split(text):
        said = " ".join(piece.split())
        if said:
            yield Clause(part, said, plain(said))


@cache
def judged_words(language: Language, name: str) -> Mapping[str, Any]:
    """One of the files of ``wordings/<language>/guard``."""
    read: Mapping[str, Any] = load_yaml(f"{language}/guard/{name}.yaml")
    return read


@cache
def pattern(language: Language, name: str, key: str) -> re.Pattern[str]:
    """The phrases listed under a key, as one expression on plain text: whole words.

    A phrase is written as it is read, without accents; ``*`` stands for the end of any word.
    """
    return expression(judged_words(language, name)[key])


def expression(phrases: Iterable[str]) -> re.Pattern[str]:
    """Whole words or phrases, the longest first."""
    listed = sorted((_piece(phrase) for phrase in phrases), key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(listed)})(?![a-z0-9])")


def _piece(phrase: str) -> str:
    """``with*`` any ending; ``|`` between two spellings of a word; ``...`` up to four words."""
    words = []
    for word in plain(str(phrase)).split():
        if word == "...":
            words.append(r"(?:[^\s,:]+\s+){0,4}?")
            continue
        either = [re.escape(one).replace(r"\*", "[a-z]*") for one in word.split("|")]
        words.append(either[0] if len(either) == 1 else f"(?:{'|'.join(either)})")
        words.append(r"\s+")
    if words and words[-1] == r"\s+":
        words.pop()
    return "".join(words)
