"""The champion changes hands: in the registry, and in the audit log."""

from __future__ import annotations

from typing import Any

from hemoscribe import audit_log
from hemoscribe.models import registry

BY_HAND = "command line"


def promote(name: str, why: str, *, who: str = BY_HAND) -> dict[str, Any]:
    """Make a registered model the champion; a running server takes it up by itself."""
    before = registry.champion()
    registry.promote(name, why)
    audit_log.append(who, "promote", model=name, before=before, why=why)
    return {"champion": name, "before": before, "why": why}


def rollback(why: str, *, who: str = BY_HAND) -> dict[str, Any]:
    """Back to the champion before this one; null is the shipped model."""
    before = registry.champion()
    champion = registry.rollback(why)
    audit_log.append(who, "rollback", model=champion, before=before, why=why)
    return {"champion": champion, "before": before, "why": why}
