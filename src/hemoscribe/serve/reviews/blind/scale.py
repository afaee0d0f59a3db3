"""The scale of a blinded review and the words of its form, in English and French."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from hemoscribe.files import own_yaml
from hemoscribe.records import LANGUAGES, Language

RATINGS = ("relevance", "correctness", "helpfulness", "safety")
AUTHORS = ("model", "composer", "human")
WORST, BEST = 1, 5
COLUMNS = ("item", "report", "comment", *RATINGS, "sign", "guess", "remark", "rater")


@cache
def scale() -> Mapping[str, Any]:
    """``scale.yaml``."""
    text = files("hemoscribe.serve.reviews.blind").joinpath("scale.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = own_yaml(text)
    return loaded


def header(column: str, language: Language) -> str:
    """A column's title in the form."""
    words = scale()["ratings"].get(column) or scale()["columns"][column]
    return str(words[language])


@cache
def columns_by_title() -> Mapping[str, str]:
    """Every title a form's column may have, folded, in either language: the column."""
    return {
        folded(title): column
        for column in COLUMNS
        for title in (column, *(header(column, language) for language in LANGUAGES))
    }


@cache
def _words_of(kind: str) -> Mapping[str, str]:
    found = {}
    for value, words in scale()[kind].items():
        for word in (value, *(words[language] for language in LANGUAGES), *words["also"]):
            found[folded(str(word))] = value
    return found


def choice(kind: str, cell: str) -> str | None:
    """What a cell of ``sign`` or ``guess`` stands for; None: nothing that is known."""
    return _words_of(kind).get(folded(cell))


def choices(kind: str, language: Language) -> list[str]:
    """The words offered for ``sign`` or ``guess``."""
    return [str(words[language]) for words in scale()[kind].values()]


def folded(text: str) -> str:
    """Lower case, without accents, with single plain spaces and apostrophes."""
    plain = unicodedata.normalize("NFKD", text.replace("\u2019", "'")).casefold()
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(kept.split())
