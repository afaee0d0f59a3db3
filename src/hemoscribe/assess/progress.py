"""What is seen of an assessment as it runs: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_SECONDS_BETWEEN_LINES = 30.0


class Advance(Protocol):
    """Called with how many more are done, and how much of the work that was."""

    def __call__(self, count: int, work: float | None = None) -> None:
        """Count ``count`` more as done; ``work`` in the unit of the whole, ``count`` when None."""
        ...


@contextmanager
def progress(what: str, total: int, *, work: float | None = None) -> Iterator[Advance]:
    """Progress of ``total`` steps of ``what``, on standard error; quiet when it ends soon.

    Args:
        work: the whole in a unit that time goes with (characters to read), where steps are not
            alike; the time left is told by it.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    whole = float(total) if work is None else work
    if console.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[done]:,} of {task.fields[steps]:,}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(f"assess: {what}", total=whole, done=0, steps=total)
            shown = 0

            def show(count: int, work: float | None = None) -> None:
                nonlocal shown
                shown += count
                bar.update(task, advance=count if work is None else work, done=shown)

            yield show
        return
    done, worked, start = 0, 0.0, time.monotonic()
    last = start

    def advance(count: int, work: float | None = None) -> None:
        nonlocal done, worked, last
        done += count
        worked += count if work is None else work
        now = time.monotonic()
        if now - last > _SECONDS_BETWEEN_LINES:
            last = now
            left = time_words((now - start) * max(whole - worked, 0.0) / worked) if worked else ""
            sys.stderr.write(
                f"assess: {what}, {done:,} of {total:,}" + (f", {left} left" if left else "") + "\n"
            )

    yield advance


def time_words(seconds: float) -> str:
    """``40 s``, ``3 min``, ``2 h 05 min``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
