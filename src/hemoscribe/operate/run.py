"""``hemoscribe run``: every stage in order, skipping what is complete, ending in one report.

    exports -> read -> curated -> corpus -> model -> assessment -> report.html

Each is a folder of ``runs/NAME/`` with its manifest; a stage is run again only when the content of
its inputs, its settings or its rules changed, and says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemoscribe.assess import assess, run_report
from hemoscribe.corpus import build
from hemoscribe.curate import curate
from hemoscribe.engines import Model, interpret_reading, load, report_document
from hemoscribe.files import read_json, write_json
from hemoscribe.models import registry
from hemoscribe.models.tokens import token_counter
from hemoscribe.operate.samples import sample_readings
from hemoscribe.records import LANGUAGES
from hemoscribe.settings import Settings
from hemoscribe.simulation import simulate
from hemoscribe.sources import read_folder
from hemoscribe.stages import told
from hemoscribe.tune import tune

Say = Callable[[str], None]
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
        ``stages`` (name -> summary), ``gates``, ``model`` (name and folder), ``report`` (path),
        ``examples`` (one interpreted report per language), ``promoted``.
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
    promoted, name = _register(settings, folders, stages["assess"])
    examples = interpret_samples(load(name), folders["curate"])
    stages["register"] = {"name": name, "promoted": promoted}
    run_report(stages, read_json(folders["assess"] / "assessment.json"), examples, folders.report)
    summary = {
        "stages": stages,
        "gates": stages["assess"]["gates"],
        "may_write": stages["assess"]["may_write"],
        "model": {"name": name, "folder": str(folders["tune"]), "promoted": promoted},
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


def _register(
    settings: Settings, folders: Folders, assessment: Mapping[str, Any]
) -> tuple[bool, str]:
    """Register the tuned model; promote it when it meets every gate and holds no canaries."""
    name = registry.register(folders["tune"], assessment=folders["assess"] / "assessment.json")
    met = all(gate["met"] for gate in assessment["gates"]) and not settings.corpus.canaries
    if met:
        registry.promote(name, f"run {settings.name}: every gate met")
    return met, name
