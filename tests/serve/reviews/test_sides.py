"""Reviewed patients stand where the curated folder has them, whatever decides there."""

import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from hemoscribe.cli import app
from hemoscribe.curate import curate
from hemoscribe.curate.pseudonyms.keys import key_path, pseudonym_key
from hemoscribe.curate.pseudonyms.patients import place
from hemoscribe.files import fingerprint, sha256, write_json
from hemoscribe.models import registry
from hemoscribe.records import Result, no_rejects
from hemoscribe.serve import export_reviews
from hemoscribe.serve.reviews.sides import sides_of_patients
from hemoscribe.settings import CurateSettings, Settings
from hemoscribe.stages import MANIFEST, run_stage, write_manifest

YEARS = {0: "train", 1: "validation", 2: "test"}
PATIENTS = [f"P{number:03}" for number in range(60)]
BY_TIME = CurateSettings(
    split="time",
    validation_from=date(2022, 1, 1),
    test_from=date(2023, 1, 1),
    few_reports_error=1,
    train_share=0.6,
)
BY_SITE = CurateSettings(
    split="site", test_laboratories=("South",), few_reports_error=1, train_share=0.6
)
BY_HASH = CurateSettings(few_reports_error=1, train_share=0.2, validation_share=0.3)


def rows_of(patients):
    """One hemoglobin a patient: a third of them in each year, every other one from the south."""
    lines = [
        {
            "report_id": f"R{number}",
            "patient_id": patient,
            "laboratory": ("North", "South")[number % 2],
            "collected_at": datetime(2021 + number % 3, 5, 4, 8, 30),
            "sex": "F",
            "age_years": 40.0,
            "analyte": "hemoglobin",
            "reported_name": "Hemoglobin",
            "value": 13.0,
            "unit": "g/dL",
            "unit_inferred": False,
            "reported_value": "13.0",
            "reported_unit": "g/dL",
            "status": "final",
        }
        for number, patient in enumerate(patients)
    ]
    return pl.DataFrame(lines, schema=Result.create_empty().schema, orient="row")


@pytest.fixture
def curated(tmp_path: Path):
    """``curated(settings)``: the folder that curation writes of ``PATIENTS``."""

    def make(settings: CurateSettings, patients=PATIENTS) -> Path:
        name = f"{settings.split}-{len(patients)}-{settings.train_share}"
        read = tmp_path / f"read-{name}"

        def work(folder: Path):
            rows_of(patients).write_parquet(folder / "results.parquet")
            no_rejects().write_parquet(folder / "rejects.parquet")
            return {"results": len(patients), "rejects": 0}

        run_stage(read, stage="read", inputs={"export.csv": name}, settings={}, work=work)
        curate(read, tmp_path / name, settings)
        return tmp_path / name

    return make


def told(folders, patients=PATIENTS, settings=None):
    return sides_of_patients(patients, folders, pseudonym_key(), settings or CurateSettings())


def hashed(patient, settings):
    shares = {"train_share": settings.train_share, "validation_share": settings.validation_share}
    return place(pseudonym_key(), patient, **shares).split


def test_by_time_a_patient_is_on_the_side_of_the_period(curated):
    sides, warnings = told([curated(BY_TIME)])
    assert sides == {patient: YEARS[number % 3] for number, patient in enumerate(PATIENTS)}
    assert warnings == []
    assert any(sides[patient] != hashed(patient, CurateSettings()) for patient in PATIENTS)


def test_by_site_a_patient_is_on_the_side_of_the_laboratory(curated):
    sides, _ = told([curated(BY_SITE)])
    assert sides == {
        patient: ("train", "test")[number % 2] for number, patient in enumerate(PATIENTS)
    }


@pytest.mark.parametrize("settings", [BY_TIME, BY_SITE])
def test_who_is_not_in_such_a_folder_has_no_side_and_is_told(curated, settings):
    sides, warnings = told([curated(settings)], ["NEW-1", "P000", "NEW-2"])
    assert (sides["NEW-1"], sides["P000"], sides["NEW-2"]) == (None, "train", None)
    [warning] = warnings
    assert warning.startswith("2 reviewed patients have no side")
    assert f"curate.split: {settings.split}" in warning


