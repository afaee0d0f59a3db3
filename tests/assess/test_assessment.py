"""The whole assessment: faults planted in a model are counted exactly, and said in plain words."""

import json

import polars as pl
import pytest

from hemoscribe.assess import assess, measure
from hemoscribe.assess.held_out import from_rows, gather, held_out, language_of
from hemoscribe.assess.latency import SAMPLE
from hemoscribe.curate import load_curated
from hemoscribe.errors import InputError, SettingsError, StageError
from hemoscribe.prose.compose import compose
from hemoscribe.prose.prompt import completion
from hemoscribe.records import no_rejects
from hemoscribe.settings import AssessSettings, Gates, Settings
from hemoscribe.stages import read_manifest

SETTINGS = Settings(assess=AssessSettings(written=30, bootstrap=200))


@pytest.fixture(scope="module")
def material(curated):
    return gather(curated)


@pytest.fixture(scope="module")
def everything(curated):
    return held_out(curated, "all")


@pytest.fixture(scope="module")
def faults(material):
    """5 lows read high, 4 highs read normal, 3 normals read high: (the model's orders, counts)."""
    wanted = {"low": ("high", 5), "high": ("normal", 4), "normal": ("high", 3)}
    left = {direction: count for direction, (_, count) in wanted.items()}
    reads = {}
    for reading in material.test.readings:
        for place, result in enumerate(reading.results):
            if left.get(result.direction, 0):
                left[result.direction] -= 1
                reads[reading.panel.report_id, place] = wanted[result.direction][0]
    assert len(reads) == 12
    return reads


@pytest.fixture(scope="module")
def found(material, everything, faults, planted):
    model = planted(everything, reads=faults)
    return measure(model, material, settings=SETTINGS, tracks=("raw", "assisted", "bare"))


def test_every_planted_misreading_is_counted_and_nothing_else(found, material):
    directions = material.test.table["rules"].drop_nulls()
    n, abnormal = len(directions), int((directions != "normal").sum())
    raw = found.document["tracks"]["raw"]
    assert raw["accuracy"]["n"] == n
    assert raw["accuracy"]["value"] == pytest.approx((n - 12) / n, abs=1e-12)
    assert raw["abnormal_recall"]["n"] == abnormal
    assert raw["abnormal_recall"]["value"] == pytest.approx((abnormal - 9) / abnormal, abs=1e-12)
    assert raw["detection_recall"]["value"] == pytest.approx((abnormal - 4) / abnormal, abs=1e-12)
    read_abnormal = abnormal - 4 + 3
    assert raw["abnormal_precision"]["n"] == read_abnormal
    assert raw["abnormal_precision"]["value"] == pytest.approx((abnormal - 9) / read_abnormal)
    assert raw["confusion"]["low"]["high"] == 5
    assert raw["confusion"]["high"]["normal"] == 4
    assert raw["confusion"]["normal"]["high"] == 3


def test_the_three_gates_are_met_by_a_good_model_and_each_says_its_number(found):
    gates = {gate["name"]: gate for gate in found.document["gates"]}
    assert gates["accuracy"]["met"]
    assert gates["accuracy"]["value"] == found.document["tracks"]["raw"]["accuracy"]["value"]
    assert gates["seconds_per_report"]["value"] == found.document["latency_p95_s"]
    assert found.document["latency"]["n"] == SAMPLE


def test_the_assisted_track_says_that_it_is_not_the_headline(found):
    notes = found.document["notes"]
    assert "is not the headline" in notes["assisted track"]
    assert found.document["headline_track"] == "raw"
    assert "1 by construction" in notes["rules alone"]


def test_the_baselines_stand_beside_the_model(found, material):
    rows = found.document["baselines"]
    normal = (material.test.table["rules"].drop_nulls() == "normal").mean()
    assert rows["always normal"]["accuracy"]["value"] == pytest.approx(normal, abs=1e-12)
    assert rows["always normal"]["abnormal_recall"]["value"] == 0
    assert rows["always normal"]["abnormal_precision"]["value"] is None
    assert rows["rules alone"]["accuracy"]["value"] == 1
    # a table model that sees value and range reads most of seven plain analytes right
    assert rows["gradient boosting"]["accuracy"]["value"] > 0.95


def test_the_laboratorys_flags_are_an_independent_truth_and_no_flag_means_normal(found, curated):
    raw = found.document["tracks"]["raw"]["laboratory"]
    table = held_out(curated).table
    assert table["laboratory_says"].null_count() == 0
    assert raw["accuracy"]["n"] == len(table)
    agree = (table["laboratory_says"] == table["rules"]).mean()
    assert agree > 0.99


