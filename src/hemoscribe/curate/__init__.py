"""Curation: what was read becomes clean, pseudonymised rows with a side of the split each."""

from hemoscribe.curate.stage import curate, load_curated, load_rejects

__all__ = ["curate", "load_curated", "load_rejects"]
