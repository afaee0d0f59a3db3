"""The model that is trained: a frozen 16-bit base with a float32 LoRA on every linear layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hemoscribe.errors import SettingsError, StageError
from hemoscribe.settings import TuneSettings
from hemoscribe.tune.quiet import quiet_libraries

if TYPE_CHECKING:
    import torch

LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def load_trainable(
    base: Path, settings: TuneSettings, *, base_id: str, start_from: Path | None
) -> Any:
    """The base with a new adapter, or with the one in ``start_from`` to go on from.

    Raises:
        SettingsError: the adapter to start from has another rank or another base.
    """
    import torch
    from transformers import AutoModelForCausalLM

    from hemoscribe.tune.attention import register

    dtype = torch.bfloat16 if settings.dtype == "bfloat16" else torch.float32
    torch.manual_seed(settings.seed)
    with quiet_libraries():
        model = AutoModelForCausalLM.from_pretrained(
            base,
            dtype=torch.float32 if settings.method == "full" else dtype,
            attn_implementation="sdpa" if torch.cuda.is_available() else register(),
            local_files_only=True,
        )
    model.config.use_cache = False
    if settings.method == "full":
        if start_from is not None:
            raise SettingsError("`tune.start_from` names an adapter, which `method: full` has not.")
        return model
    with quiet_libraries():
        return _adapted(model, settings, base_id, start_from)


def _adapted(model: Any, settings: TuneSettings, base_id: str, start_from: Path | None) -> Any:
    from peft import LoraConfig, PeftModel, get_peft_model

    from hemoscribe.tune.lora import make_lean

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
    make_lean(adapted)
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


def save_adapter(model: Any, folder: Path, *, dtype: torch.dtype | None = None) -> None:
    """Write the adapter's weights and its config; in ``dtype`` where one is given."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    # save_embedding_layers="auto" would look the base model up on the hub
    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    weights = {
        name: (value if dtype is None else value.to(dtype)).contiguous().cpu()
        for name, value in state.items()
    }
    save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    model.peft_config["default"].save_pretrained(str(folder))


def load_adapter(model: Any, folder: Path) -> None:
    """Put a saved adapter's weights into a model that has one of the same shape."""
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    found = set_peft_model_state_dict(model, load_file(folder / "adapter_model.safetensors"))
    if found.unexpected_keys:
        raise StageError(f"{folder}: is an adapter of another model.")