def test_both_languages_are_read_and_reported(found, material):
    languages = found.document["languages"]
    assert min(languages.values()) > 10
    assert sum(languages.values()) == len(material.test.readings)
    by_language = found.document["tracks"]["raw"]["by_language"]
    assert (
        by_language["en"]["accuracy"]["n"] + by_language["fr"]["accuracy"]["n"]
        == (found.document["tracks"]["raw"]["accuracy"]["n"])
    )
    assert language_of("r1") == language_of("r1")


def test_prompts_are_read_in_batches_of_like_length(material, everything, planted):
    model = planted(everything)
    measure(model, material, settings=SETTINGS, tracks=("bare",))
    lengths = [length for batch in model.batches for length in batch]
    first = lengths[: len(material.test.readings)]
    assert first == sorted(first)
    assert max(map(len, model.batches)) == 16


@pytest.mark.parametrize(("seconds", "written_by"), [(60.0, "model"), (1e-9, "composer")])
def test_words_are_used_where_they_come_in_time(curated, everything, planted, seconds, written_by):
    settings = Settings(
        assess=AssessSettings(written=4, bootstrap=100), gates=Gates(seconds_per_report=seconds)
    )
    model = planted(everything)
    found = assess(model, curated, settings=settings, limit=4, tracks=["raw", "assisted"])
    assert found["may_write"]["value"] == model.may_write == (written_by == "model")
    assert ("asked" in found["may_write"]["sentence"]) == (written_by == "composer")
    assert found["latency_p95_s"] > 0


def test_a_smaller_limit_is_a_sample_of_a_larger_one_and_is_said(curated, everything, planted):
    few, more = held_out(curated, limit=10), held_out(curated, limit=25)
    ids = [reading.panel.report_id for reading in more.readings]
    assert [reading.panel.report_id for reading in few.readings] == ids[:10]
    summary = assess(planted(everything), curated, settings=SETTINGS, limit=10, tracks=["raw"])
    assert summary["reports"] == 10
    assert any(text.startswith("10 of ") for text in summary["warnings"])


def test_moved_limits_are_the_same_whatever_the_sample_and_are_said(curated, planted):
    few, more = (held_out(curated, limit=limit, range_jitter=0.3).table for limit in (10, 25))
    own = pl.col("report_id").is_in(few["report_id"].unique().implode())
    assert more.filter(own).equals(few)
    printed = held_out(curated, limit=10).table
    assert few["value"].equals(printed["value"])
    moved = ((few["low"] - printed["low"]) / (printed["high"] - printed["low"])).abs()
    assert 0.05 < moved.mean() < 0.3
    assert moved.max() < 0.35  # rounding of the new limit included
    assert not few["rules"].equals(printed["rules"])
    settings = Settings(assess=AssessSettings(written=0, bootstrap=100, range_jitter=0.3))
    model = planted(held_out(curated, "all", range_jitter=0.3))
    model.known |= planted(held_out(curated, range_jitter=0.3)).known
    model.known |= planted(held_out(curated, "validation", range_jitter=0.3)).known
    summary = assess(model, curated, settings=settings, limit=10, tracks=["raw"])
    assert summary["tracks"]["raw"]["accuracy"]["value"] == 1
    assert any("moved by up to 30%" in text for text in summary["warnings"])


def test_earlier_reports_of_a_sampled_patient_still_count_for_its_findings(curated):
    rows = load_curated(curated, "test")
    whole = {r.panel.report_id: r.findings for r in from_rows(rows, split="test").readings}
    for reading in from_rows(rows, split="test", limit=20).readings:
        assert reading.findings == whole[reading.panel.report_id]


