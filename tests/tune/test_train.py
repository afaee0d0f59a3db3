"""Tuning: what it writes, that it learns, and that an interrupted run ends as a whole one does."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from hemoscribe.engines.model import locate
from hemoscribe.errors import Interrupted, MissingError, SettingsError, StageError
from hemoscribe.files import read_json
from hemoscribe.prose.guard.vocabulary import write_vocabulary
from hemoscribe.settings import Settings, TuneSettings
from hemoscribe.stages import read_manifest, verify
from hemoscribe.tune import tune


def settings_of(base: Path, **changes: object) -> Settings:
    values: dict[str, object] = {
        "base": str(base),
        "start_from": None,
        "lora_rank": 4,
        "lora_alpha": 8,
        "steps": 4,
        "warmup_steps": 1,
        "batch": 4,
        "learning_rate": 1e-2,
        "dtype": "float32",
        "evaluate_every": 2,
        "save_every": 2,
    }
    return Settings(tune=TuneSettings(**{**values, **changes}))


def adapter_of(out: Path) -> dict[str, object]:
    return load_file(out / "adapter" / "adapter_model.safetensors")


def same_weights(one: Path, other: Path) -> bool:
    left, right = adapter_of(one), adapter_of(other)
    return left.keys() == right.keys() and all((left[n] == right[n]).all() for n in left)


def test_what_a_run_writes(tiny_base, corpus, tmp_path):
    out = tmp_path / "tune"
    summary = tune(settings_of(tiny_base), corpus, out)
    assert summary["steps"] == 4
    assert (summary["examples"], summary["truncated"], summary["unlabelled"]) == (39, 0, 1)
    assert summary["tokens_per_second"] > 0
    assert summary["peak_memory_gb"] > 0
    assert summary["validation"]["slots"] > 0
    manifest = read_manifest(out, stage="tune")
    verify(out, manifest)
    names = set(manifest.files)
    assert {"adapter/adapter_model.safetensors", "adapter/adapter_config.json"} <= names
    assert {"merged/model.safetensors", "merged/tokenizer.json", "merged/chat.json"} <= names
    assert "quantization_config" not in read_json(out / "merged" / "config.json")
    assert read_json(out / "tune.json")["base"] == str(tiny_base)
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4]
    assert [line["step"] for line in lines if "validation" in line] == [2, 4]
    assert not list(tmp_path.glob(".tune*"))


def test_a_complete_run_is_not_run_again(tiny_base, corpus, tmp_path):
    out = tmp_path / "tune"
    tune(settings_of(tiny_base), corpus, out)
    before = (out / "manifest.json").stat().st_mtime_ns
    assert tune(settings_of(tiny_base), corpus, out)["skipped"]
    assert (out / "manifest.json").stat().st_mtime_ns == before


def losses_of(out: Path) -> list[float]:
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def test_it_learns_and_goes_on_from_an_adapter(tiny_base, examples, write_examples, tmp_path):
    slots_only = [{**example, "completion": None} for example in examples]
    corpus = write_examples(tmp_path / "slots", slots_only)
    write_vocabulary(corpus, {"en": {"anemia": ["occult"]}})
    tune(settings_of(tiny_base, steps=20), corpus, tmp_path / "first")
    losses = losses_of(tmp_path / "first")
    assert losses[-1] < losses[0] / 2
    write_vocabulary(corpus, {"en": {"anemia": ["bleeding"]}})
    again = settings_of(tiny_base, steps=2, start_from=str(tmp_path / "first"))
    tune(again, corpus, tmp_path / "second")
    assert losses_of(tmp_path / "second")[0] < losses[0] / 2
    assert locate(str(tmp_path / "first")).vocabulary.taught["en"]["anemia"] == {"occult"}
    both = locate(str(tmp_path / "second")).vocabulary.taught["en"]["anemia"]
    assert both == {"occult", "bleeding"}


def test_the_same_seed_gives_the_same_weights_and_another_does_not(tiny_base, corpus, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        tune(settings_of(tiny_base, seed=seed), corpus, tmp_path / name)
    assert same_weights(tmp_path / "a", tmp_path / "b")
    assert not same_weights(tmp_path / "a", tmp_path / "c")


def test_full_fine_tuning_writes_a_merged_model_without_an_adapter(tiny_base, corpus, tmp_path):
    out = tmp_path / "tune"
    tune(settings_of(tiny_base, method="full", learning_rate=1e-3, dtype="bfloat16"), corpus, out)
    assert not (out / "adapter").exists()
    before = load_file(tiny_base / "model.safetensors")
    after = load_file(out / "merged" / "model.safetensors")
    assert before.keys() == after.keys()
    assert any((before[name] != after[name]).any() for name in before)


SCRIPT = """
    import sys, torch
    from pathlib import Path
    from hemoscribe.settings import Settings, TuneSettings
    from hemoscribe.tune import tune
    values, corpus, out = sys.argv[1:]
    settings = Settings(tune=TuneSettings.model_validate_json(values))
    tune(settings, Path(corpus), Path(out), resume=True)
