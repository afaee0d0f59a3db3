"""How far a result must move from an earlier one before it is said to have moved.

The reference change value of two results of one patient, from the published variation within a
person (``data/reference_change.yaml``), log-normal as variations of 20 % and more are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import own_yaml
from hemoscribe.knowledge.analytes import analytes, references

FILE: Final = "reference_change.yaml"
OWN: Final = "own"
OUT_OF_RANGE: Final = 1.96
WITHIN: Final = 3.29
"""The z of a change that is told of a result out of range, and of one within its range."""
_ASSAY: Final = math.sqrt(1 + 0.5**2)
"""The whole variation in units of that within a person: an assay that has half of it."""
_KEYS: Final = frozenset(("cv", "days", "source", "least", "method", "within", "under"))


@dataclass(frozen=True, slots=True)
class ChangeLimit:
    """What counts as a change of one analyte.

    ``within``: the side towards which a course within the range is told; ``under``: the analyte
    whose course makes this one's needless; ``by_method``: two laboratories are not compared.
    """

    analyte: str
    spread: float
    last: timedelta
    source: tuple[str, ...]
    least: float = 0.0
    by_method: bool = False
    within: Literal["low", "high"] | None = None
    under: str | None = None

    @property
    def change(self) -> float:
        """The logarithm of the share that a result out of range must move by."""
        return OUT_OF_RANGE * math.sqrt(2) * self.spread

    def moved(self, before: float, now: float, z: float = OUT_OF_RANGE) -> int:
        """1 where it rose beyond the reference change value, -1 where it fell, 0 within it."""
        if before <= 0 or now <= 0 or abs(now - before) < self.least:
            return 0
        share = math.log(now / before)
        if abs(share) <= z * math.sqrt(2) * self.spread * (1 + 1e-9):
            return 0
        return 1 if share > 0 else -1


@cache
def change_limits() -> Mapping[str, ChangeLimit]:
    """The limits by analyte.

    Raises:
        KnowledgeError: an entry that is none; names it.
    """
    path = resources.files("hemoscribe.knowledge") / "data" / FILE
    entries: Mapping[str, Any] = own_yaml(path.read_text(encoding="utf-8"))
    return {name: _limit(name, entry, entries) for name, entry in entries.items()}


def _limit(name: str, entry: Mapping[str, Any], entries: Mapping[str, Any]) -> ChangeLimit:
    known = set(entry) <= _KEYS and {"cv", "days", "source"} <= set(entry) and name in analytes()
    known = known and entry.get("under", name) in entries
    known = known and entry.get("within") in (None, "low", "high")
    if not known or not set(entry["source"]) <= {OWN, *references()}:
        raise KnowledgeError(f"{FILE}: {name} is no limit: {dict(entry)}.")
    variation = float(entry["cv"]) / 100 * _ASSAY
    return ChangeLimit(
        name,
        spread=math.sqrt(math.log(variation**2 + 1)),
        last=timedelta(days=float(entry["days"])),
        source=tuple(entry["source"]),
        least=float(entry.get("least", 0.0)),
        by_method=bool(entry.get("method", False)),
        within=entry.get("within"),
        under=entry.get("under"),
    )
