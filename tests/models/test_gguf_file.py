"""A GGUF unpacked and written again holds the same model."""

import numpy as np
import pytest
import torch
from gguf import GGUFReader, GGUFWriter
from gguf.quants import dequantize
from safetensors.torch import load_file

from hemoscribe.errors import InputError
from hemoscribe.models.catalogue import base_folder, base_gguf, base_model
from hemoscribe.models.chat import Chat, ChatTokenizer
from hemoscribe.models.gguf_file import _permute, unpack, write_over

CHAT = Chat(prefix="<a>", suffix="<b>", stop="<b>", pad="<a>")
HIDDEN, HEADS, GROUPS, BLOCKS, INNER = 64, 4, 2, 2, 96


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A GGUF of two random blocks, as llama.cpp lays them out."""
    path = tmp_path_factory.mktemp("gguf") / "small.gguf"
    tokens = ["<a>", "<b>", *[chr(33 + i) for i in range(90)], "Ġ", "ab"]
    writer = GGUFWriter(path, arch="llama")
    writer.add_block_count(BLOCKS)
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3] + [1] * (len(tokens) - 2))
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_pad_token_id(0)
    draw = np.random.default_rng(1)
    half = HIDDEN * GROUPS // HEADS
    shapes = {"attn_q": (HIDDEN, HIDDEN), "attn_k": (half, HIDDEN), "attn_v": (half, HIDDEN),
              "attn_output": (HIDDEN, HIDDEN), "ffn_gate": (INNER, HIDDEN),
              "ffn_up": (INNER, HIDDEN), "ffn_down": (HIDDEN, INNER),
              "attn_norm": (HIDDEN,), "ffn_norm": (HIDDEN,)}  # fmt: skip
    writer.add_tensor("token_embd.weight", draw.normal(size=(len(tokens), HIDDEN)).astype("f4"))
    writer.add_tensor("output_norm.weight", draw.normal(size=HIDDEN).astype("f4"))
    for block in range(BLOCKS):
        for name, shape in shapes.items():
            values = draw.normal(size=shape).astype("f4")
            writer.add_tensor(f"blk.{block}.{name}.weight", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tensors_of(path):
    return {t.name: dequantize(t.data, t.tensor_type) for t in GGUFReader(path).tensors}


@pytest.mark.parametrize(("kind", "worst"), [("q8_0", 0.03), ("q4_0", 0.5)])
def test_weights_written_over_a_gguf_are_the_same_but_for_rounding(small, tmp_path, kind, worst):
    folder = tmp_path / "unpacked"
    folder.mkdir()
    unpack(small, folder, CHAT)
    weights = load_file(folder / "model.safetensors")
    write_over(small, weights, tmp_path / "again.gguf", kind=kind)
    before, after = tensors_of(small), tensors_of(tmp_path / "again.gguf")
    assert before.keys() == after.keys()
    for name, values in before.items():
        assert np.abs(values - after[name]).max() < worst, name
    fields, again = GGUFReader(small).fields, GGUFReader(tmp_path / "again.gguf").fields
    changed = {"general.file_type"}
    for name, field in fields.items():
        if not name.startswith("GGUF.") and name not in changed:
            assert again[name].contents() == field.contents()


def test_transformers_computes_with_the_unpacked_weights(small, tmp_path):
    """q and k are put back into transformers' order, checked against the rule written out."""
    folder = tmp_path / "unpacked"
    folder.mkdir()
    unpack(small, folder, CHAT)
    weights = load_file(folder / "model.safetensors")
    stored = tensors_of(small)["blk.1.attn_q.weight"]
    size = HIDDEN // HEADS
    found = weights["model.layers.1.self_attn.q_proj.weight"].float().numpy()
    for head in range(HEADS):
        for row in range(size):
            # GGUF pairs rotary halves row by row; transformers keeps one half after the other
            source = head * size + 2 * (row % (size // 2)) + row // (size // 2)
            wanted = torch.tensor(stored[source]).to(torch.bfloat16).float().numpy()
            assert (found[head * size + row] == wanted).all()


def test_the_two_orders_undo_each_other():
    values = np.arange(HIDDEN * 3).reshape(HIDDEN, 3)
    once = _permute(values, "blk.0.attn_q.weight", (HEADS, GROUPS), into_gguf=True)
    assert (once != values).any()
    back = _permute(once, "blk.0.attn_q.weight", (HEADS, GROUPS), into_gguf=False)
    assert (back == values).all()


def test_another_architecture_is_refused(tmp_path):
    path = tmp_path / "other.gguf"
    writer = GGUFWriter(path, arch="gemma")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(InputError, match="gemma"):
        unpack(path, tmp_path, CHAT)


@pytest.mark.slow
def test_the_wheel_s_model_and_tokens_are_those_of_openvino_and_transformers():
    """Against transformers' own reading of the same GGUF, and OpenVINO's tokenizer."""
    import openvino_genai
    from transformers import AutoModelForCausalLM

    id_ = "smollm2-135m-instruct"
    path = base_gguf(id_)
    folder = base_folder(id_)
    theirs = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name).state_dict()
    for name, value in load_file(folder / "model.safetensors").items():
        assert (theirs[name].to(torch.bfloat16) == value).all(), name
    text = "Femme, 54 ans.\nCréatinine 12,5 µmol/L [0,5-12] ->\n\n7 x 10^9/L ->\n  5"
    chat = base_model(id_).chat
    tokenizer = ChatTokenizer.from_folder(folder)
    other = openvino_genai.LLMPipeline(str(path), "CPU").get_tokenizer()
    wanted = other.encode(chat.prefix + text + chat.suffix, add_special_tokens=False)
    assert tokenizer.encode([text], [()])[0].ids == wanted.input_ids.data[0].tolist()
