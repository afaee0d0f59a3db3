"""Served results against training rows: quiet where nothing moved, loud where something did."""

import json
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.curate import load_curated
from hemoscribe.errors import InputError
from hemoscribe.files import read_json, write_json
from hemoscribe.knowledge import flag
from hemoscribe.operate.drift import MIN_SERVED, compare, drift
from hemoscribe.serve.store import Interpretation, RejectedResult, ServedResult, open_store
from hemoscribe.settings import ServeSettings
from hemoscribe.stages import MANIFEST


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    """3,000 sodium and 3,000 potassium results, their values evenly spread in and out of range."""
    parts = []
    for analyte, middle, width, low, high in (
        ("sodium", 140.0, 12.0, 135.0, 145.0),
        ("potassium", 4.3, 2.4, 3.5, 5.1),
    ):
        values = [middle + width * (((n * 0.618034) % 1) - 0.5) for n in range(3000)]
        parts.append(
            pl.DataFrame({"analyte": analyte, "value": values, "unit": "mmol/L"}).with_columns(
                low=pl.lit(low), high=pl.lit(high), range_source=pl.lit("laboratory")
            )
        )
    return with_flags(pl.concat(parts))


def with_flags(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        flag=pl.when(pl.col("value") < pl.col("low"))
        .then(pl.lit("L"))
        .when(pl.col("value") > pl.col("high"))
        .then(pl.lit("H"))
        .otherwise(pl.lit("N"))
    )


def served(rows: pl.DataFrame, analyte: str, count: int) -> pl.DataFrame:
    return rows.filter(pl.col("analyte") == analyte).sample(count, seed=4)


def test_what_did_not_move_is_stable(rows):
    found = compare(rows, pl.concat([served(rows, "sodium", 200), served(rows, "potassium", 200)]))
    assert [entry["level"] for entry in found["analytes"]] == ["stable", "stable"]
    assert found["alerts"] == []
    assert found["unknown_analytes"] == {}


def test_a_shifted_analyte_is_found_and_the_other_is_left_alone(rows):
    moved = with_flags(served(rows, "sodium", 200).with_columns(pl.col("value") + 5))
    found = compare(rows, pl.concat([moved, served(rows, "potassium", 200)]))
    first, second = found["analytes"]
    assert (first["analyte"], first["level"]) == ("sodium", "drift")
    assert first["p_adjusted"] < 1e-6
    assert second["level"] == "stable"
    assert any("sodium: the values have drifted" in alert for alert in found["alerts"])
    assert not any("potassium" in alert for alert in found["alerts"])


def test_more_abnormal_results_are_told_even_where_values_stay_plausible(rows):
    narrow = with_flags(served(rows, "sodium", 400).with_columns(high=pl.lit(140.0)))
    [entry] = compare(rows, narrow)["analytes"]
    difference = entry["abnormal_share"]["difference"]
    assert difference["low"] > 0.2
    assert entry["new_ranges"] == [{"low": 135.0, "high": 140.0, "share": 1.0}]


def test_few_results_say_nothing(rows):
    few = served(rows, "sodium", MIN_SERVED - 1).with_columns(pl.col("value") + 50)
    found = compare(rows, few)
    [entry] = found["analytes"]
    assert entry["level"] == "too few"
    assert entry["psi"] is None
    assert found["alerts"] == []


def test_an_analyte_that_training_never_saw_is_named(rows):
    new = served(rows, "sodium", 60).with_columns(analyte=pl.lit("zinc"))
    found = compare(rows, new)
    assert found["unknown_analytes"] == {"zinc": 60}
    assert any("zinc" in alert for alert in found["alerts"])


def fill_store(rows: pl.DataFrame) -> None:
    store = open_store(ServeSettings())
    with store.session() as session:
        session.add(
            Interpretation(
                id="1" * 32, key_name="lis", source="api", panel={}, report={}, model="m",
                language="en", seconds=1.0,
            )
        )  # fmt: skip
        session.flush()
        columns = ("analyte", "value", "unit", "low", "high", "range_source", "flag", "comparator")
        for row in rows.select(columns).iter_rows(named=True):
            session.add(ServedResult(interpretation_id="1" * 32, critical=False, **row))
        session.add(
            RejectedResult(
                interpretation_id="1" * 32, reported_name="Moonlight", code="unknown_analyte"
            )
        )
    store.close()


def test_drift_reads_the_store_and_writes_its_page(cohort, tmp_path: Path):
    rows = flag(load_curated(cohort.curated, "train").drop("split", "fold"))
    fill_store(
        rows.with_columns(
            value=pl.when(pl.col("analyte") == "sodium")
            .then(pl.col("value") * 1.06)
            .otherwise(pl.col("value"))
        )
    )
    out = tmp_path / "drift"
    summary = drift(cohort.curated, out)
    levels = {entry["analyte"]: entry["level"] for entry in summary["analytes"]}
    assert summary["reports"] == 1
    assert summary["results"] == rows.height
    assert summary["unrecognised"] == {"Moonlight": 1}
    assert levels.pop("sodium") == "drift"
    assert set(levels.values()) == {"stable", "too few"}
    page = (out / "drift.html").read_text(encoding="utf-8")
    assert "Moonlight" in page
    assert "http" not in page.replace("http-equiv", "")
    assert json.loads((out / "drift.json").read_text())["results"] == rows.height
    assert "redone" not in drift(cohort.curated, out)  # its own folder is written again
    manifest = read_json(out / MANIFEST)
    assert "operate/drift_statistics.py" in manifest["code"]
    write_json(out / MANIFEST, {**manifest, "inputs": {"curated": "0"}})
    assert drift(cohort.curated, out)["redone"] == "its input changed (curated)"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="did not write"):
        drift(cohort.curated, tmp_path / "mine")


def test_nothing_served_is_said(cohort, tmp_path: Path):
    with pytest.raises(InputError, match="No report was served yet"):
        drift(cohort.curated, tmp_path / "drift")
