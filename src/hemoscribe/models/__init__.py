"""Base models and trained ones: what there is, where it is, and which one is in service."""

from hemoscribe.models.pull import list_catalogue, pull, verify

__all__ = ["list_catalogue", "pull", "verify"]
