"""The pages' words (``words.yaml``), and which language a browser wants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from starlette.requests import Request

from hemoscribe.files import own_yaml
from hemoscribe.records import LANGUAGES, Language

LANGUAGE_COOKIE = "hemoscribe_language"


@cache
def words(language: Language) -> Mapping[str, str]:
    """The words of a language, by key."""
    text = Path(__file__).with_name("words.yaml").read_text(encoding="utf-8")
    found: Mapping[str, str] = own_yaml(text)[language]
    return found


def language_of(request: Request) -> Language:
    """What ``?lang`` says, then what it said before, then what the browser asks for."""
    for choice in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        for language in LANGUAGES:
            if choice == language:
                return language
    return _accepted(request.headers.get("accept-language", ""))


def _accepted(header: str) -> Language:
    best: tuple[float, Language] = (0.0, "en")
    for part in header.split(",")[:20]:
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        for language in LANGUAGES:
            if tag.strip().lower().partition("-")[0] == language and weight > best[0]:
                best = (weight, language)
    return best[1]


def date_words(moment: datetime, language: Language, *, time: bool = True) -> str:
    """A moment as people of this place write it: ``21 Nov 2026, 14:05``."""
    if moment.tzinfo is not None:
        moment = moment.astimezone()
    month = words(language)["months"].split()[moment.month - 1]
    day = f"{moment.day} {month} {moment.year}"
    return f"{day}, {moment:%H:%M}" if time else day
