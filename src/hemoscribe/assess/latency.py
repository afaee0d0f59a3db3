"""How long a reader waits: reports interpreted one at a time, end to end, as they are served."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hemoscribe.engines.interpreter import Writer, interpret
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
    interpret(model, chosen[0][0].panel, language=chosen[0][1])
    seconds = [
        interpret(model, reading.panel, language=language).seconds for reading, language in chosen
    ]
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
