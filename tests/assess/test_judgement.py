"""Limits are judged anew from what was measured; no model is asked, unless that falls short."""

import pytest

from hemoscribe.assess import assess, assessment
from hemoscribe.assess.held_out import held_out
from hemoscribe.files import read_json, write_json
from hemoscribe.models.assessment_record import ASSESSMENT
from hemoscribe.settings import AssessSettings, Gates, Settings, Writing


@pytest.fixture(scope="module")
def everything(curated):
    return held_out(curated, "all")


def test_other_limits_are_judged_from_what_was_measured(
    curated, everything, planted, tmp_path, monkeypatch
) -> None:
    """A setting under `writing` or `gates` takes effect, and no model is asked."""
    out = tmp_path / "assessment"
    measured = {"tracks": ["raw", "assisted"], "limit": 4, "out": out, "against": []}
    few = AssessSettings(written=4, bootstrap=100)
    easy = Writing(finding_f1=0, unfaithful_rate=1, withheld_rate=1)
    patient = Gates(seconds_per_report=60)
    monkeypatch.setattr(assessment, "model_identity", lambda _: "one model")
    model = planted(everything)
    first = assess(
        model, curated, settings=Settings(assess=few, writing=easy, gates=patient), **measured
    )
    assert (first["may_write"]["value"], first["skipped"]) == (True, False)
    kept = (out / "observations.parquet").read_bytes()

    asked = len(model.batches)
    strict = Settings(assess=few, writing=Writing(withheld_rate=0, finding_f1=1), gates=patient)
    found = read_json(out / ASSESSMENT)
    found["tracks"]["assisted"]["finding_f1"]["value"] = 0.5
    write_json(out / ASSESSMENT, found)
    second = assess(model, curated, settings=strict, **measured)
    assert second["skipped"]
    assert second["judged"].startswith("settings writing.finding_f1, writing.unfaithful_rate")
    assert not second["may_write"]["value"]
    assert second["system"]["by_model"]["value"] == 0
    assert len(model.batches) == asked
    assert (out / "observations.parquet").read_bytes() == kept
    written = read_json(out / ASSESSMENT)
    assert written["may_write"] == second["may_write"]
    assert written["limits"]["writing"]["finding_f1"] == 1
    assert "judged" not in assess(model, curated, settings=strict, **measured)

    late = Settings(assess=few, writing=easy, gates=Gates(seconds_per_report=1e-9))
    third = assess(model, curated, settings=late, **measured)
    assert "asked" in third["may_write"]["sentence"]
    assert not next(gate for gate in third["gates"] if gate["comparison"] == "<")["met"]
    assert len(model.batches) == asked


def test_words_that_were_never_timed_are_measured_before_they_are_used(
    curated, everything, planted, tmp_path, monkeypatch
) -> None:
    measured = {"tracks": ["assisted"], "limit": 4, "out": tmp_path / "out", "against": []}
    few, patient = AssessSettings(written=4, bootstrap=100), Gates(seconds_per_report=60)
    monkeypatch.setattr(assessment, "model_identity", lambda _: "one model")
    wrong = planted(everything, writes=dict.fromkeys(_reports(everything), ""))
    strict = Settings(assess=few, gates=patient)
    assert not assess(wrong, curated, settings=strict, **measured)["may_write"]["value"]
    easy = Writing(finding_f1=0, unfaithful_rate=1, withheld_rate=1)
    found = assess(
        wrong, curated, settings=Settings(assess=few, writing=easy, gates=patient), **measured
    )
    assert (found["skipped"], found["may_write"]["value"]) == (False, True)
    assert "never timed" in found["redone"]


def _reports(held) -> list[str]:
    return [reading.panel.report_id for reading in held.readings]
