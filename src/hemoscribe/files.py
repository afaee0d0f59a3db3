"""Files: bounded reads, atomic writes, and the manifest whose presence means "complete".

A stage writes into ``stage_folder(out)``: a hidden folder beside ``out`` that takes its place in
one rename when the stage ends, with ``manifest.json`` written last. A stage that fails or is killed
leaves the old output as it was and nothing half-written; the hidden folder of a killed one is swept
away by the next run for the same ``out``.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from hemoscribe.errors import InputError, SourceError, StageError

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1
RESULTS = "results.parquet"
REJECTS = "rejects.parquet"
"""Rows and rejects in a read or curated folder."""
MAX_TEXT_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024


def read_bytes(path: Path, *, limit_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """The whole file, refused when it is missing, a directory, or longer than ``limit_bytes``."""
    require_file(path)
    size = path.stat().st_size
    if size > limit_bytes:
        raise SourceError(path, f"it has {size:,} bytes and at most {limit_bytes:,} are read here")
    return path.read_bytes()


def require_file(path: Path) -> Path:
    """``path`` if it is a readable file that is not empty; otherwise SourceError."""
    if not path.exists():
        raise SourceError(path, "there is no such file", remedy="Check the path.")
    if path.is_dir():
        raise SourceError(path, "it is a directory, and a file is needed here")
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        raise SourceError(path, f"it cannot be opened ({error.strerror})") from error
    if not first:
        raise SourceError(path, "it is empty", remedy="Export it again.")
    return path


def write_text(path: Path, text: str) -> None:
    """Write ``text`` (UTF-8) so that ``path`` holds either its old content or all of the new."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """As ``write_text``, for bytes; ``mode`` sets the permissions before the name appears."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644 if mode is None else mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def write_json(path: Path, value: object) -> None:
    """``value`` as indented JSON; NaN is refused, keys keep their order."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The JSON value of a file; SourceError with the line when it is not JSON."""
    try:
        return json.loads(read_bytes(path))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        place = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise SourceError(path, "it is not valid JSON", place=place) from error


@cache
def package_yaml(package: str | None, name: str) -> Any:
    """The YAML file ``name`` that stands beside the modules of ``package``; read once."""
    import yaml

    assert package is not None, "the package of a module is known"
    return yaml.safe_load(resources.files(package).joinpath(name).read_text("utf-8"))


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def fingerprint(value: object) -> str:
    """SHA-256 of a JSON value, independent of key order: names a set of settings."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@contextlib.contextmanager
def stage_folder(out: Path) -> Iterator[Path]:
    """A folder to write a stage's output in; it becomes ``out`` when the block ends well.

    The old ``out`` is replaced only when it was written by a stage (it holds a manifest) or is
    empty: a folder of somebody's own files is refused, never deleted.

    Raises:
        InputError: ``out`` cannot be written, or the disk has no room for it.
    """
    out = out.absolute()
    _refuse_foreign(out)
    _sweep(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work, held = _make_beside(out, ".partial")
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}).") from error
    os.chmod(work, 0o755)
    try:
        yield work
        if not (work / MANIFEST).exists():
            raise StageError(f"{out}: the stage ended without writing {MANIFEST}.")
        _replace_folder(work, out)
    except Exception as error:  # polars has its own errors for a disk that is full
        if (why := _no_room(error)) is None:
            raise
        raise InputError(
            f"{out}: cannot be written: {why}. Nothing there was changed; make room, and run it "
            "again."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if held is not None:
            os.close(held)


_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would be longer than the system allows",
}


def _no_room(error: Exception) -> str | None:
    """Why there was no room, when that is what went wrong; polars tells the number in its text."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (told := re.search(r"\(os error (\d+)\)", str(error))):
        number = int(told[1])
    return None if number is None else _NO_ROOM.get(number)


