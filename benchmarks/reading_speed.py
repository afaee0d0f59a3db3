"""How fast results are read: one report at a time, and a stream of many (flags, indices, findings).

    python benchmarks/reading_speed.py --reports 1000000 --workers 2

Synthetic reports of 30 results are first written as Parquet parts of 20,000 reports (not timed).
Then each worker process takes part after part: read, flag, indices, findings, write. Printed:
reports per second by the clock, and by processor time, which other programs disturb less.

Measured on two hardware threads of one core, beside other programs: one report in 2.1 ms (median);
120,000 reports with 741,000 findings at 61 us of processor time each, 32,500 a second on two cores,
1.3 GB. Before facts of results that no report holds cost nothing: 112 us and 1.6 GB.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # the processes are the parallelism

import numpy as np
import polars as pl

from hemoscribe.knowledge import analytes, find, flag, indices, read_panel
from hemoscribe.records import Panel, ReportedResult, Result

REPORTS_PER_PART = 20_000
REPORTED = [
    "hemoglobin",
    "hematocrit",
    "erythrocytes",
    "mcv",
    "mch",
    "rdw",
    "leukocytes",
    "neutrophils",
    "lymphocytes",
    "platelets",
    "sodium",
    "potassium",
    "chloride",
    "bicarbonate",
    "calcium",
    "creatinine",
    "urea",
    "glucose",
    "alt",
    "ast",
    "alp",
    "ggt",
    "bilirubin_total",
    "albumin",
    "total_protein",
    "crp",
    "ferritin",
    "tsh",
    "cholesterol",
    "hdl",
]


def part(seed: int, reports: int) -> pl.DataFrame:
    """Rows of ``reports`` reports, every other patient with two; one result in five is abnormal."""
    draw = np.random.default_rng(seed)
    count = len(REPORTED)
    known = [analytes()[name] for name in REPORTED]
    middles, widths = zip(*(_usual(analyte.id) for analyte in known), strict=True)
    spread = draw.normal(size=(reports, count)) * np.where(
        draw.random((reports, count)) < 0.2, 1.2, 0.25
    )
    values = np.abs(np.array(middles) + spread * np.array(widths)).round(3).ravel()
    patient = np.arange(reports) * 2 // 3
    each = np.repeat(np.arange(reports), count)
    names = pl.Series(REPORTED * reports)
    units = pl.Series([analyte.unit for analyte in known] * reports)
    sexes = np.where(draw.random(reports) < 0.5, "F", "M")[patient]
    ages = draw.uniform(1, 95, reports).round(1)[patient]
    start = np.datetime64("2024-01-01", "us")
    times = start + np.arange(reports).astype("timedelta64[h]")
    frame = pl.DataFrame(
        {
            "report_id": pl.Series(f"{seed}-" + pl.Series(each).cast(pl.String)),
            "patient_id": f"{seed}-" + pl.Series(patient[each]).cast(pl.String),
            "collected_at": times[each],
            "sex": sexes[each],
            "age_years": ages[each],
            "analyte": names,
            "reported_name": names,
            "value": values,
            "unit": units,
            "reported_unit": units,
            "reported_value": pl.Series(values).cast(pl.String),
        }
    )
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(_FIXED.get(name))).cast(kind).alias(name)
        for name, kind in Result.create_empty().schema.items()
    )


_FIXED = {"unit_inferred": False, "status": "final"}


def _usual(analyte: str) -> tuple[float, float]:
    """The middle and the width of an adult range."""
    ranges = [row for row in analytes()[analyte].ranges if row.age_low_years <= 40]
    last = ranges[-1]
    high = last.high if last.high is not None else (last.low or 1.0) * 2
    low = last.low if last.low is not None else 0.0
    return (low + high) / 2, high - low


def read_part(path: Path) -> tuple[int, float, float]:
    """Read a part and write its findings and indices: (findings, processor seconds, peak GB)."""
    started = time.process_time()
    flagged = flag(pl.read_parquet(path))
    findings = find(flagged)
    findings.write_parquet(path.with_suffix(".findings"))
    indices(flagged).write_parquet(path.with_suffix(".indices"))
    seconds = time.process_time() - started
    return len(findings), seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def stream(reports: int, workers: int) -> None:
    """Write the parts, read them, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for seed, first in enumerate(range(0, reports, REPORTS_PER_PART)):
            path = Path(folder) / f"{seed}.parquet"
            part(seed, min(REPORTS_PER_PART, reports - first)).write_parquet(path)
            paths.append(path)
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            warm = part(0, 10)
            warm_path = Path(folder) / "warm.parquet"
            warm.write_parquet(warm_path)
            list(pool.map(read_part, [warm_path] * workers * 2))
            started = time.perf_counter()
            done = list(pool.map(read_part, paths))
            seconds = time.perf_counter() - started
    findings, used, peaks = zip(*done, strict=True)
    microseconds = sum(used) / reports * 1e6
    print(f"{reports:,} reports of {len(REPORTED)} results, {sum(findings):,} findings")
    print(
        f"{seconds:.1f} s with {workers} workers: {reports / seconds:,.0f} reports/s by the clock"
    )
    print(
        f"{microseconds:.0f} us of processor time a report: "
        f"{workers * 1e6 / microseconds:,.0f} reports/s on {workers} cores"
    )
    print(f"peak memory {max(peaks) * workers:.2f} GB, all workers together")


def one_at_a_time(reports: int) -> None:
    """Time ``read_panel`` on reports as they are typed."""
    panels = list(_panels(part(0, reports)))
    for panel in panels[:20]:
        read_panel(panel)
    clock, processor = [], []
    for panel in panels:
        started, used = time.perf_counter(), time.process_time()
        read_panel(panel)
        clock.append((time.perf_counter() - started) * 1e3)
        processor.append((time.process_time() - used) * 1e3)
    print(
        f"one report: median {np.median(clock):.2f} ms by the clock, 95th percentile "
        f"{np.percentile(clock, 95):.2f} ms; processor time {np.mean(processor):.2f} ms"
    )


def _panels(rows: pl.DataFrame) -> Sequence[Panel]:
    panels = []
    for _, group in rows.group_by("report_id", maintain_order=True):
        results = tuple(
            ReportedResult(
                analytes()[row["analyte"]].name("en"), row["reported_value"], row["unit"]
            )
            for row in group.to_dicts()
        )
        first = group.row(0, named=True)
        panels.append(Panel(results, sex=first["sex"], age_years=first["age_years"]))
    return panels


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--reports", type=int, default=1_000_000)
    arguments.add_argument("--workers", type=int, default=2)
    chosen = arguments.parse_args()
    one_at_a_time(300)
    stream(chosen.reports, chosen.workers)
