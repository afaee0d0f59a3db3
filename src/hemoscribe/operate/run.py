"""``hemoscribe run``: every stage in order, skipping what is complete, ending in one report.

    exports -> read -> curated -> corpus -> model -> assessment -> report.html

Each is a folder of ``runs/NAME/`` with its manifest; a stage is run again only when the content of
its inputs, its settings or its rules changed, and says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hemoscribe.assess import assess, run_report
from hemoscribe.corpus import build
from hemoscribe.curate import curate
from hemoscribe.engines import Model, interpret_reading, load, report_document
from hemoscribe.files import write_json
from hemoscribe.models import registry
from hemoscribe.models.assessment_record import (
    ASSESSMENT,
    HEADLINE_TRACK,
    Judgement,
    judgement_of,
    read_assessment,
)
from hemoscribe.models.tokens import token_counter
from hemoscribe.operate.promotion import challenge
from hemoscribe.operate.samples import sample_readings
from hemoscribe.records import LANGUAGES
from hemoscribe.settings import Settings
from hemoscribe.simulation import simulate
from hemoscribe.sources import read_folder
from hemoscribe.stages import told
from hemoscribe.tune import tune

Say = Callable[[str], None]
WHO = "run"
CANARIES = "It was taught planted canaries, so it is for the privacy audit alone."
STAGES = ("simulate", "read", "curate", "corpus", "tune", "assess", "register")


@dataclass(frozen=True)
class Folders:
    """Where each stage of a run writes."""

    root: Path

    def __getitem__(self, stage: str) -> Path:
        return self.root / stage

    @property
    def report(self) -> Path:
        """The page that tells the whole run."""
        return self.root / "report.html"


def run(settings: Settings, *, say: Say, redo: bool = False) -> dict[str, Any]:
    """Run every stage of a profile.

    Args:
        say: called with one line per stage, for a person; why, where it is redone.
        redo: tune again where only the code of tuning changed; without it, the old model stays.

    Returns:
        ``stages`` (name -> summary), ``gates``, ``model`` (name, folder, whether it was promoted
        and why), ``report`` (path), ``examples`` (one interpreted report per language).
    """
    folders = Folders(settings.runs / settings.name)
    stages: dict[str, Any] = {}

    def stage(name: str, work: Callable[[], Mapping[str, Any]]) -> None:
        say(f"{name} ...")
        summary = dict(work())
        stages[name] = summary
        say(f"{name}: {told(summary, redo='--redo')} -> {folders[name]}")

    paths = settings.source.paths
    if not paths:
        source = settings.source
        stage(
            "simulate",
            lambda: simulate(
                folders["simulate"], reports=source.simulate_reports, seed=source.simulate_seed
            ),
        )
        paths = (folders["simulate"],)
    stage(
        "read",
        lambda: read_folder(
            paths,
            folders["read"],
            format=settings.source.format,
            mapping=settings.source.mapping,
        ),
    )
    stage("curate", lambda: curate(folders["read"], folders["curate"], settings.curate))
    stage(
        "corpus",
        lambda: build(
            folders["curate"],
            folders["corpus"],
            settings.corpus,
            count_tokens=token_counter(settings.tune.base),
            max_tokens=settings.tune.max_tokens,
        ),
    )
    stage("tune", lambda: tune(settings, folders["corpus"], folders["tune"], redo=redo))
    stage(
        "assess",
        lambda: assess(
            str(folders["tune"]), folders["curate"], settings=settings, out=folders["assess"]
        ),
    )
    stages["register"] = put_forward(settings, folders, stages["assess"])
    model = {**stages["register"], "folder": str(folders["tune"])}
    examples = interpret_samples(load(model["name"]), folders["curate"])
    assessed = read_assessment(folders["assess"] / ASSESSMENT).as_json()
    run_report(stages, assessed, examples, folders.report)
    summary = {
        "stages": stages,
        "gates": stages["assess"]["gates"],
        "may_write": stages["assess"]["may_write"],
        "model": model,
        "report": str(folders.report),
        "examples": examples,
    }
    write_json(folders.root / "run.json", summary)
    return summary


def interpret_samples(model: Model, curated: Path) -> list[dict[str, Any]]:
    """One held-out report interpreted in each language, as ``interpret --json`` prints it."""
    return [
        report_document(interpret_reading(model, reading, language=language))
        for reading, language in zip(
            sample_readings(curated, len(LANGUAGES)), LANGUAGES, strict=True
        )
    ]


def put_forward(
    settings: Settings, folders: Folders, assessment: Mapping[str, Any]
) -> dict[str, Any]:
    """Register the tuned model, and promote it if it is no worse than the model in service.

    Args:
        assessment: the summary of ``assess`` of the tuned model.

    Returns:
        ``name``, ``promoted``, ``why``.
    """
    name = registry.register(folders["tune"], assessment=folders["assess"] / ASSESSMENT)
    if settings.corpus.canaries:
        return {"name": name, "promoted": False, "why": CANARIES}
    decision = challenge(
        name,
        judgement_of(assessment),
        partial(_assess_champion, settings, folders),
        settings=settings,
        who=WHO,
    )
    return {"name": name, "promoted": decision["promoted"], "why": decision["why"]}


def _assess_champion(settings: Settings, folders: Folders, champion: str) -> Judgement:
    """The model in service on the reports that judged the tuned one: read, without its words."""
    reading_only = settings.assess.model_copy(update={"written": 0, "against": ()})
    summary = assess(
        champion,
        folders["curate"],
        settings=settings.model_copy(update={"assess": reading_only}),
        tracks=(HEADLINE_TRACK,),
        out=folders["champion"],
    )
    return judgement_of(summary)
