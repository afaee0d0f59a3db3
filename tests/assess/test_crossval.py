"""Cross-validation with a tiny model: no patient on both sides, the test side unseen, resumable."""

import json

import polars as pl
import pytest

from hemoscribe.assess import crossval
from hemoscribe.curate import load_curated
from hemoscribe.errors import SettingsError
from hemoscribe.settings import Settings

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"  # peft's, on transformers 5
)
START, STOP, PAD = "<|start|>", "<|stop|>", "<|pad|>"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A two-layer Llama of equal chances for every token: it stops at once (stop is 0).

    Its tokenizer knows the answers as single tokens.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        special_tokens=[STOP, START, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["-> low -> normal -> high"] * 500, trainer)
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        bos_token_id=1,
        eos_token_id=0,
        pad_token_id=2,
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    torch.nn.init.zeros_(model.lm_head.weight)
    model.save_pretrained(folder)
    chat = {"prefix": START, "suffix": "\n", "stop": STOP, "pad": PAD}
    (folder / "chat.json").write_text(json.dumps(chat), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def settings(base, tmp_path_factory):
    return Settings(
        runs=tmp_path_factory.mktemp("runs"),
        corpus={"max_examples": 24, "min_results": 2},
        tune={
            "base": str(base),
            "start_from": None,
            "method": "lora",
            "lora_rank": 2,
            "steps": 2,
            "warmup_steps": 0,
            "batch": 4,
            "dtype": "float32",
        },
        assess={"reports": 3, "written": 1, "bootstrap": 100, "tracks": ("raw",)},
    )


@pytest.fixture(scope="module")
def stopped(settings, curated, tmp_path_factory):
    """A run whose budget ends after its first fold: (summary, folder)."""
    out = tmp_path_factory.mktemp("crossval")
    return crossval(settings, folds=2, budget_minutes=0.0, curated=curated, out=out), out


def test_the_budget_lets_the_first_fold_end_and_says_how_to_go_on(stopped):
    summary, out = stopped
    assert [entry["fold"] for entry in summary["folds"]] == [0]
    assert not summary["complete"]
    assert "1 of 2 folds are done" in summary["sentence"]
    assert "the same command goes on" in summary["sentence"]
    assert not (out / "fold-1").exists()


def test_the_same_command_goes_on_and_pools_every_patient_once(stopped, settings, curated):
    _, out = stopped
    first = (out / "fold-0" / "tune" / "manifest.json").stat().st_mtime_ns
    corpus = out / "fold-0" / "corpus" / "manifest.json"
    made = json.loads(corpus.read_text(encoding="utf-8"))
    corpus.write_text(
        json.dumps({**made, "inputs": {**made["inputs"], "curated": "0"}}), encoding="utf-8"
    )
    summary = crossval(settings, folds=2, curated=curated, out=out)
    assert summary["complete"]
    assert (out / "fold-0" / "tune" / "manifest.json").stat().st_mtime_ns == first
    assert summary["folds"][0]["skipped"]
    assert summary["folds"][0]["why"] == {"corpus": "redone: its input changed (curated)"}
    assert summary["folds"][1]["why"] == {}
    assert summary["pooled"]["reports"] == 6
    values = [entry["tracks"]["raw"]["accuracy"]["value"] for entry in summary["folds"]]
    counts = [entry["tracks"]["raw"]["accuracy"]["n"] for entry in summary["folds"]]
    spread = summary["spread"]["raw"]["accuracy"]
    assert spread["mean"] == pytest.approx(sum(values) / 2)
    assert (spread["least"], spread["most"]) == (min(values), max(values))
    pooled = summary["pooled"]["tracks"]["raw"]["accuracy"]
    right = sum(value * n for value, n in zip(values, counts, strict=True))
    assert pooled["value"] == pytest.approx(right / sum(counts))
    assert pooled["n"] == sum(counts)
    assert summary["gates"][0]["value"] == pooled["value"]
    written = json.loads((out / "crossval.json").read_text(encoding="utf-8"))
    assert written["complete"]


def test_no_patient_is_taught_and_tested_in_a_fold_and_the_test_side_takes_no_part(
    stopped, settings, curated
):
    _, out = stopped
    crossval(settings, folds=2, curated=curated, out=out)
    frozen = set(load_curated(curated, "test")["patient_id"])
    tested = []
    for fold in (0, 1):
        rows = load_curated(out / f"fold-{fold}" / "curate")
        own = set(rows.filter(pl.col("split") == "test")["patient_id"])
        others = set(rows.filter(pl.col("split") != "test")["patient_id"])
        assert own
        assert not own & others
        assert not (own | others) & frozen
        tested.append(own)
    assert not tested[0] & tested[1]
    everyone = set(load_curated(curated).filter(pl.col("split") != "test")["patient_id"])
    assert tested[0] | tested[1] == everyone


def test_one_fold_is_no_cross_validation(settings):
    with pytest.raises(SettingsError, match="2 to 5"):
        crossval(settings, folds=1)
