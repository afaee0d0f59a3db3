import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hemoscribe.errors import SettingsError
from hemoscribe.files import sha256
from hemoscribe.knowledge import analytes
from hemoscribe.simulation import simulate
from hemoscribe.simulation.library import requests
from hemoscribe.simulation.other_fluids import FAULT, WAYS, fluids, heading, specimen
from hemoscribe.stages import manifest_in

REPORTS = 90
SEED = 4


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Without other fluids, and with them."""
    without, beside = (tmp_path_factory.mktemp("simulated") / name for name in ("off", "on"))
    simulate(without, reports=REPORTS, seed=SEED)
    simulate(beside, reports=REPORTS, seed=SEED, other_fluids=0.6)
    return without, beside


def truth(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth.parquet")


def test_what_fluids_measure_is_known_and_far_from_blood():
    ordered = {name for panel in requests()["panels"].values() for name in panel}
    for fluid in fluids().values():
        assert set(fluid.drawn) <= ordered, fluid.id
        assert set(fluid.usual) <= set(fluid.drawn), fluid.id
        critical = 0
        for analyte, (least, most) in fluid.drawn.items():
            low, high = analytes()[analyte].critical
            critical += (low is not None and least < low) or (high is not None and most > high)
        assert critical >= 2, fluid.id


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_fluid_has_its_own_words_in_each_language(language):
    said = [heading(fluid, way, language) for fluid in fluids() for way in range(WAYS)]
    assert len(set(said)) == len(said)
    names = {specimen("sodium", fluid, language) for fluid in fluids()}
    assert len(names) == len(fluids())
    assert specimen("sodium", None, language) not in names


def test_all_results_of_blood_stay_as_they_are(folders: tuple[Path, Path]):
    without, beside = map(truth, folders)
    assert "fluid" not in without.columns
    kept = beside.filter(pl.col("fluid").is_null()).drop("fluid")
    assert_frame_equal(kept, without)


def test_the_truth_marks_and_counts_what_is_of_a_fluid(folders: tuple[Path, Path]):
    found = truth(folders[1])
    assert (found["fluid"].is_not_null() == (found["fault"] == FAULT).fill_null(value=False)).all()
    counts = json.loads((folders[1] / "truth.json").read_text())
    assert sum(counts["fluids"].values()) == counts["faults"][FAULT] == found["fluid"].count()
    assert "fluids" not in json.loads((folders[0] / "truth.json").read_text())
    per_report = found.filter(pl.col("fluid").is_not_null()).group_by(
        "laboratory", "patient_id", "report_id", "fluid"
    ).len()["len"]  # fmt: skip
    assert (per_report.min(), per_report.max()) == (2, 6)
    holding = found.group_by("laboratory", "report_id").agg(pl.col("fluid").count() > 0)["fluid"]
    assert 0.45 < holding.mean() < 0.75


def test_only_where_it_is_given_is_it_a_setting(folders: tuple[Path, Path]):
    off, on = (manifest_in(folder).settings for folder in folders)
    assert "other_fluids" not in off
    assert on["other_fluids"] == 0.6


def test_the_same_seed_gives_the_same_fluids(folders: tuple[Path, Path], tmp_path: Path):
    simulate(tmp_path / "again", reports=REPORTS, seed=SEED, other_fluids=0.6)
    for name in ("truth.parquet", "st_cuthbert.hl7", "valdor.ndjson", "leman.csv"):
        assert sha256(tmp_path / "again" / name) == sha256(folders[1] / name)


def test_messages_state_a_fluid_in_each_of_three_ways(tmp_path: Path):
    simulate(tmp_path / "out", reports=25, seed=SEED, formats=["hl7"], other_fluids=1)
    segments = (tmp_path / "out" / "st_cuthbert.hl7").read_bytes().decode().split("\r")
    fields = [segment.split("|") for segment in segments]
    orders = [one for one in fields if one[0] == "OBR"]
    assert any(one[15] for one in orders)
    assert any("Laboratory studies" not in one[4] and not one[15] for one in orders)
    types = {one[4].partition("^")[0] for one in fields if one[0] == "SPM"}
    assert "BLD" in types
    assert len(types) > 1


@pytest.mark.parametrize("share", [-0.1, 1.01, float("nan")])
def test_what_is_no_share_is_refused(tmp_path: Path, share: float):
    with pytest.raises(SettingsError, match="--other-fluids"):
        simulate(tmp_path / "out", reports=5, seed=1, other_fluids=share)
