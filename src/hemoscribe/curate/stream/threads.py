"""Work on several partitions at once, in the order of partitions.

Polars leaves Python's lock while it works, so that the hashing and scrubbing of one partition
(Python) overlap with the sorting and writing of another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

AT_ONCE = 2
"""Partitions in memory at a time, whatever the number of cores."""


def in_order(
    threads: ThreadPoolExecutor, work: Callable[[Item], Done], items: Iterable[Item]
) -> Iterator[Done]:
    """``work`` of each item, ``AT_ONCE`` at a time; results in the order of the items."""
    running: deque[Future[Done]] = deque()
    try:
        for item in items:
            running.append(threads.submit(work, item))
            if len(running) >= AT_ONCE:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        for future in running:
            future.cancel()