"""


def test_a_killed_run_resumes_to_the_very_weights_of_a_whole_one(tiny_base, corpus, tmp_path):
    settings = settings_of(tiny_base, steps=10, accumulation=2, batch=2, lora_dropout=0.1)
    tune(settings, corpus, tmp_path / "whole")
    out = tmp_path / "killed"
    process = subprocess.Popen(
        [
            sys.executable, "-c", textwrap.dedent(SCRIPT),
            settings.tune.model_dump_json(), str(corpus), str(out),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    checkpoints = tmp_path / ".killed.checkpoints"
    deadline = time.monotonic() + 120
    while not (checkpoints / "checkpoint-4" / "complete.json").exists():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not out.exists()
    (checkpoints / "checkpoint-99").mkdir()  # one that was being written
    summary = tune(settings, corpus, out, resume=True)
    assert summary["steps"] == 10
    assert same_weights(tmp_path / "whole", out)
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 11))
    assert not checkpoints.exists()


def test_ctrl_c_keeps_a_checkpoint_and_says_how_to_go_on(tiny_base, corpus, tmp_path, monkeypatch):
    from hemoscribe.tune.monitor import Metrics

    taken = Metrics.on_log

    def interrupted(self, args, state, control, logs=None, **rest):
        taken(self, args, state, control, logs, **rest)
        if state.global_step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    settings = settings_of(tiny_base, steps=12, save_every=12)
    with monkeypatch.context() as patch:
        patch.setattr(Metrics, "on_log", interrupted)
        with pytest.raises(Interrupted, match=r"step \d of 12; `hemoscribe tune CONFIG --resume`"):
            tune(settings, corpus, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert tune(settings, corpus, tmp_path / "out", resume=True)["steps"] == 12


def test_other_settings_do_not_resume_another_run(tiny_base, corpus, tmp_path, capsys):
    folder = tmp_path / ".out.checkpoints"
    folder.mkdir()
    (folder / "key.json").write_text('{"key": "another"}', encoding="utf-8")
    tune(settings_of(tiny_base), corpus, tmp_path / "out", resume=True)
    assert "starts anew" in capsys.readouterr().err


def test_what_cannot_be_trained_on_is_said(tiny_base, corpus, examples, write_examples, tmp_path):
    long = [e for e in examples if len(e["slots"]) == 4]
    with pytest.raises(StageError, match=f"{len(long)} have over 64 tokens"):
        tune(
            settings_of(tiny_base, max_tokens=64),
            write_examples(tmp_path / "long", long),
            tmp_path / "out",
        )
    with pytest.raises(StageError, match="hemoscribe corpus"):
        tune(settings_of(tiny_base), tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(SettingsError, match=r"smollm2-135m-instruct"):
        tune(settings_of(tmp_path / "nothing"), corpus, tmp_path / "out")
    with pytest.raises(MissingError, match=r"hemoscribe models pull mistral-7b-v0\.1"):
        tune(settings_of(Path("mistralai/Mistral-7B-v0.1")), corpus, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_adapter_of_another_rank_or_base_is_refused(tiny_base, corpus, tmp_path):
    tune(settings_of(tiny_base, steps=1), corpus, tmp_path / "first")
    start = {"start_from": str(tmp_path / "first"), "steps": 1}
    with pytest.raises(SettingsError, match="rank and alpha"):
        tune(settings_of(tiny_base, lora_rank=8, **start), corpus, tmp_path / "out")
    config = tmp_path / "first" / "adapter" / "adapter_config.json"
    config.write_text(config.read_text().replace(str(tiny_base), "another"), encoding="utf-8")
    with pytest.raises(SettingsError, match="belongs to another"):
        tune(settings_of(tiny_base, **start), corpus, tmp_path / "out")
