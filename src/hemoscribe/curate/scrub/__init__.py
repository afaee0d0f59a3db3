"""Identifiers out of free text, by rules; laboratory numbers are never touched."""

from hemoscribe.curate.scrub.comment_columns import (
    scrub_column,
    scrub_comments,
    scrub_free_texts,
    scrub_texts,
)
from hemoscribe.curate.scrub.national_numbers import is_nir, nir_key
from hemoscribe.curate.scrub.one_text import Finder, Redaction, Scrubbed, laboratory_values, scrub
from hemoscribe.curate.scrub.presidio import finder_of, models_found, versions_of_finder
from hemoscribe.curate.scrub.stated_names import PEOPLE, PLACES, StatedNames, stated_names

__all__ = [
    "PEOPLE",
    "PLACES",
    "Finder",
    "Redaction",
    "Scrubbed",
    "StatedNames",
    "finder_of",
    "is_nir",
    "laboratory_values",
    "models_found",
    "nir_key",
    "scrub",
    "scrub_column",
    "scrub_comments",
    "scrub_free_texts",
    "scrub_texts",
    "stated_names",
    "versions_of_finder",
]
