"""Hemoscribe: a laboratory's own blood-test results, turned into a language model of its own.

    import hemoscribe

    model = hemoscribe.load("shipped")
    report = model.interpret(panel, language="fr")

Everything that is not listed in ``__all__`` is private.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hemoscribe.assess import assess
    from hemoscribe.engines import History, histories, load
    from hemoscribe.errors import (
        HemoscribeError,
        InputError,
        KnowledgeError,
        MissingError,
        SettingsError,
        SourceError,
        StageError,
    )
    from hemoscribe.knowledge.overlay import load_overlay
    from hemoscribe.records import Panel, Reading, Report, ReportedResult
    from hemoscribe.sources import read, read_panels

# Polars' allocator (jemalloc) keeps four heaps a core, each with freed pages of its own, which are
# given back and faulted in again all the time. It reads this once, when polars is imported. Half a
# heap a core: a fifth less CPU for curating 20 million results, no more memory (docs/log.md).
os.environ.setdefault("_RJEM_MALLOC_CONF", f"narenas:{max(1, (os.cpu_count() or 1) // 2)}")

__version__ = "0.7.0"
__all__ = [
    "HemoscribeError",
    "History",
    "InputError",
    "KnowledgeError",
    "MissingError",
    "Panel",
    "Reading",
    "Report",
    "ReportedResult",
    "SettingsError",
    "SourceError",
    "StageError",
    "assess",
    "histories",
    "load",
    "load_overlay",
    "read",
    "read_panels",
]

_HOMES = {
    "HemoscribeError": "hemoscribe.errors",
    "History": "hemoscribe.engines",
    "InputError": "hemoscribe.errors",
    "KnowledgeError": "hemoscribe.errors",
    "MissingError": "hemoscribe.errors",
    "SettingsError": "hemoscribe.errors",
    "SourceError": "hemoscribe.errors",
    "StageError": "hemoscribe.errors",
    "histories": "hemoscribe.engines",
    "read_panels": "hemoscribe.sources",
    "Panel": "hemoscribe.records",
    "Reading": "hemoscribe.records",
    "Report": "hemoscribe.records",
    "ReportedResult": "hemoscribe.records",
    "assess": "hemoscribe.assess",
    "load": "hemoscribe.engines",
    "load_overlay": "hemoscribe.knowledge.overlay",
    "read": "hemoscribe.sources",
}


def __getattr__(name: str) -> Any:
    """Public names load on first use, so that ``import hemoscribe`` stays instant."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hemoscribe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
