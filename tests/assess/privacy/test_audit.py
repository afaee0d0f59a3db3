"""The audit of whole models: one that knows its training reports by heart, and one that cannot."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from hemoscribe.assess.privacy import audit_model
from hemoscribe.assess.privacy.material import pairs, patients_of, rows_of
from hemoscribe.assess.privacy.subject import Audited
from hemoscribe.cli.main import main
from hemoscribe.errors import InputError, StageError
from hemoscribe.files import read_json
from hemoscribe.stages import write_manifest


def test_a_model_overfitted_on_its_reports_gives_them_away(audits):
    found = audits["overfitted"].summary
    best = max(attack["auc"]["value"] for attack in found["membership"].values())
    assert best > 0.8
    assert max(attack["auc"]["low"] for attack in found["membership"].values()) > 0.55
    assert found["canaries"]["mean_bits"] > 15
    assert found["canaries"]["control_mean_bits"] < 8
    assert found["verbatim"]["training"]["value"] > 0.5
    assert found["verbatim"]["held_out"]["value"] == 0
    met = {gate["name"]: gate["met"] for gate in found["gates"]}
    assert met == {"membership_auc": False, "canary_exposure": False, "verbatim_excess": False}


def test_a_model_that_never_saw_them_gives_nothing_away(audits):
    found = audits["untrained"].summary
    auc = found["membership"]["loss"]["auc"]
    assert auc["low"] < 0.5 < auc["high"]
    assert found["canaries"]["mean_bits"] < 3
    assert found["canaries"]["p"] > 0.05
    assert found["verbatim"]["training"]["value"] == 0
    assert all(gate["met"] for gate in found["gates"])
    assert "calibrated" not in found["membership"]  # a base model has no other to be held against


def test_a_pass_of_a_model_of_another_corpus_is_not_believed(audits, laboratory, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for name in ("train.jsonl", "test.jsonl"):
        (other / name).write_bytes((laboratory.corpus / name).read_bytes())
    write_manifest(other, stage="corpus", inputs={}, settings={}, summary={})
    model = str(laboratory.overfitted)
    found = audit_model(model, other, laboratory.curated, tmp_path / "out",
                        settings=laboratory.settings, limit=4)  # fmt: skip
    said = " ".join(found["warnings"])
    assert "another corpus" in said
    assert "No canary was planted" in said
    assert "Under 100 held-out reports" in said
    assert not any("another corpus" in words for words in audits["overfitted"].summary["warnings"])
    assert any("does not say" in words for words in audits["untrained"].summary["warnings"])


def test_what_is_written_gives_the_numbers_again(audits):
    out = audits["overfitted"].out
    document = read_json(out / "privacy.json")
    table = pl.read_parquet(out / "membership.parquet")
    member, base = table["member"].to_numpy(), table["base_loss"].to_numpy()
    losses = table["loss"].to_numpy()
    attacks = document["membership"]
    for name, score in {"loss": -losses, "calibrated": base - losses}.items():
        expected = roc_auc_score(member, score)
        assert attacks[name]["auc"]["value"] == pytest.approx(expected, abs=1e-9)
    planted = [one for one in document["canary_list"] if one["planted"]]
    assert len(planted) == document["canaries"]["planted"] == 3
    page = (out / "privacy.html").read_text(encoding="utf-8")
    assert "Fewer passes" in page
    for gate in document["gates"]:
        assert gate["sentence"] in page.replace("&#39;", "'")


def test_losses_are_those_of_training(laboratory):
    import torch

    from hemoscribe.tune.loss import batch_loss, label_counts
    from hemoscribe.tune.padded_batches import collate, columns

    model = Audited(laboratory.overfitted / "merged")
    rows = rows_of(laboratory.train[:6], model.tokenizer)
    found = model.losses(rows)
    for row, loss in zip(rows, found, strict=True):
        cells = {name: values[0] for name, values in columns([row]).items()}
        batch = collate([cells], pad_id=model.tokenizer.pad_id)
        slots, texts = label_counts([batch]).tolist()
        counts = torch.tensor([slots + texts, slots + texts])  # one mean over all labels
        with torch.inference_mode():
            expected = batch_loss(model._engine.network, batch, counts=counts, slot_weight=1.0,
                                  answer_ids=model.tokenizer.answer_ids)  # fmt: skip
        assert loss == pytest.approx(float(expected.loss), rel=0.02, abs=0.01)  # 16-bit weights


def test_the_sides_are_alike_and_hold_no_canary(laboratory):
    model = Audited(laboratory.base)
    planted = {name for one in laboratory.canaries if one.planted for name in one.report_ids}
    asked = pairs(laboratory.corpus, patients_of(laboratory.curated), model.tokenizer,
                  curated=laboratory.curated, reports=100, max_tokens=1024,
                  without=planted)  # fmt: skip
    sides = [[one for one in asked if one.member is side] for side in (True, False)]
    assert len(sides[0]) == len(sides[1]) > 8
    kinds = [sorted((len(one.row.input_ids) // 64, one.example.completion is None) for one in side)
             for side in sides]  # fmt: skip
    assert kinds[0] == kinds[1]
    assert not planted & {one.example.report_id for one in asked}
    assert not {one.patient for one in sides[0]} & {one.patient for one in sides[1]}
    fewer = pairs(laboratory.corpus, patients_of(laboratory.curated), model.tokenizer,
                  curated=laboratory.curated, reports=3, max_tokens=1024)  # fmt: skip
    assert len(fewer) == 6


def test_the_same_audit_is_not_made_twice(audits, laboratory):
    done = audits["untrained"]
    again = audit_model(str(laboratory.base), laboratory.corpus, laboratory.curated, done.out,
                        settings=laboratory.settings)  # fmt: skip
    assert again["skipped"]
    assert again["membership"] == done.summary["membership"]


def test_folders_that_do_not_belong_together_are_refused(laboratory, tmp_path):
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    pl.DataFrame({"report_id": ["x"], "patient_id": ["y"]}).write_parquet(
        stranger / "results.parquet"
    )
    write_manifest(stranger, stage="curate", inputs={}, settings={}, summary={})
    with pytest.raises(InputError, match="made from"):
        audit_model(str(laboratory.base), laboratory.corpus, stranger, tmp_path / "out",
                    settings=laboratory.settings)  # fmt: skip
    with pytest.raises(StageError, match="corpus"):
        audit_model(str(laboratory.base), laboratory.curated, laboratory.curated, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_ends_with_1_when_a_gate_is_not_met(laboratory, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["audit", "model", str(laboratory.overfitted), "--corpus", str(laboratory.corpus),
              "--curated", str(laboratory.curated), "--out", str(tmp_path / "out"), "--limit", "8",
              "--json"])  # fmt: skip
    assert ended.value.code == 1
    said = capsys.readouterr()
    summary = json.loads(said.out)
    assert summary["reports"] <= 8
    assert np.mean([gate["met"] for gate in summary["gates"]]) < 1
    assert "NOT met" in said.err
