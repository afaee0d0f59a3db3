"""The page that a reviewer reads is the knowledge that the code uses."""

from __future__ import annotations

import re
from pathlib import Path

from hemoscribe.knowledge import analytes, finding_definitions, index_definitions, references
from hemoscribe.knowledge.knowledge_page import knowledge_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "knowledge.md"


def test_the_page_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == knowledge_page(), (
        "write it again: python -m hemoscribe.knowledge.knowledge_page docs/knowledge.md"
    )


def test_the_page_has_everything() -> None:
    page = knowledge_page()
    for name in (*analytes(), *finding_definitions(), *index_definitions()):
        assert f"`{name}`" in page


def test_every_source_on_the_page_is_listed() -> None:
    page = knowledge_page()
    cited = set(re.findall(r"\]\(#([a-z0-9_]+)\)\]", page))
    assert cited <= set(references())
    links = re.findall(r"\[\[([^\]]*)\]\(#([^)]*)\)\]", page)
    assert links
    assert all(text == anchor and anchor in cited for text, anchor in links)
    assert all(f'<a id="{key}"></a>' in page for key in cited)
