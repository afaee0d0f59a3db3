"""A text in clauses, each by its words without case and accents: what the judges read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Final, Literal

from hemoscribe.prose.extraction import Claim
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.phrases import STOPS, Phrases, plain
from hemoscribe.prose.lexicon import fold, tokenize
from hemoscribe.prose.prompt import parse_completion
from hemoscribe.prose.wording import load_yaml
from hemoscribe.records import Language

Part = Literal["interpretation", "follow_up"]
_ENDS = re.compile(r"[;!?\n]+|\.(?!\d)")
BLANK: Final = "_"
_WORD = re.compile(r"[^\W_]+|[,:()]")


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands between two stops.

    ``words`` are plain, with the signs that part them; ``starts`` their places in the body of the
    text; ``claims`` what the clause says; ``rest`` its words, with a blank for each that only names
    a finding or a result of the report.
    """

    part: Part
    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    claims: tuple[Claim, ...]
    rest: tuple[str, ...]

    def marked(self, phrases: Phrases) -> frozenset[str]:
        """The words of the phrases that stand in it, as the lexicon compares them."""
        places = phrases.places(self.rest)
        return frozenset(fold(word) for start, end in places for word in self.rest[start:end])

    def bare(self) -> frozenset[str]:
        """Its words as the lexicon compares them: without signs, numbers and plural s."""
        return bare(self.text)

    def bare_words(self) -> frozenset[str]:
        """As ``bare``, of those of ``words`` that are not blank."""
        return frozenset(fold(word) for word in self.words if len(word) > 1)


@lru_cache(maxsize=4096)
def bare(text: str) -> frozenset[str]:
    """The words of a text as the lexicon compares them."""
    return frozenset(one.word for one in tokenize(text) if len(one.word) > 1 and not one.number)


def bare_of(listed: Iterable[object]) -> frozenset[str]:
    """The words of many phrases, without the signs of ``Phrases``."""
    return frozenset[str]().union(*(bare(str(one).replace("*", "")) for one in listed))


def clauses(
    text: str, body: str, claims: Sequence[Claim], facts: Facts, language: Language
) -> tuple[Clause, ...]:
    """The clauses of a completion, part by part; of any other text, as of an interpretation.

    Args:
        body: the text without the labels of its parts, in which the claims have their places.
    """
    parsed = parse_completion(text, language)
    follow_up = len(body) if parsed is None else body.rfind(parsed[1])
    own = [one for one in claims if _is_own(one, facts)]
    return tuple(_split(body, claims, own, follow_up))


def _is_own(claim: Claim, facts: Facts) -> bool:
    """Whether a claim only names a finding, a result or a group that the report holds."""
    if claim.finding is not None:
        return not claim.denied and facts.allows(claim.finding, claim.grades)
    return claim.group in facts.groups or bool(facts.results_of(claim.analytes))


def _split(
    body: str, claims: Sequence[Claim], own: Sequence[Claim], follow_up: int
) -> Iterator[Clause]:
    start = 0
    for stop in (*(match.span() for match in _ENDS.finditer(body)), (len(body), len(body))):
        said = body[start : stop[0]]
        found = list(_WORD.finditer(said))
        if found:
            words = _plain(found)
            starts = tuple(start + word.start() for word in found)
            names = [(one.start, one.end) for one in own if start <= one.start < stop[0]]
            yield Clause(
                "interpretation" if start < follow_up else "follow_up",
                " ".join(said.split()),
                words,
                starts,
                tuple(one for one in claims if start <= one.start < stop[0]),
                tuple(
                    BLANK if any(first <= place < last for first, last in names) else word
                    for word, place in zip(words, starts, strict=True)
                ),
            )
        start = stop[1]


def words_of(text: str) -> tuple[str, ...]:
    """The plain words and signs of a text, as a clause has them."""
    return _plain(list(_WORD.finditer(text)))


def _plain(found: Sequence[re.Match[str]]) -> tuple[str, ...]:
    return tuple(word[0] if word[0] in STOPS else plain(word[0]) for word in found)


def unspoken(said: Sequence[Clause], spoken: Sequence[tuple[int, int]]) -> tuple[Clause, ...]:
    """The clauses with a blank for each word that the bank says itself, word for word."""
    return tuple(_without(one, spoken) for one in said)


def _without(clause: Clause, spoken: Sequence[tuple[int, int]]) -> Clause:
    own = [any(first <= start < last for first, last in spoken) for start in clause.starts]
    if not any(own):
        return clause
    words, rest = (
        tuple(BLANK if said else word for said, word in zip(own, listed, strict=True))
        for listed in (clause.words, clause.rest)
    )
    return replace(clause, words=words, rest=rest)


@cache
def judged_words(language: Language, name: str) -> Mapping[str, Any]:
    """One of the files of ``wordings/<language>/guard``."""
    read: Mapping[str, Any] = load_yaml(f"{language}/guard/{name}.yaml")
    return read


@cache
def phrases_of(language: Language, name: str, key: str) -> Phrases:
    """The phrases listed under a key of one of those files."""
    return Phrases(judged_words(language, name)[key])
