"""Trained models by name, which of them is the champion, and where each model's files are.

``home()/registry/NAME/`` is a tuned folder with its assessment; ``home()/registry/champion.json``
points at one of them and keeps the history. Both change in one rename, and never without a line in
the audit log. Whether a model may be promoted is decided in ``operate/promotion.py``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hemoscribe import audit_log
from hemoscribe.errors import BusyError, InputError, StageError
from hemoscribe.files import fingerprint, read_json, write_json
from hemoscribe.models.assessment_record import (
    ASSESSMENT,
    assessment_of,
    read_assessment,
    write_assessment,
)
from hemoscribe.models.catalogue import base_folder, base_model, catalogue
from hemoscribe.models.chat import CHAT
from hemoscribe.models.merge import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from hemoscribe.models.shipped import merged_folder, shipped_folder
from hemoscribe.models.tune_record import read_tune_record
from hemoscribe.settings import SHIPPED, home
from hemoscribe.stages import MANIFEST, Manifest, manifest_in, read_manifest, verify

CHAMPION = "champion.json"
LOCK = ".champion.lock"
LOCK_SECONDS = 30.0
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def registry_folder() -> Path:
    """Where the registered models lie."""
    return home() / "registry"


def register(folder: Path, *, assessment: Path | None = None, name: str | None = None) -> str:
    """Put a tuned folder into the registry; the same model again keeps its name.

    Args:
        assessment: the ``assessment.json`` to keep with it.
        name: lower case letters, digits, ``.``, ``_`` and ``-``; by default base and fingerprint.

    Raises:
        StageError: the folder is no complete model, a file of it has changed, or the assessment is
            damaged.
        InputError: another model has that name.
    """
    manifest = read_manifest(folder, stage="tune")
    verify(folder, manifest)
    identity = fingerprint(manifest.files)
    name = name or _default_name(folder, identity)
    if not _NAME.fullmatch(name) or name == SHIPPED or name in catalogue():
        raise InputError(
            f"{name!r} is no name for a model: use lower case letters, digits, '.', '_' and '-', "
            f"and neither {SHIPPED!r} nor the id of a base model."
        )
    target = registry_folder() / name
    assessed = None if assessment is None else read_assessment(assessment)
    if target.exists():
        if fingerprint(read_manifest(target, stage="tune").files) != identity:
            raise InputError(f"The registry has another model named {name!r}; choose another name.")
    else:
        _copy_whole(folder, target, manifest)
    if assessed is not None:
        write_assessment(target / ASSESSMENT, assessed)
    return name


def _default_name(folder: Path, identity: str) -> str:
    base = Path(read_tune_record(folder).base).name.lower()
    slug = re.sub(r"[^a-z0-9._-]+", "-", base).strip("-._")[:40] or "model"
    return f"{slug}-{identity[:8]}"


def _copy_whole(folder: Path, target: Path, manifest: Manifest) -> None:
    """Copy by hard links where the file system has them: complete, or absent."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
    os.chmod(work, 0o755)
    try:
        for name in [*manifest.files, MANIFEST]:
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(folder / name, path)
            except OSError:  # another file system, or one without links
                shutil.copy2(folder / name, path)
        os.rename(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def entries() -> list[dict[str, Any]]:
    """Every registered model, oldest first: name, base, when, headline of its assessment."""
    folder = registry_folder()
    found = []
    for path in folder.iterdir() if folder.is_dir() else []:
        if not path.name.startswith(".") and (path / MANIFEST).exists():
            found.append(_entry(path))
    return sorted(found, key=lambda entry: (entry["registered_at"], entry["name"]))


def _entry(path: Path) -> dict[str, Any]:
    summary = manifest_in(path).summary
    assessed = assessment_of(path)
    at = datetime.fromtimestamp((path / MANIFEST).stat().st_mtime, UTC)
    return {
        "name": path.name,
        "base": summary.get("base"),
        "registered_at": at.isoformat(timespec="seconds"),
        "champion": path.name == champion(),
        "accuracy": None if assessed is None else assessed.headline.value("accuracy"),
        "abnormal_recall": None if assessed is None else assessed.headline.value("abnormal_recall"),
    }


def summary() -> dict[str, Any]:
    """What ``registry list`` prints: the champion and every model."""
    return {"champion": champion(), "models": entries()}


def show(name: str) -> dict[str, Any]:
    """What ``registry show`` prints: where a model came from and how it was assessed."""
    path = _registered(name)
    manifest, assessed = manifest_in(path), assessment_of(path)
    return {
        **_entry(path),
        "folder": str(path),
        "tuned": manifest.summary,
        "settings": manifest.settings,
        "inputs": manifest.inputs,
        "versions": manifest.versions,
        "assessment": None if assessed is None else assessed.as_json(),
        "promoted": [event for event in history() if event["name"] == name],
    }


def champion() -> str | None:
    """The name of the model in service; None before the first promotion."""
    line = _pointer()["line"]
    return str(line[-1]) if line else None


def history() -> list[dict[str, Any]]:
    """Every change of the champion, oldest first: name (None: the shipped model), at, why, how.

    Since the registry records them, ``who`` and ``before`` (the model that it took over from) too.
    """
    found: list[dict[str, Any]] = _pointer()["history"]
    return found


def rolled_back(name: str) -> dict[str, Any] | None:
    """The rollback away from a model since it was last promoted; None when there was none."""
    found, before = None, None
    for event in history():
        if event["how"] == "rollback" and before == name:
            found = event
        elif event["how"] == "promote" and event["name"] == name:
            found = None
        before = event["name"]
    return found


def promoted_at() -> datetime | None:
    """When the champion last changed; None before the first promotion."""
    events = history()
    return datetime.fromisoformat(events[-1]["at"]) if events else None


def promote(name: str, why: str, *, who: str, seen: int | None = None) -> str | None:
    """Make a registered model the champion; promoting the champion again changes nothing.

    Args:
        seen: how many changes there had been (``len(history())``) when this was decided.

    Returns:
        The champion before, None for the shipped model.

    Raises:
        InputError: there is no such model, or the audit log cannot be written.
        StageError: one of its files has changed.
        BusyError: the champion has changed since, or another process is changing it.
    """
    path = _registered(name)
    verify(path, read_manifest(path, stage="tune"))
    with _changing():
        if seen is not None and seen != len(history()):
            raise BusyError(
                f"The champion changed to {champion() or SHIPPED} while {name} was compared with "
                "the one before; the same command compares again."
            )
        line = _pointer()["line"]
        if line[-1:] == [name]:
            return name
        return _record([*line, name], why, "promote", who)


def rollback(why: str, *, who: str) -> str | None:
    """Back to the champion before this one; returns the model that was rolled back.

    Raises:
        InputError: there is no champion to go back from, or the audit log cannot be written.
        BusyError: another process is changing the champion.
    """
    with _changing():
        line = _pointer()["line"]
        if not line:
            raise InputError("No model has been promoted, so there is nothing to go back from.")
        return _record(line[:-1], why, "rollback", who)


@contextlib.contextmanager
def _changing() -> Iterator[None]:
    """The champion is this caller's alone to read and write, among all processes."""
    folder = registry_folder()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout as error:
        raise BusyError(
            f"{folder}: another process has been changing the champion for {LOCK_SECONDS:g} s; "
            "ask again when it has ended."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _pointer() -> dict[str, Any]:
    path = registry_folder() / CHAMPION
    if not path.exists():
        return {"line": [], "history": []}
    found = read_json(path)
    if not isinstance(found, dict) or not {"line", "history"} <= found.keys():
        raise InputError(f"{path}: is no record of champions; restore it from a backup.")
    return found


def _record(line: list[str], why: str, how: str, who: str) -> str | None:
    """Write a change of the champion, in the audit log first: none is ever without its line."""
    before, name = champion(), line[-1] if line else None
    audit_log.append(who, how, model=name, before=before, why=why)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    event = {"name": name, "before": before, "at": at, "who": who, "why": why, "how": how}
    write_json(registry_folder() / CHAMPION, {"line": line, "history": [*history(), event]})
    return before


def _registered(name: str) -> Path:
    path = registry_folder() / name
    if not _NAME.fullmatch(name) or not (path / MANIFEST).exists():
        known = ", ".join(entry["name"] for entry in entries()) or "none yet"
        raise InputError(f"{name!r} is no registered model; there are: {known}.")
    return path


def resolve(model: str) -> Path:
    """The folder of a model: ``shipped``, a registry name, a folder, or a base model's name.

    A tuned folder holds ``merged/`` and perhaps ``model.gguf``; a base model's folder is itself the
    weights. Files that a manifest lists are compared with their SHA-256.

    Raises:
        InputError: nothing has that name.
        StageError: a file of the model has changed.
        MissingError: the weights are not on this machine.
    """
    if model == SHIPPED:
        return merged_folder()
    registered = registry_folder() / model
    if _NAME.fullmatch(model) and (registered / MANIFEST).exists():
        return _verified(registered)
    folder = Path(model)
    if folder.is_dir():
        return _verified(folder)
    if model in catalogue() or any(entry.hub == model for entry in catalogue().values()):
        return base_folder(base_model(model).id)
    raise InputError(
        f"{model!r} is no model: neither {SHIPPED!r}, a registered name, a folder nor a base model."
    )


def _verified(folder: Path) -> Path:
    if (folder / MANIFEST).exists():
        verify(folder, read_manifest(folder, stage="tune"))
    elif not (folder / CHAT).exists() or not (folder / "config.json").exists():
        raise StageError(
            f"{folder}: is neither the output of `hemoscribe tune` nor a model with config.json "
            f"and {CHAT}."
        )
    return folder


def adapter_folder(name: str | None) -> Path | None:
    """The adapter training starts from: the package's, a registered model's, or a folder's.

    Raises:
        MissingError: the package holds none.
        InputError: there is no adapter of that name.
    """
    if name is None:
        return None
    if name == SHIPPED:
        return shipped_folder()
    for folder in (registry_folder() / name / "adapter", Path(name), Path(name) / "adapter"):
        if (folder / ADAPTER_CONFIG).is_file() and (folder / ADAPTER_WEIGHTS).is_file():
            return folder
    raise InputError(f"{name}: is no registered model with an adapter, and no adapter folder.")


__all__ = [
    "adapter_folder",
    "champion",
    "entries",
    "history",
    "promote",
    "promoted_at",
    "register",
    "resolve",
    "rollback",
    "rolled_back",
    "show",
    "summary",
]