def test_by_hash_the_shares_are_those_of_the_folder(curated):
    new = [f"NEW-{number}" for number in range(60)]
    sides, warnings = told([curated(BY_HASH)], [*new, *PATIENTS])
    assert sides == {patient: hashed(patient, BY_HASH) for patient in [*new, *PATIENTS]}
    assert any(sides[patient] != hashed(patient, CurateSettings()) for patient in new)
    assert warnings == []


def test_the_first_folder_that_holds_a_patient_decides(curated):
    judging, new = curated(BY_TIME, PATIENTS[:30]), curated(BY_SITE)
    sides, _ = told([judging, new])
    assert sides["P002"] == "test"  # of 2023; the north teaches in the other folder
    assert sides["P032"] == "train"  # only in the other folder, of the north
    assert told([new, judging])[0]["P002"] == "train"


def test_another_key_says_nothing_of_anybody(curated):
    folder = curated(BY_HASH)
    key_path().unlink()
    sides, [warning] = told([folder])
    assert set(sides.values()) == {None}
    assert "another pseudonym key" in warning


def test_without_a_folder_the_settings_decide_and_it_is_said():
    sides, [warning] = told([], settings=BY_HASH)
    assert sides == {patient: hashed(patient, BY_HASH) for patient in PATIENTS}
    assert "No curated folder is known" in warning
    sides, [warning] = told([], settings=BY_TIME)
    assert set(sides.values()) == {None}
    assert "name one with --curated" in warning


def test_the_export_carries_the_side_and_counts_who_has_none(curated, archive, tmp_path):
    for patient in ("P001", "P002", "NEW-1", ""):
        archive.review(archive.report(patient, f"R-{patient}"), "accepted")
    out = tmp_path / "reviews.jsonl"
    summary = export_reviews(out, settings=Settings(), curated=[curated(BY_TIME)])
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    key = pseudonym_key()
    found = {line["patient_id"]: line["split"] for line in lines}
    names = {patient: place(key, patient).pseudonym for patient in ("P001", "P002", "NEW-1")}
    assert found[names["P001"]] == "validation"
    assert found[names["P002"]] == "test"
    assert found[names["NEW-1"]] is None
    assert summary["sides"]["none"] >= 1
    assert len(summary["warnings"]) == 1


def test_without_a_name_the_folder_is_the_one_that_the_champion_was_trained_on(
    curated, archive, tmp_path, monkeypatch
):
    archive.review(archive.report("P002", "R2"), "accepted")
    runs = tmp_path / "runs"
    (runs / "one").mkdir(parents=True)
    (runs / "one" / "curate").symlink_to(curated(BY_TIME))
    rows = {"curated": sha256(runs / "one" / "curate" / MANIFEST)}
    corpus = run_stage(
        runs / "one" / "corpus", stage="corpus", inputs=rows, settings={}, work=lambda _: {}
    ).manifest
    model = tmp_path / "model"
    model.mkdir()
    write_json(model / "tune.json", {"base": "tiny"})
    made_of = {"corpus": fingerprint(corpus.files)}
    write_manifest(model, stage="tune", inputs=made_of, settings={}, summary={"base": "tiny"})
    registry.promote(registry.register(model, name="first"), "first", who="test")
    monkeypatch.setenv("HEMOSCRIBE_RUNS", str(runs))
    ran = CliRunner().invoke(
        app, ["reviews", "export", "--out", str(tmp_path / "reviews.jsonl"), "--json"]
    )
    assert ran.exit_code == 0, ran.output
    summary = json.loads(ran.stdout)
    assert (summary["sides"], summary["warnings"]) == ({"test": 1}, [])


def test_the_command_takes_the_folder(curated, archive, tmp_path):
    archive.review(archive.report("P002", "R2"), "accepted")
    out = tmp_path / "reviews.jsonl"
    folder = curated(BY_TIME)
    ran = CliRunner().invoke(
        app, ["reviews", "export", "--out", str(out), "--curated", str(folder), "--json"]
    )
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["sides"] == {"test": 1}
    nothing = CliRunner().invoke(
        app, ["reviews", "export", "--out", str(out), "--curated", str(tmp_path), "--json"]
    )
    assert nothing.exit_code != 0
