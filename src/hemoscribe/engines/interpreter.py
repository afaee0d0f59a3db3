"""One report from facts to words: read by the rules, read again by the model, written, checked.

The rules decide every flag. The model's own reading is a second, independent reader: where it
disagrees the report is marked for a person and nothing is changed. Its words reach the reader only
when its assessment says that it can write, and when every statement in them is borne out by the
facts; otherwise the composer's words stand.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hemoscribe.engines.history import may_be_one_person
from hemoscribe.errors import InputError
from hemoscribe.knowledge import analytes, read_panel
from hemoscribe.overlay_record import Overlay
from hemoscribe.panel_input import cut, quoted
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.check import check
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import (
    WRITING_VOICE,
    Prompt,
    Track,
    completion,
    parse_completion,
    parts,
    render,
    writing_prompt,
)
from hemoscribe.prose.unread import with_unread
from hemoscribe.records import (
    DIRECTIONS,
    LANGUAGES,
    UNKNOWN_PATIENT,
    Check,
    Language,
    Panel,
    Reading,
    Report,
)

MAX_READ_RESULTS = 24
"""Longer reports are read in parts: one forward pass each, of the lengths the model learnt."""
MAX_NEW_TOKENS = 512
COMPOSER_SEED = WRITING_VOICE
SECOND_READING = "second_reading"
"""The code of the check that compares the model's own reading with the rules."""


class Writer(Protocol):
    """What an engine offers (``engines.Model``)."""

    name: str
    engine: str
    may_write: bool  # whether its assessment lets its words be used
    vocabulary: Vocabulary

    def read(self, prompts: Sequence[Prompt]) -> list[NDArray[np.float64]]:
        """Probabilities of low, normal and high at each slot: one array (slots, 3) per prompt."""
        ...

    def write(self, prompts: Sequence[Prompt], max_new_tokens: int) -> list[str]:
        """The completion of each prompt, without its stop token."""
        ...


def interpret(
    model: Writer,
    panel: Panel,
    *,
    language: Language = "en",
    earlier: Sequence[Panel] = (),
    overlay: Overlay | None = None,
) -> Report:
    """The report of one panel, from the results as they were reported.

    Args:
        earlier: the patient's previous reports, for delta checks and acute kidney injury.
        overlay: the laboratory's own decisions (``knowledge.overlay``).

    Raises:
        InputError: not one result of the panel could be recognised (names the first reason), or
            the language is none of ``LANGUAGES``.
    """
    start = time.perf_counter()
    _require_language(language)  # before anything is read
    reading = facts(panel, earlier=earlier, overlay=overlay)
    report = interpret_reading(model, reading, language=language)
    return replace(report, seconds=time.perf_counter() - start)


def facts(
    panel: Panel,
    *,
    earlier: Sequence[Panel] = (),
    source: str = "",
    overlay: Overlay | None = None,
) -> Reading:
    """What the rules read in a panel; needs no model, so what cannot be read is told at once.

    Args:
        overlay: the laboratory's own decisions (``knowledge.overlay``).
        source: the file it came from, for the error.

    Raises:
        InputError: not one result of the panel could be recognised, and the laboratory flags none
            as critical; names the first reason.
    """
    for old in earlier:
        _refuse_another_patient(panel, old)
    reading = read_panel(panel, earlier=earlier, overlay=overlay)
    if not reading.results and not reading.unread_critical:
        raise InputError(_nothing_to_read(reading, source))
    return reading


def _refuse_another_patient(panel: Panel, old: Panel) -> None:
    named = {panel.patient_id, old.patient_id} - {UNKNOWN_PATIENT}
    if len(named) > 1 or not may_be_one_person(panel, old):
        raise InputError(
            f"earlier: report {old.report_id} is of another patient than {panel.report_id} (by "
            "number, sex or age), so it tells nothing of this one's course."
        )


