"""The word lists of the scrubbing rules, and the letters that names are made of."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

UPPER = "A-ZÀ-ÖØ-ÞŒŸ"
LOWER = "a-zß-öø-ÿœ"
SPACE = "[ \u00a0\u202f]"


@cache
def word_lists() -> dict[str, list[str]]:
    """Every list of ``words.yaml`` by its name."""
    lists: dict[str, list[str]] = yaml.safe_load(
        Path(__file__).with_name("words.yaml").read_text(encoding="utf-8")
    )
    return lists


@cache
def word_set(name: str) -> frozenset[str]:
    """A list as a set of lower-case words."""
    return frozenset(word.casefold() for word in word_lists()[name])


def any_of(name: str) -> str:
    """A list as one regular expression, longest first so that none hides a longer one."""
    return "(?:" + "|".join(sorted(word_lists()[name], key=len, reverse=True)) + ")"


def count_digits(text: str) -> int:
    """How many digits ``text`` has."""
    return sum(map(text.count, "0123456789"))
