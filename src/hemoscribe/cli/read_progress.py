"""How far `hemoscribe read` is: bytes read of all bytes, on a terminal's standard error only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def bytes_read(paths: Sequence[Path]) -> Iterator[Callable[[Path, int], None] | None]:
    """A bar over all the files, and what tells it how far each is; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("read"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    farthest: dict[Path, int] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("read", total=sum(map(_size, paths)))

        def watch(path: Path, offset: int) -> None:
            farthest[path] = max(offset, farthest.get(path, 0))  # a file is opened more than once
            bar.update(task, completed=sum(farthest.values()))

        yield watch


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.exists() else 0
