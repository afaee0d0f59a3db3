"""The circle, with a tiny model: read, tune, serve, correct, retrain, promote, roll back."""

import csv
import html
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from hemoscribe import audit_log
from hemoscribe.corpus import build
from hemoscribe.curate import curate, load_curated
from hemoscribe.curate.pseudonyms.keys import pseudonym_key
from hemoscribe.curate.pseudonyms.patients import place
from hemoscribe.files import read_json
from hemoscribe.knowledge import read_panel
from hemoscribe.models import registry
from hemoscribe.operate.drift import drift
from hemoscribe.operate.promotion import promote, rollback
from hemoscribe.operate.retrain import retrain
from hemoscribe.prose.compose import compose
from hemoscribe.records import Panel
from hemoscribe.serve import app, export_reviews, keys
from hemoscribe.settings import Settings
from hemoscribe.simulation import simulate
from hemoscribe.sources import read_folder, read_panels
from hemoscribe.tune import tune

REPORTS = 160
CORRECTED = 3
STOP, PAD, START = "<|stop|>", "<|pad|>", "<|start|>"


def make_base(folder: Path, texts: list[str]) -> Path:
    """A two-layer Llama with random weights and a tokenizer of its own."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1200,
        special_tokens=[START, STOP, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*texts, *["-> low -> normal -> high"] * 500], trainer)
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=2,
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        # After a prompt's last token it stops at once: what it would write is no test of anything.
        rows = model.get_input_embeddings().weight
        rows[tokenizer.token_to_id(STOP)] = 30 * rows[tokenizer.encode("\n").ids[-1]]
    model.save_pretrained(folder)
    chat = {"prefix": START, "suffix": "\n", "stop": STOP, "pad": PAD}
    (folder / "chat.json").write_text(json.dumps(chat), encoding="utf-8")
    return folder


def settings_for(tmp_path: Path, base: Path) -> Settings:
    return Settings(
        runs=tmp_path / "runs",
        corpus={"max_examples": 48, "min_results": 2},
        tune={
            "base": str(base),
            "start_from": None,
            "method": "lora",
            "lora_rank": 4,
            "steps": 3,
            "warmup_steps": 0,
            "batch": 4,
            "learning_rate": 1e-4,
            "dtype": "float32",
        },
        assess={"reports": 12, "written": 2, "bootstrap": 100, "tracks": ("raw",)},
        # A model of 100,000 random weights promotes on these; a laboratory's does not.
        gates={"accuracy": 0.0, "abnormal_recall": 0.0, "seconds_per_report": 60.0},
        retrain={"max_accuracy_loss": 1.0, "max_recall_loss": 1.0, "review_weight": 2},
    )


def training_panels(exports: Path) -> list[Panel]:
    """Reports of patients on the training side, with something to say about each."""
    found = []
    for path in sorted(exports.glob("*.csv")):
        for panel in read_panels(path):
            if place(pseudonym_key(), panel.patient_id).split != "train":
                continue
            reading = read_panel(panel)
            if len(reading.results) >= 3 and reading.findings:
                found.append(panel)
            if len(found) == CORRECTED:
                return found
    pytest.fail("the simulated exports have too few such reports")


def write_csv(path: Path, panel: Panel) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["patient_id", "report_id", "collected_at", "sex", "age",
             "analyte", "value", "unit", "low", "high"]
        )  # fmt: skip
        for result in panel.results:
            writer.writerow(
                [panel.patient_id, panel.report_id, panel.collected_at, panel.sex,
                 panel.age_years, result.analyte, result.value, result.unit, result.low,
                 result.high]
            )  # fmt: skip
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def form_token(page: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def correct(browser: httpx2.Client, export: Path) -> str:
    """Drop an export on the page, read the report, and save a correction. Returns its path."""
    with export.open("rb") as file:
        answer = browser.post(
            "/reports",
            data={"form_token": form_token(browser.get("/").text), "language": "en"},
            files={"file": (export.name, file)},
        )
    assert answer.status_code == 303, html.unescape(answer.text)
    path = answer.headers["location"]
    page = html.unescape(browser.get(path).text)
    assert "Draft for a qualified reader" in page
    [panel] = read_panels(export)
    words = next(
        pair
        for pair in (compose(read_panel(panel), "en", seed) for seed in range(1, 50))
        if pair[0] not in page
    )
    saved = browser.post(
        f"{path}/reviews",
        data={
            "form_token": form_token(page),
            "decision": "corrected",
            "interpretation": words[0],
            "follow_up": words[1],
            "correct": "3",
            "useful": "4",
            "safe": "5",
        },
    )
    assert saved.status_code == 303
    assert "The review was saved." in html.unescape(browser.get(saved.headers["location"]).text)
    return path


def wait_ready(client: httpx2.Client) -> None:
    deadline = time.monotonic() + 60
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def one_core() -> Iterator[None]:
    """Two threads on a model this small would mostly wait for each other."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


