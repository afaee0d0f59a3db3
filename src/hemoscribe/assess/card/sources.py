"""Where a model card's facts come from: the JSON files that the stages wrote, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemoscribe.errors import InputError
from hemoscribe.files import fingerprint, read_json, sha256
from hemoscribe.models.catalogue import BaseModel, base_model, catalogue
from hemoscribe.models.merge import ADAPTER_WEIGHTS
from hemoscribe.models.shipped import shipped_folder
from hemoscribe.settings import SHIPPED
from hemoscribe.stages import MANIFEST, read_manifest

RECIPE = "recipe.md"
_ASSESSMENT, _PRIVACY, _BENCHMARK = "assessment.json", "privacy.json", "benchmark.json"


@dataclass(frozen=True)
class Sources:
    """What is known of a model; None or empty where no stage wrote it.

    ``tuned`` is ``tune.json``, ``made`` the manifest of tuning; ``recipe`` is what a person wrote
    of how the shipped adapter was made; ``seconds`` are those of training.
    """

    model: str
    base: BaseModel | None
    tuned: Mapping[str, Any]
    made: Mapping[str, Any]
    seconds: float | None
    hashes: Mapping[str, str]
    recipe: str = ""
    assessment: Mapping[str, Any] | None = None
    curated: Mapping[str, Any] | None = None
    corpus: Mapping[str, Any] | None = None
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
    assessment: Path | Mapping[str, Any] | None = None,
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
    tuned = _json_in(folder, "tune.json")
    made = _json_in(folder, MANIFEST)
    shipped = model == SHIPPED
    hashes = {name: digest for name, digest in made.get("files", {}).items() if _weights(name)}
    if shipped:
        adapter = shipped_folder()
        tuned = {"base": str(read_json(adapter / "adapter_config.json")["base_model_name_or_path"])}
        hashes = {ADAPTER_WEIGHTS: sha256(adapter / ADAPTER_WEIGHTS)}
    found = beside or Path()
    return Sources(
        model=model,
        base=_base(str(tuned["base"])) if "base" in tuned else _catalogued(model),
        tuned=tuned,
        made=made,
        seconds=None if shipped else _seconds(folder, tuned),
        hashes=hashes,
        recipe=(shipped_folder() / RECIPE).read_text(encoding="utf-8") if shipped else "",
        assessment=_document(assessment, _ASSESSMENT, model),
        curated=None if curated is None else read_manifest(curated, stage="curate"),
        corpus=_corpus(corpus, made) if corpus else _corpus_beside(found / "corpus", made, beside),
        privacy=_document(privacy, _PRIVACY, model)
        if privacy
        else _document_beside(beside, "privacy", _PRIVACY, model),
        benchmark=_document(benchmark, _BENCHMARK, model)
        if benchmark
        else _document_beside(beside, "benchmark", _BENCHMARK, model),
    )


def _json_in(folder: Path | None, name: str) -> Mapping[str, Any]:
    if folder is None or not (folder / name).is_file():
        return {}
    found: Mapping[str, Any] = read_json(folder / name)
    return found


def _weights(name: str) -> bool:
    return name.endswith((".safetensors", ".gguf"))


def _base(name: str) -> BaseModel:
    return base_model(name)


def _catalogued(model: str) -> BaseModel | None:
    known = any(model in (entry.id, entry.hub) for entry in catalogue().values())
    return base_model(model) if known else None


def _seconds(folder: Path | None, tuned: Mapping[str, Any]) -> float | None:
    """Seconds of training: as tuning counted them, or from its tokens and their speed."""
    if "seconds" in tuned:
        return float(tuned["seconds"])
    path = None if folder is None else folder / "metrics.jsonl"
    if path is None or not path.is_file():
        return None
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    steps = [line for line in lines if line.get("tokens_per_second")]
    return sum(line["tokens"] / line["tokens_per_second"] for line in steps) if steps else None


def _document(
    source: Path | Mapping[str, Any] | None, name: str, model: str
) -> Mapping[str, Any] | None:
    if source is None or isinstance(source, Mapping):
        return source
    path = source / name if source.is_dir() else source
    found: Mapping[str, Any] = read_json(path)
    if (whose := _named(found)) != model:
        raise InputError(f"{path}: is of the model {whose!r}, and the card is of {model!r}.")
    return found


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


def _corpus(folder: Path, made: Mapping[str, Any]) -> Mapping[str, Any]:
    manifest = read_manifest(folder, stage="corpus")
    trained_on = made.get("inputs", {}).get("corpus")
    if trained_on is not None and trained_on != fingerprint(manifest["files"]):
        raise InputError(f"{folder}: is not the corpus that the model was tuned on.")
    return manifest


def _corpus_beside(
    folder: Path, made: Mapping[str, Any], beside: Path | None
) -> Mapping[str, Any] | None:
    if beside is None or not (folder / MANIFEST).is_file() or not made:
        return None
    try:
        return _corpus(folder, made)
    except InputError:
        return None
