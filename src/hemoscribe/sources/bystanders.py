"""Files that stand beside exports and are none: a README, checksums, what systems leave behind."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from hemoscribe.files import package_yaml

MAX_SHOWN = 12


def is_bystander(name: str) -> bool:
    """Whether a file of a folder or a zip, ``name`` from there, is left alone."""
    parts = PurePath(name).parts
    if any(part.startswith((".", "__MACOSX")) for part in parts if part.strip(".")):
        return True
    last = parts[-1].casefold() if parts else ""
    return any(fnmatchcase(last, str(pattern)) for pattern in _patterns())


def left_alone(paths: Sequence[Path]) -> str | None:
    """One sentence that names what is left alone in the folders among ``paths``."""
    names = [
        str(file.relative_to(path))
        for path in paths
        if path.is_dir()
        for file in sorted(path.rglob("*"))
        if file.is_file() and is_bystander(str(file.relative_to(path)))
    ]
    if not names:
        return None
    more = f" and {len(names) - MAX_SHOWN:,} more" if len(names) > MAX_SHOWN else ""
    return f"Left alone, as they are no exports: {', '.join(names[:MAX_SHOWN])}{more}."


def _patterns() -> Sequence[str]:
    return package_yaml(__package__, "bystanders.yaml")["names"]  # type: ignore[no-any-return]
