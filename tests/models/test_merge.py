"""Merged weights are the base plus the adapter's delta, as peft itself merges them."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from hemoscribe.errors import InputError
from hemoscribe.files import read_json, write_json
from hemoscribe.models.catalogue import base_model
from hemoscribe.models.merge import base_weights, export, merged_weights, modelfile


@pytest.fixture
def adapter(tiny_base, tmp_path):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from hemoscribe.tune.adapter import LAYERS, save_adapter
    from hemoscribe.tune.quiet import quiet_libraries

    with quiet_libraries():
        model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
        adapted = get_peft_model(
            model, LoraConfig(r=4, lora_alpha=8, target_modules=list(LAYERS), task_type="CAUSAL_LM")
        )
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.manual_seed(len(name))
            torch.nn.init.normal_(parameter, std=0.1)
    save_adapter(adapted, tmp_path / "adapter")
    return tmp_path / "adapter", adapted


def test_the_merge_is_peft_s(tiny_base, adapter):
    folder, adapted = adapter
    merged = merged_weights(tiny_base, folder)
    wanted = adapted.merge_and_unload().state_dict()
    assert {name for name in wanted if name != "lm_head.weight"} == set(merged)
    for name, value in merged.items():
        torch.testing.assert_close(value, wanted[name].to(torch.bfloat16), rtol=0, atol=0)
    before = base_weights(tiny_base)
    assert any((before[name] != merged[name]).any() for name in before)


def test_an_export_is_a_model_folder_that_transformers_loads(tiny_base, adapter, tmp_path):
    from transformers import AutoModelForCausalLM

    from hemoscribe.tune.quiet import quiet_libraries

    folder, _ = adapter
    config = read_json(tiny_base / "config.json")
    export(str(tiny_base), tmp_path / "out", adapter=folder)
    merged = tmp_path / "out" / "merged"
    assert read_json(merged / "config.json")["hidden_size"] == config["hidden_size"]
    with quiet_libraries():
        loaded = AutoModelForCausalLM.from_pretrained(merged).state_dict()
    for name, value in load_file(merged / "model.safetensors").items():
        assert (loaded[name] == value).all()


def test_an_adapter_of_another_model_or_kind_is_refused(tiny_base, adapter, tmp_path):
    folder, _ = adapter
    weights = load_file(folder / "adapter_model.safetensors")
    first = sorted(weights)[0]
    other = tmp_path / "other"
    other.mkdir()
    config = read_json(folder / "adapter_config.json")
    write_json(other / "adapter_config.json", config)
    save_file(
        {name.replace("layers.0.", "layers.7."): value for name, value in weights.items()},
        other / "adapter_model.safetensors",
    )
    with pytest.raises(InputError, match="another model"):
        merged_weights(tiny_base, other)
    save_file(
        {**weights, "lm_head.weight": weights[first].clone()}, other / "adapter_model.safetensors"
    )
    with pytest.raises(InputError, match="lm_head"):
        merged_weights(tiny_base, other)
    write_json(other / "adapter_config.json", {**config, "use_dora": True})
    with pytest.raises(InputError, match="use_dora"):
        merged_weights(tiny_base, other)


def test_the_modelfile_prompts_as_the_model_was_trained():
    text = modelfile(base_model("smollm2-135m-instruct"))
    chat = base_model("smollm2-135m-instruct").chat
    assert f'TEMPLATE """{chat.prefix}{{{{ .Prompt }}}}{chat.suffix}"""' in text
    assert 'PARAMETER stop "<|im_end|>"' in text
    assert text.startswith("FROM ./model.gguf\n")
