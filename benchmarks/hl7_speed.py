"""HL7 v2 read through to checked rows, beside `hl7.parse` alone, on one core in one run.

    python benchmarks/hl7_speed.py                    # 100,000 results of a simulated laboratory
    python benchmarks/hl7_speed.py --results 20000 --out benchmarks/results/hl7_speed.md

`read` is the whole way that `hemoscribe read` goes: character sets, segments, escapes, dates, ages
and ranges, then names and units recognised, each result a row or a reject. `hl7.parse` (package
hl7) splits the same messages into segments, fields, repetitions and components, and does no more;
its messages are let go as they are made, which is its faster way.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

TARGET = 2.0  # times the bare parser's time, at most


def one_core() -> None:
    """Keep this process, and polars in it, to one core."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def written(folder: Path, results: int) -> Path:
    """A file of messages of a simulated laboratory, repeated until it has enough results."""
    from hemoscribe.simulation import simulate

    simulate(folder / "cohort", reports=2_000, seed=7)
    (source,) = sorted((folder / "cohort").glob("*.hl7"))[:1]
    text = source.read_bytes().decode("utf-8").replace("\r\n", "\r").replace("\n", "\r")
    times = -(-results // text.count("\rOBX|"))
    path = folder / "messages.hl7"
    path.write_text(text * times, encoding="utf-8", newline="")
    return path


def bare(path: Path) -> tuple[int, float]:
    """(messages, seconds) of `hl7.parse` over messages that are already apart."""
    import hl7

    text = path.read_bytes().decode("utf-8")
    messages = ["MSH|" + message for message in text.split("MSH|")[1:]]
    started = time.perf_counter()
    for message in messages:
        hl7.parse(message)
    return len(messages), time.perf_counter() - started


def ours(path: Path) -> tuple[int, int, float]:
    """(rows, rejects, seconds) of the way `hemoscribe read` goes, without writing Parquet."""
    from hemoscribe.sources.batches import Notices
    from hemoscribe.sources.intake import read_parts

    started = time.perf_counter()
    rows = rejects = 0
    for part in read_parts([path], format="hl7", mapping=None, notices=Notices()):
        rows += part[0].height
        rejects += int(part[1]["results"].sum())
    return rows, rejects, time.perf_counter() - started


def table(path: Path) -> str:
    """The figures of one run as Markdown."""
    ours(path)  # imports and caches, which a run of a second should not be charged with
    rows, rejects, seconds = ours(path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    messages, parse_seconds = bare(path)
    results = rows + rejects
    ratio = seconds / parse_seconds
    return "\n".join(
        [
            "# HL7 v2: reading beside `hl7.parse`",
            "",
            "Made by `python benchmarks/hl7_speed.py`, one core, one run.",
            "",
            f"| {messages:,} messages, {results:,} results | seconds | results/s | µs/result |",
            "|---|---|---|---|",
            f"| `hl7.parse` alone | {parse_seconds:.2f} | {results / parse_seconds:,.0f} "
            f"| {parse_seconds / results * 1e6:.1f} |",
            f"| read through to checked rows | {seconds:.2f} | {results / seconds:,.0f} "
            f"| {seconds / results * 1e6:.1f} |",
            "",
            f"Reading takes {ratio:.2f} times the time of `hl7.parse` alone "
            f"(target: at most {TARGET:.0f}); {rows:,} rows and {rejects:,} rejects; peak memory "
            f"{peak:.2f} GB.",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="also write the table there")
    arguments = parser.parse_args()
    one_core()
    with tempfile.TemporaryDirectory() as folder:
        text = table(written(Path(folder), arguments.results))
    print(text)
    if arguments.out is not None:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
