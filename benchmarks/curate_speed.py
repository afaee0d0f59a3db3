"""Speed and memory of curation, beside polars merely reading and rewriting the same Parquet.

    python benchmarks/curate_speed.py                         # 1, 5 and 20 million results
    python benchmarks/curate_speed.py --millions 1 4
    python benchmarks/curate_speed.py --write benchmarks/results/curate_speed.json

The input is made here: a simulated cohort is exported, read by ``hemoscribe read`` and tiled, each
tile with patients and reports of its own and every value moved by less than a millionth, so that no
panel is another one's copy. Of the comments, one tile in ten names its report and a person, so that
distinct texts grow with the rows. Every measurement is a process of its own, so that its peak
memory is its own; curation counts the processes that it starts.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

Task = Callable[[str, str], int]

REPORTS = 20_000
SEED = 20260101
NAMED_TILES = 10


def read_once(folder: Path) -> Path:
    """A simulated cohort, exported and read: about 230,000 results."""
    from hemoscribe.simulation import simulate
    from hemoscribe.sources import read_folder

    simulate(folder / "exports", reports=REPORTS, seed=SEED)
    read_folder([folder / "exports"], folder / "read")
    return folder / "read"


def tile(read: Path, out: Path, results: int) -> int:
    """A read folder of at least ``results`` rows: ``read`` again and again under other numbers."""
    import polars as pl

    from hemoscribe.stages import run_stage

    one = pl.read_parquet(read / "results.parquet")
    rejects = pl.read_parquet(read / "rejects.parquet")
    tiles = -(-results // one.height)

    def make(number: int) -> pl.LazyFrame:
        named = number % NAMED_TILES == 0
        comment = pl.format(
            "{} Dossier {}{}, transmis au Dr Dupont le 12/03/2024.",
            "comment",
            pl.lit(f"{number:04}"),
            "report_id",
        )
        return one.lazy().with_columns(
            patient_id=pl.format("{}{}", pl.lit(f"T{number:04}-"), "patient_id"),
            report_id=pl.format("{}{}", pl.lit(f"{number:04}"), "report_id"),
            value=pl.col("value") * (1 + number * 1e-10),
            comment=comment if named else pl.col("comment"),
        )

    def write(folder: Path) -> dict[str, int]:
        pl.concat([make(number) for number in range(tiles)]).sink_parquet(
            folder / "results.parquet", maintain_order=True
        )
        rejects.write_parquet(folder / "rejects.parquet")
        return {"results": tiles * one.height, "rejects": int(rejects["results"].sum())}

    run_stage(out, stage="read", inputs={"tiles": str(tiles)}, settings={}, work=write)
    return tiles * one.height


def rewrite(folder: str, out: str) -> int:
    """What any stage must do at least: read the rows and write them again."""
    import polars as pl

    path = Path(folder) / "results.parquet"
    pl.scan_parquet(path).sink_parquet(out, maintain_order=True)
    return int(pl.scan_parquet(out).select(pl.len()).collect().item())


def ours(folder: str, out: str) -> int:
    from hemoscribe.curate import curate
    from hemoscribe.settings import CurateSettings

    summary = curate(Path(folder), Path(out), CurateSettings())
    assert summary["results_in"] == summary["results"] + summary["rejects"]
    return int(summary["results"])


def measured(task: Task, folder: Path, rows: int, work: Path) -> dict[str, float]:
    """Run ``task`` in a fresh process: seconds, rows per second, peak memory."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(dir=work) as out, context.Pool(1) as pool:
        return pool.apply(_timed, (task, str(folder), str(Path(out) / "out"), rows))


def _timed(task: Task, folder: str, out: str, rows: int) -> dict[str, float]:
    started = time.perf_counter()
    written = task(folder, out)
    seconds = time.perf_counter() - started
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    cpu = sum(use.ru_utime + use.ru_stime for use in (own, children))
    return {
        "rows_in": rows,
        "rows_out": written,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "rows_per_second": round(rows / seconds),
        "peak_memory_gb": round((own.ru_maxrss + children.ru_maxrss) / 1e6, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 5, 20])
    parser.add_argument("--write", type=Path, help="also write the figures here, as JSON")
    arguments = parser.parse_args()
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ["HEMOSCRIBE_HOME"] = str(work / "home")
        read = read_once(work)
        for millions in arguments.millions:
            rows = tile(read, work / "tiled", round(millions * 1e6))
            bare = measured(rewrite, work / "tiled", rows, work)
            curated = measured(ours, work / "tiled", rows, work)
            sizes[f"{millions:g} million"] = {
                "polars alone": bare,
                "curate": curated,
                "times polars": round(curated["seconds"] / bare["seconds"], 2),
                "microseconds_per_row": round(curated["seconds"] / rows * 1e6, 2),
            }
            print(json.dumps(sizes[f"{millions:g} million"], indent=2), flush=True)
    machine = {
        "cores": len(os.sched_getaffinity(0)),
        "load_average_15_minutes": round(os.getloadavg()[2], 1),  # above the cores: it was shared
        "python": platform.python_version(),
    }
    if arguments.write is not None:
        text = json.dumps({"machine": machine, "sizes": sizes}, indent=2)
        arguments.write.parent.mkdir(parents=True, exist_ok=True)
        arguments.write.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
