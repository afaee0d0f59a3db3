"""A text in clauses, each by its words without case and accents: what the judges read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.guard.phrases import STOPS, Phrases, plain
from hemoscribe.prose.lexicon import fold, tokenize
from hemoscribe.prose.prompt import parse_completion
from hemoscribe.prose.wording import load_yaml
from hemoscribe.records import Language

Part = Literal["interpretation", "follow_up"]
_ENDS = re.compile(r"[;!?\n]+|\.(?!\d)")
_BLANK = "_"
_WORD = re.compile(r"[^\W_]+|[,:()]")


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands between two stops.

    ``words`` are plain, with the signs that part them; ``starts`` their places in the body of the
    text; ``claims`` what the clause says.
    """

    part: Part
    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    claims: tuple[Claim, ...]

    def without(self, claims: Collection[Claim]) -> tuple[str, ...]:
        """Its words, with a blank for each of those in which one of these claims is made."""
        return tuple(
            _BLANK if any(claim.start <= start < claim.end for claim in claims) else word
            for word, start in zip(self.words, self.starts, strict=True)
        )

    def marked(self, phrases: Phrases) -> frozenset[str]:
        """The words of the phrases that stand in it, as the lexicon compares them."""
        places = phrases.places(self.words)
        return frozenset(fold(word) for start, end in places for word in self.words[start:end])

    def bare(self) -> frozenset[str]:
        """Its words as the lexicon compares them: without signs, numbers and plural s."""
        return bare(self.text)


def bare(text: str) -> frozenset[str]:
    """The words of a text as the lexicon compares them."""
    tokens = tokenize(text)
    return frozenset(one.word for one in tokens if len(one.word) > 1 and not one.number)


def clauses(
    text: str, body: str, claims: Sequence[Claim], language: Language
) -> tuple[Clause, ...]:
    """The clauses of a completion, part by part; of any other text, as of an interpretation.

    Args:
        body: the text without the labels of its parts, in which the claims have their places.
    """
    parsed = parse_completion(text, language)
    follow_up = len(body) if parsed is None else body.rfind(parsed[1])
    return tuple(_split(body, claims, follow_up))


def _split(body: str, claims: Sequence[Claim], follow_up: int) -> Iterator[Clause]:
    start = 0
    for stop in (*(match.span() for match in _ENDS.finditer(body)), (len(body), len(body))):
        said = body[start : stop[0]]
        found = list(_WORD.finditer(said))
        if found:
            yield Clause(
                "interpretation" if start < follow_up else "follow_up",
                " ".join(said.split()),
                tuple(word[0] if word[0] in STOPS else plain(word[0]) for word in found),
                tuple(start + word.start() for word in found),
                tuple(one for one in claims if start <= one.start < stop[0]),
            )
        start = stop[1]


@cache
def judged_words(language: Language, name: str) -> Mapping[str, Any]:
    """One of the files of ``wordings/<language>/guard``."""
    read: Mapping[str, Any] = load_yaml(f"{language}/guard/{name}.yaml")
    return read


@cache
def phrases_of(language: Language, name: str, key: str) -> Phrases:
    """The phrases listed under a key of one of those files."""
    return Phrases(judged_words(language, name)[key])
