"""Files: bounded reads, atomic writes, and what a file or a value is known by."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from hemoscribe.errors import SourceError

RESULTS = "results.parquet"
REJECTS = "rejects.parquet"
"""Rows and rejects in a read or curated folder."""
MAX_TEXT_BYTES = 64 * 1024 * 1024
TOO_DEEP = "its brackets are nested too deeply to be read"
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
    except RecursionError as error:
        raise SourceError(path, TOO_DEEP) from error


@cache
def package_yaml(package: str | None, name: str) -> Any:
    """The YAML file ``name`` that stands beside the modules of ``package``; read once."""
    assert package is not None, "the package of a module is known"
    return own_yaml(resources.files(package).joinpath(name).read_text("utf-8"))


def own_yaml(text: str) -> Any:
    """YAML of the package itself: by libyaml where it is, which takes a tenth of the time."""
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


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
