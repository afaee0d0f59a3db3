"""One text: find identifiers, take them out, and prove that no laboratory number changed.

Strong rules recognise a shape that is nothing else (an e-mail address, a telephone number, a date,
a national number). Weak rules (a long number, a number after "order", an address) give way to
laboratory values: a number followed by a unit is protected. Rules cannot find every name; how many
they find is measured on planted identifiers and said in the documentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from hemoscribe.curate.scrub.shapes import shape_of
from hemoscribe.curate.scrub.stated_names import StatedNames
from hemoscribe.curate.scrub.tagged_words import is_of_a_year
from hemoscribe.curate.scrub.word_lists import any_of, count_digits

Finder = Callable[[str], Iterable[tuple[int, int, str]]]
"""Start, end and kind of identifiers in a text, found by something else than the rules."""

_SHORTEST_KNOWN = 4
_CERTAIN_LENGTH = 6
_NINES = str.maketrans("012345678", "9" * 9)


@dataclass(frozen=True, slots=True)
class Redaction:
    """One identifier found: where it stood, what kind it is."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The text that may stay, and what was taken out of it.

    ``text`` is empty and ``withheld`` true when a laboratory number would have changed.
    """

    text: str
    redactions: tuple[Redaction, ...]
    withheld: bool = False


def scrub(
    text: str,
    *,
    known: Sequence[str] = (),
    also: Finder | None = None,
    stated: StatedNames | None = None,
) -> Scrubbed:
    """``text`` with every identifier the rules find replaced by its kind, such as ``[name]``.

    Args:
        known: the row's own identifiers (patient, report and sample number), taken out wherever
            they stand.
        also: finds more; what it finds gives way to laboratory values.
        stated: names that columns of the rows state.
    """
    values = _values(text)
    strong, weak = _found(text, known, values)
    if stated is not None:
        weak += [Redaction(*span) for span in stated.find(text)]
    if also is not None:
        weak += [Redaction(*span) for span in also(text)]
    kept = _joined(strong)
    values = [span for span in values if not _overlaps(span, kept)]
    kept = _joined([*kept, *(span for span in weak if not _overlaps(span, values))])
    if not kept:
        return Scrubbed(text, ())
    cleaned = _replaced(text, kept)
    if [text[span.start : span.end] for span in values] != laboratory_values(cleaned):
        return Scrubbed("", tuple(kept), withheld=True)
    return Scrubbed(cleaned, tuple(kept))


def with_known_alike(text: str, known: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """``text`` and ``known`` with 9 for every digit of a known identifier: its scrubbing is alike.

    Comments often differ by their own report's number alone, and that is taken out whatever its
    digits are; so all that share their other words are scrubbed once.
    """
    alike = []
    for identifier in known:
        stand_in = identifier.translate(_NINES)
        if _is_certain(identifier) and stand_in not in text:  # else a result might be taken for it
            for start in reversed(list(whole_words(text, identifier))):
                text = text[:start] + stand_in + text[start + len(identifier) :]
            identifier = stand_in
        alike.append(identifier)
    return text, tuple(alike)


def laboratory_values(text: str) -> list[str]:
    """The numbers with a unit in ``text``, as they stand there."""
    return [text[span.start : span.end] for span in _values(text)]


def _values(text: str) -> list[Redaction]:
    return [Redaction(*match.span(), "value") for match in _value_pattern().finditer(text)]


@cache
def _value_pattern() -> re.Pattern[str]:
    number = r"\d+(?:[ \u00a0\u202f]\d{3})*(?:[.,]\d+)?"
    second = rf"(?:\s*(?:-|–|à|to|/)\s*{number})?"
    return re.compile(rf"(?<![\w.,])(?:[<>≤≥=]+\s*)?{number}{second}\s?{any_of('units')}(?!\w)")


def _found(
    text: str, known: Sequence[str], values: Sequence[Redaction]
) -> tuple[list[Redaction], list[Redaction]]:
    """Identifiers by strong rules, and by weak ones."""
    strong: list[Redaction] = []
    weak: list[Redaction] = []
    for identifier in known:
        if len(identifier) < _SHORTEST_KNOWN or identifier not in text:
            continue
        certain = _is_certain(identifier)
        for start in whole_words(text, identifier):
            (strong if certain else weak).append(Redaction(start, start + len(identifier), "id"))
    shape = shape_of(text)
    free_digits = count_digits(text) - sum(
        count_digits(text[span.start : span.end]) for span in values
    )
    for rule in shape.rules:
        if not rule.strong and free_digits < rule.digits:
            continue
        for start, end in rule.find(text):
            (strong if rule.strong else weak).append(Redaction(start, end, rule.kind))
    weak += [
        Redaction(start, end, kind)
        for start, end, kind in shape.names
        if kind != "date" or is_of_a_year(text[start:end])
    ]
    if shape.references:
        strong, weak = (_without(spans, shape.references) for spans in (strong, weak))
    return strong, weak


def _without(spans: Iterable[Redaction], references: Sequence[tuple[int, int]]) -> list[Redaction]:
    """What was found but dates of laws and authors of articles, which are nobody's."""
    return [
        span
        for span in spans
        if not any(start <= span.start and span.end <= end for start, end in references)
    ]


def _is_certain(identifier: str) -> bool:
    """A short run of digits may be a result as well; with letters, or long, it is not."""
    if len(identifier) < _SHORTEST_KNOWN:
        return False
    return len(identifier) >= _CERTAIN_LENGTH or not identifier.isdigit()


def whole_words(text: str, word: str) -> Iterator[int]:
    """Where ``word`` starts with no letter or digit beside it; a pattern of each would be slow."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        whole = not any(_is_of_word(text[at : at + 1]) for at in (start - 1, end) if at >= 0)
        if whole:
            yield start
        start = text.find(word, end if whole else start + 1)


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _overlaps(span: Redaction, others: Iterable[Redaction]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def _joined(spans: Iterable[Redaction]) -> list[Redaction]:
    """Spans in order; overlapping ones become one, of the first one's kind."""
    joined: list[Redaction] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if joined and span.start < joined[-1].end:
            last = joined[-1]
            joined[-1] = Redaction(last.start, max(last.end, span.end), last.kind)
        else:
            joined.append(span)
    return joined


def _replaced(text: str, spans: Sequence[Redaction]) -> str:
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], f"[{span.kind}]"]
        end = span.end
    return "".join([*pieces, text[end:]])
