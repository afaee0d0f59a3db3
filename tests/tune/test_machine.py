"""The doctor says what fits, keeps the effective batch, and names what stands in the way."""

from pathlib import Path

import pytest

from hemoscribe.errors import StageError
from hemoscribe.models.catalogue import base_model
from hemoscribe.settings import Needs, Settings, TuneSettings, load_settings
from hemoscribe.tune.machine import examine
from hemoscribe.tune.plan import Device, estimate_gib, plan

MISTRAL = "mistral-7b-v0.1"
CONFIGS = Path(__file__).parents[2] / "configs"


def asked(**tune: object) -> Settings:
    return Settings(tune=TuneSettings(base=MISTRAL, batch=8, accumulation=4, **tune))


@pytest.mark.parametrize(("gib", "method"), [(80, "lora"), (24, "lora"), (16, "qlora")])
def test_the_method_follows_the_memory_and_the_effective_batch_stays(gib, method) -> None:
    found = plan(asked().tune, base_model(MISTRAL), Device("GPU", gib), row_tokens=1024)
    assert found.method == method
    assert found.micro_batch * found.accumulation == 32
    assert found.estimated_vram_gb <= gib


def test_full_tuning_of_seven_billion_parameters_does_not_fit_in_sixteen_gib() -> None:
    found = plan(asked(method="full").tune, base_model(MISTRAL), Device("GPU", 16), row_tokens=1024)
    assert found.micro_batch == 1
    assert found.estimated_vram_gb > 100


def test_four_bits_need_less_than_sixteen_and_checkpointing_less_than_none() -> None:
    entry = base_model(MISTRAL)
    lora, qlora = (
        estimate_gib(entry, method, tokens=4096, rank=16, checkpointing=True)
        for method in ("lora", "qlora")
    )
    assert lora - qlora == pytest.approx(entry.parameters * 1.45 / 1024**3)
    assert lora < estimate_gib(entry, "lora", tokens=4096, rank=16, checkpointing=False)


def test_this_machine_is_examined_and_a_large_model_without_a_gpu_is_a_problem() -> None:
    import torch

    found = examine(asked())
    assert found["ram_gb"] > 1
    assert found["disk_gb"] > 0
    assert set(found["plan"]) >= {"method", "micro_batch", "accumulation", "estimated_vram_gb"}
    if not torch.cuda.is_available():
        assert any("without a GPU" in problem for problem in found["problems"])
    assert any("models pull" in problem for problem in found["problems"])


def test_the_machine_is_held_against_what_the_profile_was_made_for() -> None:
    needs = Needs(vram_gb=None, ram_gb=0.5, disk_gb=10**6)
    found = examine(Settings(needs=needs))
    assert {need["what"]: need["met"] for need in found["needs"]} == {
        "memory": True,
        "free disk": False,
    }
    assert any("1e+06 GB of free disk" in problem for problem in found["problems"])


@pytest.mark.parametrize("profile", ["mistral-7b", "starling-lm-7b"])
def test_the_large_profiles_ask_for_what_they_were_asked_to_run_on(profile) -> None:
    needs = load_settings(CONFIGS / f"{profile}.yaml").needs
    assert needs.vram_gb is not None
    assert 14 < needs.vram_gb < 14.75  # what a T4, sold with 16 GB, shows
    assert (needs.ram_gb, needs.disk_gb) == (30, 100)


def test_the_longest_row_of_the_corpus_is_planned_for(tiny_base, corpus, tmp_path) -> None:
    settings = Settings(runs=tmp_path / "runs", tune=TuneSettings(base=str(tiny_base)))
    assert examine(settings)["row_tokens"] == settings.tune.max_tokens
    found = examine(settings, corpus)
    assert found["rows_of"] == str(corpus)
    assert found["row_tokens"] % 64 == 0
    assert found["row_tokens"] < settings.tune.max_tokens
    with pytest.raises(StageError):
        examine(settings, corpus.parent)
