"""How long an assessment takes: 1,000 simulated reports read on the raw track, 300 written.

    python benchmarks/assess_speed.py                         # the shipped model
    python benchmarks/assess_speed.py --model NAME --folder runs/assess_speed

Every answer is kept in the folder as `hemoscribe assess` keeps it, with its seconds: run it again
after an interruption and it goes on; the sum is that of the runs together. Writes
benchmarks/results/assess_speed.md. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from hemoscribe.assess.held_out import HeldOut, held_out
from hemoscribe.assess.identity import model_identity
from hemoscribe.assess.kept import Kept, kept_file, kept_folder
from hemoscribe.assess.read_results import prompts_of, read_all
from hemoscribe.assess.writing import write_all
from hemoscribe.curate import curate
from hemoscribe.engines import load
from hemoscribe.engines.interpreter import MAX_READ_RESULTS
from hemoscribe.files import write_text
from hemoscribe.records import Language, Reading
from hemoscribe.settings import CurateSettings
from hemoscribe.simulation import simulate
from hemoscribe.sources import read_folder
from hemoscribe.stages import MANIFEST

PAGE = Path(__file__).parent / "results/assess_speed.md"
READ, WRITTEN = 1_000, 300
READ_WITHIN_S, WRITTEN_WITHIN_S = 8 * 60.0, 10 * 60.0
SIMULATED, SEED = 2_000, 777


def reports(folder: Path) -> HeldOut:
    """Simulated reports, read and curated as a laboratory's; every side of them."""
    curated = folder / "curated"
    if not (curated / MANIFEST).exists():
        simulate(folder / "exports", reports=SIMULATED, seed=SEED)
        read_folder(folder / "exports", folder / "read")
        curate(folder / "read", curated, CurateSettings())
    return held_out(curated, "all", limit=2 * READ)


def one_pass(held: HeldOut, count: int) -> tuple[list[Reading], list[Language]]:
    """The first reports that one forward pass reads whole."""
    chosen = [
        (reading, language)
        for reading, language in zip(held.readings, held.languages, strict=True)
        if len(reading.results) <= MAX_READ_RESULTS
    ][:count]
    return [reading for reading, _ in chosen], [language for _, language in chosen]


def main() -> None:
    """Read, write, and put down the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="shipped")
    parser.add_argument("--folder", type=Path, default=Path("runs/assess_speed"))
    parser.add_argument("--read", type=int, default=READ)
    parser.add_argument("--written", type=int, default=WRITTEN)
    arguments = parser.parse_args()
    held = reports(arguments.folder)
    readings, languages = one_pass(held, arguments.read)
    start = time.perf_counter()
    model = load(arguments.model)
    loaded = time.perf_counter() - start
    identity = [model_identity(arguments.model), model.engine]
    kept = Kept(kept_file(kept_folder(arguments.folder / "speed"), "model", identity))
    prompts = prompts_of(readings, languages, "raw")
    _, read_s = read_all(model, readings, languages, "raw", kept=kept)
    texts = write_all(
        model, readings[: arguments.written], languages[: arguments.written], "assisted", kept=kept
    )
    written_s = sum(text.seconds for text in texts)
    characters = sum(len(prompt.text) for prompt in prompts)
    lines = [
        "# Reading and writing of an assessment",
        "",
        "Made by `python benchmarks/assess_speed.py`: simulated reports of at most "
        f"{MAX_READ_RESULTS} results, model `{Path(arguments.model).name}` on {model.engine}, "
        f"{len(os.sched_getaffinity(0))} processors. Seconds of the model's own calls, those of "
        "interrupted runs included.",
        "",
        "| | Reports | Seconds | A report | Wanted |",
        "|---|---|---|---|---|",
        f"| read, raw track, {len(prompts):,} forward passes | {len(readings):,} | {read_s:,.0f} | "
        f"{read_s / len(readings):.2f} | under {READ_WITHIN_S:,.0f} for {READ:,} |",
        f"| written, assisted track | {len(texts):,} | {written_s:,.0f} | "
        f"{written_s / len(texts):.2f} | under {WRITTEN_WITHIN_S:,.0f} for {WRITTEN:,} |",
        "",
        f"{sum(len(reading.results) for reading in readings):,} results, {characters:,} characters "
        f"of prompts; {sum(len(text.text.split()) for text in texts):,} words written. "
        f"The model was loaded in {loaded:.1f} s.",
    ]
    write_text(PAGE, "\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
