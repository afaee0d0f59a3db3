"""Merge a LoRA adapter into its base's 16-bit weights, and write the result for every engine.

The delta is computed in float32 and the sum rounded once to bfloat16: what is assessed, served and
exported are these same weights. Never into 4-bit weights, whose rounding would swallow the delta:
SmolLM2's weights come from Q4_1 and lie on its steps, so that writing the merged ones as Q4_1 again
snaps them back to the base (measured: accuracy of reading 0.99 before, 0.76 after, and every result
read as normal; Q8_0 0.99, Q4_0 0.99).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hemoscribe.errors import InputError
from hemoscribe.files import read_json, write_bytes, write_json
from hemoscribe.models.catalogue import BaseModel, base_folder, base_gguf, base_model
from hemoscribe.models.chat import write_chat

if TYPE_CHECKING:
    import torch

GGUF = "model.gguf"
MODELFILE = "Modelfile"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
_PREFIX = "base_model.model."
_COPIED = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
)


def export(
    base: str,
    out: Path,
    *,
    adapter: Path | None = None,
    weights: Mapping[str, torch.Tensor] | None = None,
    gguf: Literal["q8_0", "q4_0"] = "q8_0",
) -> None:
    """Write ``merged/`` and, where the base comes as a GGUF, ``model.gguf`` and ``Modelfile``.

    Args:
        base: catalogue id, hub id or folder.
        adapter: a LoRA adapter to merge; or
        weights: all weights, of a model that was trained whole.
    """
    source = base_folder(base)
    if weights is None:
        assert adapter is not None
        weights = merged_weights(source, adapter)
    merged = out / "merged"
    write_merged(source, weights, merged)
    write_chat(merged, base_model(base).chat)
    base_file = base_gguf(base)
    if base_file is not None:
        from hemoscribe.models.gguf_file import write_over

        write_over(base_file, weights, out / GGUF, kind=gguf)
        write_bytes(out / MODELFILE, modelfile(base_model(base)).encode())


def modelfile(entry: BaseModel) -> str:
    """What `ollama create NAME -f Modelfile` reads: the GGUF, its chat format, its stop token."""
    chat = entry.chat
    return (
        f"FROM ./{GGUF}\n"
        f'TEMPLATE """{chat.prefix}{{{{ .Prompt }}}}{chat.suffix}"""\n'
        f'PARAMETER stop "{chat.stop}"\n'
        "PARAMETER temperature 0\n"
        f"PARAMETER num_ctx {entry.context}\n"
        f'LICENSE """{entry.name}: {entry.licence}"""\n'
    )


def base_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Every tensor of a model folder's safetensors."""
    from safetensors.torch import load_file

    found: dict[str, torch.Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        found.update(load_file(path))
    if not found:
        raise InputError(f"{folder}: holds no safetensors, and nothing else is loaded.")
    return found


def merged_weights(source: Path, adapter: Path) -> dict[str, torch.Tensor]:
    """The base's weights with the adapter's delta added, in bfloat16.

    Raises:
        InputError: the adapter is of a kind that is not merged here, or of another model.
    """
    import torch
    from safetensors.torch import load_file

    config = read_json(adapter / ADAPTER_CONFIG)
    for unsupported in ("use_dora", "use_rslora", "fan_in_fan_out", "rank_pattern"):
        if config.get(unsupported):
            raise InputError(f"{adapter}: `{unsupported}` is not merged here, only plain LoRA.")
    scale = config["lora_alpha"] / config["r"]
    deltas = load_file(adapter / ADAPTER_WEIGHTS)
    weights = {name: value.to(torch.bfloat16) for name, value in base_weights(source).items()}
    for name in [name for name in deltas if name.endswith(".lora_A.weight")]:
        down = deltas.pop(name).float()
        up = deltas.pop(name.replace(".lora_A.", ".lora_B.")).float()
        target = name.removeprefix(_PREFIX).replace(".lora_A.", ".")
        if target not in weights or weights[target].shape != (up.shape[0], down.shape[1]):
            raise InputError(f"{adapter}: is an adapter of another model (no {target} there).")
        weights[target] = (weights[target].float() + scale * (up @ down)).to(torch.bfloat16)
    if deltas:
        raise InputError(f"{adapter}: holds {sorted(deltas)[0]}, which is not merged here.")
    return weights


def write_merged(source: Path, weights: Mapping[str, torch.Tensor], out: Path) -> None:
    """A model folder: weights in bfloat16, and config and tokenizer of the base."""
    import torch
    from safetensors.torch import save_file

    out.mkdir(parents=True)
    config: dict[str, Any] = read_json(source / "config.json")
    config.pop("quantization_config", None)
    config["dtype"] = "bfloat16"
    config.pop("torch_dtype", None)
    kept = {name: value.to(torch.bfloat16).contiguous() for name, value in weights.items()}
    if config.get("tie_word_embeddings"):
        kept.pop("lm_head.weight", None)
    save_file(kept, out / "model.safetensors", metadata={"format": "pt"})
    write_json(out / "config.json", config)
    for name in _COPIED:
        if (source / name).is_file():
            shutil.copyfile(source / name, out / name)