def interpret_reading(model: Writer, reading: Reading, *, language: Language = "en") -> Report:
    """The report of a panel that the rules have read already.

    Raises:
        InputError: the language is none of ``LANGUAGES``.
    """
    start = time.perf_counter()
    _require_language(language)
    probabilities = second_reading(model, reading, language)
    draft, checks, words, trusted = "", tuple[Check, ...](), None, False
    if model.may_write and reading.results:
        draft = model.write([to_write(reading, language, "assisted")], MAX_NEW_TOKENS)[0]
        checks = check(draft, reading, language, model.vocabulary)
        words = parse_completion(draft, language)
        trusted = words is not None and all(found.ok for found in checks)
    if words is None or not trusted:
        words = compose(reading, language, COMPOSER_SEED)
    return Report(
        reading=reading,
        language=language,
        interpretation=with_unread(words[0], reading, language),
        follow_up=words[1],
        written_by="model" if trusted else "composer",
        checks=(*checks, _agreement(reading, probabilities, language)),
        model=model.name,
        engine=model.engine,
        seconds=time.perf_counter() - start,
        probabilities=probabilities,
        draft="" if trusted else draft,
    )


def _require_language(language: object) -> None:
    if language not in LANGUAGES:
        raise InputError(f"language: {quoted(language)} is none; use {' or '.join(LANGUAGES)}.")


def composed(reading: Reading, language: Language) -> tuple[str, str]:
    """Interpretation and follow-up as they are served where no model writes."""
    interpretation, follow_up = compose(reading, language, COMPOSER_SEED)
    return with_unread(interpretation, reading, language), follow_up


def to_write(reading: Reading, language: Language, track: Track) -> Prompt:
    """What a model is asked to write from; the composer's text is the guess."""
    prompt = writing_prompt(reading, language=language, track=track)
    return replace(prompt, guess=completion(*compose(reading, language, COMPOSER_SEED), language))


def second_reading(
    model: Writer, reading: Reading, language: Language
) -> tuple[Mapping[str, float] | None, ...]:
    """The model's own reading of each result, rules off; None where there is no range to read."""
    if not reading.results:
        return ()
    prompts = [
        render(part, language=language, track="raw") for part in parts(reading, MAX_READ_RESULTS)
    ]
    rows = np.concatenate(model.read(prompts))
    return tuple(
        None
        if result.direction is None
        else {name: float(p) for name, p in zip(DIRECTIONS, row, strict=True)}
        for result, row in zip(reading.results, rows, strict=True)
    )


def read_direction(probabilities: Mapping[str, float]) -> str:
    """The direction the model finds most likely."""
    return max(DIRECTIONS, key=lambda name: probabilities[name])


_AGREEMENT: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "all": "The model's own reading agrees with the rules on every result.",
        "one": "{name}: read as {model} by the model, {rules} by the rules",
        "some": "For a person to look at: ",
        "low": "low",
        "normal": "normal",
        "high": "high",
    },
    "fr": {
        "all": "La lecture propre du modèle concorde avec les règles pour chaque résultat.",
        "one": "{name} : lecture {model} par le modèle, {rules} par les règles",
        "some": "À vérifier par une personne : ",
        "low": "basse",
        "normal": "normale",
        "high": "haute",
    },
}


def _agreement(
    reading: Reading,
    probabilities: Sequence[Mapping[str, float] | None],
    language: Language,
) -> Check:
    words = _AGREEMENT[language]
    apart = []
    for result, found in zip(reading.results, probabilities, strict=True):
        if found is None or result.direction is None:
            continue
        direction = read_direction(found)
        if direction != result.direction:
            apart.append(
                words["one"].format(
                    name=analytes()[result.analyte].name(language),
                    model=words[direction],
                    rules=words[result.direction],
                )
            )
    message = words["some"] + "; ".join(apart) + "." if apart else words["all"]
    return Check(SECOND_READING, not apart, message)


def _nothing_to_read(reading: Reading, source: str) -> str:
    report = f"report {reading.panel.report_id}"
    where = f"{source}, {report}" if source else report
    if not reading.rejects:
        return f"{where}: it holds no result; add at least one analyte with a value and a unit."
    first = reading.rejects[0]
    name, value = first["reported_name"], first["reported_value"]
    return (
        f"{where}: none of its {len(reading.rejects)} results can be read; "
        f"the first, {cut(f'{name}')} {cut(f'{value}')}: {first['message']}"
    )
