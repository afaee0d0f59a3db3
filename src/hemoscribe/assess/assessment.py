"""``hemoscribe assess``: a model on held-out reports, track by track, against its targets.

The model reads with the rules off (tracks ``bare`` and ``raw``; ``assisted`` shows it the rules'
flags and is never the headline), writes, and is timed as it is served. Everything is measured with
intervals over patients, beside baselines that need no language model.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.assess.baselines import baselines
from hemoscribe.assess.examples import choose_examples
from hemoscribe.assess.gates import HEADLINE_TRACK, gates, may_write
from hemoscribe.assess.held_out import HeldOut, Material, gather
from hemoscribe.assess.latency import measure_latency
from hemoscribe.assess.notes import SIDES, notes, warnings
from hemoscribe.assess.observations import Truth, read_all, with_probabilities
from hemoscribe.assess.page import assessment_page
from hemoscribe.assess.reading import (
    at_threshold,
    choose_threshold,
    headline,
    measure_reading,
    read_of,
)
from hemoscribe.assess.slices import confusion_by_analyte, slices, worst
from hemoscribe.assess.writing import Written, measure_writing, save_texts, write_all
from hemoscribe.corpus.prompt import Track
from hemoscribe.engines.interpreter import Writer
from hemoscribe.errors import SettingsError
from hemoscribe.files import (
    MANIFEST,
    fingerprint,
    run_stage,
    sha256,
    versions,
    write_json,
    write_text,
)
from hemoscribe.records import LANGUAGES, TRACKS
from hemoscribe.settings import Settings

FORMAT = 1
SUMMARY = (
    "accuracy",
    "abnormal_recall",
    "abnormal_precision",
    "finding_f1",
    "unfaithful_rate",
    "withheld_rate",
)


@dataclass(frozen=True)
class Assessment:
    """What was measured, and everything it can be measured from again.

    ``document`` is what ``assessment.json`` holds; ``observations`` has a row per track and result.
    """

    document: dict[str, Any]
    observations: pl.DataFrame
    texts: Sequence[Written]


def assess(
    model: Writer | str,
    folder: Path,
    *,
    settings: Settings | None = None,
    tracks: Sequence[str] | None = None,
    limit: int | None = None,
    out: Path | None = None,
    split: str = "test",
    truth: Truth = "rules",
) -> dict[str, Any]:
    """Assess a model on the held-out reports of a curated folder.

    Args:
        model: an engine's model, or what ``engines.load`` takes.
        folder: a curated folder, of any laboratory; taken whole when it has no such ``split``.
        tracks: which of bare, raw, assisted; the settings' when None.
        limit: reports read per track; the settings' when None.
        out: where ``assessment.json``, ``assessment.html``, ``observations.parquet`` and
            ``texts.jsonl`` go; with None nothing is written.
        truth: what a result truly is: as the rules flag it, or as the laboratory's own flag says.

    Returns:
        ``tracks`` (name -> accuracy, abnormal_recall, abnormal_precision, finding_f1,
        unfaithful_rate, withheld_rate, each {value, low, high, n}), ``latency_p50_s``,
        ``latency_p95_s``, ``gates``, ``warnings``, counts, and the paths written.

    Raises:
        InputError: the folder is not curated, or holds nothing to assess on.
        SettingsError: an unknown track or truth.
        MissingError: the model is not here.
    """
    settings = settings or Settings()
    chosen = _tracks(settings.assess.tracks if tracks is None else tracks)
    if truth not in ("rules", "laboratory"):
        raise SettingsError(f"truth {truth!r}: is one of rules, laboratory.")
    limit = settings.assess.reports if limit is None else limit
    folder = Path(folder)

    def measured() -> Assessment:
        material = gather(folder, split=split, limit=limit)
        return measure(_loaded(model), material, settings=settings, tracks=chosen, truth=truth)

    if out is None:
        return {**summary_of(measured().document), "skipped": False}

    def work(target: Path) -> dict[str, Any]:
        found = measured()
        document = {**found.document, "folder": folder.name}
        found.observations.write_parquet(target / "observations.parquet")
        save_texts(target / "texts.jsonl", found.texts)
        write_text(target / "assessment.html", assessment_page(document))
        write_json(target / "assessment.json", document)
        return summary_of(document)

    out = Path(out)
    manifest, skipped = run_stage(
        out,
        stage="assess",
        inputs={"curated": _identity(folder), "model": _model_identity(model)},
        settings={
            "assess": settings.assess.model_dump(mode="json"),
            "gates": settings.gates.model_dump(mode="json"),
            "tracks": list(chosen),
            "limit": limit,
            "split": split,
            "truth": truth,
        },
        work=work,
    )
    return {
        **manifest["summary"],
        "assessment": str(out / "assessment.json"),
        "page": str(out / "assessment.html"),
        "skipped": skipped,
    }


def measure(
    model: Writer,
    material: Material,
    *,
    settings: Settings,
    tracks: Sequence[Track],
    truth: Truth = "rules",
) -> Assessment:
    """Read, write and time the held-out reports on every track, and measure."""
    test, draws = material.test, settings.assess.bootstrap
    found: dict[str, dict[str, Any]] = {}
    observed: list[pl.DataFrame] = []
    texts: dict[Track, list[Written]] = {}
    for track in tracks:
        table, seconds = _observe(model, test, track)
        observed.append(table)
        found[track] = _reading(table, truth, draws)
        found[track]["read_seconds_per_report"] = seconds / max(len(test.readings), 1)
        if track == HEADLINE_TRACK:
            found[track]["threshold"] = _threshold(
                model, material.validation, table, settings, truth
            )
        texts[track] = write_all(
            model,
            test.readings[: settings.assess.written],
            test.languages[: settings.assess.written],
            track,
        )
        found[track] |= measure_writing(texts[track], draws=draws)
        found[track]["writing_by_language"] = {
            language: {metric: measured[metric] for metric in ("finding_f1", "unfaithful_rate")}
            for language in LANGUAGES
            for own in [[text for text in texts[track] if text.language == language]]
            for measured in [measure_writing(own, draws=draws)]
        }
    pen = may_write(found.get("assisted"), settings.writing)
    model.may_write = pen["value"]  # timed as it will be served
    latency = measure_latency(model, test.readings, test.languages)
    shown = HEADLINE_TRACK if HEADLINE_TRACK in found else tracks[0]
    document: dict[str, Any] = {
        "format": FORMAT,
        "model": model.name,
        "engine": model.engine,
        "assessed_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "split": test.split,
        "split_words": SIDES[test.split],
        "truth": truth,
        "reports": len(test.readings),
        "reports_available": test.available,
        "results": len(test.table),
        "patients": test.table["patient_id"].n_unique(),
        "languages": {name: test.languages.count(name) for name in ("en", "fr")},
        "headline_track": HEADLINE_TRACK,
        "shown_track": shown,
        "tracks": found,
        "baselines": baselines(
            test.table,
            None if material.training is None else material.training.table,
            truth=truth,
            draws=draws,
        ),
        "may_write": pen,
        "latency": latency,
        "latency_p50_s": latency["p50_s"],
        "latency_p95_s": latency["p95_s"],
        "latency_p99_s": latency["p99_s"],
        "settings": settings.assess.model_dump(mode="json"),
        "versions": versions(),
        "examples": choose_examples(texts, test.readings),
    }
    document["notes"] = notes(document)
    document["warnings"] = warnings(document)
    document["gates"] = gates(document, settings.gates)
    return Assessment(
        document, pl.concat(observed), [text for track in tracks for text in texts[track]]
    )


def summary_of(assessment: Mapping[str, Any]) -> dict[str, Any]:
    """What ``assess --json`` prints of an assessment."""
    kept = (
        "model",
        "engine",
        "may_write",
        "split",
        "truth",
        "reports",
        "results",
        "patients",
        "languages",
    )
    return {
        **{name: assessment[name] for name in kept},
        "headline_track": assessment["headline_track"],
        "tracks": {
            name: {metric: track[metric] for metric in SUMMARY}
            for name, track in assessment["tracks"].items()
        },
        "baselines": {
            name: {metric: row[metric] for metric in SUMMARY if metric in row}
            for name, row in assessment["baselines"].items()
        },
        "latency_p50_s": assessment["latency_p50_s"],
        "latency_p95_s": assessment["latency_p95_s"],
        "warnings": assessment["warnings"],
        "gates": assessment["gates"],
    }


def _observe(
    model: Writer, held: HeldOut, track: Track, *, side: str = "held-out"
) -> tuple[pl.DataFrame, float]:
    probabilities, seconds = read_all(model, held.readings, held.languages, track, side=side)
    return with_probabilities(held.table, probabilities, track), seconds


def _reading(table: pl.DataFrame, truth: Truth, draws: int) -> dict[str, Any]:
    read = read_of(table, truth=truth, draws=draws)
    parts = slices(read)
    by_language = {part["name"]: part for part in parts if part["dimension"] == "language"}
    return {
        **measure_reading(read),
        "threshold": None,
        "laboratory": _against_laboratory(table, draws) if truth == "rules" else None,
        "by_language": by_language,
        "worst_accuracy": worst(parts, "accuracy"),
        "worst_recall": worst(parts, "abnormal_recall"),
        "slices": parts,
        "confusion_by_analyte": confusion_by_analyte(read),
    }


def _against_laboratory(table: pl.DataFrame, draws: int) -> dict[str, Any] | None:
    flagged = table.filter(pl.col("laboratory_says").is_not_null())
    if flagged.is_empty():
        return None
    found = headline(read_of(flagged, truth="laboratory", draws=draws))
    share = len(flagged) / len(table)
    return {
        **found,
        "sentence": f"On the {len(flagged):,} results ({share:.0%}) that carry a flag of the "
        "laboratory's own, which owes nothing to our rules.",
    }


def _threshold(
    model: Writer,
    validation: HeldOut | None,
    table: pl.DataFrame,
    settings: Settings,
    truth: Truth,
) -> dict[str, Any] | None:
    """The validation side's threshold for the wanted recall, and what it gives on the test side."""
    if validation is None:
        return None
    draws, wanted = settings.assess.bootstrap, settings.assess.wanted_recall
    seen, _ = _observe(model, validation, HEADLINE_TRACK, side="validation")
    chosen = choose_threshold(read_of(seen, truth=truth, draws=draws), wanted)
    if chosen is None:
        return None
    sentence = (
        f"Calling a result abnormal when the model gives normal at most {chosen['p_normal']:.3f}: "
        f"chosen on {len(validation.readings)} validation reports for a recall of {wanted:.1%}"
    )
    sentence += (
        ", measured here on the held-out ones."
        if chosen["reached"]
        else f", which no threshold reaches there (at most {chosen['validation_recall']:.1%})."
    )
    measured = at_threshold(read_of(table, truth=truth, draws=draws), chosen["p_normal"])
    return {**chosen, **measured, "wanted_recall": wanted, "sentence": sentence}


def _tracks(names: Sequence[str]) -> tuple[Track, ...]:
    known: dict[str, Track] = {"bare": "bare", "raw": "raw", "assisted": "assisted"}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise SettingsError(
            f"track {', '.join(unknown) or '(none)'}: is one of {', '.join(TRACKS)}."
        )
    return tuple(known[name] for name in dict.fromkeys(names))


def _loaded(model: Writer | str) -> Writer:
    if not isinstance(model, str):
        return model
    from hemoscribe.engines import load

    return load(model)


def _identity(folder: Path) -> str:
    """A stage folder's manifest as its identity; with none, the names, sizes and times of files."""
    manifest = folder / MANIFEST
    if manifest.exists():
        return sha256(manifest)
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return fingerprint(
        [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in found]
    )


def _model_identity(model: Writer | str) -> str:
    """What tells one model from another; one in memory is never taken for one seen before."""
    if not isinstance(model, str):
        return f"{model.name} {uuid.uuid4()}"
    from hemoscribe.models import registry

    return _identity(registry.resolve(model))
