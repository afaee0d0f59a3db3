"""What the knowledge was compared with: LOINC codes, and limits against published texts."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Any:
    """benchmarks/knowledge_sources.py as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("knowledge_sources")


def test_every_loinc_code_ends_in_its_check_digit_but_mimics(sources: Any) -> None:
    wrong = [code for code in sources.our_codes() if not sources.check_digit(code)]
    assert wrong == ["5895-7"]


@pytest.mark.parametrize(
    ("code", "right"), [("718-7", True), ("718-8", False), ("2951-2", True), ("102097-3", True)]
)
def test_the_check_digit_is_loincs(sources: Any, code: str, right: bool) -> None:
    assert sources.check_digit(code) is right


def test_no_code_comes_back_that_was_found_to_be_of_something_else(sources: Any) -> None:
    why = sources.reasons()
    assert len(why["not_ours"]) > 15
    assert not set(why["not_ours"]) & set(sources.our_codes())
    assert set(why["not_in_table"]) <= set(sources.our_codes())


def test_limits_agree_with_the_published_texts_or_say_why_not(sources: Any) -> None:
    rows = list(sources.published())
    assert len(rows) > 80
    unexplained = [row for row in rows if not row.agrees and not row.note]
    assert not unexplained
    assert sum(row.agrees for row in rows) / len(rows) > 0.95


@pytest.mark.shared
def test_other_peoples_files_call_our_codes_by_our_analytes(
    sources: Any, shared_data: Path
) -> None:
    texts = list(sources.named(shared_data))
    why = sources.reasons()
    assert len(texts) > 200
    for text in texts:
        if text.theirs:
            assert text.ours & text.theirs or text.code in why["contradicted"], text
        else:
            assert why["read_by_eye"][text.code] in text.ours, text
    pairs = list(sources.pairs(shared_data))
    assert len(pairs) > 100
    for pair in pairs:
        known = f"{pair.source} {pair.target}" in why["factors"]
        assert pair.trouble() is None or known, pair.trouble()


@pytest.mark.shared
def test_the_page_of_sources_is_current(sources: Any, shared_data: Path) -> None:
    page = (ROOT / "docs/knowledge-sources.md").read_text("utf-8")
    assert sources.page(shared_data) == page
    assert "NO REASON" not in page
