"""The laboratory's own words: never the name of something else, never an alarm taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.findings.definitions import FindingDefinition, finding_definitions
from hemoscribe.knowledge.overlay.entry_errors import EntryError
from hemoscribe.overlay_record import folded


def refuse_contrary(texts: Mapping[str, str], finding: str | None) -> None:
    """Refuses a new name or a wording that denies what it stands for.

    Args:
        texts: by language.
        finding: the finding that is renamed; None for the wording of an alarm.

    Raises:
        EntryError: the name of another finding, or words that take an alarm back.
    """
    for language, text in texts.items():
        other = None if finding is None else _names(language).get(folded(text))
        if other not in (None, finding):
            raise EntryError(language, f"{text!r} is the name of another finding, {other}")
        about = "alarm" if finding is None else "name"
        for denial in _denials()[about][language]:
            found = denial.search(text)
            if found and not (finding and _says_so(finding, language, found[0])):
                raise EntryError(language, f"{found[0]!r} {_WHY[about]}")


_WHY = {
    "alarm": "takes an alarm back; say what is to be done",
    "name": "calls a finding normal; say what is found",
}


def _says_so(finding: str, language: str, words: str) -> bool:
    """Whether the published name of a finding has these words itself."""
    published = _published(finding_definitions()[finding], language)
    return any(folded(words) in folded(name) for name in published)


def _published(definition: FindingDefinition, language: str) -> Iterator[str]:
    """The names of a finding and of its grades."""
    yield definition.names[language]
    yield from (grade.names[language] for grade in definition.grades.values())


@cache
def _names(language: str) -> Mapping[str, str]:
    """Name of a finding or of one of its grades, folded -> id."""
    names: dict[str, str] = {}
    for definition in finding_definitions().values():
        for name in _published(definition, language):
            names.setdefault(folded(name), definition.id)
    return names


@cache
def _denials() -> Mapping[str, Mapping[str, Sequence[re.Pattern[str]]]]:
    """What may not be said: about ("alarm", "name") -> language -> expressions."""
    return {
        about: {
            language: [re.compile(words, re.IGNORECASE) for words in listed]
            for language, listed in by_language.items()
        }
        for about, by_language in package_yaml(__package__, "denials.yaml").items()
    }
