"""``manifest.json``, whose presence means that a stage's folder is complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hemoscribe.errors import SourceError, StageError
from hemoscribe.files import fingerprint, read_json, sha256, write_json

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 2
"""2: with ``code``, the digest of every file of the rules; 1 had the version in their place."""


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
) -> dict[str, Any]:
    """Write ``manifest.json``, last: where the output comes from, and SHA-256 of every file.

    Args:
        inputs: name -> digest of a file, or of the content of a previous stage's folder.
        summary: the stage's counts, as ``--json`` prints them.
        code: file of the package -> digest, of those that made the output.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    origin = Origin(stage, inputs, settings, code or {})
    manifest = {
        "format": MANIFEST_FORMAT,
        "stage": stage,
        "key": origin.key,
        "inputs": dict(sorted(inputs.items())),
        "settings": dict(settings),
        "code": dict(sorted(origin.code.items())),
        "versions": versions(),
        "summary": dict(summary),
        "files": {str(path.relative_to(folder)): sha256(path) for path in files},
    }
    write_json(folder / MANIFEST, manifest)
    return manifest


def read_manifest(folder: Path, *, stage: str) -> dict[str, Any]:
    """The manifest of a complete stage; StageError that names the command when there is none."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise StageError(f"{folder}: there is no such folder; `hemoscribe {stage}` writes it.")
    if not path.exists():
        raise StageError(
            f"{folder}: it has no {MANIFEST}, so it is not a complete `{stage}` folder; "
            f"run `hemoscribe {stage}` again."
        )
    manifest = read_json(path)
    if not isinstance(manifest, dict) or manifest.get("stage") != stage:
        found = manifest.get("stage") if isinstance(manifest, dict) else None
        raise StageError(
            f"{folder}: is the output of `{found}`; the output of `{stage}` is needed."
        )
    return manifest


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """The manifest in a folder, of whatever stage and version; None where none can be read."""
    try:
        found = read_json(folder / MANIFEST)
    except (SourceError, OSError):
        return None
    return found if isinstance(found, dict) else None


def content_of(folder: Path, *names: str) -> str:
    """The digest of what a complete stage wrote: of these files, or of all of them.

    Whoever made the files and when is not in it, so what is read from them is made again only when
    they came out otherwise.

    Raises:
        SourceError: ``folder`` has no manifest.
    """
    files: Mapping[str, str] = read_json(folder / MANIFEST)["files"]
    return fingerprint({name: files.get(name) for name in names} if names else dict(files))


def verify(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise StageError naming the first file whose SHA-256 is not the manifest's."""
    for name, expected in manifest["files"].items():
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
