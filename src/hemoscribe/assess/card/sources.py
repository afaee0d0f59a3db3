"""Where a model card's facts come from: the JSON files that the stages wrote, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemoscribe.errors import InputError
from hemoscribe.files import fingerprint, read_json, sha256
from hemoscribe.models.assessment_record import ASSESSMENT, AssessmentRecord, read_assessment
from hemoscribe.models.catalogue import BaseModel, base_model, catalogue
from hemoscribe.models.merge import ADAPTER_WEIGHTS
from hemoscribe.models.shipped import base_of_adapter, shipped_folder
from hemoscribe.models.tune_record import TuneRecord, tune_record_of
from hemoscribe.settings import SHIPPED
from hemoscribe.stages import MANIFEST, Manifest, manifest_in, read_manifest

RECIPE = "recipe.md"
_PRIVACY, _BENCHMARK = "privacy.json", "benchmark.json"


@dataclass(frozen=True)
class Sources:
    """What is known of a model; None or empty where no stage wrote it.

    ``tuned`` is ``tune.json``, ``made`` the manifest of tuning; ``recipe`` is what a person wrote
    of how the shipped adapter was made; ``seconds`` are those of training.
    """

    model: str
    base: BaseModel | None
    tuned: TuneRecord | None
    made: Manifest | None
    seconds: float | None
    hashes: Mapping[str, str]
    recipe: str = ""
    assessment: Mapping[str, Any] | None = None
    curated: Manifest | None = None
    corpus: Manifest | None = None
    privacy: Mapping[str, Any] | None = None
    benchmark: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """What the card calls the model: of a path, its last two parts."""
        return "/".join(Path(self.model).parts[-2:])


def gather_sources(
    model: str,
    folder: Path | None,
    *,
    assessment: Path | AssessmentRecord | None = None,
    curated: Path | None = None,
    corpus: Path | None = None,
    privacy: Path | None = None,
    benchmark: Path | None = None,
    beside: Path | None = None,
) -> Sources:
    """Read what the stages wrote of a model.

    Args:
        model: the name it is called by.
        folder: its files; None for the adapter inside the package, or a model in memory.
        beside: a folder whose ``privacy``, ``benchmark`` and ``corpus`` are taken where they are
            there and of this model; the others must be of it.

    Raises:
        InputError: a document is of another model.
        StageError: a folder is not what it is given for.
    """
    tuned = None if folder is None else tune_record_of(folder)
    made = _made(folder)
    shipped = model == SHIPPED
    files = {} if made is None else made.files
    hashes = {name: digest for name, digest in files.items() if _weights(name)}
    if shipped:
        adapter = shipped_folder()
        tuned = TuneRecord(base=base_of_adapter(adapter))
        hashes = {ADAPTER_WEIGHTS: sha256(adapter / ADAPTER_WEIGHTS)}
    found = beside or Path()
    return Sources(
        model=model,
        base=_catalogued(model) if tuned is None else base_model(tuned.base),
        tuned=tuned,
        made=made,
        seconds=None if shipped else _seconds(folder, tuned),
        hashes=hashes,
        recipe=(shipped_folder() / RECIPE).read_text(encoding="utf-8") if shipped else "",
        assessment=_assessment(assessment, model),
        curated=None if curated is None else read_manifest(curated, stage="curate"),
        corpus=_corpus(corpus, made) if corpus else _corpus_beside(found / "corpus", made, beside),
        privacy=_document(privacy, _PRIVACY, model)
        if privacy
        else _document_beside(beside, "privacy", _PRIVACY, model),
        benchmark=_document(benchmark, _BENCHMARK, model)
        if benchmark
        else _document_beside(beside, "benchmark", _BENCHMARK, model),
    )


def _made(folder: Path | None) -> Manifest | None:
    if folder is None or not (folder / MANIFEST).is_file():
        return None
    return manifest_in(folder)


def _weights(name: str) -> bool:
    return name.endswith((".safetensors", ".gguf"))


def _catalogued(model: str) -> BaseModel | None:
    known = any(model in (entry.id, entry.hub) for entry in catalogue().values())
    return base_model(model) if known else None


def _seconds(folder: Path | None, tuned: TuneRecord | None) -> float | None:
    """Seconds of training: as tuning counted them, or from its tokens and their speed."""
    if tuned is not None and tuned.seconds is not None:
        return float(tuned.seconds)
    path = None if folder is None else folder / "metrics.jsonl"
    if path is None or not path.is_file():
        return None
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    steps = [line for line in lines if line.get("tokens_per_second")]
    return sum(line["tokens"] / line["tokens_per_second"] for line in steps) if steps else None


def _assessment(source: Path | AssessmentRecord | None, model: str) -> Mapping[str, Any] | None:
    if not isinstance(source, Path):
        return None if source is None else source.as_json()
    path = source / ASSESSMENT if source.is_dir() else source
    found = read_assessment(path)
    _require_of(model, found.model, path)
    return found.as_json()


def _document(source: Path, name: str, model: str) -> Mapping[str, Any]:
    path = source / name if source.is_dir() else source
    found: Mapping[str, Any] = read_json(path)
    _require_of(model, _named(found), path)
    return found


def _require_of(model: str, whose: str | None, path: Path) -> None:
    if whose != model:
        raise InputError(f"{path}: is of the model {whose!r}, and the card is of {model!r}.")


def _document_beside(
    beside: Path | None, folder: str, name: str, model: str
) -> Mapping[str, Any] | None:
    path = None if beside is None else beside / folder / name
    if path is None or not path.is_file():
        return None
    found: Mapping[str, Any] = read_json(path)
    return found if _named(found) == model else None


def _named(document: Mapping[str, Any]) -> str:
    named = document.get("model")
    return str(named.get("name")) if isinstance(named, Mapping) else str(named)


def _corpus(folder: Path, made: Manifest | None) -> Manifest:
    manifest = read_manifest(folder, stage="corpus")
    trained_on = None if made is None else made.inputs.get("corpus")
    if trained_on is not None and trained_on != fingerprint(manifest.files):
        raise InputError(f"{folder}: is not the corpus that the model was tuned on.")
    return manifest


def _corpus_beside(folder: Path, made: Manifest | None, beside: Path | None) -> Manifest | None:
    if beside is None or made is None or not (folder / MANIFEST).is_file():
        return None
    try:
        return _corpus(folder, made)
    except InputError:
        return None
