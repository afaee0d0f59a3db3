"""How far a result may move from the patient's last one before the change itself is questioned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from hemoscribe.files import own_yaml


@dataclass(frozen=True, slots=True)
class DeltaLimit:
    """How far an analyte may move within ``days``: an amount, or percent of the earlier value.

    ``falls_only``: a rise is of no account (a transfusion, a treatment).
    """

    analyte: str
    days: float
    amount: float | None
    percent: float | None
    source: tuple[str, ...]
    falls_only: bool = False


@cache
def delta_limits() -> Mapping[str, DeltaLimit]:
    """The limits of delta.yaml by analyte."""
    path = resources.files("hemoscribe.knowledge") / "data" / "delta.yaml"
    entries: Mapping[str, Any] = own_yaml(path.read_text(encoding="utf-8"))
    return {
        analyte: DeltaLimit(
            analyte,
            float(entry["days"]),
            entry.get("amount"),
            entry.get("percent"),
            tuple(entry["source"]),
            entry.get("falls_only", False),
        )
        for analyte, entry in entries.items()
    }
