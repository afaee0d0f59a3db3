"""How often one key, or one address without a key, may ask."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MAX_CALLERS = 10_000


class RateLimit:
    """A bucket per caller: ``per_minute`` requests at once, refilled evenly over the minute."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> int:
        """Count one request. Returns 0, or the seconds to wait when there have been too many."""
        with self._lock:
            now = self._clock()
            left, at = self._buckets.pop(caller, (self._capacity, now))
            left = min(self._capacity, left + (now - at) * self._per_second)
            wait = 0 if left >= 1 else max(1, math.ceil((1 - left) / self._per_second))
            self._buckets[caller] = (left if wait else left - 1, now)
            if len(self._buckets) > MAX_CALLERS:
                self._buckets.popitem(last=False)
            return wait
