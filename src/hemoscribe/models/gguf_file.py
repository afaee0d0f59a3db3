"""GGUF files: unpack one into a 16-bit model folder, write a model's weights over one's tensors.

Only the llama architecture, which SmolLM2 has. Its GGUF rows of q and k are stored in another
order (rotary halves interleaved), undone on reading and done again on writing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hemoscribe.errors import InputError
from hemoscribe.files import write_json
from hemoscribe.models.chat import Chat, write_chat

if TYPE_CHECKING:
    import numpy as np
    import torch

GgufType = Literal["q8_0", "q4_0"]

_CONTROL_TOKEN = 3
_BLOCK = 32


def unpack(path: Path, out: Path, chat: Chat) -> dict[str, Any]:
    """Write a GGUF's model to ``out``: bfloat16 safetensors, config, tokenizer, chat format."""
    import torch
    from gguf import GGUFReader
    from gguf.quants import dequantize
    from safetensors.torch import save_file

    reader = GGUFReader(path)
    config = _config(reader)
    heads = (config["num_attention_heads"], config["num_key_value_heads"])
    by_name = {tensor.name: tensor for tensor in reader.tensors}
    weights = {}
    for hf_name, name in _names(config).items():
        if name not in by_name:
            raise InputError(f"{path}: has no tensor {name!r}, so it is not a llama model.")
        tensor = by_name.pop(name)
        values = dequantize(tensor.data, tensor.tensor_type)
        values = _permute(values, name, heads, into_gguf=False)
        weights[hf_name] = torch.from_numpy(values.copy()).to(torch.bfloat16)
    if by_name:
        raise InputError(f"{path}: has tensors nothing here knows: {', '.join(sorted(by_name))}.")
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    write_json(out / "config.json", config)
    _write_tokenizer(reader, out, chat)
    write_chat(out, chat)
    return {"tensors": len(weights), "parameters": sum(w.numel() for w in weights.values())}


def write_over(
    base: Path, weights: Mapping[str, torch.Tensor], out: Path, *, kind: GgufType
) -> None:
    """Write ``out``: the metadata and tokenizer of ``base``, with these weights in its tensors.

    Args:
        weights: by their names in transformers; a tied ``lm_head.weight`` may be absent.
        kind: type of the matrices; embeddings are never below Q8_0, vectors are float32.
    """
    import torch
    from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType
    from gguf.quants import quantize

    reader = GGUFReader(base)
    config = _config(reader)
    heads = (config["num_attention_heads"], config["num_key_value_heads"])
    sources = {name: hf_name for hf_name, name in _names(config).items()}
    wanted = GGMLQuantizationType[kind.upper()]
    writer = GGUFWriter(out, arch=config["model_type"])
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        value = field.contents()
        if field.name == "general.file_type":
            value = int(LlamaFileType[f"MOSTLY_{kind.upper()}"])
        kinds = field.types
        writer.add_key_value(
            field.name,
            value,
            kinds[0],
            sub_type=kinds[-1] if kinds[0] == GGUFValueType.ARRAY else None,
        )
    for tensor in reader.tensors:
        values = weights[sources[tensor.name]].to(torch.float32).numpy()
        values = _permute(values, tensor.name, heads, into_gguf=True)
        chosen = _tensor_type(tensor.name, values, wanted)
        writer.add_tensor(tensor.name, quantize(values, chosen), raw_dtype=chosen)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensor_type(name: str, values: np.ndarray, wanted: Any) -> Any:
    from gguf import GGMLQuantizationType

    if values.ndim < 2:
        return GGMLQuantizationType.F32
    if values.shape[-1] % _BLOCK:
        return GGMLQuantizationType.F16
    return GGMLQuantizationType.Q8_0 if name == "token_embd.weight" else wanted


def _field(reader: Any, name: str, default: Any = None) -> Any:
    field = reader.fields.get(name)
    return default if field is None else field.contents()


