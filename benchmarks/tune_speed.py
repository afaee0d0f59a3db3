"""How fast a model is tuned on this machine, beside a stock ``SFTTrainer`` and the matrix rate.

    python benchmarks/tune_speed.py [--steps 12] [--reports 400] [--no-stock]

Same model (SmolLM2-135M-Instruct), same rows, same effective batch, LoRA on every linear layer:

- ours: ``hemoscribe.tune`` as ``hemoscribe tune`` runs it;
- stock: trl's ``SFTTrainer`` with ``bf16=True`` and its default settings, on the same rows;
- matrix: bfloat16 products of 2048 x 2048 matrices, what this machine can do at all.

Tokens are real ones, without padding. Needed: 4 floating-point operations per parameter of the
linear layers and token (forward, and the gradient of what goes in; frozen weights have none).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BATCH = 8
LINEAR_PARAMETERS = 106_168_320
ANALYTES = [
    ("Hemoglobin", "g/dL", 12.0, 16.0, 1), ("Potassium", "mmol/L", 3.5, 5.1, 1),
    ("Creatinine", "umol/L", 45, 84, 0), ("Platelets", "10^9/L", 150, 400, 0),
    ("CRP", "mg/L", 0.1, 5.0, 1), ("Sodium", "mmol/L", 136, 145, 0), ("ALT", "U/L", 7, 35, 0),
    ("TSH", "mIU/L", 0.4, 4.0, 2), ("Ferritin", "ug/L", 15, 150, 0), ("MCV", "fL", 80, 100, 1),
    ("Calcium", "mmol/L", 2.15, 2.55, 2), ("Urea", "mmol/L", 2.5, 7.8, 1),
]  # fmt: skip


def example(draw: random.Random, number: int) -> dict[str, object]:
    """A report of 6 to 12 results on the raw track, one in three with a text."""
    text, slots, answers = f"Blood test report. Woman, {draw.randint(18, 90)} years.\n", [], []
    for name, unit, low, high, places in draw.sample(ANALYTES, draw.randint(6, 12)):
        value = max(0.0, draw.uniform(low - (high - low) / 2, high + (high - low) / 2))
        text += f"{name} {value:.{places}f} {unit} [{low:.{places}f}-{high:.{places}f}] ->"
        slots.append(len(text))
        answers.append("low" if value < low else "high" if value > high else "normal")
        text += "\n"
    completion = "Interpretation: " + "these results are to be read together. " * 8
    return {
        "prompt": text + "Write the interpretation and the follow-up.",
        "slots": slots,
        "answers": answers,
        "completion": completion + "\nFollow-up: none." if number % 3 == 0 else None,
        "report_id": str(number),
        "track": "raw",
        "language": "en",
    }


def write_corpus(folder: Path, reports: int) -> Path:
    """A corpus folder of made-up reports."""
    from hemoscribe.stages import write_manifest

    draw = random.Random(1)
    folder.mkdir(parents=True)
    lines = [json.dumps(example(draw, number)) + "\n" for number in range(reports)]
    (folder / "train.jsonl").write_text("".join(lines), encoding="utf-8")
    write_manifest(folder, stage="corpus", inputs={}, settings={}, summary={})
    return folder


def matrix_gflops() -> float:
    """The machine's rate of bfloat16 matrix products, the best of several."""
    import torch

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    size, best = 2048, 0.0
    matrix = torch.randn(size, size, dtype=torch.bfloat16)
    for _ in range(12):
        start = time.perf_counter()
        matrix @ matrix
        best = max(best, 2 * size**3 / (time.perf_counter() - start))
    return best / 1e9


def ours(folder: Path, steps: int, reports: int) -> dict[str, float]:
    """``hemoscribe.tune`` on the corpus; the first two steps, which warm up, are not counted."""
    from hemoscribe.settings import Settings, TuneSettings
    from hemoscribe.tune import tune

    corpus = write_corpus(folder / "corpus", reports)
    settings = TuneSettings(start_from=None, steps=steps, batch=BATCH, save_every=steps)
    summary = tune(Settings(tune=settings), corpus, folder / "out")
    lines = [json.loads(line) for line in (folder / "out" / "metrics.jsonl").open()]
    counted = [line for line in lines if "loss" in line][2:]
    tokens = sum(line["tokens"] for line in counted)
    seconds = sum(line["tokens"] / line["tokens_per_second"] for line in counted)
    return {"tokens_per_second": tokens / seconds, "peak_memory_gb": summary["peak_memory_gb"]}


def stock(folder: Path, steps: int, reports: int) -> dict[str, float]:
    """The same rows through trl's trainer as it comes, with LoRA by peft."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from hemoscribe.models.catalogue import base_folder, base_model
    from hemoscribe.models.chat import ChatTokenizer
    from hemoscribe.tune.adapter import LAYERS
    from hemoscribe.tune.rows import read_rows

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    name = "smollm2-135m-instruct"
    base, chat = base_folder(name), base_model(name).chat
    corpus = write_corpus(folder / "corpus", reports)
    rows = read_rows(corpus / "train.jsonl", ChatTokenizer.from_folder(base), max_tokens=1024).rows
    seen: list[int] = []
    times: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, args: object, state: object, control: object, **_: object) -> None:
            times.append(time.perf_counter())

    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
        args=SFTConfig(
            output_dir=str(folder / "stock"), bf16=True, max_steps=steps, use_cpu=True,
            report_to="none", save_strategy="no", disable_tqdm=True,
            per_device_train_batch_size=BATCH,
        ),
        train_dataset=Dataset.from_dict(
            {"input_ids": [r.input_ids for r in rows], "labels": [r.labels for r in rows]}
        ),
        processing_class=PreTrainedTokenizerFast(
            tokenizer_file=str(base / "tokenizer.json"), eos_token=chat.stop, pad_token=chat.pad
        ),
        peft_config=LoraConfig(
            r=16, lora_alpha=32, target_modules=list(LAYERS), task_type="CAUSAL_LM"
        ),
        callbacks=[Clock()],
    )  # fmt: skip
    collate = trainer.data_collator

    def counted(batch: list[dict[str, list[int]]]) -> object:
        seen.append(sum(len(row["input_ids"]) for row in batch))
        return collate(batch)

    trainer.data_collator = counted
    trainer.train()
    tokens = sum(seen[2 : len(times)])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"tokens_per_second": tokens / (times[-1] - times[1]), "peak_memory_gb": peak}


def apart(kind: str, steps: int, reports: int) -> dict[str, float]:
    """One measurement in a process of its own, so that peaks and threads do not mix."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--only", kind, "--folder", folder]
        command += ["--steps", str(steps), "--reports", str(reports)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--reports", type=int, default=400)
    parser.add_argument("--no-stock", action="store_true")
    parser.add_argument("--only", choices=("ours", "stock"))
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.only:
        measure = ours if chosen.only == "ours" else stock
        print(json.dumps(measure(chosen.folder, chosen.steps, chosen.reports)))
        return
    rate = matrix_gflops()
    result: dict[str, object] = {"matrix_gflops": rate, "load": os.getloadavg()[0]}
    mine = apart("ours", chosen.steps, chosen.reports)
    needed = 4 * LINEAR_PARAMETERS * mine["tokens_per_second"] / 1e9
    result["ours"] = {**mine, "gflops_needed": needed, "share_of_matrix_rate": needed / rate}
    if not chosen.no_stock:
        theirs = apart("stock", chosen.steps, chosen.reports)
        result["stock"] = theirs
        result["times_stock"] = mine["tokens_per_second"] / theirs["tokens_per_second"]
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
