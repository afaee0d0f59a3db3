"""What a rule is: a shape or a label that gives an identifier away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Rule:
    """Each group of a match, or all of it, is an identifier when ``accept`` says so.

    ``digits``, ``needs`` and ``any_of`` tell at once that a text cannot match: it has fewer digits,
    or lacks a character, or in lower case lacks every one of some words, or what ``when`` looks for
    is not in it, which several rules may share; or no word of it begins as ``words`` say
    (``word_starts.py``). A ``strong`` rule is sure of itself; the others give way to laboratory
    values. ``skip`` and ``length`` tell where in what was found the identifier begins, and how much
    of the rest it is, where its words decide.
    """

    kind: str
    pattern: str
    strong: bool = False
    accept: Callable[[str], bool] | None = None
    digits: int = 0
    needs: str = ""
    any_of: tuple[str, ...] = ()
    length: Callable[[str], int] | None = None
    when: str = ""
    skip: Callable[[str], int] | None = None
    words: frozenset[str] = frozenset()

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where identifiers start and end."""
        compiled = compiled_once(self.pattern)
        for match in compiled.finditer(text):
            for group in range(1, compiled.groups + 1) if compiled.groups else (0,):
                start, end = match.span(group)
                if start < 0:
                    continue
                if self.skip is not None:
                    start += self.skip(text[start:end])
                if self.length is not None:
                    end = start + self.length(text[start:end])
                if end > start and (self.accept is None or self.accept(text[start:end])):
                    yield start, end


@cache
def compiled_once(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled when a text first asks for it: most patterns are asked for by none."""
    return re.compile(pattern)