def test_the_folder_holds_the_page_the_numbers_and_what_they_are_made_of(
    curated, everything, planted, faults, tmp_path
):
    out = tmp_path / "assessment"
    summary = assess(planted(everything, reads=faults), curated, settings=SETTINGS, out=out)
    document = json.loads((out / "assessment.json").read_text(encoding="utf-8"))
    assert read_manifest(out, stage="assess").summary["gates"] == summary["gates"]
    for track in ("raw", "bare", "assisted"):
        for name in (
            "accuracy",
            "abnormal_recall",
            "abnormal_precision",
            "finding_f1",
            "unfaithful_rate",
        ):
            estimate = summary["tracks"][track][name]
            assert set(estimate) == {"value", "low", "high", "n"}
            assert document["tracks"][track][name] == estimate
    assert {"latency_p50_s", "latency_p95_s", "gates"} <= set(summary)
    observed = pl.read_parquet(out / "observations.parquet").filter(pl.col("track") == "raw")
    read = pl.concat_list("p_low", "p_normal", "p_high").list.arg_max()
    got = read.replace_strict([0, 1, 2], ["low", "normal", "high"])
    truth = observed.filter(pl.col("rules").is_not_null())
    again = truth.select((got == pl.col("rules")).mean()).item()
    assert again == pytest.approx(summary["tracks"]["raw"]["accuracy"]["value"], abs=1e-12)
    page = (out / "assessment.html").read_text(encoding="utf-8")
    assert page.index("Gates") < page.index("What was measured") < page.index("Examples")
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    for gate in summary["gates"]:
        assert gate["sentence"].split("(")[0] in page.replace("&#39;", "'")


def test_a_model_in_memory_is_never_taken_for_one_assessed_before(
    curated, everything, planted, tmp_path
):
    out = tmp_path / "assessment"
    few = {"settings": SETTINGS, "tracks": ["raw"], "limit": 5, "out": out}
    assert not assess(planted(everything), curated, **few)["skipped"]
    assert not assess(planted(everything), curated, **few)["skipped"]


def test_a_folder_without_a_test_side_is_taken_whole_and_that_is_said(
    curated, everything, planted, tmp_path
):
    from hemoscribe.stages import run_stage

    def work(target):
        rows = load_curated(curated, "train")
        rows.write_parquet(target / "results.parquet")
        no_rejects().write_parquet(target / "rejects.parquet")
        return {}

    run_stage(tmp_path / "other", stage="curate", inputs={}, settings={}, work=work)
    summary = assess(
        planted(everything), tmp_path / "other", settings=SETTINGS, tracks=["raw"], limit=20
    )
    assert summary["split"] == "all"
    assert "whatever its side" in summary["warnings"][0]


def test_the_laboratorys_flag_as_truth(curated, everything, planted, faults):
    summary = assess(
        planted(everything, reads=faults),
        curated,
        settings=SETTINGS,
        tracks=["raw"],
        truth="laboratory",
    )
    assert summary["baselines"]["rules alone"]["accuracy"]["value"] > 0.99
    assert summary["tracks"]["raw"]["accuracy"]["value"] < 1


def test_a_broken_model_is_refused_by_name(curated, everything, planted):
    class Broken(planted):
        def read(self, prompts):
            return [found * float("nan") for found in super().read(prompts)]

    class Short(planted):
        def read(self, prompts):
            return [found[:-1] for found in super().read(prompts)]

    for broken in (Broken, Short):
        with pytest.raises(InputError, match="planted"):
            assess(broken(everything), curated, settings=SETTINGS, tracks=["raw"], limit=5)


def test_wrong_words_are_refused_with_what_is_allowed(curated, everything, planted, tmp_path):
    model = planted(everything)
    with pytest.raises(SettingsError, match="bare, raw, assisted"):
        assess(model, curated, settings=SETTINGS, tracks=["rare"])
    with pytest.raises(SettingsError, match="laboratory"):
        assess(model, curated, settings=SETTINGS, truth="guess")
    with pytest.raises(InputError, match="train, validation, test or all"):
        assess(model, curated, settings=SETTINGS, split="tests")
    with pytest.raises(StageError, match="hemoscribe curate"):
        assess(model, tmp_path / "nowhere", settings=SETTINGS)
    assert not (tmp_path / "nowhere").exists()


def test_an_example_of_each_language_and_a_failed_one_are_shown(material, everything, planted):
    english = next(
        reading
        for reading, language in zip(material.test.readings, material.test.languages, strict=True)
        if language == "en"
    )
    interpretation, follow_up = compose(english, "en", 0)
    wrong = completion(interpretation + " Ferritin is 987 ug/L.", follow_up, "en")
    model = planted(everything, writes={english.panel.report_id: wrong})
    found = measure(model, material, settings=SETTINGS, tracks=("assisted",))
    examples = found.document["examples"]
    assert [example["language"] for example in examples] == ["en", "fr", "en"]
    assert examples[2]["text"] == wrong
    assert "withholds" in examples[2]["why"]
    failed = [check["code"] for check in examples[2]["checks"] if not check["ok"]]
    assert failed == ["numbers", "findings"]  # the report holds no ferritin