# trl and peft ask transformers by names that transformers has deprecated.
@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning")
def test_the_circle_closes(tmp_path: Path, state_home: Path, one_core: None):
    # Read and curate.
    exports, curated = tmp_path / "exports", tmp_path / "runs" / "tiny" / "curate"
    simulate(exports, reports=REPORTS, seed=11)
    summary = read_folder([exports], tmp_path / "runs" / "tiny" / "read")
    assert summary["reports"] == REPORTS
    summary = curate(tmp_path / "runs" / "tiny" / "read", curated, Settings().curate)
    assert set(summary["splits"]) == {"train", "validation", "test"}

    # Corpus, tune, register, promote.
    corpus = tmp_path / "runs" / "tiny" / "corpus"
    build(curated, corpus, settings_for(tmp_path, tmp_path).corpus)
    texts = [line["prompt"] for line in read_lines(corpus / "train.jsonl")]
    settings = settings_for(tmp_path, make_base(tmp_path / "base", texts))
    tuned = tmp_path / "runs" / "tiny" / "tune"
    assert tune(settings, corpus, tuned)["steps"] == 3
    first = registry.register(tuned, name="first")
    promote(first, "the first model of this laboratory")
    assert registry.champion() == "first"

    # Serve, and correct three reports through the page.
    application = app(settings)
    reviewer = keys.create_key(application.state.service.store, "Dr Martin", "reviewer")
    panels = training_panels(exports)
    with TestClient(application, follow_redirects=False) as browser:
        wait_ready(browser)
        assert browser.post("/login", data={"key": reviewer}).status_code == 303
        for number, panel in enumerate(panels):
            correct(browser, write_csv(tmp_path / f"export-{number}.csv", panel))
        api = {"Authorization": f"Bearer {reviewer}"}
        reviews = browser.get("/v1/reviews", headers=api).json()["reviews"]
        assert [one["decision"] for one in reviews] == ["corrected"] * CORRECTED
        assert not any(one["failed_checks"] for one in reviews)

        # What was served is compared with what was trained on.
        drifted = drift(curated, tmp_path / "drift", settings=settings)
        assert drifted["reports"] == CORRECTED

        # The reviews are the patients' own, on the side where those patients are.
        exported = export_reviews(tmp_path / "reviews.jsonl", settings=settings)
        assert exported["corrected"] == CORRECTED
        lines = read_lines(tmp_path / "reviews.jsonl")
        known = set(load_curated(curated, "train")["report_id"])
        assert {line["report_id"] for line in lines} <= known
        assert {line["split"] for line in lines} == {"train"}

        # Not yet due; then now.
        waits = retrain(settings, new_folder=curated)
        assert waits["decision"] == "not due"
        assert registry.champion() == "first"
        done = retrain(settings, now=True, new_folder=curated)
        assert done["champion"] == "first"
        assert done["decision"] == "promoted", done["why"]
        assert done["reviews"]["used"] == CORRECTED
        assert registry.champion() == done["challenger"] != "first"
        trained = read_lines(Path(done["folder"]) / "corpus" / "train.jsonl")
        own = [line for line in trained if line["words_from"] == "review"]
        assert len(own) == CORRECTED * settings.retrain.review_weight
        shown = registry.show(done["challenger"])
        assert shown["assessment"]["tracks"]["raw"]["accuracy"]["n"] > 0
        assert read_json(Path(done["folder"]) / "tune" / "tune.json")["start_from"] == "first"

        # The running server takes the new champion up, and goes back with it.
        wait_for_model(browser, api, done["challenger"])
        back = rollback("the circle is a test")
        assert back["champion"] == registry.champion() == "first"
        wait_for_model(browser, api, "first")

    # The same retraining again is complete already; what was rolled back is put back by hand only.
    before = (Path(done["folder"]) / "tune" / "manifest.json").stat().st_mtime_ns
    again = retrain(settings, now=True, new_folder=curated)
    assert (again["challenger"], again["decision"]) == (done["challenger"], "refused")
    assert "the circle is a test" in again["why"]
    assert registry.champion() == "first"
    promote(done["challenger"], "the test is over")
    assert (Path(done["folder"]) / "tune" / "manifest.json").stat().st_mtime_ns == before

    # Stricter gates refuse, and say why.
    strict = settings.model_copy(update={"gates": Settings().gates})
    refused = retrain(strict, now=True, new_folder=curated)
    assert refused["decision"] == "refused"
    assert refused["folder"] != done["folder"]  # another champion
    assert "NOT met" in refused["why"]
    assert registry.champion() == done["challenger"]

    # All of it is in the audit log, whole.
    proof = audit_log.verify()
    assert proof["whole"]
    log = (state_home / audit_log.AUDIT_FILE).read_text(encoding="utf-8")
    events = [line["what"] for line in read_lines(state_home / audit_log.AUDIT_FILE)]
    for what in ("login", "interpretation", "review", "promote", "rollback", "refuse"):
        assert what in events
    for panel in panels:
        assert panel.patient_id not in log


def wait_for_model(browser: httpx2.Client, api: dict[str, str], name: str) -> None:
    """Ask for reports until one is written by this model."""
    body = {"results": [{"analyte": "Sodium", "value": 128, "unit": "mmol/L", "low": 135,
                         "high": 145}]}  # fmt: skip
    deadline = time.monotonic() + 30
    while True:
        document = browser.post("/v1/interpretations", json=body, headers=api).json()
        if document["model"] == name:
            return
        assert time.monotonic() < deadline, f"{name} was not taken up: {document['model']}"
        time.sleep(0.2)
