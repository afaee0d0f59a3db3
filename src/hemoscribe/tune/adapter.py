"""The model that is trained: a frozen base with a float32 LoRA, or all of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hemoscribe.errors import MissingError, SettingsError, StageError
from hemoscribe.files import read_json, write_json
from hemoscribe.settings import TuneSettings
from hemoscribe.tune.plan import Method
from hemoscribe.tune.quiet import quiet_libraries

if TYPE_CHECKING:
    import torch

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def load_trainable(
    base: Path,
    settings: TuneSettings,
    *,
    base_id: str,
    start_from: Path | None,
    method: Method = "lora",
    lean: bool = True,
) -> Any:
    """The base with a new adapter, or with the one in ``start_from`` to go on from.

    Args:
        lean: compute the adapter as ``lora`` does; not where another adapter is to be switched to.
        method: full trains all weights, in float32; lora an adapter over the base in 16 bits;
            qlora one over the base in NF4 with double quantisation, computed in 16 bits.

    Raises:
        SettingsError: the adapter to start from has another rank or another base.
        MissingError: bitsandbytes, which holds the base in 4 bits, is not installed.
    """
    import torch
    from transformers import AutoModelForCausalLM

    from hemoscribe.tune.attention import register

    dtype = torch.bfloat16 if settings.dtype == "bfloat16" else torch.float32
    torch.manual_seed(settings.seed)
    with quiet_libraries():
        model = AutoModelForCausalLM.from_pretrained(
            base,
            dtype=torch.float32 if method == "full" else dtype,
            attn_implementation="sdpa" if torch.cuda.is_available() else register(),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            **(_in_four_bits(dtype) if method == "qlora" else {}),
        )
    model.config.use_cache = False
    if method == "full":
        if start_from is not None:
            raise SettingsError("`tune.start_from` names an adapter, which `method: full` has not.")
        return model
    with quiet_libraries():
        adapted = _adapted(model, settings, base_id, start_from)
    if lean:
        from hemoscribe.tune.lora import make_lean

        make_lean(adapted)
    return adapted


def _in_four_bits(dtype: torch.dtype) -> dict[str, Any]:
    """What loads a model in NF4 (Dettmers et al. 2023, arXiv:2305.14314), on the device at once."""
    import importlib.util

    import torch
    from transformers import BitsAndBytesConfig

    if importlib.util.find_spec("bitsandbytes") is None:
        raise MissingError(
            "`tune.method: qlora` needs bitsandbytes; run `pip install 'hemoscribe[gpu]'`."
        )
    device = int(os.environ.get("LOCAL_RANK", 0)) if torch.cuda.is_available() else "cpu"
    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        ),
        "device_map": {"": device},
    }


def _adapted(model: Any, settings: TuneSettings, base_id: str, start_from: Path | None) -> Any:
    from peft import LoraConfig, PeftModel, get_peft_model

    if start_from is None:
        config = LoraConfig(
            r=settings.lora_rank,
            lora_alpha=settings.lora_alpha,
            lora_dropout=settings.lora_dropout,
            target_modules=list(LAYERS),
            task_type="CAUSAL_LM",
        )
        adapted = get_peft_model(model, config)  # adapter weights are float32
    else:
        adapted = PeftModel.from_pretrained(model, str(start_from), is_trainable=True)
        _check_start(adapted, settings, base_id, start_from)
    adapted.peft_config["default"].base_model_name_or_path = base_id
    return adapted


def _check_start(adapted: Any, settings: TuneSettings, base_id: str, start_from: Path) -> None:
    config = adapted.peft_config["default"]
    if config.base_model_name_or_path != base_id:
        raise SettingsError(
            f"{start_from}: its adapter belongs to {config.base_model_name_or_path}, the settings "
            f"name {base_id}; set `tune.base` to the former, or `tune.start_from: null`."
        )
    found = (config.r, config.lora_alpha)
    wanted = (settings.lora_rank, settings.lora_alpha)
    if found != wanted:
        raise SettingsError(
            f"{start_from}: its adapter has rank and alpha {found}, the settings ask for {wanted}; "
            "set `tune.lora_rank` and `tune.lora_alpha`, or `tune.start_from: null`."
        )


def float32_adapter(model: Any) -> None:
    """What is trained in float32: trl turns adapters over a 4-bit base to bfloat16, in which the
    steps of AdamW are smaller than what a weight can change by.
    """
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()


def save_adapter(model: Any, folder: Path, *, write: bool = True) -> None:
    """Write the adapter's weights, in full precision, and its config.

    Args:
        write: False in all but the first of several processes, which only hand on their parts.
    """
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    # save_embedding_layers="auto" would look the base model up on the hub
    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    weights = {name: _whole(value).contiguous().cpu() for name, value in state.items()}
    if not write:
        return
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    model.peft_config["default"].save_pretrained(str(folder))


def _whole(value: Any) -> Any:
    """A tensor that several processes hold in parts (FSDP), put together."""
    return value.full_tensor() if hasattr(value, "full_tensor") else value


def export_adapter(trained: Path, out: Path) -> None:
    """A saved adapter as it is handed on: weights in bfloat16, and its config."""
    import torch
    from safetensors.torch import load_file, save_file

    out.mkdir(parents=True, exist_ok=True)
    state = load_file(trained / WEIGHTS)
    weights = {name: value.to(torch.bfloat16) for name, value in state.items()}
    save_file(weights, out / WEIGHTS, metadata={"format": "pt"})
    config = read_json(trained / CONFIG)
    modules = config["target_modules"]  # a set in peft: in another order at every run
    write_json(out / CONFIG, {**config, "target_modules": sorted(modules)})


def load_adapter(model: Any, folder: Path) -> None:
    """Put a saved adapter's weights into a model that has one of the same shape."""
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    found = set_peft_model_state_dict(model, load_file(folder / WEIGHTS))
    if found.unexpected_keys:
        raise StageError(f"{folder}: is an adapter of another model.")
