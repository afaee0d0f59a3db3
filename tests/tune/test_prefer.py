"""Corrections: after tuning, the expert's words are likelier than the draft's they correct."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hemoscribe.errors import StageError
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.settings import Settings, TuneSettings
from hemoscribe.tune import tune
from hemoscribe.tune.pairs import read_pairs

DRAFT = "Interpretation: all is well.\nFollow-up: none at all."
CORRECTION = "Interpretation: fine.\nFollow-up: none."


def settings_of(base: Path, **changes: object) -> Settings:
    values: dict[str, object] = {
        "base": str(base), "start_from": None, "lora_rank": 4, "lora_alpha": 8, "steps": 4,
        "warmup_steps": 1, "batch": 4, "learning_rate": 1e-3, "dtype": "float32",
        "preference_rate": 5e-3, "preference_epochs": 2,
    }  # fmt: skip
    return Settings(tune=TuneSettings(**{**values, **changes}))


@pytest.fixture
def corrected(examples, write_examples, tmp_path) -> Path:
    folder = write_examples(tmp_path / "corrected", examples)
    lines = [
        {"report_id": e["report_id"], "language": "en", "prompt": e["prompt"], "slots": e["slots"],
         "chosen": CORRECTION, "rejected": DRAFT}
        for e in examples
        if e["track"] == "assisted"
    ]  # fmt: skip
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (folder / "preferences.jsonl").write_text(text, encoding="utf-8")
    return folder


def margin(model_folder: Path, base: Path, corpus: Path) -> float:
    """How much likelier an exported model finds the corrections, apart from the trainer."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32).eval()
    tokenizer = ChatTokenizer.from_folder(base)
    gains = []
    for pair in read_pairs(corpus / "preferences.jsonl", tokenizer, max_tokens=1024):
        likely = []
        for text in (pair.chosen, pair.rejected):
            ids = torch.tensor([pair.prompt + text])
            labels = ids.clone()
            labels[0, : len(pair.prompt)] = -100
            with torch.no_grad():
                likely.append(-float(model(input_ids=ids, labels=labels).loss) * len(text))
        gains.append(likely[0] - likely[1])
    return sum(gains) / len(gains)


def test_corrections_become_likelier_than_the_drafts_they_correct(tiny_base, corrected, tmp_path):
    without = tune(settings_of(tiny_base, preference_epochs=0), corrected, tmp_path / "without")
    assert without["preferences"] is None
    found = tune(settings_of(tiny_base), corrected, tmp_path / "with")["preferences"]
    assert (found["pairs"], found["steps"]) == (10, 6)
    assert found["margin_after"] > found["margin_before"] + 1
    before = margin(tmp_path / "without" / "merged", tiny_base, corrected)
    after = margin(tmp_path / "with" / "merged", tiny_base, corrected)
    assert before == pytest.approx(found["margin_before"], abs=0.5)
    assert after == pytest.approx(found["margin_after"], abs=0.5)
    names = load_file(tmp_path / "with" / "adapter" / "adapter_model.safetensors")
    assert not any(".ref." in name for name in names)


def test_the_reference_is_the_adapter_as_it_was_fine_tuned(tiny_base, corrected, tmp_path):
    """With no step taken DPO changes nothing, so what it starts from is what was tuned."""
    tune(settings_of(tiny_base, preference_epochs=0), corrected, tmp_path / "without")
    tune(settings_of(tiny_base, preference_rate=1e-12), corrected, tmp_path / "still")
    one, other = (
        load_file(tmp_path / name / "adapter" / "adapter_model.safetensors")
        for name in ("without", "still")
    )
    assert all((one[name] == other[name]).all() for name in one)


def test_a_line_that_is_no_preference_is_named(tiny_base, tmp_path):
    path = tmp_path / "preferences.jsonl"
    path.write_text('{"prompt": "x"}\n', encoding="utf-8")
    with pytest.raises(StageError, match=r"line 1: is no preference"):
        read_pairs(path, ChatTokenizer.from_folder(tiny_base), max_tokens=64)
