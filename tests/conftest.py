"""Fixtures every test may use."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("beside others", deadline=None)  # speed is measured in benchmarks/
settings.load_profile("beside others")
if "PYTEST_XDIST_WORKER" in os.environ:  # as many tests at once as cores: a thread for each
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--one-in",
        type=int,
        default=1,
        help="of each table of cases, the first and every N-th: what runs on a second Python",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out cases of tables where ``--one-in`` asks for it; each test keeps its first."""
    if (step := config.getoption("--one-in")) == 1:
        return
    seen: Counter[tuple[Path, str]] = Counter()
    kept, left_out = [], []
    for item in items:
        test = (item.path, getattr(item, "originalname", item.name))
        (left_out if seen[test] % step else kept).append(item)
        seen[test] += 1
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data beside the checkout; the test is skipped where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("HEMOSCRIBE_SHARED", beside)) / "data"
    if not folder.is_dir():
        pytest.skip(f"the real data is not here: {folder}")
    return folder


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has its own state folder, so none reads or writes the user's."""
    home = tmp_path / "home"
    monkeypatch.setenv("HEMOSCRIBE_HOME", str(home))
    return home


TINY_PROMPT = "Blood test report. Woman, 54 years.\nHemoglobin 10.2 g/dL [12.0-16.0] ->\nWrite it."


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base model to train in seconds: two random layers, a byte tokenizer, ChatML."""
    import json

    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("tiny") / "tiny-base"
    special = ["<pad>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        ["-> low\n-> normal\n-> high\n"] * 200 + [TINY_PROMPT] * 20,
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    torch.manual_seed(0)
    LlamaForCausalLM(
        LlamaConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=1024,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
            tie_word_embeddings=True,
            initializer_range=0.2,
        )
    ).to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    chat = {
        "prefix": "<|im_start|>user\n",
        "suffix": "<|im_end|>\n<|im_start|>assistant\n",
        "stop": "<|im_end|>",
        "pad": "<pad>",
    }
    (folder / "chat.json").write_text(json.dumps(chat), encoding="utf-8")
    return folder
