"""Public data sets without a mapping: is every row right, and how fast beside long CSV.

    python benchmarks/datasets_speed.py                       # 100,000 results of each set
    python benchmarks/datasets_speed.py --out benchmarks/results/datasets_speed.md

The same made-up results (made_datasets.py) are written in the shape of each set and as long CSV.
Every row that is read is compared with its truth. Each set is read in turn with the long CSV,
several times; the least time counts, of the clock and of the CPU.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from made_datasets import SETS, faults, make, truth

HEAD = """# Public data sets read without a mapping

`python benchmarks/datasets_speed.py`: {rows:,} made-up results in the shape of each set and the
same as long CSV, read by `sources.read`; every row compared with its truth (patient, time, analyte,
value, unit, comparator, limits, sex, age, report). Least of {runs} runs, each set in turn with the
long CSV; wanted: no less than half of its speed.

| set | results | read | rejects | wrong | seconds | CPU s | results/s | of long CSV | by CPU |
|---|---|---|---|---|---|---|---|---|---|
"""


def timed(folder: Path) -> tuple[float, float, Any, Any]:
    """(seconds, CPU seconds, rows, rejects) of reading a folder once."""
    from hemoscribe.sources import read

    started, cpu = time.perf_counter(), time.process_time()
    rows, rejects = read(folder)
    return time.perf_counter() - started, time.process_time() - cpu, rows, rejects


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--note", default="", help="What else the machine did.")
    arguments = parser.parse_args()
    made = truth(arguments.rows, arguments.seed)
    wrong: list[str] = []
    best: dict[str, tuple[float, float]] = {}
    counts: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), made)
        for run in range(arguments.runs):
            for name in (*SETS, "long"):
                seconds, cpu, rows, rejects = timed(Path(folder) / name)
                least = best.get(name, (seconds, cpu))
                best[name] = min(least[0], seconds), min(least[1], cpu)
                counts[name] = rows.height, int(rejects["results"].sum())
                if run == 0 and name != "long":
                    wrong += [f"{name}: {fault}" for fault in faults(name, made, rows, rejects)]
    text = HEAD.format(rows=arguments.rows, runs=arguments.runs)
    for name in (*SETS, "long"):
        seconds, cpu = best[name]
        faulty = "-" if name == "long" else sum(one.startswith(f"{name}:") for one in wrong)
        text += (
            f"| {name} | {arguments.rows:,} | {counts[name][0]:,} | {counts[name][1]:,} | {faulty} "
            f"| {seconds:.2f} | {cpu:.2f} | {arguments.rows / seconds:,.0f} "
            f"| {best['long'][0] / seconds:.2f} | {best['long'][1] / cpu:.2f} |\n"
        )
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    text += f"\n{os.cpu_count()} hardware threads; load of the machine at the end: {load}."
    text += f" {arguments.note}\n" if arguments.note else "\n"
    print(text)
    print("\n".join(wrong))
    if arguments.out is not None:
        arguments.out.write_text(text, encoding="utf-8")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
