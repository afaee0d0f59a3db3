"""Long CSV through `read` to results.parquet: results per second and peak memory, polars beside it.

    python benchmarks/csv_speed.py                         # 1 and 5 million rows
    python benchmarks/csv_speed.py --rows 1000000 --out benchmarks/results/csv_speed.md

Each measurement is a process of its own. Where other programs run, the seconds of CPU say
more than those of the clock.
"""

import argparse
import os
import tempfile
from pathlib import Path

from read_speed import bare, measured, ours, write_csv

HEAD = """# Long CSV, one result per line

`python benchmarks/csv_speed.py`: made-up rows of 12 columns read to `results.parquet`, imports,
checksums and manifest included; beside them polars alone, which only splits the cells.

| rows | what | seconds | CPU seconds | rows/s | rows per CPU second | peak memory (GB) |
|---|---|---|---|---|---|---|
"""


def line(rows: int, what: str, found: dict[str, float]) -> str:
    return (
        f"| {rows:,} | {what} | {found['seconds']:.1f} | {found['cpu_seconds']:.1f} "
        f"| {rows / found['seconds']:,.0f} | {rows / found['cpu_seconds']:,.0f} "
        f"| {found['peak_memory_gb']:.2f} |\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 5_000_000])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--note", default="", help="What else the machine did.")
    arguments = parser.parse_args()
    text = HEAD
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "long.csv"
            write_csv(path, rows)
            for what, task in (("polars alone", bare), ("`read`", ours)):
                found = measured(task, path)
                text += line(rows, what, found)
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    text += f"\n{os.cpu_count()} hardware threads; load of the machine at the end: {load}."
    text += f" {arguments.note}\n" if arguments.note else "\n"
    print(text)
    if arguments.out is not None:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
