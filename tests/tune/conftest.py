"""A small corpus of made-up reports."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from hemoscribe.stages import write_manifest

ANALYTES = [("Hemoglobin", "g/dL", 12.0, 16.0), ("Potassium", "mmol/L", 3.5, 5.1),
            ("CRP", "mg/L", 0.1, 5.0), ("Platelets", "10^9/L", 150.0, 400.0)]  # fmt: skip


def example(draw: random.Random, number: int, track: str) -> dict[str, object]:
    """One example as `hemoscribe corpus` writes it."""
    text, slots, answers = "Blood test report. Woman, 54 years.\n", [], []
    for name, unit, low, high in draw.sample(ANALYTES, draw.randint(1, 4)):
        value = round(draw.uniform(low * 0.5, high * 1.5), 1)
        answer = "low" if value < low else "high" if value > high else "normal"
        text += f"{name} {value} {unit}" + (f" [{low}-{high}]" if track != "bare" else "") + " ->"
        slots.append(len(text))
        answers.append(None if track == "bare" and name == "CRP" else answer)
        text += (f" {answer}" if track == "assisted" else "") + "\n"
    text += "Write it."
    return {
        "prompt": text,
        "slots": slots,
        "answers": answers,
        "completion": "Interpretation: fine.\nFollow-up: none." if track == "assisted" else None,
        "report_id": f"r{number}",
        "track": track,
        "language": "en",
    }


def write_corpus(folder: Path, examples: list[dict[str, object]]) -> Path:
    folder.mkdir(parents=True)
    lines = "".join(json.dumps(one) + "\n" for one in examples)
    (folder / "train.jsonl").write_text(lines, encoding="utf-8")
    (folder / "validation.jsonl").write_text(lines, encoding="utf-8")
    write_manifest(folder, stage="corpus", inputs={}, settings={}, summary={})
    return folder


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Two-layer models gain nothing from more, and lose much beside other processes."""
    import torch

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def examples() -> list[dict[str, object]]:
    draw = random.Random(7)
    tracks = ["raw", "bare", "assisted", "raw"]
    return [example(draw, number, tracks[number % 4]) for number in range(40)]


@pytest.fixture
def write_examples() -> Callable[[Path, list[dict[str, object]]], Path]:
    return write_corpus


@pytest.fixture
def corpus(tmp_path: Path, examples: list[dict[str, object]]) -> Path:
    return write_corpus(tmp_path / "corpus", examples)
