"""Limits that are dangerous whatever the range: where no range or no critical limit is known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge.analytes import CriticalLimits, analytes, load_yaml, references, years_of
from hemoscribe.panel_input import MAX_AGE_YEARS

OWN = "own"


@cache
def absolute_limits() -> Mapping[str, tuple[CriticalLimits, ...]]:
    """The limits of each analyte by age, canonical; ``source`` is a reference, or ``own``.

    Raises:
        KnowledgeError: an entry of an analyte or a source that is none.
    """
    found = {}
    for name, rows in load_yaml("absolute_limits.yaml").items():
        if name not in analytes() or any(
            row["source"] != OWN and row["source"] not in references() for row in rows
        ):
            raise KnowledgeError(f"absolute_limits.yaml: {name} or its source is not known.")
        found[name] = tuple(
            CriticalLimits(
                years_of(row["age"][0]),
                MAX_AGE_YEARS if row["age"][1] is None else years_of(row["age"][1]),
                row.get("low"),
                row.get("high"),
                row["source"],
            )
            for row in rows
        )
    return found
