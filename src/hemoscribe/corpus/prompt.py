"""The one renderer of prompts, for training, assessment and serving alike.

A prompt states the patient and each result on a line that ends in a slot:

    Blood test report. Woman, 54 years.
    Hemoglobin 10.2 g/dL [12.0-16.0] ->

The model's probabilities of `` low``, `` normal`` and `` high`` after ``->`` are its reading of
that result. Three tracks: ``bare`` (no ranges, slots empty), ``raw`` (ranges, slots empty) and
``assisted`` (slots filled with the rules' flags, then the findings to be put into words).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hemoscribe.corpus.numbers import ShownResult, show
from hemoscribe.knowledge import analytes, finding_name
from hemoscribe.records import DIRECTIONS, Language, Panel, Reading

Track = Literal["bare", "raw", "assisted"]
SLOT = "->"
ANSWERS = tuple(f" {direction}" for direction in DIRECTIONS)
CRITICAL = ", critical"

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "Blood test report.",
        "F": "Woman",
        "M": "Man",
        "girl": "Girl",
        "boy": "Boy",
        "person": "Patient",
        "pregnant": "pregnant",
        "years": "years",
        "months": "months",
        "days": "days",
        "context": "Context:",
        "findings": "Findings:",
        "none": "none",
        "write": "Write the interpretation and the follow-up.",
        "interpretation": "Interpretation:",
        "follow_up": "Follow-up:",
    },
    "fr": {
        "title": "Compte rendu de biologie.",
        "F": "Femme",
        "M": "Homme",
        "girl": "Fille",
        "boy": "Garçon",
        "person": "Patient",
        "pregnant": "enceinte",
        "years": "ans",
        "months": "mois",
        "days": "jours",
        "context": "Contexte :",
        "findings": "Constats :",
        "none": "aucun",
        "write": "Rédige l'interprétation et la conduite à tenir.",
        "interpretation": "Interprétation :",
        "follow_up": "Conduite à tenir :",
    },
}
ADULT_YEARS = 18
MAX_CONTEXT_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and its slots: ``slots[i]`` is the character offset just after the i-th ``->``."""

    text: str
    slots: tuple[int, ...]
    language: Language
    track: Track


def render(reading: Reading, *, language: Language, track: Track) -> Prompt:
    """The prompt of one reading. One slot per result, in the report's order."""
    words = _WORDS[language]
    parts = [words["title"] + " " + patient_words(reading.panel, language) + "\n"]
    context = " ".join(reading.panel.context.split())[:MAX_CONTEXT_CHARACTERS]
    if context:
        parts.append(f"{words['context']} {context}\n")
    length = sum(map(len, parts))
    slots = []
    for result in reading.results:
        shown = show(result, language)
        name = analytes()[result.analyte].name(language)
        line = _line(name, shown, ranges=track != "bare")
        slots.append(length + len(line))
        if track == "assisted" and result.direction is not None:
            line += f" {result.direction}" + (CRITICAL if result.critical else "")
        parts.append(line + "\n")
        length += len(line) + 1
    if track == "assisted":
        names = [finding_name(finding, language) for finding in reading.findings]
        parts.append(f"{words['findings']} {'; '.join(names) or words['none']}\n")
    parts.append(words["write"])
    return Prompt("".join(parts), tuple(slots), language, track)


def _line(name: str, shown: ShownResult, *, ranges: bool) -> str:
    line = f"{name} {shown.value}"
    if shown.unit:
        line += f" {shown.unit}"
    if ranges and shown.range:
        line += f" [{shown.range}]"
    return f"{line} {SLOT}"


def patient_words(panel: Panel, language: Language) -> str:
    """The patient as a prompt names them: ``Woman, 54 years.``"""
    words = _WORDS[language]
    age = panel.age_years
    child = age is not None and age < ADULT_YEARS
    if panel.sex is None:
        who = words["person"]
    elif child:
        who = words["girl" if panel.sex == "F" else "boy"]
    else:
        who = words[panel.sex]
    parts = [who]
    if panel.pregnant and panel.sex == "F":
        parts.append(words["pregnant"])
    if age is not None:
        parts.append(_age_words(age, words))
    return ", ".join(parts) + "."


def _age_words(age_years: float, words: dict[str, str]) -> str:
    if age_years >= 2:
        return f"{int(age_years)} {words['years']}"
    if age_years >= 1 / 6:
        return f"{int(age_years * 12)} {words['months']}"
    return f"{int(age_years * 365.25)} {words['days']}"


def completion(interpretation: str, follow_up: str, language: Language) -> str:
    """What the model is taught to write after the prompt; ``parse_completion`` reads it back."""
    words = _WORDS[language]
    return (
        f"{words['interpretation']} {' '.join(interpretation.split())}\n"
        f"{words['follow_up']} {' '.join(follow_up.split())}"
    )


def parse_completion(text: str, language: Language) -> tuple[str, str] | None:
    """(interpretation, follow-up) of a completion; None when it has not that form."""
    words = _WORDS[language]
    head, mark, follow_up = text.strip().partition(f"\n{words['follow_up']}")
    if not mark or not head.startswith(words["interpretation"]):
        return None
    interpretation = head.removeprefix(words["interpretation"]).strip()
    follow_up = follow_up.strip()
    return (interpretation, follow_up) if interpretation and follow_up else None


def answers(reading: Reading) -> tuple[str | None, ...]:
    """What the rules say at each slot: low, normal, high, or None where there is no range."""
    return tuple(result.direction for result in reading.results)


def parts(reading: Reading, max_results: int) -> Sequence[Reading]:
    """A reading cut into parts of at most ``max_results`` results, for reports too long to read."""
    from dataclasses import replace

    results = reading.results
    if len(results) <= max_results:
        return [reading]
    return [
        replace(reading, results=results[start : start + max_results])
        for start in range(0, len(results), max_results)
    ]
