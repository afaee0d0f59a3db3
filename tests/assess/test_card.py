"""The model card: every number is the stages' own, and what forbids a use stands in it."""

import json

import pytest
import yaml
from huggingface_hub import ModelCard

from hemoscribe.assess import assess
from hemoscribe.assess.card import Sources, gather_sources, model_card
from hemoscribe.assess.held_out import held_out
from hemoscribe.cli.main import main
from hemoscribe.errors import InputError
from hemoscribe.files import read_json, sha256, write_json
from hemoscribe.models.catalogue import base_model
from hemoscribe.models.shipped import shipped_folder
from hemoscribe.models.tune_record import TuneRecord
from hemoscribe.settings import AssessSettings, CardSettings, Settings
from hemoscribe.stages import write_manifest


@pytest.fixture(scope="module")
def assessed(curated, planted, tmp_path_factory):
    """What ``assess`` writes of a model that reads a few results wrong."""
    held = held_out(curated, limit=20)
    wrong = {(reading.panel.report_id, 0): "high" for reading in held.readings[:4]}
    out = tmp_path_factory.mktemp("assessed") / "assess"
    settings = Settings(assess=AssessSettings(bootstrap=100, written=4, tracks=("raw", "assisted")))
    assess(planted(held_out(curated, "all"), wrong), curated, settings=settings, limit=20, out=out)
    return out


def test_assess_writes_a_card_with_its_own_numbers(assessed):
    text = (assessed / "model-card.md").read_text(encoding="utf-8")
    document = read_json(assessed / "assessment.json")
    results = ModelCard(text).data.eval_results
    measured = {(one.task_name, one.metric_name.split(" (")[0]): one.metric_value
                for one in results}  # fmt: skip
    for name, track in document["tracks"].items():
        found = measured[f"Reading, {name} track", "Accuracy"]
        assert found == pytest.approx(track["accuracy"]["value"], abs=1e-6)
    for gate in document["gates"]:
        state = "met" if gate["met"] else "NOT MET"
        assert f"- **{state}** {gate['sentence']}" in text
    accuracy = document["tracks"]["raw"]["accuracy"]
    assert f"n {accuracy['n']:,})" in text
    assert document["may_write"]["sentence"] in text
    for section in ("Intended use", "Out of scope", "Limits", "Licence", "Energy"):
        assert f"\n## {section}\n" in text
    assert "Not audited" in text


def of_base(name, **known):
    tuned = TuneRecord(base=name)
    made = {"model": "mine", "tuned": tuned, "made": None, "seconds": None, "hashes": {}}
    return Sources(**{**made, "base": base_model(name), **known})


def test_a_base_that_forbids_commercial_use_is_said_so():
    starling = model_card(of_base("starling-lm-7b-alpha"), CardSettings())
    assert "forbids commercial use" in starling
    assert ModelCard(starling).data.license == "cc-by-nc-4.0"
    mistral = model_card(of_base("mistral-7b-v0.1"), CardSettings())
    assert "allows commercial use" in mistral
    assert ModelCard(mistral).data.base_model == "mistralai/Mistral-7B-v0.1"
    assert ModelCard(mistral).data.license == "apache-2.0"


def test_energy_is_seconds_times_what_the_settings_state():
    card = model_card(
        of_base("mistral-7b-v0.1", seconds=7200.0), CardSettings(watts=500, grams_co2_per_kwh=50)
    )
    assert "7,200 s of training x 500 W x 50 g CO2e per kWh = 1 kWh, 50 g CO2e" in card
    assert "An estimate, not a measurement" in card
    assert yaml.safe_load(card.split("---")[1])["co2_eq_emissions"]["emissions"] == 50.0
    assert "nothing is estimated" in model_card(of_base("mistral-7b-v0.1"), CardSettings())


def test_the_privacy_audit_and_the_benchmarks_stand_in_it():
    privacy = {
        "verdict": ["It remembers."],
        "gates": [{"met": False, "sentence": "Membership: 0.9."}],
        "warnings": ["The corpus holds planted secrets."],
    }
    task = {"title": "MedQA", "follows": "medqa_4options",
            "model": {"accuracy": 0.26, "stderr": 0.012, "n": 1273, "chance": 0.25},
            "base": {"accuracy": 0.27, "stderr": 0.012, "n": 1273, "chance": 0.25}}  # fmt: skip
    benchmark = {"few_shot": 0, "lm_eval": "0.4.13", "limit": None, "tasks": {"medqa": task}}
    card = model_card(
        of_base("mistral-7b-v0.1", privacy=privacy, benchmark=benchmark), CardSettings()
    )
    assert "- **NOT MET** Membership: 0.9." in card
    assert "planted secrets" in card
    assert "| MedQA | 26.0% (standard error 1.2) | 27.0% | 25% | 1,273 |" in card
    [result] = ModelCard(card).data.eval_results
    assert result.metric_value == 0.26


def tuned(folder, corpus_files):
    """A folder as ``tune`` leaves it, without the weights."""
    folder.mkdir()
    from hemoscribe.files import fingerprint

    write_json(folder / "tune.json", {"base": "smollm2-135m-instruct"})
    lines = [{"step": n, "tokens": 1000, "tokens_per_second": 500.0} for n in range(6)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    write_manifest(
        folder, stage="tune", inputs={"corpus": fingerprint(corpus_files)}, settings={}, summary={}
    )
    return folder


def test_facts_of_another_model_are_refused(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "train.jsonl").write_text("{}\n")
    made = write_manifest(corpus, stage="corpus", inputs={}, settings={}, summary={"a": 1})
    model = tuned(tmp_path / "tune", made.files)
    found = gather_sources("mine", model, corpus=corpus)
    assert found.corpus is not None
    assert found.seconds == pytest.approx(12.0)  # 6 steps of 1,000 tokens at 500 a second
    other = tuned(tmp_path / "other", {"train.jsonl": "another"})
    with pytest.raises(InputError, match="not the corpus"):
        gather_sources("mine", other, corpus=corpus)
    assert gather_sources("mine", other, beside=tmp_path).corpus is None
    write_json(tmp_path / "privacy" / "privacy.json", {"model": "yours"})
    with pytest.raises(InputError, match="of the model 'yours'"):
        gather_sources("mine", model, privacy=tmp_path / "privacy")
    assert gather_sources("mine", model, beside=tmp_path).privacy is None


def test_the_shipped_adapter_has_its_card(tmp_path, capsys):
    main_ended = tmp_path / "card.md"
    with pytest.raises(SystemExit) as ended:
        main(["card", "shipped", "--out", str(main_ended), "--json"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["card"] == str(main_ended)
    made = ModelCard(main_ended.read_text(encoding="utf-8"))
    kept = ModelCard((shipped_folder() / "README.md").read_text(encoding="utf-8"))
    for card in (made, kept):
        assert card.data.base_model == "HuggingFaceTB/SmolLM2-135M-Instruct"
        assert card.data.license == "apache-2.0"
        assert sha256(shipped_folder() / "adapter_model.safetensors") in card.content
        assert (shipped_folder() / "recipe.md").read_text(encoding="utf-8").strip() in card.content
