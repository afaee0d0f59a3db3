"""Trained models by name."""

from __future__ import annotations

from importlib.resources import files as package_files
from pathlib import Path

from hemoscribe.errors import MissingError, StageError
from hemoscribe.models.merge import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from hemoscribe.settings import SHIPPED, home


def shipped_folder() -> Path:
    """The adapter inside the package; MissingError when this build has none."""
    folder = Path(str(package_files("hemoscribe.models"))) / "shipped"
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise MissingError(
            "This package holds no trained adapter; set `tune.start_from: null` and run "
            "`hemoscribe tune`, or install a released package."
        )
    return folder


def adapter_folder(name: str | None) -> Path | None:
    """The adapter that training starts from: of the package, of a registered model, or a folder."""
    if name is None:
        return None
    if name == SHIPPED:
        return shipped_folder()
    candidates = [home() / "registry" / name / "adapter", Path(name), Path(name) / "adapter"]
    for folder in candidates:
        if (folder / ADAPTER_CONFIG).is_file() and (folder / ADAPTER_WEIGHTS).is_file():
            return folder
    raise StageError(f"{name}: is no registered model with an adapter, and no adapter folder.")
