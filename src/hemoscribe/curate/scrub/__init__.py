"""Identifiers out of free text, by rules; laboratory numbers are never touched."""

from hemoscribe.curate.scrub.comments import scrub_column, scrub_comments, scrub_texts
from hemoscribe.curate.scrub.national_numbers import is_nir, nir_key
from hemoscribe.curate.scrub.text import Redaction, Scrubbed, laboratory_values, scrub

__all__ = [
    "Redaction",
    "Scrubbed",
    "is_nir",
    "laboratory_values",
    "nir_key",
    "scrub",
    "scrub_column",
    "scrub_comments",
    "scrub_texts",
]
