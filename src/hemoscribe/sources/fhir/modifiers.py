"""What may change the meaning of a resource, which a reader that does not know it must not read."""

from __future__ import annotations

from typing import Any

from hemoscribe.sources.fhir.documents import first, text_of


def modifier_of(resource: Any) -> str | None:
    """The name of a modifier extension, or of rules, that a resource or a part of one carries."""
    if not isinstance(resource, dict):
        return None
    if "modifierExtension" in resource:
        extension = first(resource, "modifierExtension")
        if extension is not None:
            return text_of(extension, "url") or "unnamed"
    return text_of(resource, "implicitRules") if "implicitRules" in resource else None


def refusal(modifier: str) -> str:
    """The sentence for what carries one."""
    return f"It carries a modifier extension ({modifier}), which may change what it means."
