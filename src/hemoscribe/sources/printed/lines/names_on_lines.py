"""A name as a line prints it, without the department's number and the maker of the test."""

from __future__ import annotations

import re

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.cells import clean_name
from hemoscribe.sources.printed.lines.value_texts import is_code
from hemoscribe.sources.tables.analyte_names import is_analyte

_ASIDE = re.compile(r"\s*[(\[](?P<said>[^()\[\]]+)[)\]]")


def name_and_method(text: str) -> tuple[str, str | None]:
    """(name, method) of ``TSH (Roche Cobas) .....`` and ``WBC 01``."""
    name = clean_name(text)
    before, _, last = name.rpartition(" ")
    if before and is_code(last):
        name = clean_name(before)
    match = _ASIDE.search(name)
    if match is None or not layout_words.is_method(match["said"]):
        return name, None
    bare = clean_name(name[: match.start()] + name[match.end() :])
    return (bare, match["said"].strip()) if is_analyte(bare) else (name, None)
