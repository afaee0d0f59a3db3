"""Question files in the layout of the real ones, invented here, and a tuned model with its base."""

import csv
import json
import shutil

import pytest

from hemoscribe.assess.benchmarks.benchmark_list import catalogue
from hemoscribe.assess.benchmarks.questions import LETTERS, YES_NO_MAYBE
from hemoscribe.files import write_json
from hemoscribe.stages import write_manifest

OPTIONS = ("first", "second", "third", "fourth")


def right_option(number):
    """The right option of the invented question of that number: A four times of ten, D never."""
    return (0, 1, 2, 0, 1, 0, 2, 1, 0, 2)[number % 10]


def _rows(count):
    return [(number, f"Which of these is number {number}?") for number in range(count)]


def _write(folder, name):
    entry = catalogue()[name]
    path = folder / entry.file
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = _rows(entry.questions)
    if entry.form == "medqa":
        lines = [
            {
                "question": text,
                "options": dict(zip(LETTERS, OPTIONS, strict=True)),
                "answer": OPTIONS[right_option(number)],
                "answer_idx": LETTERS[right_option(number)],
            }
            for number, text in rows
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    elif entry.form == "medmcqa":
        names = dict(zip(("opa", "opb", "opc", "opd"), OPTIONS, strict=True))
        lines = [
            {"id": f"q{number}", "question": text, "cop": 1 + right_option(number), **names}
            for number, text in rows
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    elif entry.form == "pubmedqa":
        entries = {
            str(number): {
                "QUESTION": text,
                "CONTEXTS": ["One part.", "Another part."],
                "final_decision": YES_NO_MAYBE[right_option(number)],
            }
            for number, text in rows
        }
        path.write_text(json.dumps(entries), encoding="utf-8")
    else:
        for part, count in ((entry.file, entry.questions), (entry.examples, 5)):
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            with (folder / part).open("w", encoding="utf-8", newline="") as file:
                for number, text in _rows(count):
                    csv.writer(file).writerow([text, *OPTIONS, LETTERS[right_option(number)]])


@pytest.fixture(scope="session")
def all_questions(tmp_path_factory):
    """All nine benchmarks, complete; not to be changed."""
    folder = tmp_path_factory.mktemp("questions")
    for name in catalogue():
        _write(folder, name)
    return folder


@pytest.fixture
def question_folder(all_questions, tmp_path):
    """All nine benchmarks, to damage."""
    return shutil.copytree(all_questions, tmp_path / "questions")


@pytest.fixture(scope="session")
def tuned_model(tiny_base, tmp_path_factory):
    """A tuned folder whose base is ``tiny_base``: other weights, same tokenizer."""
    import torch
    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("tuned") / "tuned-model"
    shutil.copytree(tiny_base, folder / "merged")
    path = folder / "merged" / "model.safetensors"
    torch.manual_seed(7)
    weights = {
        name: value + 0.05 * torch.randn_like(value.float()).to(value.dtype)
        for name, value in load_file(path).items()
    }
    save_file(weights, path, metadata={"format": "pt"})
    write_json(folder / "tune.json", {"base": str(tiny_base)})
    write_manifest(folder, stage="tune", inputs={}, settings={}, summary={})
    return folder
