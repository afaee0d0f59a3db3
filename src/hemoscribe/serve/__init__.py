"""The server: a page and an API over one model, with keys, reviews, metrics and an audit log."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hemoscribe.serve.application import app, serve
    from hemoscribe.serve.reviews import agreement, export_reviews

__all__ = ["agreement", "app", "export_reviews", "serve"]

_HOMES = {
    "agreement": "hemoscribe.serve.reviews",
    "app": "hemoscribe.serve.application",
    "export_reviews": "hemoscribe.serve.reviews",
    "serve": "hemoscribe.serve.application",
}


def __getattr__(name: str) -> Any:
    """Load a name on first use: the audit log needs no web server."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hemoscribe.serve' has no attribute {name!r}")
