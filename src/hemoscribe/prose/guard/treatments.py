"""Treatment as a noun, a need or a thing to be given: a report's text advises none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.prose.guard.clauses import Clause, phrases_of
from hemoscribe.prose.guard.phrases import STOPS, Phrases
from hemoscribe.records import Language


def advised(
    said: Sequence[Clause], spoken: Sequence[tuple[int, int]], language: Language
) -> Iterator[str]:
    """The clauses that advise a treatment: a drug may be asked about.

    Args:
        spoken: where the text has a clause of the bank word for word.
    """
    for clause in said:
        if not _advises(clause.words, clause.part, language):
            continue
        own = tuple(
            _SPOKEN if any(first <= start < last for first, last in spoken) else word
            for word, start in zip(clause.words, clause.starts, strict=True)
        )
        if _advises(own, clause.part, language):
            yield clause.text


def _advises(words: Sequence[str], part: str, language: Language) -> bool:
    noun, substance = _of(language, "noun"), _of(language, "substance")
    called = {
        place
        for first, last in _of(language, "called").places(words)
        for place in range(first, last)
    }
    needed = [first for first, _ in _of(language, "needed").places(words) if first not in called]
    if needed and (noun.within(words) or substance.within(words)):
        return True
    if part != "follow_up":
        return False
    given = substance.within(words) and _of(language, "given").within(words)
    named = [start for start, _ in noun.places(words)]
    return any(not _asked(words, place, language) for place in named) or (
        given and not _asked(words, len(words), language)
    )


def _asked(words: Sequence[str], place: int, language: Language) -> bool:
    """Whether the word at a place is asked about: by what comes before it, or right behind it."""
    if _of(language, "asked_behind").within(words[place:]):
        return True
    asked = False
    joints = _of(language, "then")
    starts = {end for _, end in joints.places(words)} | {
        number + 1 for number, word in enumerate(words) if word in STOPS
    }
    breaks = {start for start, _ in joints.places(words)}
    for start, _ in _of(language, "asking").places(words[:place]):
        begins = start == 0 or start in starts or words[start - 1] in _AND
        asked = asked or (begins and not any(start < one < place for one in breaks))
    return asked


_SPOKEN = "…"
"""Stands for a word that the bank says."""
_AND = frozenset(("and", "et", "or", "ou"))


def _of(language: Language, key: str) -> Phrases:
    return phrases_of(language, "treatments", key)
