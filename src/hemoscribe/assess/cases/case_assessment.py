"""``hemoscribe assess MODEL --cases``: every case read, worded and judged, with the sentence why.

What a reader would see is judged: the rules' facts and the words that are served, the model's where
it may write and the guard lets them pass, else the composer's. A model's own drafts and its own
reading of each result are counted beside them, and fail nothing: the reader never sees them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hemoscribe.assess.cases.case import Case
from hemoscribe.assess.cases.cases_page import cases_page
from hemoscribe.assess.cases.judge import Verdict, in_place, judge_facts, judge_words, outdated
from hemoscribe.assess.cases.loader import read_cases, shipped_cases
from hemoscribe.assess.writing import write_all
from hemoscribe.engines.interpreter import (
    Writer,
    composed,
    facts,
    interpret_reading,
    read_direction,
    second_reading,
)
from hemoscribe.files import fingerprint, write_json, write_text
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.records import LANGUAGES, Finding, Language, Reading
from hemoscribe.stages import origin_of, replaced, stage_folder, versions, write_manifest

COMPOSER: Final = "composer"
"""The words of the composer alone: no model is needed."""
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Told:
    """The words of one report in one language, and who wrote them."""

    language: Language
    written_by: str
    interpretation: str
    follow_up: str

    @property
    def text(self) -> str:
        """Both parts, as the guard reads them."""
        return completion(self.interpretation, self.follow_up, self.language)


def assess_cases(
    model: Writer | str = COMPOSER, folder: Path | None = None, *, out: Path | None = None
) -> dict[str, Any]:
    """Judge a model, or the composer, on real cases.

    Args:
        model: an engine's model, what ``engines.load`` takes, or ``composer``.
        folder: case files; the shipped ones when None.
        out: where ``cases.json`` and ``cases.html`` go; with None nothing is written.

    Returns:
        ``cases`` (id, title, state, why), how many are ``met``, ``not_met`` and ``not_yet``,
        ``requirements`` and how many of them are met, ``own_words`` and ``own_reading`` of a model
        (None for the composer), ``gates``, and the paths written.

    Raises:
        SourceError: a case file is not as it should be.
        MissingError: the model is not here.
    """
    cases = shipped_cases() if folder is None else read_cases(Path(folder))
    writer = _loaded(model)
    readings = [facts(case.panel, earlier=case.earlier) for case in cases]
    drafts = _drafts(writer, readings)
    documents = [
        _judged(writer, case, reading, drafts.get(place, {}))
        for place, (case, reading) in enumerate(zip(cases, readings, strict=True))
    ]
    document = {
        "format": FORMAT,
        "model": COMPOSER if writer is None else writer.name,
        "engine": None if writer is None else writer.engine,
        "assessed_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "versions": versions(),
        **_counts(documents, with_model=writer is not None),
        "cases": documents,
    }
    summary = _summary(document)
    if out is None:
        return summary
    out = Path(out)
    inputs = {"cases": fingerprint([repr(case) for case in cases]), "model": document["model"]}
    why = _write(out, document, inputs, summary)
    paths = {"document": str(out / "cases.json"), "page": str(out / "cases.html")}
    return {**summary, **why, **paths}


def _write(
    out: Path, document: Mapping[str, Any], inputs: Mapping[str, str], summary: Mapping[str, Any]
) -> dict[str, str]:
    """Write what was judged; ``redone`` where something else was there."""
    origin = origin_of("assess", inputs, {}, rules="cases")
    why = replaced(out, origin)
    with stage_folder(out) as target:
        write_json(target / "cases.json", document)
        write_text(target / "cases.html", cases_page(document))
        write_manifest(
            target, stage="assess", inputs=inputs, settings={}, summary=summary, code=origin.code
        )
    return why


def _loaded(model: Writer | str) -> Writer | None:
    if model == COMPOSER:
        return None
    if not isinstance(model, str):
        return model
    from hemoscribe.engines import load

    return load(model)


def _drafts(writer: Writer | None, readings: Sequence[Reading]) -> dict[int, dict[Language, str]]:
    """What a model writes of its own, by report and language, whether or not it may be served."""
    if writer is None:
        return {}
    found: dict[int, dict[Language, str]] = {place: {} for place in range(len(readings))}
    for language in LANGUAGES:
        texts = write_all(writer, readings, [language] * len(readings), "assisted")
        for place, written in enumerate(texts):
            found[place][language] = written.text
    return found


def _judged(
    writer: Writer | None, case: Case, reading: Reading, drafts: Mapping[Language, str]
) -> dict[str, Any]:
    told = [_told(writer, reading, language) for language in LANGUAGES]
    verdicts = [*judge_facts(case, reading)]
    for words in told:
        verdicts += judge_words(case, reading, words.text, words.language)
    verdicts += outdated(case, verdicts)
    own = [
        in_place(verdict, f"own {language}")
        for language, text in drafts.items()
        for verdict in judge_words(case, reading, text, language, _vocabulary(writer))
    ]
    return {
        "id": case.id,
        "title": dict(case.title),
        "citation": case.citation,
        "doi": case.doi,
        "traps": list(case.traps),
        "state": _state(verdicts),
        "why": list(_why(verdicts)),
        "conclusion": dict(case.conclusion),
        "panels": [_shown_panel(panel) for panel in case.earlier],
        "patient": {
            "sex": case.panel.sex,
            "age_years": case.panel.age_years,
            "pregnant": case.panel.pregnant,
            "context": case.panel.context,
        },
        "results": [asdict(result) for result in reading.results],
        "rejects": [
            {name: reject[name] for name in ("reported_name", "reported_value", "message")}
            for reject in reading.rejects
        ],
        "findings": [_shown_finding(finding) for finding in reading.findings],
        "indices": [asdict(index) for index in reading.indices],
        "words": [asdict(words) for words in told],
        "verdicts": [asdict(verdict) for verdict in verdicts],
        "own_words": dict(drafts),
        "own_verdicts": [asdict(verdict) for verdict in own],
        "own_reading": None if writer is None else _own_reading(writer, reading),
    }


def _vocabulary(writer: Writer | None) -> Vocabulary | None:
    return None if writer is None else writer.vocabulary


def _told(writer: Writer | None, reading: Reading, language: Language) -> Told:
    """The words as they are served."""
    if writer is None:
        return Told(language, COMPOSER, *composed(reading, language))
    report = interpret_reading(writer, reading, language=language)
    return Told(language, report.written_by, report.interpretation, report.follow_up)


def _own_reading(writer: Writer, reading: Reading) -> dict[str, int]:
    """The model's own reading of each result, rules off, against the rules; in English."""
    counts = Counter(results=0, right=0, abnormal=0, abnormal_right=0)
    read = second_reading(writer, reading, "en")
    for result, probabilities in zip(reading.results, read, strict=True):
        if probabilities is None or result.direction is None:
            continue
        right = read_direction(probabilities) == result.direction
        counts["results"] += 1
        counts["right"] += right
        counts["abnormal"] += result.direction != "normal"
        counts["abnormal_right"] += right and result.direction != "normal"
    return dict(counts)


