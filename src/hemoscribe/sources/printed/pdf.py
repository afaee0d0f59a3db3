"""PDF reports with a text layer, page by page as fixed-width text."""

from __future__ import annotations

from hemoscribe.sources.exports import Export


def is_pdf(export: Export) -> bool:
    """Whether a file is a PDF."""
    return b"%PDF-" in export.sample[:1024]
