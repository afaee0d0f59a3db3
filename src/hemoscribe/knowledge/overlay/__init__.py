"""The laboratory's own limits, names, silences, alarms and phone rules, over the published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hemoscribe.knowledge.overlay.overlay_file import (
        load_overlay,
        overlay_document,
        overlay_from_document,
    )

__all__ = ["load_overlay", "overlay_document", "overlay_from_document"]


def __getattr__(name: str) -> Any:
    """Its file's forms load on first use: most reading asks for none, and they take their time."""
    if name in __all__:
        from hemoscribe.knowledge.overlay import overlay_file

        return getattr(overlay_file, name)
    raise AttributeError(f"module 'hemoscribe.knowledge.overlay' has no attribute {name!r}")
