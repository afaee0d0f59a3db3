"""Other language models on the same reports: the base, few-shot, the champion; read on, kept."""

import html
import json

import numpy as np
import pytest

from hemoscribe.assess import assess
from hemoscribe.assess.baselines import models
from hemoscribe.assess.baselines.models import base_of, others_of, read_others
from hemoscribe.assess.held_out import gather
from hemoscribe.errors import InputError, SettingsError
from hemoscribe.settings import AssessSettings, Settings

SETTINGS = Settings(assess=AssessSettings(written=0, bootstrap=100, against_reports=6))


@pytest.fixture(scope="module")
def material(curated):
    return gather(curated)


@pytest.fixture
def counted(monkeypatch):
    """How many prompts each loaded model was asked."""
    asked = []
    real = models.load

    def load(name):
        model = real(name)
        read = model.read

        def counting(prompts):
            asked.append(len(prompts))
            return read(prompts)

        model.read = counting
        return model

    monkeypatch.setattr(models, "load", load)
    return asked


def test_a_model_is_read_on_the_first_reports_and_the_rest_is_not_a_reading(material, tiny_base):
    [other] = others_of([str(tiny_base)], None, base=str(tiny_base))
    [found] = read_others([other], material, "raw", limit=6, keep=None)
    size = sum(len(reading.results) for reading in material.test.readings[:6])
    assert found.reads.sum() == size
    assert found.reads[:size].all()
    assert found.probabilities[:size].sum(axis=1) == pytest.approx(1)
    assert "On 6 of the" in found.note


def test_what_was_read_before_an_interruption_is_not_read_again(
    material, tiny_base, tmp_path, counted
):
    [other] = others_of([str(tiny_base)], None, base=str(tiny_base))
    [first] = read_others([other], material, "raw", limit=4, keep=tmp_path)
    [path] = tmp_path.iterdir()
    with path.open("a", encoding="utf-8") as file:
        file.write('{"asked": "cut sho')
    counted.clear()
    [more] = read_others([other], material, "raw", limit=9, keep=tmp_path)
    assert sum(counted) == 5
    read = first.reads
    assert np.array_equal(more.probabilities[read], first.probabilities[read])
    counted.clear()
    read_others([other], material, "raw", limit=9, keep=tmp_path)
    assert counted == []


def test_what_is_kept_names_no_patient(material, tiny_base, tmp_path):
    [other] = others_of([str(tiny_base)], None, base=str(tiny_base))
    read_others([other], material, "raw", limit=2, keep=tmp_path)
    [path] = tmp_path.iterdir()
    text = path.read_text("utf-8")
    assert {key for line in text.splitlines() for key in json.loads(line)} == {
        "asked",
        "probabilities",
        "seconds",
    }
    for reading in material.test.readings[:2]:
        assert reading.panel.report_id not in text
        assert reading.panel.patient_id not in text


def test_an_assessment_sets_the_model_beside_base_and_examples(
    curated, planted, tiny_base, tmp_path, material
):
    settings = SETTINGS.model_copy(
        update={"tune": SETTINGS.tune.model_copy(update={"base": str(tiny_base)})}
    )
    model = planted(material.test)
    model.known |= planted(material.validation).known
    out = tmp_path / "assessment"
    summary = assess(
        model, curated, settings=settings, tracks=["raw"], out=out, against=["base", "few-shot"]
    )
    size = sum(len(reading.results) for reading in material.test.readings[:6])
    for name in ("base model, zero-shot", "base model, few-shot"):
        row = summary["baselines"][name]
        assert row["accuracy"]["n"] == size
        against = row["paired"]["accuracy"]
        wrong = round((1 - row["accuracy"]["value"]) * size)
        assert (against["model_only"], against["other_only"]) == (wrong, 0)
        assert against["difference"]["value"] == pytest.approx(wrong / size, abs=1e-12)
    assert summary["baselines"]["rules alone"]["paired"] is None
    page = (out / "assessment.html").read_text("utf-8")
    assert summary["baselines"]["base model, few-shot"]["paired"]["sentence"] in html.unescape(page)
    assert len(list((tmp_path / "assessment-kept").iterdir())) == 2


def test_the_champion_is_compared_where_there_is_one_and_it_is_another(monkeypatch, tiny_base):
    assert others_of(["champion"], None, base=str(tiny_base)) == []
    monkeypatch.setattr(models.registry, "champion", lambda: str(tiny_base))
    [other] = others_of(["champion"], None, base=str(tiny_base))
    assert other.model == str(tiny_base)
    assert others_of(["champion"], str(tiny_base), base=str(tiny_base)) == []


def test_a_model_is_not_compared_with_itself_nor_with_what_is_not_there(tiny_base):
    with pytest.raises(SettingsError, match="being assessed"):
        others_of([str(tiny_base)], str(tiny_base), base=str(tiny_base))
    with pytest.raises(InputError, match="no model"):
        others_of(["nobody"], None, base=str(tiny_base))


def test_the_base_is_what_the_model_was_tuned_from(tiny_base, tmp_path):
    assert base_of(str(tiny_base), "x") == str(tiny_base)
    assert base_of(None, "x") == "x"
    assert base_of("smollm2-135m-instruct", "x") == "smollm2-135m-instruct"
