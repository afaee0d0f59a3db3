"""A report as one HTML file that needs nothing else: what ``interpret --html`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hemoscribe.files import write_text
from hemoscribe.serve.store import Interpretation
from hemoscribe.serve.views import document_view, report_view
from hemoscribe.serve.web import HERE, templates
from hemoscribe.serve.words import words


def write_report_page(document: Mapping[str, Any], path: Path) -> None:
    """Write the page of a ``report_document``, in the report's own language."""
    language = document["language"]
    found = Interpretation(
        id="",
        panel={"report_id": document["report_id"]},
        report=dict(document),
        seconds=document["seconds"],
        reviews=[],
    )
    page = templates.get_template("file.html").render(
        language=language,
        w=words(language),
        view=report_view(found, language),
        d=document_view(document, language),
        style=(HERE / "static" / "style.css").read_text(encoding="utf-8"),
    )
    write_text(path, page)