def _shown_finding(finding: Finding) -> dict[str, Any]:
    names = ("id", "grade", "evidence", "severity")
    return {name: getattr(finding, name) for name in names}


def _shown_panel(panel: Any) -> dict[str, Any]:
    return {
        "at": None if panel.collected_at is None else f"{panel.collected_at:%Y-%m-%d %H:%M}",
        "results": [asdict(result) for result in panel.results],
    }


def _state(verdicts: Sequence[Verdict]) -> str:
    states = {verdict.state for verdict in verdicts}
    return next((state for state in ("not met", "not yet") if state in states), "met")


def _why(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What is not met first; a sentence of the words says in which language."""
    for state in ("not met", "not yet"):
        for verdict in verdicts:
            if verdict.state == state:
                language = f" ({verdict.where})" if verdict.where in LANGUAGES else ""
                yield f"{state}: {verdict.sentence}{language}"


def _counts(documents: Sequence[Mapping[str, Any]], *, with_model: bool) -> dict[str, Any]:
    states = Counter(document["state"] for document in documents)
    verdicts = [verdict for document in documents for verdict in document["verdicts"]]
    own_words = own_reading = None
    if with_model:
        judged = [verdict for document in documents for verdict in document["own_verdicts"]]
        whole = [
            all(one["state"] != "not met" for one in document["own_verdicts"])
            for document in documents
        ]
        own_words = {
            "cases": sum(whole),
            "requirements": len(judged),
            "requirements_met": sum(one["state"] == "met" for one in judged),
        }
        own_reading = dict(sum((Counter(one["own_reading"]) for one in documents), Counter()))
    return {
        "met": states["met"],
        "not_met": states["not met"],
        "not_yet": states["not yet"],
        "requirements": len(verdicts),
        "requirements_met": sum(verdict["state"] == "met" for verdict in verdicts),
        "own_words": own_words,
        "own_reading": own_reading,
    }


def _summary(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("model", "engine", "met", "not_met", "not_yet", "requirements", "requirements_met")
    failed = document["not_met"]
    total = len(document["cases"])
    sentence = f"Cases: {total - failed} of {total} without a fault"
    sentence += f" ({document['not_yet']} of them with what is not met yet)"
    sentence += ": met." if not failed else f": NOT met, {failed} failed."
    return {
        **{name: document[name] for name in kept},
        "own_words": document["own_words"],
        "own_reading": document["own_reading"],
        "cases": [
            {
                "id": case["id"],
                "title": case["title"]["en"],
                "state": case["state"],
                "why": case["why"],
            }
            for case in document["cases"]
        ],
        "gates": [{"name": "cases", "met": not failed, "value": failed, "sentence": sentence}],
    }
