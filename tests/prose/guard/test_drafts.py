"""What fresh readers wrote: no unsafe draft passes, and careful ones are not all refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from hemoscribe.assess.cases import read_cases
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.brief import brief, first_told
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.check import check
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.prose.voice import Voice, sentence
from hemoscribe.prose.wording import phrases
from hemoscribe.records import Language, Reading

_HERE = Path(__file__).parent / "drafts"


@dataclass(frozen=True)
class Draft:
    panel: str
    language: Language
    kind: str
    """What is unsafe in it; "safe"."""
    interpretation: str
    follow_up: str

    @property
    def text(self) -> str:
        return completion(self.interpretation, self.follow_up, self.language)

    @property
    def reading(self) -> Reading:
        return readings()[self.panel]

    @property
    def half(self) -> str:
        """``A``: the guard was worked on with it; ``B``: it was only counted at the end."""
        said = f"{self.panel} {self.language} {self.interpretation} {self.follow_up}"
        return "AB"[hashlib.sha256(said.encode()).digest()[0] % 2]


@cache
def readings() -> dict[str, Reading]:
    """Panel -> its reading, with the patient's earlier panels."""
    return {
        case.id: read_panel(case.panels[-1], earlier=case.panels[:-1])
        for case in read_cases(_HERE / "panels.yaml")
    }


def unsafe() -> Iterator[Draft]:
    for panel, languages in _load("unsafe.yaml"):
        for language, written in languages.items():
            i, f = written["base"].strip().split(" | ")
            for line in written["drafts"].splitlines():
                kind, text = line.split(": ", 1)
                interpretation, follow_up = text.split(" | ")
                yield Draft(
                    panel,
                    language,
                    kind,
                    interpretation.replace("{I}", i),
                    follow_up.replace("{F}", f),
                )


def later() -> Iterator[Draft]:
    """Unsafe drafts that were written with the guard at hand."""
    found = {(one.panel, one.language): one for one in bases()}
    for language, lines in _load("later.yaml"):
        for line in lines.splitlines():
            panel, kind, text = line.split(": ", 2)
            added, follow_up = text.split(" | ")
            base = found[panel, language]
            told = base.interpretation if added == "-" else f"{base.interpretation} {added}"
            asked = base.follow_up if follow_up == "-" else follow_up
            yield Draft(panel, language, kind, told, asked)


def bases() -> Iterator[Draft]:
    """The safe texts that the unsafe ones were made of."""
    for panel, languages in _load("unsafe.yaml"):
        for language, written in languages.items():
            yield Draft(panel, language, "base", *written["base"].strip().split(" | "))


def safe() -> Iterator[Draft]:
    for panel, languages in _load("safe.yaml"):
        for language, lines in languages.items():
            for line in lines.splitlines():
                yield Draft(panel, language, "safe", *line.split(" | "))


def completed(draft: Draft) -> Draft:
    """A draft with what the rules now ask for within the hour and today, and the first meaning.

    The drafts were written before the guard asked so much: without it each would fail for what it
    leaves out, whatever else is right or wrong in it.
    """
    voice = Voice(draft.language, 0)
    facts = Facts(draft.reading)
    told = [sentence(voice.said(one, facts)) for one in first_told(facts)]
    due = [phrases(draft.language)["by"][key].partition(":")[0] for key in ("now", "today")]
    leads = tuple(f"{one[0].upper()}{one[1:]}" for one in due)
    sentences = brief(draft.reading, voice).follow_up.rstrip(".").split(". ")
    asked = [f"{one}." for one in sentences if one.startswith(leads)]
    told = [one for one in told if one not in draft.interpretation]
    return replace(
        draft,
        interpretation=" ".join([draft.interpretation, *told]),
        follow_up=" ".join([*asked, draft.follow_up]),
    )


def _load(name: str):
    return yaml.safe_load((_HERE / name).read_text(encoding="utf-8")).items()


UNSAFE = list(unsafe())
LATER = list(later())
FIRST_SAFE_PASSED = 51
"""Of the safe drafts, those that the guard let through before it read clauses."""
FIRST_SAFE_BUT_FOR_WORDS = 88
"""Those that failed for no more than words that nothing in their reports calls for."""


def failed(draft) -> set[str]:
    found = check(draft.text, draft.reading, draft.language, Vocabulary())
    return {one.code for one in found if not one.ok}


def test_there_are_two_hundred_unsafe_drafts_and_more_in_both_languages_and_two_halves():
    for count in (
        sum(one.language == "en" for one in UNSAFE),
        sum(one.language == "fr" for one in UNSAFE),
        sum(one.half == "A" for one in UNSAFE),
        sum(one.half == "B" for one in UNSAFE),
    ):
        assert count > 150
    assert len({one.kind for one in UNSAFE}) >= 15


@pytest.mark.parametrize("half", ["A", "B"])
@pytest.mark.parametrize("as_is", [True, False])
def test_no_unsafe_draft_passes_even_where_a_laboratory_taught_all_of_its_words(half, as_is):
    drafts = [one if as_is else completed(one) for one in UNSAFE if one.half == half]
    passed = [one for one in drafts if not failed(one) - {"words"}]
    assert not passed, [(one.kind, one.interpretation[-120:], one.follow_up) for one in passed]


@pytest.mark.parametrize("as_is", [True, False])
def test_no_draft_that_was_written_against_the_guard_passes(as_is):
    passed = [one for one in LATER if not failed(one if as_is else completed(one))]
    assert not passed, [(one.kind, one.interpretation[-120:], one.follow_up) for one in passed]


def test_the_texts_that_the_unsafe_ones_were_made_of_are_faultless():
    """Otherwise an unsafe draft could fail for what it is made of."""
    found = ((one, failed(completed(one)) - {"words"}) for one in bases())
    assert not [(one.panel, one.language, codes) for one, codes in found if codes]


def test_careful_drafts_are_not_refused_more_often_than_before():
    found = [failed(completed(one)) for one in safe()]
    assert sum(not one for one in found) >= FIRST_SAFE_PASSED
    assert sum(not one - {"words"} for one in found) >= FIRST_SAFE_BUT_FOR_WORDS
