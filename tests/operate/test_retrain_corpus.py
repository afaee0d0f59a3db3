"""Which reviews teach: the training side's, borne out by the facts, no test report in disguise."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hemoscribe.corpus import build, read_examples
from hemoscribe.corpus.lessons import FEWEST_PATIENTS
from hemoscribe.curate import load_curated
from hemoscribe.errors import InputError
from hemoscribe.operate.retrain_corpus import add_reviews, choose_reviews, require_apart
from hemoscribe.prose.guard.vocabulary import read_vocabulary, write_vocabulary
from hemoscribe.settings import CorpusSettings
from hemoscribe.stages import read_manifest

WORDS = ("Severe hyperkalemia: the potassium of 7.1 mmol/L is critical.", "Repeat it at once.")


def result(analyte: str, value: str, low: str, high: str) -> dict[str, str]:
    return {"analyte": analyte, "value": value, "unit": "mmol/L", "low": low, "high": high}


def line(**changes: Any) -> dict[str, Any]:
    return {
        "report_id": "Rnew",
        "patient_id": "Pnew",
        "split": "train",
        "language": "en",
        "decision": "corrected",
        "interpretation": WORDS[0],
        "follow_up": WORDS[1],
        "panel": {
            "sex": "F",
            "age_years": 54.0,
            "pregnant": None,
            "results": [
                result("Potassium", "7.1", "3.5", "5.1"),
                result("Sodium", "139", "135", "145"),
            ],
        },
        "failed_checks": [],
        "reviewed_at": "2026-11-20T08:00:00+00:00",
        **changes,
    }  # fmt: skip


def panel_of(rows: pl.DataFrame) -> dict[str, Any]:
    """A report of the curated folder, as somebody would send it again."""
    report = rows.filter(pl.col("report_id") == rows["report_id"][0])
    return {
        "sex": report["sex"][0],
        "age_years": report["age_years"][0],
        "pregnant": None,
        "results": [
            {"analyte": row["reported_name"], "value": row["reported_value"],
             "unit": row["reported_unit"], "loinc": row["loinc"]}
            for row in report.iter_rows(named=True)
        ],
    }  # fmt: skip


def choose(lines: list[dict[str, Any]], curated: Path, tmp_path: Path) -> dict[str, Any]:
    source = tmp_path / "reviews.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return choose_reviews(source, curated, tmp_path / "chosen.jsonl")


def test_a_review_of_the_training_side_teaches(cohort, tmp_path: Path):
    found = choose([line()], cohort.curated, tmp_path)
    assert found["used"] == 1
    assert sum(found["left_out"].values()) == 0


@pytest.mark.parametrize("side", ["validation", "test"])
def test_a_review_of_another_side_does_not(cohort, tmp_path: Path, side: str):
    found = choose([line(split=side)], cohort.curated, tmp_path)
    assert found["used"] == 0
    assert found["left_out"]["other_side"] == 1
    assert (tmp_path / "chosen.jsonl").read_text() == ""


@pytest.mark.parametrize("side", ["validation", "test"])
def test_a_held_out_report_sent_again_without_its_patient_is_recognised(
    cohort, tmp_path: Path, side: str
):
    rows = load_curated(cohort.curated, side)
    plain = rows.filter(
        (pl.col("reported_unit").is_not_null() & pl.col("comparator").is_null())
        .all()
        .over("report_id")
    )
    sent = line(split=None, patient_id=None, panel=panel_of(plain))
    found = choose([sent, line(split=None, patient_id=None)], cohort.curated, tmp_path)
    before = line()["panel"] | {"earlier": [{**panel_of(plain), "seconds_before": 3600}]}
    course = line(split=None, patient_id=None, panel=before)
    assert choose([course], cohort.curated, tmp_path)["left_out"]["same_results"] == 1
    assert found["left_out"]["same_results"] == 1
    assert found["used"] == 1


def test_a_text_that_the_facts_do_not_bear_out_does_not_teach(cohort, tmp_path: Path):
    numbers = [{"code": "numbers", "message": "Not in the report: 2.1."}]
    omitted = [{"code": "omissions", "message": "Left out: Sodium."}]
    found = choose(
        [line(failed_checks=numbers), line(failed_checks=omitted)], cohort.curated, tmp_path
    )
    assert found["left_out"]["contradicted"] == 1
    assert found["used"] == 1


def test_a_panel_that_nobody_can_read_does_not_teach(cohort, tmp_path: Path):
    nothing = {**line()["panel"], "results": [{"analyte": "Moonlight", "value": "1"}]}
    found = choose([line(panel=nothing)], cohort.curated, tmp_path)
    assert found["left_out"]["unreadable"] == 1


def test_reviews_stand_on_the_training_side_only_as_often_as_asked(cohort, tmp_path: Path):
    build(cohort.curated, tmp_path / "corpus", CorpusSettings(max_examples=40))
    choose([line()], cohort.curated, tmp_path)
    chosen = tmp_path / "chosen.jsonl"
    out = tmp_path / "training"
    summary = add_reviews(tmp_path / "corpus", chosen, out, weight=3)
    assert summary["reviewed_examples"] == 3
    own = [one for one in read_examples(out / "train.jsonl") if one.words_from == "review"]
    assert len(own) == 3
    assert own[0].completion == f"Interpretation: {WORDS[0]}\nFollow-up: {WORDS[1]}"
    assert own[0].answers == own[0].slots == ()  # words are learnt from the brief
    assert "Potassium 7.1 mmol/L [3.5-5.1] -> high, critical" in own[0].prompt
    for name in ("validation.jsonl", "test.jsonl"):
        assert (out / name).read_bytes() == (tmp_path / "corpus" / name).read_bytes()
    assert read_manifest(out, stage="corpus").summary["reviews"] == 1
    assert add_reviews(tmp_path / "corpus", chosen, out, weight=3)["skipped"]


def test_what_experts_say_of_a_finding_is_learnt_beside_what_the_rows_taught(
    cohort, tmp_path: Path
):
    build(cohort.curated, tmp_path / "corpus", CorpusSettings(max_examples=40))
    write_vocabulary(tmp_path / "corpus", {"en": {"anemia": ["occult"]}})
    words = {"interpretation": "Severe hyperkalemia of tumbler origin.", "follow_up": "Repeat it."}
    choose(
        [line(report_id=f"R{n}", patient_id=f"P{n}", **words) for n in range(FEWEST_PATIENTS)],
        cohort.curated,
        tmp_path,
    )
    add_reviews(tmp_path / "corpus", tmp_path / "chosen.jsonl", tmp_path / "training", weight=1)
    taught = read_vocabulary(tmp_path / "training").taught["en"]
    assert taught["anemia"] == {"occult"}
    assert "tumbler" in taught["hyperkalemia"]


def test_a_correction_is_preferred_to_the_draft_it_corrects(cohort, tmp_path: Path):
    build(cohort.curated, tmp_path / "corpus", CorpusSettings(max_examples=40))
    draft = "Interpretation: The potassium is normal.\nFollow-up: none."
    corrected = line(decision="corrected", draft=draft)
    same = line(report_id="r2", decision="corrected", draft=f"Interpretation: {WORDS[0]}\n"
                f"Follow-up: {WORDS[1]}")  # fmt: skip
    accepted = line(report_id="r3", decision="accepted", draft=draft)
    choose([corrected, same, accepted], cohort.curated, tmp_path)
    out = tmp_path / "training"
    assert (
        add_reviews(tmp_path / "corpus", tmp_path / "chosen.jsonl", out, weight=1)["preferences"]
        == 1
    )
    (found,) = [json.loads(one) for one in (out / "preferences.jsonl").read_text().splitlines()]
    assert found["rejected"] == draft
    assert found["chosen"] == f"Interpretation: {WORDS[0]}\nFollow-up: {WORDS[1]}"
    own = next(one for one in read_examples(out / "train.jsonl") if one.words_from == "review")
    assert (found["prompt"], tuple(found["slots"])) == (own.prompt, own.slots)


def test_a_review_stands_in_place_of_other_words_for_the_same_report(cohort, tmp_path: Path):
    settings = CorpusSettings(max_examples=60, written_share=1.0)
    build(cohort.curated, tmp_path / "corpus", settings)
    before = list(read_examples(tmp_path / "corpus" / "train.jsonl"))
    named = before[0].report_id
    choose([line(report_id=named)], cohort.curated, tmp_path)
    out = tmp_path / "training"
    add_reviews(tmp_path / "corpus", tmp_path / "chosen.jsonl", out, weight=2)
    words = [one.completion for one in read_examples(out / "train.jsonl") if one.report_id == named]
    assert len(words) == 2
    assert len(set(words)) == 1
    assert "Severe hyperkalemia" in (words[0] or "")


def test_the_same_key_keeps_two_folders_apart_and_another_key_is_found_out(
    cohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from hemoscribe.curate import curate
    from hemoscribe.settings import CurateSettings

    require_apart(cohort.curated, cohort.curated)
    read = cohort.curated.parent / "read"
    curate(read, tmp_path / "again", CurateSettings(duplicates="keep_last"))
    require_apart(tmp_path / "again", cohort.curated)
    curate(read, tmp_path / "other", CurateSettings(train_share=0.75, validation_share=0.2))
    with pytest.raises(InputError, match="on the test side of"):
        require_apart(tmp_path / "other", cohort.curated)
