"""How long a reader waits: reports interpreted one at a time, end to end, as they are served."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from hemoscribe.engines.interpreter import Writer, interpret_reading
from hemoscribe.knowledge import read_panel
from hemoscribe.models.assessment_record import Latency
from hemoscribe.records import Language, Reading

SAMPLE = 20


def measure_latency(
    model: Writer, readings: Sequence[Reading], languages: Sequence[Language], sample: int = SAMPLE
) -> Latency:
    """Seconds of ``interpret`` (rules, reading, writing, checks) over the first ``sample`` reports.

    One report more is interpreted first and not counted: what loads or compiles once is no latency.
    """
    chosen = list(zip(readings, languages, strict=True))[:sample]
    if not chosen:
        return Latency(n=0, p50_s=None, p95_s=None, p99_s=None, engine=model.engine)
    _seconds(model, *chosen[0])
    seconds = [_seconds(model, reading, language) for reading, language in chosen]
    p50, p95, p99 = (float(q) for q in np.quantile(seconds, [0.5, 0.95, 0.99]))
    return Latency(
        n=len(seconds),
        p50_s=p50,
        p95_s=p95,
        p99_s=p99,
        mean_s=float(np.mean(seconds)),
        most_s=max(seconds),
        engine=model.engine,
    )


def _seconds(model: Writer, reading: Reading, language: Language) -> float:
    """Of the rules on a panel, and of all that follows on its reading."""
    start = time.perf_counter()
    read_panel(reading.panel)
    rules = time.perf_counter() - start
    return rules + interpret_reading(model, reading, language=language).seconds
