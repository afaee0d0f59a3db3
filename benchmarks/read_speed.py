"""Speed and memory of reading, each in a process of its own so that its peak memory is its own.

    python benchmarks/read_speed.py                       # a long CSV of a million rows
    python benchmarks/read_speed.py --rows 5000000
    python benchmarks/read_speed.py nhanes_labs.parquet   # any export or folder

The CSV is also read by polars alone, into strings, which is the least any reader must do.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

Task = Callable[[str, str], dict[str, int]]

HEADER = "patient_id,report_id,collected_at,sex,age,analyte,value,unit,low,high,flag,comment\n"
ANALYTES = (
    ("Hemoglobin", "g/dL", 12.0, 16.0),
    ("Creatinine", "umol/L", 50, 100),
    ("Potassium", "mmol/L", 3.5, 5.0),
    ("Platelets", "10^9/L", 150, 400),
    ("Alanine aminotransferase", "U/L", 5, 40),
)


def write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(rows):
            name, unit, low, high = ANALYTES[number % len(ANALYTES)]
            value = low + (number * 37 % 100) / 100 * (high - low)
            patient = number // 20
            file.write(
                f"P{patient:08},R{number // 10:08},2024-03-{1 + patient % 28:02}T08:12,F,54,{name},"
                f"{value:.1f},{unit},{low},{high},,\n"
            )


def bare(path: str, out: str) -> dict[str, int]:
    import polars as pl

    frame = pl.read_csv(path, infer_schema=False)
    del out
    return {"results": frame.height}


def ours(path: str, out: str) -> dict[str, int]:
    from hemoscribe.sources import read_folder

    return read_folder(path, out)


def measured(task: Task, path: Path) -> dict[str, float]:
    """Run ``task`` in a fresh process; seconds, results per second, peak memory."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, context.Pool(1) as pool:
        return pool.apply(_timed, (task, str(path), str(Path(folder) / "out")))


def _timed(task: Task, path: str, out: str) -> dict[str, float]:
    started, cpu = time.perf_counter(), time.process_time()
    summary = task(path, out)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    found = {key: summary[key] for key in ("reports", "results", "rejects") if key in summary}
    return {
        **found,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "results_per_second": round(summary["results"] / seconds),
        "peak_memory_gb": round(peak, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    arguments = parser.parse_args()
    if arguments.source is not None:
        print(json.dumps({str(arguments.source): measured(ours, arguments.source)}, indent=2))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.csv"
        write_csv(path, arguments.rows)
        print(
            json.dumps(
                {"polars alone": measured(bare, path), "read": measured(ours, path)}, indent=2
            )
        )


if __name__ == "__main__":
    main()
