"""``hemoscribe assess``: a model on held-out reports, track by track, against its targets.

The model reads with the rules off (tracks ``bare`` and ``raw``; ``assisted`` shows it the rules'
flags and is never the headline), writes, and is timed as it is served. Everything is measured with
intervals over patients, beside baselines that need no language model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.assess.assessment_document import (
    OBSERVATIONS,
    TEXTS,
    Told,
    judged,
    summary_of,
    write_documents,
)
from hemoscribe.assess.baselines import Baseline, baselines, read_others
from hemoscribe.assess.baselines.models import others_of
from hemoscribe.assess.examples import choose_examples
from hemoscribe.assess.gates import may_write
from hemoscribe.assess.held_out import HeldOut, Material, gather
from hemoscribe.assess.identity import folder_identity, model_identity
from hemoscribe.assess.judgement import judge, why_measured_anew
from hemoscribe.assess.kept import Kept, kept_file, kept_folder
from hemoscribe.assess.latency import measure_latency
from hemoscribe.assess.notes import SIDES
from hemoscribe.assess.read_results import Truth, prompts_of
from hemoscribe.assess.system import measure_system
from hemoscribe.assess.track import observe, threshold, track_reading
from hemoscribe.assess.writing import Assessed, Written, measure_writing, save_texts, write_all
from hemoscribe.errors import SettingsError
from hemoscribe.models.assessment_record import (
    ASSESSMENT,
    HEADLINE_TRACK,
    AssessmentRecord,
    Latency,
    Measurements,
    Parts,
    Shown,
    Timed,
)
from hemoscribe.models.assessment_record import Track as MeasuredTrack
from hemoscribe.prose.prompt import Track
from hemoscribe.records import LANGUAGES, TRACKS
from hemoscribe.settings import Settings
from hemoscribe.stages import run_stage, versions

FORMAT = 2


@dataclass(frozen=True)
class Assessment:
    """What was measured, and everything it can be measured from again.

    ``record`` is what ``assessment.json`` holds; ``observations`` has a row per track and result.
    """

    record: AssessmentRecord
    observations: pl.DataFrame
    texts: Sequence[Written]

    @property
    def document(self) -> dict[str, Any]:
        """The record as JSON values."""
        return self.record.as_json()


def assess(
    model: Assessed | str,
    folder: Path,
    *,
    settings: Settings | None = None,
    tracks: Sequence[str] | None = None,
    limit: int | None = None,
    out: Path | None = None,
    split: str = "test",
    truth: Truth = "rules",
    against: Sequence[str] | None = None,
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
        against: other models that read the same reports (base, few-shot, champion, or what
            ``engines.load`` takes); the settings' when None.

    Under other ``gates`` or ``writing`` limits, what was measured is judged anew and no model is
    asked. What every model answers is kept in ``OUT-kept`` as it is made: an assessment that was
    stopped goes on from there, and none is asked twice. The folder may be deleted when it is done.

    Returns:
        ``tracks`` (name -> accuracy, abnormal_recall, abnormal_precision, finding_f1,
        unfaithful_rate, withheld_rate, each {value, low, high, n}), ``latency_p50_s``,
        ``latency_p95_s``, ``gates``, ``warnings``, counts, and the paths written; ``judged``, why
        it was judged anew, where nothing else was done.

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
    others = others_of(
        settings.assess.against if against is None else against,
        model if isinstance(model, str) else None,
        base=settings.tune.base,
    )
    keep = None if out is None else kept_folder(Path(out))
    own = model_identity(model)

    def measured() -> Assessment:
        jitter = settings.assess.range_jitter
        material = gather(folder, split=split, limit=limit, range_jitter=jitter)
        read = read_others(
            others,
            material,
            shown_track(chosen),
            limit=settings.assess.against_reports,
            keep=keep,
        )
        loaded = _loaded(model)
        kept = None
        if keep is not None and isinstance(model, str):
            kept = Kept(kept_file(keep, "model", [own, loaded.engine]))
        return measure(
            loaded,
            material,
            settings=settings,
            tracks=chosen,
            truth=truth,
            others=read,
            kept=kept,
        )

    if out is None:
        return {**summary_of(measured().document), "skipped": False}

    def work(target: Path) -> dict[str, Any]:
        found = measured()
        record = AssessmentRecord.model_validate({**found.document, "folder": folder.name})
        found.observations.write_parquet(target / OBSERVATIONS)
        save_texts(target / TEXTS, found.texts)
        return write_documents(target, record, told)

    out = Path(out)
    told = Told(model if isinstance(model, str) else None, folder, out.parent, settings)
    done = run_stage(
        out,
        stage="assess",
        inputs={
            "curated": folder_identity(folder),
            "model": own,
            **{f"against {other.name}": model_identity(other.model) for other in others},
        },
        settings={
            "assess": settings.assess.model_dump(mode="json"),
            "tracks": list(chosen),
            "limit": limit,
            "split": split,
            "truth": truth,
        },
        work=work,
        because=why_measured_anew(out, settings),
    )
    return {
        **judged(out, done, told),
        "assessment": str(out / ASSESSMENT),
        "page": str(out / "assessment.html"),
    }


def measure(
    model: Assessed,
    material: Material,
    *,
    settings: Settings,
    tracks: Sequence[Track],
    truth: Truth = "rules",
    others: Sequence[Baseline] = (),
    kept: Kept | None = None,
) -> Assessment:
    """Read, write and time the held-out reports on every track, and measure.

    ``others`` are readings of the same reports on ``shown_track(tracks)``; ``kept`` is what the
    model answered before, and where it is kept.
    """
    test, draws = material.test, settings.assess.bootstrap
    found: dict[str, dict[str, Any]] = {}
    observed: dict[Track, pl.DataFrame] = {}
    texts: dict[Track, list[Written]] = {}
    for track in tracks:
        table, seconds = observe(model, test, track, kept=kept)
        observed[track] = table
        found[track] = track_reading(table, truth, draws)
        found[track]["read_seconds_per_report"] = seconds / max(len(test.readings), 1)
        found[track]["read_tokens_per_report"] = _tokens_per_report(model, test, track)
        if track == HEADLINE_TRACK:
            found[track]["threshold"] = threshold(
                model, material.validation, table, settings, truth, kept
            )
        count = settings.assess.written
        if track != "assisted":
            count = min(count, settings.assess.written_unaided)
        texts[track] = write_all(
            model, test.readings[:count], test.languages[:count], track, kept=kept
        )
        found[track] |= measure_writing(texts[track], draws=draws, count_tokens=model.count_tokens)
        found[track]["writing_by_language"] = {
            language: {metric: measured[metric] for metric in ("finding_f1", "unfaithful_rate")}
            for language in LANGUAGES
            for own in [[text for text in texts[track] if text.language == language]]
            for measured in [measure_writing(own, draws=draws)]
        }
    drafts = texts.get("assisted", [])
    read = observed.get(HEADLINE_TRACK)
    shown = shown_track(tracks)
    parts = Parts(
        latency=_time(model, test, found.get("assisted"), settings),
        system=Shown(
            words=measure_system(drafts, test.readings, read, may_write=True, draws=draws),
            reading=measure_system(drafts, test.readings, read, may_write=False, draws=draws),
        ),
    )
    document: dict[str, Any] = {
        "format": FORMAT,
        "model": model.name,
        "engine": model.engine,
        "assessed_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "split": test.split,
        "split_words": SIDES[test.split],
        "range_jitter": settings.assess.range_jitter,
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
            model=observed[shown],
            others=others,
        ),
        "measured": parts.as_json(),
        "settings": settings.assess.model_dump(mode="json"),
        "versions": versions(),
        "examples": choose_examples(texts, test.readings),
    }
    record = judge(Measurements.model_validate(document), parts, settings)
    model.may_write = record.lets_write  # as it will be served
    return Assessment(
        record, pl.concat(observed.values()), [text for track in tracks for text in texts[track]]
    )


def _time(
    model: Assessed, test: HeldOut, assisted: Mapping[str, Any] | None, settings: Settings
) -> Timed:
    """Seconds as it is served: with the model's words where they are good enough, and without."""
    track = None if assisted is None else MeasuredTrack.model_validate(dict(assisted))
    good = may_write(track, settings.writing).value
    return Timed(
        words=_timed(model, test, words=True) if good else None,
        reading=_timed(model, test, words=False),
    )


def _timed(model: Assessed, test: HeldOut, *, words: bool) -> Latency:
    model.may_write = words
    return measure_latency(model, test.readings, test.languages)


def _tokens_per_report(model: Assessed, held: HeldOut, track: Track) -> float:
    """Tokens that the model takes in to read a report, the parts of a long one together."""
    prompts = prompts_of(held.readings, held.languages, track)
    return sum(model.count_tokens([prompt.text for prompt in prompts])) / max(len(held.readings), 1)


def shown_track(tracks: Sequence[Track]) -> Track:
    """The track whose reading is shown first and compared with others: raw where it was read."""
    return HEADLINE_TRACK if HEADLINE_TRACK in tracks else tracks[0]


def _tracks(names: Sequence[str]) -> tuple[Track, ...]:
    known: dict[str, Track] = {"bare": "bare", "raw": "raw", "assisted": "assisted"}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise SettingsError(
            f"track {', '.join(unknown) or '(none)'}: is one of {', '.join(TRACKS)}."
        )
    return tuple(known[name] for name in dict.fromkeys(names))


def _loaded(model: Assessed | str) -> Assessed:
    if not isinstance(model, str):
        return model
    from hemoscribe.engines import load

    return load(model)
