"""A stage's folder: complete or absent, whatever happens on the way.

A stage writes into a hidden folder beside ``out`` that takes its place in one rename when the stage
ends, with ``manifest.json`` written last. A stage that fails or is killed leaves the old output as
it was and nothing half-written; the hidden folder of a killed one is swept away by the next run for
the same ``out``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hemoscribe.errors import InputError, StageError
from hemoscribe.stages.manifest import MANIFEST


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
        if (why := _no_room(error, work)) is None:
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


_FOOTER_UNWRITTEN = "Invalid thrift: transport error"
"""What polars says where the end of a Parquet file could not be written, without the reason."""
_PROBE_BYTES = 1 << 16


def _no_room(error: Exception, work: Path) -> str | None:
    """Why there was no room, when that is what went wrong; polars tells the number in its text."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (told := re.search(r"\(os error (\d+)\)", str(error))):
        number = int(told[1])
    if number is None and _FOOTER_UNWRITTEN in str(error):
        number = _growing(work)
    return None if number is None else _NO_ROOM.get(number)


def _growing(work: Path) -> int | None:
    """The number of the error with which the longest file of a folder cannot grow; None: it can."""
    files = [path for path in work.rglob("*") if path.is_file()]
    if not files:
        return None
    try:
        with max(files, key=lambda path: path.stat().st_size).open("ab") as file:
            file.write(b"\0" * _PROBE_BYTES)
    except OSError as error:
        return error.errno
    return None


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
