"""FHIR NDJSON read through to checked rows, beside fhir.resources R4B alone, on one core.

    python benchmarks/fhir_speed.py                   # 40,000 simulated Observations
    python benchmarks/fhir_speed.py --results 10000 --out benchmarks/results/fhir_speed.md

The input is a bulk export: Observation.ndjson and Patient.ndjson in one folder. `read` is the whole
way that `hemoscribe read` goes, with patients looked up and each value a row or a reject.
`fhir.resources` (its R4B models) parses and validates each Observation, and does no more.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path

TARGET = 5_000  # Observations a second on one core, at least


def one_core() -> None:
    """Keep this process, and polars in it, to one core."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def written(folder: Path, results: int) -> Path:
    """A bulk export of the Observations a simulated laboratory has in its Bundles."""
    from hemoscribe.simulation import simulate

    simulate(folder / "cohort", reports=2_000, seed=7)
    resources = [
        entry["resource"]
        for path in sorted((folder / "cohort").glob("*.ndjson"))
        for line in path.read_text(encoding="utf-8").splitlines()
        for entry in json.loads(line).get("entry", ())
    ]
    bulk = folder / "bulk"
    bulk.mkdir()
    for kind in ("Patient", "Observation"):
        lines = [json.dumps(one) for one in resources if one["resourceType"] == kind]
        times = -(-results // len(lines)) if kind == "Observation" else 1
        (bulk / f"{kind}.ndjson").write_text("\n".join(lines * times) + "\n", encoding="utf-8")
    return bulk / "Observation.ndjson"


def bare(path: Path, most: int = 10_000) -> tuple[int, float]:
    """(Observations, seconds) of the R4B models over the first ``most`` lines."""
    from fhir.resources.R4B.observation import Observation

    lines = path.read_text(encoding="utf-8").splitlines()[:most]
    Observation.model_validate_json(lines[0])
    started = time.perf_counter()
    for line in lines:
        Observation.model_validate_json(line)
    return len(lines), time.perf_counter() - started


def ours(path: Path) -> tuple[int, int, float]:
    """(rows, rejects, seconds) of the way `hemoscribe read` goes, without writing Parquet."""
    from hemoscribe.sources.batches import Notices
    from hemoscribe.sources.intake import read_parts

    started = time.perf_counter()
    rows = rejects = 0
    for part in read_parts([path], format="fhir", mapping=None, notices=Notices()):
        rows += part[0].height
        rejects += int(part[1]["results"].sum())
    return rows, rejects, time.perf_counter() - started


def table(path: Path) -> str:
    """The figures of one run as Markdown."""
    ours(path)  # imports and caches, which a run of a second should not be charged with
    rows, rejects, seconds = ours(path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    parsed, parse_seconds = bare(path)
    results = rows + rejects
    return "\n".join(
        [
            "# FHIR NDJSON: reading beside fhir.resources R4B",
            "",
            "Made by `python benchmarks/fhir_speed.py`, one core, one run.",
            "",
            "| | Observations | seconds | Observations/s |",
            "|---|---|---|---|",
            f"| `fhir.resources` R4B alone, validation | {parsed:,} | {parse_seconds:.2f} "
            f"| {parsed / parse_seconds:,.0f} |",
            f"| read through to checked rows | {results:,} | {seconds:.2f} "
            f"| {results / seconds:,.0f} |",
            "",
            f"Target: over {TARGET:,} Observations/s per core. {rows:,} rows and {rejects:,} "
            f"rejects; peak memory {peak:.2f} GB.",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=int, default=40_000)
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
