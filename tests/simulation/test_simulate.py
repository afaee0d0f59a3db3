import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hemoscribe.errors import SettingsError
from hemoscribe.files import sha256
from hemoscribe.knowledge import analytes, flag
from hemoscribe.knowledge.names import candidates
from hemoscribe.simulation import simulate
from hemoscribe.simulation.biologist_comments import texts
from hemoscribe.simulation.cohort import draw_cohort
from hemoscribe.simulation.laboratory import laboratories
from hemoscribe.simulation.library import conditions, population, requests
from hemoscribe.simulation.physiology import measure
from hemoscribe.sources import read

REPORTS = 800


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated") / "out"
    simulate(out, reports=REPORTS, seed=7)
    return out


@pytest.fixture(scope="module")
def truth(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth.parquet")


@pytest.fixture(scope="module")
def rows_and_rejects(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    return read(folder)


@pytest.fixture(scope="module")
def values() -> dict[str, np.ndarray]:
    return measure(draw_cohort(1500, np.random.default_rng(3)), np.random.default_rng(4))


def test_everything_the_cohort_is_made_of_is_known():
    known = set(analytes()) | {"ph"}
    for condition in conditions():
        assert set(condition.effects) <= known, condition.id
        assert set(condition.asks) <= set(requests()["panels"]), condition.id
    for panel in requests()["panels"].values():
        assert set(panel) <= set(analytes())
    for loads in population()["factors"].values():
        assert set(loads) <= set(analytes())
    for name, entry in texts()["results"].items():
        assert set(entry["needs"]) <= set(analytes()), name
        assert entry["en"], name
        assert entry["fr"], name


def test_every_laboratory_prints_names_and_units_that_can_be_read_back():
    ordered = {name for panel in requests()["panels"].values() for name in panel}
    for laboratory in laboratories():
        for analyte in ordered:
            assert laboratory.conversion(analyte)[0] > 0
            found = [c.analyte.id for c in candidates(laboratory.name(analyte), None)[0]]
            assert analyte in found, (laboratory.id, analyte)


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path):
    again = tmp_path / "again"
    simulate(again, reports=REPORTS, seed=7)
    names = {path.name for path in folder.iterdir()}
    assert {name: sha256(folder / name) for name in names} == {
        name: sha256(again / name) for name in names
    }


def test_another_seed_gives_another_cohort(folder: Path, tmp_path: Path):
    simulate(tmp_path / "other", reports=REPORTS, seed=8)
    assert sha256(folder / "st_brigid.csv") != sha256(tmp_path / "other" / "st_brigid.csv")


def test_rows_in_are_rows_out(folder: Path, truth: pl.DataFrame, rows_and_rejects):
    rows, rejects = rows_and_rejects
    summary = json.loads((folder / "manifest.json").read_text())["summary"]
    assert summary["results"] == rows.height + rejects["results"].sum()
    assert summary["reports"] == REPORTS == truth.select("laboratory", "report_id").n_unique()
    assert summary["files"] == 8


def test_every_result_without_a_fault_is_read_back_exactly(truth: pl.DataFrame, rows_and_rejects):
    rows, _ = rows_and_rejects
    sound = truth.filter(pl.col("fault").is_null())
    keys = ["patient_id", "report_id", "analyte"]
    joined = sound.join(rows, on=keys, how="left", suffix="_read")
    assert joined.height == sound.height
    apart = (pl.col("value") - pl.col("value_read")).abs() > 1e-9 + 1e-9 * pl.col("value").abs()
    wrong = joined.filter(
        apart.fill_null(value=True)
        | (pl.col("comparator").fill_null("") != pl.col("comparator_read").fill_null(""))
        | (pl.col("sex") != pl.col("sex_read"))
        | ((pl.col("age_years") - pl.col("age_years_read")).abs() > 1.01)
    )
    assert wrong.is_empty(), wrong.head()


def test_planted_faults_are_known_and_end_where_they_belong(truth: pl.DataFrame, rows_and_rejects):
    _, rejects = rows_and_rejects
    counts = dict(truth["fault"].drop_nulls().value_counts().rows())
    assert {"missing", "duplicate", "corrected", "superseded", "hemolyzed", "cancelled"} <= set(
        counts
    )
    codes = dict(rejects.group_by("code").agg(pl.col("results").sum()).rows())
    assert codes["unusable_sample"] == counts["hemolyzed"] + counts["text"]
    of_units = {"wrong_dimension", "unknown_unit", "impossible_unit"}
    assert sum(codes.get(code, 0) for code in of_units) <= counts.get("wrong_unit", 0)
    assert set(codes) <= {"no_value", "unusable_sample", "not_a_number", *of_units}


def test_a_useful_share_is_abnormal_and_commented(rows_and_rejects):
    rows, _ = rows_and_rejects
    flags = flag(rows)["flag"].drop_nulls()
    assert 0.22 < (flags != "N").mean() < 0.32
    commented = rows.group_by("report_id").agg(pl.col("comment").is_not_null().any())["comment"]
    assert 0.2 < commented.mean() < 0.4
    per_report = rows.group_by("report_id").len()["len"]
    assert 10 < per_report.mean() < 14
    assert per_report.max() <= 32


def test_several_laboratories_differ_in_units_names_and_ranges(rows_and_rejects):
    rows, _ = rows_and_rejects
    hemoglobin = rows.filter(pl.col("analyte") == "hemoglobin", pl.col("sex") == "F")
    assert hemoglobin["reported_unit"].n_unique() >= 3
    assert hemoglobin["reported_name"].n_unique() >= 3
    assert hemoglobin.filter(pl.col("age_years") > 20)["low"].round(1).n_unique() >= 3


def test_only_a_quantity_that_can_be_negative_has_limits_below_zero(rows_and_rejects):
    rows, _ = rows_and_rejects
    printed = rows.filter(pl.col("range_source") == "laboratory")
    signed = printed.filter(pl.col("analyte") == "base_excess", pl.col("low").is_not_null())
    assert len(signed) > 3
    assert signed["low"].max() < 0
    assert printed.filter(pl.col("analyte") != "base_excess")["low"].min() >= 0


def test_patients_have_several_reports_and_stay_with_their_laboratory(truth: pl.DataFrame):
    reports = truth.select("laboratory", "patient_id", "report_id").unique()
    per_patient = reports.group_by("laboratory", "patient_id").len()["len"]
    assert 1.4 < per_patient.mean() < 1.8
    assert per_patient.max() > 3


def test_what_laboratories_compute_is_consistent(values):
    v = values
    np.testing.assert_allclose(v["mcv"], 10 * v["hematocrit"] / v["erythrocytes"], rtol=0.03)
    np.testing.assert_allclose(v["mch"], 10 * v["hemoglobin"] / v["erythrocytes"], rtol=0.03)
    cells = (
        "neutrophils",
        "lymphocytes",
        "monocytes",
        "eosinophils",
        "basophils",
        "bands",
        "blasts",
    )
    np.testing.assert_allclose(v["leukocytes"], sum(v[cell] for cell in cells), rtol=0.02)
    np.testing.assert_allclose(
        v["transferrin_saturation"], 100 * v["iron"] / v["tibc"], rtol=0.05, atol=1
    )
    inside = (v["triglycerides"] < 4.5) & (v["ldl"] > 0.3)
    friedewald = v["cholesterol"] - v["hdl"] - v["triglycerides"] / 2.2
    np.testing.assert_allclose(v["ldl"][inside], friedewald[inside], rtol=0.05, atol=0.05)


def test_healthy_people_are_mostly_within_our_ranges():
    rng = np.random.default_rng(11)
    cohort = draw_cohort(3000, rng)
    values = measure(cohort, rng)
    healthy = (cohort.severity > 0).sum(axis=1) == 0
    for name in ("hemoglobin", "platelets", "sodium", "potassium", "creatinine", "alt", "tsh"):
        frame = pl.DataFrame(
            {"analyte": [name] * cohort.reports, "value": values[name], "sex": cohort.sex.tolist(),
             "age_years": cohort.age_years, "pregnant": cohort.pregnant}
        ).with_columns(
            low=pl.lit(None, pl.Float64), high=pl.lit(None, pl.Float64),
            comparator=pl.lit(None, pl.String), range_source=pl.lit(None, pl.String),
        )  # fmt: skip
        flags = flag(frame.filter(pl.Series(healthy)))["flag"].drop_nulls()
        assert (flags == "N").mean() > 0.88, name


def test_conditions_move_results_together():
    rng = np.random.default_rng(5)
    cohort = draw_cohort(4000, rng)
    values = measure(cohort, rng)
    names = [condition.id for condition in conditions()]

    def median(condition: str, analyte: str) -> float:
        return float(np.nanmedian(values[analyte][cohort.severity[:, names.index(condition)] > 0]))

    assert median("iron_deficiency_anemia", "ferritin") < 20
    assert median("iron_deficiency_anemia", "mcv") < 83
    assert median("cirrhosis", "albumin") < median("fatty_liver", "albumin")
    assert median("hypothyroidism", "tsh") > 6
    assert median("chronic_kidney_disease", "egfr") < 60


def test_an_impossible_number_of_reports_is_refused(tmp_path: Path):
    with pytest.raises(SettingsError, match="--reports 0"):
        simulate(tmp_path / "out", reports=0, seed=1)
