"""The pages' words: both languages have the same, with the same places to fill."""

import re
from pathlib import Path
from string import Formatter

import pytest
from starlette.requests import Request

from hemoscribe.serve.words import language_of, words

TEMPLATES = Path(__file__).resolve().parents[2] / "src/hemoscribe/serve/templates"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_words_and_places():
    english, french = words("en"), words("fr")
    assert english.keys() == french.keys()
    for key, text in english.items():
        assert fields(text) == fields(french[key]), key
        assert text.strip()
        assert french[key].strip()


def test_every_word_is_used_and_every_used_word_is_there():
    sources = [*TEMPLATES.glob("*.html"), *TEMPLATES.parent.glob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    for key in re.findall(r"\bw\.(\w+)", text):
        assert key in words("en"), key
    built = ("urgency_", "flag_", "group_", "to_review", "rejected", "months", "check_")
    for key in words("en"):
        assert key.startswith(built) or re.search(rf"\b{key}\b", text), key


def request(query: str = "", **headers: str) -> Request:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": encoded, "query_string": query.encode()})


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("", {}, "en"),
        ("lang=fr", {"accept-language": "en"}, "fr"),
        ("lang=de", {"accept-language": "fr"}, "fr"),
        ("", {"cookie": "hemoscribe_language=fr"}, "fr"),
        ("lang=en", {"cookie": "hemoscribe_language=fr"}, "en"),
        ("", {"accept-language": "fr-FR,fr;q=0.9,en;q=0.8"}, "fr"),
        ("", {"accept-language": "de,en;q=0.5,fr;q=0.9"}, "fr"),
        ("", {"accept-language": "fr;q=x, en;q=0.1"}, "en"),
        ("", {"accept-language": "," * 5000}, "en"),
    ],
)
def test_the_language_is_what_the_reader_asked_for(query: str, headers: dict, expected: str):
    assert language_of(request(query, **headers)) == expected


def test_every_check_has_its_words():
    from hemoscribe.prose.guard.check import DRAFT_CODES

    for code in (*DRAFT_CODES, "second_reading"):
        assert f"check_{code}" in words("en")