def _make_beside(out: Path, suffix: str) -> tuple[Path, int | None]:
    """A new hidden folder beside ``out``, held until the descriptor is closed."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=suffix, dir=out.parent))
        held = _hold(folder)
        if folder.exists():  # else another run swept it away before it was held
            return folder, held
        if held is not None:
            os.close(held)


def _hold(folder: Path) -> int | None:
    """Lock ``folder`` until this process closes it or dies; None where folders cannot be locked."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing is swept there
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _sweep(out: Path) -> None:
    """Remove what killed runs for ``out`` left beside it; what a running one holds stays."""
    if not out.parent.is_dir():
        return
    left = [
        path
        for path in out.parent.iterdir()
        if path.name.startswith(f".{out.name}.") and path.suffix in (".partial", ".old")
    ]
    for folder in left:
        held = _hold(folder)
        if held is None:
            continue
        earlier = folder / "out"
        if folder.suffix == ".old" and earlier.exists() and not out.exists():
            os.rename(earlier, out)  # killed between two renames: the old output comes back
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _refuse_foreign(out: Path) -> None:
    if out.is_file():
        raise InputError(f"{out}: is a file; name a folder with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).exists():
        raise InputError(
            f"{out}: holds files that Hemoscribe did not write; name another folder with --out."
        )


def _replace_folder(new: Path, out: Path) -> None:
    if not out.exists():
        os.rename(new, out)
        return
    old, held = _make_beside(out, ".old")
    os.rename(out, old / "out")
    try:
        os.rename(new, out)
    except BaseException:
        os.rename(old / "out", out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
        if held is not None:
            os.close(held)


def write_manifest(
    folder: Path,
    *,
    stage: str,
    inputs: Mapping[str, str],
    settings: Mapping[str, Any],
    summary: Mapping[str, Any],
) -> dict[str, Any]:
    """Write ``manifest.json``, last: stage, inputs, settings, versions, SHA-256 of every file.

    Args:
        inputs: name -> SHA-256 (a file's, or a previous stage's manifest's).
        summary: the stage's counts, as ``--json`` prints them.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    manifest = {
        "format": MANIFEST_FORMAT,
        "stage": stage,
        "key": stage_key(stage, inputs, settings),
        "inputs": dict(sorted(inputs.items())),
        "settings": dict(settings),
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


def stage_key(stage: str, inputs: Mapping[str, str], settings: Mapping[str, Any]) -> str:
    """What must be equal for a stage not to be run again: its inputs, settings and code version."""
    return fingerprint([stage, dict(inputs), dict(settings), versions()["hemoscribe"]])


def is_complete(folder: Path, key: str) -> bool:
    """Whether ``folder`` already holds the output for exactly this key, every file present."""
    path = folder / MANIFEST
    if not path.exists():
        return False
    manifest = read_json(path)
    return (
        isinstance(manifest, dict)
        and manifest.get("key") == key
        and all((folder / name).exists() for name in manifest.get("files", {}))
    )


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


def run_stage(
    out: Path,
    *,
    stage: str,
    inputs: Mapping[str, str],
    settings: Mapping[str, Any],
    work: Callable[[Path], Mapping[str, Any]],
) -> tuple[dict[str, Any], bool]:
    """Run ``work(folder) -> summary`` unless ``out`` is already complete for these inputs.

    Returns:
        (manifest, skipped).
    """
    if is_complete(out, stage_key(stage, inputs, settings)):
        return read_manifest(out, stage=stage), True
    with stage_folder(out) as folder:
        summary = work(folder)
        manifest = write_manifest(
            folder, stage=stage, inputs=inputs, settings=settings, summary=summary
        )
    return manifest, False


def hash_inputs(paths: Sequence[Path]) -> dict[str, str]:
    """File name -> SHA-256, for a manifest's ``inputs``; names that clash get a number."""
    found: dict[str, str] = {}
    for path in paths:
        name = path.name
        count = 1
        while name in found:
            count += 1
            name = f"{path.name} ({count})"
        found[name] = sha256(path)
    return found
