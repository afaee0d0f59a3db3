"""``manifest.json``, whose presence means that a stage's folder is complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from hemoscribe.errors import InputError, StageError
from hemoscribe.files import fingerprint, read_json, sha256
from hemoscribe.stages.typed_document import TypedDocument, typed, write_document

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 2
"""2: with ``code``, the digest of every file of the rules; 1 had the version in their place."""


class Manifest(TypedDocument):
    """What ``manifest.json`` holds: what made a stage's folder, what came out, and every file.

    ``files`` and ``inputs`` are names with digests; ``summary`` is what ``--json`` printed.
    """

    format: int = 1
    stage: str
    key: str
    inputs: dict[str, str]
    settings: dict[str, Any]
    code: dict[str, str] = Field(default_factory=dict)  # none before format 2
    versions: dict[str, str]
    summary: dict[str, Any]
    files: dict[str, str]


class _Stage(TypedDocument):
    """Whose output a folder is, of whatever the manifest holds beside it."""

    stage: str | None = None


@dataclass(frozen=True)
class Origin:
    """What a stage's output follows from: the same of all of it, and the output is the same.

    Args:
        inputs: name -> digest of the content.
        settings: the values that the stage uses, as JSON.
        code: file of the package -> digest.
    """

    stage: str
    inputs: Mapping[str, str]
    settings: Mapping[str, Any]
    code: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """One digest of it all."""
        return fingerprint([self.stage, dict(self.inputs), dict(self.settings), dict(self.code)])


def write_manifest(
    folder: Path,
    *,
    stage: str,
    inputs: Mapping[str, str],
    settings: Mapping[str, Any],
    summary: Mapping[str, Any],
    code: Mapping[str, str] | None = None,
) -> Manifest:
    """Write ``manifest.json``, last: where the output comes from, and SHA-256 of every file.

    Args:
        inputs: name -> digest of a file, or of the content of a previous stage's folder.
        summary: the stage's counts, as ``--json`` prints them.
        code: file of the package -> digest, of those that made the output.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    origin = Origin(stage, inputs, settings, code or {})
    manifest = Manifest(
        format=MANIFEST_FORMAT,
        stage=stage,
        key=origin.key,
        inputs=dict(sorted(inputs.items())),
        settings=dict(settings),
        code=dict(sorted(origin.code.items())),
        versions=versions(),
        summary=dict(summary),
        files={str(path.relative_to(folder)): sha256(path) for path in files},
    )
    write_document(folder / MANIFEST, manifest)
    return manifest


def read_manifest(folder: Path, *, stage: str) -> Manifest:
    """The manifest of a complete stage; StageError that names the command when there is none."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise StageError(f"{folder}: there is no such folder; `hemoscribe {stage}` writes it.")
    if not path.exists():
        raise StageError(
            f"{folder}: it has no {MANIFEST}, so it is not a complete `{stage}` folder; "
            f"run `hemoscribe {stage}` again."
        )
    given = read_json(path)
    if (found := _stage_in(given)) != stage:
        raise StageError(
            f"{folder}: is the output of `{found}`; the output of `{stage}` is needed."
        )
    return _manifest(path, given)


def manifest_in(folder: Path) -> Manifest:
    """The manifest of a folder that has one, of whatever stage.

    Raises:
        SourceError: there is none, or it is not JSON.
        StageError: it is damaged.
    """
    return _manifest(folder / MANIFEST, read_json(folder / MANIFEST))


def manifest_of(folder: Path) -> Manifest | None:
    """The manifest in a folder, of whatever stage and version; None where none can be read."""
    try:
        return manifest_in(folder)
    except (InputError, OSError):
        return None


def stage_of(folder: Path) -> str | None:
    """Whose output a folder is; None where its ``manifest.json`` is none of a stage's, or missing.

    Raises:
        SourceError: the file is not JSON.
    """
    path = folder / MANIFEST
    return _stage_in(read_json(path)) if path.is_file() else None


def _manifest(path: Path, given: object) -> Manifest:
    remedy = "restore it, or run the stage again"
    return typed(given, Manifest, name=path, what="manifest of a stage", remedy=remedy)


def _stage_in(given: object) -> str | None:
    try:
        return _Stage.model_validate(given).stage
    except ValidationError:
        return None


def content_of(folder: Path, *names: str) -> str:
    """The digest of what a complete stage wrote: of these files, or of all of them.

    Whoever made the files and when is not in it, so what is read from them is made again only when
    they came out otherwise.

    Raises:
        SourceError: ``folder`` has no manifest.
        StageError: its manifest is damaged.
    """
    files = manifest_in(folder).files
    return fingerprint({name: files.get(name) for name in names} if names else files)


def verify(folder: Path, manifest: Manifest) -> None:
    """Raise StageError naming the first file whose SHA-256 is not the manifest's."""
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file() or sha256(path) != expected:
            raise StageError(f"{path}: missing, or changed since its manifest was written.")


def versions() -> dict[str, str]:
    """Versions of what shapes a stage's output."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("hemoscribe", "polars", "torch", "transformers", "peft"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