def _config(reader: Any) -> dict[str, Any]:
    """config.json as transformers reads it."""
    architecture = _field(reader, "general.architecture")
    if architecture != "llama":
        raise InputError(f"A GGUF of architecture {architecture!r} is not read here, only llama.")
    heads = _field(reader, "llama.attention.head_count")
    hidden = _field(reader, "llama.embedding_length")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "attention_bias": False,
        "bos_token_id": _field(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": _field(reader, "tokenizer.ggml.eos_token_id"),
        "pad_token_id": _field(reader, "tokenizer.ggml.padding_token_id"),
        "dtype": "bfloat16",
        "head_dim": hidden // heads,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": _field(reader, "llama.feed_forward_length"),
        "max_position_embeddings": _field(reader, "llama.context_length"),
        "mlp_bias": False,
        "num_attention_heads": heads,
        "num_hidden_layers": _field(reader, "llama.block_count"),
        "num_key_value_heads": _field(reader, "llama.attention.head_count_kv", heads),
        "rms_norm_eps": float(_field(reader, "llama.attention.layer_norm_rms_epsilon")),
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": float(_field(reader, "llama.rope.freq_base", 10000.0)),
        },
        "tie_word_embeddings": not any(t.name == "output.weight" for t in reader.tensors),
        "vocab_size": len(reader.fields["tokenizer.ggml.tokens"].data),
    }


def _names(config: Mapping[str, Any]) -> dict[str, str]:
    """Tensor names in transformers -> names in the GGUF."""
    from gguf import MODEL_ARCH, get_tensor_name_map

    blocks = config["num_hidden_layers"]
    table = get_tensor_name_map(MODEL_ARCH.LLAMA, blocks)
    hf_names = ["model.embed_tokens.weight", "model.norm.weight"]
    if not config["tie_word_embeddings"]:
        hf_names.append("lm_head.weight")
    parts = ["input_layernorm", "post_attention_layernorm"]
    parts += [f"self_attn.{x}_proj" for x in "qkvo"]
    parts += [f"mlp.{x}_proj" for x in ("gate", "up", "down")]
    hf_names += [f"model.layers.{i}.{part}.weight" for i in range(blocks) for part in parts]
    return {name: str(table.get_name(name, try_suffixes=(".weight",))) for name in hf_names}


def _permute(
    values: np.ndarray, name: str, heads: tuple[int, int], *, into_gguf: bool
) -> np.ndarray:
    """The rows of q and k in the other order; every other tensor as it is."""
    if name.endswith("attn_q.weight"):
        count = heads[0]
    elif name.endswith("attn_k.weight"):
        count = heads[1]
    else:
        return values
    half = values.shape[0] // count // 2
    split = (count, 2, half) if into_gguf else (count, half, 2)
    return values.reshape(*split, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


def _write_tokenizer(reader: Any, out: Path, chat: Chat) -> None:
    """tokenizer.json with the pre-tokenizer that the GGUF names.

    transformers' own conversion of a GGUF leaves out that SmolLM's digits stand alone, and so cuts
    a line break before a digit differently from llama.cpp, OpenVINO and the model's training.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    kind = (_field(reader, "tokenizer.ggml.model"), _field(reader, "tokenizer.ggml.pre"))
    if kind != ("gpt2", "smollm"):
        raise InputError(f"A GGUF with the tokenizer {kind} is not read here, only SmolLM's.")
    tokens = _field(reader, "tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in _field(reader, "tokenizer.ggml.merges")]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    types = _field(reader, "tokenizer.ggml.token_type")
    special = [t for t, type_ in zip(tokens, types, strict=True) if type_ == _CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    tokenizer.save(str(out / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[_field(reader, "tokenizer.ggml.bos_token_id")],
        "eos_token": chat.stop,
        "pad_token": chat.pad,
        "clean_up_tokenization_spaces": False,
        "model_max_length": _field(reader, "llama.context_length"),
        "chat_template": _field(reader, "tokenizer.chat_template"),
    }
    write_json(out / "tokenizer_config.json", settings)
