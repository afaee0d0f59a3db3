"""The laboratory's own limits, names, silences, alarms and phone rules, over the published ones."""

from hemoscribe.knowledge.overlay.overlay_file import (
    load_overlay,
    overlay_document,
    overlay_from_document,
)

__all__ = ["load_overlay", "overlay_document", "overlay_from_document"]
