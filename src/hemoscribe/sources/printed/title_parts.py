"""A line of a title block as labels and what they say, wherever on the line a label stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.cells import chunks

_COLON = re.compile(r"\s*:\s+|\s+:|(?<=[^\W\d]):(?=\d)")
_TITLE = re.compile(r"(?P<label>[^:]{1,40}): ?(?P<text>.*)")
_MAX_LABEL_WORDS = 5

Part = tuple[str, str, str]
"""(label, meaning, text)."""


def parts_of(text: str) -> Iterator[Part]:
    """The titles of a line, each with its meaning as in ``layout_words.title``."""
    for chunk in chunks(_COLON.sub(": ", text)):
        yield from _of_chunk(chunk.text)


def _of_chunk(text: str) -> Iterator[Part]:
    words = text.split(" ")
    cuts = [cut for at, word in enumerate(words) if word.endswith(":")
            for cut in _label_before(words, at)]  # fmt: skip
    starts = [start for start, _ in cuts]
    first = " ".join(words[: starts[0]] if cuts else words)
    yield from _titled(first)
    for (start, end), until in zip(cuts, [*starts[1:], len(words)], strict=False):
        label = " ".join(words[start : end + 1]).rstrip(":")
        meaning = layout_words.title(label)
        if meaning is not None:
            yield label, meaning, " ".join(words[end + 1 : until])


def _label_before(words: list[str], at: int) -> Iterator[tuple[int, int]]:
    """Where a label begins that ends at a word and follows something else."""
    for size in range(min(_MAX_LABEL_WORDS, at), 0, -1):
        start = at - size + 1
        if layout_words.is_inner_title(" ".join(words[start : at + 1])):
            yield start, at
            return


def _titled(text: str) -> Iterator[Part]:
    match = _TITLE.fullmatch(text)
    meaning = layout_words.title(match["label"]) if match is not None else None
    if match is not None and meaning is not None:
        yield match["label"], meaning, match["text"].strip()
    elif (said := layout_words.phrase(text)) is not None:
        yield said[0], *said


def number_of(said: str) -> str | None:
    """``17`` of ``17 Page 1/2``; None where no number stands first."""
    words = said.split()
    if len(words) == 1:
        return None if said.replace("-", "").isalpha() else said
    numbers = list(takewhile(lambda word: any(map(str.isdigit, word)), words))
    return " ".join(numbers) or None
