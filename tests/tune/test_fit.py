"""A run in the parts that memory and machines allow ends as a whole one does; the best is kept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hemoscribe.errors import MissingError
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.settings import Settings, TuneSettings
from hemoscribe.tune import loss, tune
from hemoscribe.tune.fit import total_steps
from hemoscribe.tune.padded_batches import collate, columns
from hemoscribe.tune.plan import Plan
from hemoscribe.tune.rows import read_rows


def settings_of(base: Path, **changes: object) -> Settings:
    values: dict[str, object] = {
        "base": str(base), "start_from": None, "lora_rank": 4, "lora_alpha": 8, "steps": 6,
        "warmup_steps": 1, "batch": 4, "learning_rate": 1e-2, "dtype": "float32",
        "evaluate_every": 2, "save_every": 2,
    }  # fmt: skip
    return Settings(tune=TuneSettings(**{**values, **changes}))


def adapter_of(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "adapter" / "adapter_model.safetensors")


def assert_same_weights(one: Path, other: Path) -> None:
    left, right = adapter_of(one), adapter_of(other)
    assert left.keys() == right.keys()
    for name, value in left.items():
        torch.testing.assert_close(value, right[name], rtol=0.02, atol=1e-3)


def validations(out: Path) -> dict[int, float]:
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: line["validation"]["loss"] for line in lines if "validation" in line}


def test_out_of_memory_halves_the_parts_and_changes_no_result(
    tiny_base, corpus, tmp_path, monkeypatch, capsys
):
    tune(settings_of(tiny_base), corpus, tmp_path / "whole")
    whole = loss.batch_loss
    calls = []

    def with_little_memory(model, batch, **rest):
        calls.append(len(batch["input_ids"]))
        if len(calls) > 3 and calls[-1] > 2:  # after the first checkpoint
            raise torch.OutOfMemoryError("no more")
        return whole(model, batch, **rest)

    monkeypatch.setattr(loss, "batch_loss", with_little_memory)
    summary = tune(settings_of(tiny_base), corpus, tmp_path / "halved")
    said = capsys.readouterr().err
    assert said.count("out of memory") == 1
    assert "2 rows at a time and 2 times to a step" in said
    assert (summary["plan"]["micro_batch"], summary["plan"]["accumulation"]) == (2, 2)
    assert summary["steps"] == 6
    assert_same_weights(tmp_path / "whole", tmp_path / "halved")


def test_memory_for_not_even_one_row_is_said(tiny_base, corpus, tmp_path, monkeypatch):
    def none(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("none")

    monkeypatch.setattr(loss, "batch_loss", none)
    with pytest.raises(MissingError, match="too little memory for 1 rows"):
        tune(settings_of(tiny_base), corpus, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_weights_of_the_lowest_validation_loss_are_kept(tiny_base, corpus, tmp_path):
    """At a learning rate that overshoots, the last weights are not the best."""
    out = tmp_path / "out"
    chosen = settings_of(tiny_base, learning_rate=3.0, steps=4, warmup_steps=8)
    summary = tune(chosen, corpus, out)
    found = validations(out)
    assert summary["best_step"] == min(found, key=lambda step: found[step])
    assert summary["best_step"] == 2
    measured = loss_of(out / "merged", tiny_base, corpus)
    assert measured == pytest.approx(found[summary["best_step"]], rel=0.02)
    assert measured < found[4] * 0.98


def loss_of(model_folder: Path, base: Path, corpus: Path) -> float:
    """The validation loss of a model as it was exported."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32).eval()
    tokenizer = ChatTokenizer.from_folder(base)
    rows = read_rows(corpus / "validation.jsonl", tokenizer, max_tokens=1024).rows
    rows = [row for row in rows if row.track == "raw"] + [
        row for row in rows if row.track == "assisted"
    ][:8]
    held = columns(rows)
    batch = collate(
        [{name: held[name][i] for name in held} for i in range(len(rows))], pad_id=tokenizer.pad_id
    )
    with torch.no_grad():
        found = loss.batch_loss(
            model, batch, counts=loss.label_counts([batch]), slot_weight=1.0,
            answer_ids=tokenizer.answer_ids,
        )  # fmt: skip
    return float(found.loss)


def test_training_ends_when_validation_no_longer_gains(tiny_base, corpus, tmp_path):
    out = tmp_path / "out"
    chosen = settings_of(tiny_base, learning_rate=1e-12, steps=20, patience=2)
    summary = tune(chosen, corpus, out)
    assert summary["stopped_early"]
    assert summary["steps"] == 6  # the first validation, and two that gained nothing
    assert summary["best_step"] == 2


@pytest.mark.slow
def test_two_processes_train_as_one_with_twice_the_accumulation(tiny_base, corpus, tmp_path):
    profile = tmp_path / "two.yaml"
    tune_section = settings_of(tiny_base, batch=2).tune.model_dump(mode="json")
    profile.write_text(json.dumps({"name": "two", "tune": tune_section}), encoding="utf-8")
    finished = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
            "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0",
            "-m", "hemoscribe", "tune", str(profile), "--corpus", str(corpus),
            "--out", str(tmp_path / "two"), "--json",
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["steps"] == 6  # one object, of the first process
    tune(settings_of(tiny_base, batch=2, accumulation=2), corpus, tmp_path / "one")
    assert_same_weights(tmp_path / "one", tmp_path / "two")


def test_qlora_trains_over_a_base_in_four_bits(tiny_base, corpus, tmp_path, monkeypatch):
    from bitsandbytes.nn import Linear4bit

    from hemoscribe.tune.adapter import load_trainable

    chosen = settings_of(tiny_base, method="qlora", dtype="bfloat16", steps=12)
    model = load_trainable(tiny_base, chosen.tune, base_id="tiny", start_from=None, method="qlora")
    layers = [m for m in model.modules() if isinstance(m, Linear4bit)]
    assert len(layers) == 2 * 7
    assert layers[0].weight.quant_type == "nf4"
    assert layers[0].weight.quant_state.nested  # double quantisation
    out = tmp_path / "out"
    summary = tune(chosen, corpus, out)
    assert summary["plan"]["method"] == "qlora"
    found = validations(out)
    assert found[12] < found[2]
    merged = load_file(out / "merged" / "model.safetensors")
    base = load_file(tiny_base / "model.safetensors")
    changed = "model.layers.0.self_attn.q_proj.weight"
    assert merged[changed].dtype == torch.bfloat16  # merged into the 16-bit weights, not the 4-bit
    drift = (merged[changed].float() - base[changed].float()).abs().max()
    assert 0 < drift < 0.3
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"hemoscribe\[gpu\]"):
        load_trainable(tiny_base, chosen.tune, base_id="tiny", start_from=None, method="qlora")


def test_steps_follow_from_epochs_and_the_effective_batch():
    assert total_steps(TuneSettings(batch=8, epochs=1), 100) == 13
    assert total_steps(TuneSettings(batch=4, accumulation=2, epochs=2), 100) == 26
    assert total_steps(TuneSettings(steps=7), 100) == 7
    assert total_steps(TuneSettings(batch=4), 100, processes=2) == 13


def test_a_plan_is_halved_until_one_row():
    found = Plan("lora", 8, 4, checkpointing=True, estimated_vram_gb=1.0)
    sizes = []
    while found is not None:
        sizes.append((found.micro_batch, found.accumulation))
        found = found.halved()
    assert sizes == [(8, 4), (4, 8), (2, 16), (1, 32)]
