"""What is seen of an assessment as it runs: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_SECONDS_BETWEEN_LINES = 30.0


class Advance(Protocol):
    """Called with how many more are done."""

    def __call__(self, count: int) -> None:
        """Count ``count`` more as done."""
        ...


@contextmanager
def progress(what: str, total: int) -> Iterator[Advance]:
    """Progress of ``total`` steps of ``what``, on standard error; quiet when it ends soon."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task(f"assess: {what}", total=total)
            yield lambda count: bar.advance(task, count)
        return
    done, last = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, last
        done += count
        if time.monotonic() - last > _SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            sys.stderr.write(f"assess: {what}, {done:,} of {total:,}\n")

    yield advance
