"""Coarser rows until k patients are alike, in the written file."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from hemoscribe.curate import curate, load_curated
from hemoscribe.curate.privacy.generalisation import MERGED, WRITTEN, Way, generalise, require_k
from hemoscribe.errors import SettingsError, StageError
from hemoscribe.records import CuratedResult
from hemoscribe.settings import CurateSettings

SITES = ["North"] * 6 + ["South"] * 2 + ["Hut", "Tent"]


def spread(rows: pl.DataFrame) -> pl.DataFrame:
    """Many ages, times and laboratories, some of them rare; reports of two times and places."""
    number = pl.col("patient_id").cast(pl.Int64)
    return rows.with_columns(
        pl.when(number % 40 == 0).then(0.2).otherwise(pl.col("age_years")).alias("age_years"),
        (pl.col("collected_at") + timedelta(days=1) * (number * 37 % 1500)).alias("collected_at"),
        pl.Series([SITES[n % 10] for n in rows["patient_id"].cast(pl.Int64)]).alias("laboratory"),
    ).with_columns(
        pl.when((number % 30 == 0) & (pl.col("analyte") == "crp"))
        .then(pl.lit("South"))
        .otherwise("laboratory")
        .alias("laboratory")
    )


def smallest(rows: pl.DataFrame) -> int:
    sizes = rows.group_by(WRITTEN).agg(pl.col("patient_id").n_unique().alias("n"))
    return min(sizes["n"].to_list())


@pytest.mark.parametrize("k", [2, 5, 11])
def test_the_written_file_has_k_patients_in_every_cell(k, cohort, read_folder, tmp_path):
    folder = read_folder(spread(cohort(400, reports=2)))
    summary = curate(
        folder, tmp_path / "out", CurateSettings(few_reports_error=1, generalise_to_k=k)
    )
    rows = load_curated(tmp_path / "out")
    CuratedResult.validate(rows)
    told = summary["generalised"]
    assert smallest(rows) == told["k"] >= k
    assert summary["k_anonymity"] >= k
    refused = summary["rejects_by_code"].get("small_cell", 0)
    assert refused == told["reports_refused"] * 9
    assert told["reports_refused"] <= 0.05 * 800
    assert summary["results_in"] == rows.height + summary["rejects"] == 800 * 9
    for page in ("data-card.md", "quality.html"):
        text = (tmp_path / "out" / page).read_text()
        assert f"laboratories {told['laboratories']}" in text
        assert "shifted dates" in text
    assert any("reports were refused for it" in warning for warning in summary["warnings"])


def test_without_the_setting_rows_stay_fine(cohort, read_folder, tmp_path):
    folder = read_folder(spread(cohort(60)))
    summary = curate(folder, tmp_path / "out", CurateSettings(few_reports_error=1))
    assert "generalised" not in summary
    assert smallest(load_curated(tmp_path / "out")) == 1


def test_values_ranges_and_sides_are_those_of_the_fine_rows(cohort, read_folder, tmp_path):
    folder = read_folder(spread(cohort(300)))
    curate(folder, tmp_path / "fine", CurateSettings(few_reports_error=1))
    curate(folder, tmp_path / "coarse", CurateSettings(few_reports_error=1, generalise_to_k=5))
    fine, coarse = (load_curated(tmp_path / name) for name in ("fine", "coarse"))
    changed = [name for name in coarse.columns if name not in WRITTEN]
    assert coarse.height > 0.9 * fine.height
    assert coarse.select(changed).join(fine, on=changed, how="anti", nulls_equal=True).is_empty()


def occasions(*lines: tuple[float, datetime | None, str | None, int]) -> pl.DataFrame:
    """``(age, time, laboratory, patients)``: one report for each patient."""
    found = [
        (f"P{place}-{number}", f"R{place}-{number}", "F", age, time, laboratory)
        for place, (age, time, laboratory, patients) in enumerate(lines)
        for number in range(patients)
    ]
    names = ["patient_id", "report_id", *WRITTEN]
    types = [pl.String, pl.String, pl.String, pl.Float64, pl.Datetime("us"), pl.String]
    return pl.DataFrame(found, schema=dict(zip(names, types, strict=True)), orient="row")


MAY = datetime(2021, 5, 1)


def test_what_is_already_alike_loses_nothing():
    found = generalise(occasions((40, MAY, "North", 9), (50, MAY, "North", 7)), 5, refused_share=0)
    assert (found.way, found.k, found.refused.len()) == (Way(1, "month", "kept"), 7, 0)
    assert found.way.loss == 0


def test_only_the_column_that_is_too_fine_becomes_coarser():
    lines = [(40.0 + n, MAY, "North", 2) for n in range(5)]
    found = generalise(occasions(*lines), 5, refused_share=0)
    assert found.way == Way(5, "month", "kept")
    months = [(40.0, datetime(2021, 1 + n, 1), "North", 2) for n in range(12)]
    assert generalise(occasions(*months), 5, refused_share=0).way == Way(1, "quarter", "kept")


def test_small_laboratories_go_under_one_name_and_large_ones_stay():
    found = generalise(
        occasions((40, MAY, "North", 60), (40, MAY, "Hut", 3), (40, MAY, "Tent", 4)),
        5,
        refused_share=0,
    )
    assert found.way == Way(1, "month", "merged", ("Hut", "Tent"))
    rows = found.way.write(occasions((40, MAY, "Hut", 1), (40, MAY, "North", 1)))
    assert rows["laboratory"].to_list() == [MERGED, "North"]
    assert found.k == 7


def test_a_few_reports_are_refused_rather_than_all_made_coarse():
    lines = occasions((40, MAY, "North", 99), (3, MAY, "North", 1))
    found = generalise(lines, 5, refused_share=0.01)
    assert found.way == Way(1, "month", "kept")
    assert found.refused.to_list() == ["R1-0"]
    strict = generalise(lines, 5, refused_share=0)
    assert strict.refused.to_list() == ["R1-0"]  # nothing makes a child an adult


def test_a_report_that_goes_takes_its_other_rows_along():
    """Its going makes another cell small, whose reports go too."""
    rows = occasions((40, MAY, "North", 4), (40, MAY, "South", 9), (40, MAY, "Hut", 1))
    both = rows.filter(pl.col("laboratory") == "Hut").with_columns(
        pl.lit("North").alias("laboratory")
    )
    found = generalise(pl.concat([rows, both]), 5, refused_share=1)
    assert found.way == Way(1, "month", "kept")
    assert found.refused.len() == 5


@pytest.mark.parametrize("width", [5, 10, 20, 40])
def test_infants_children_and_adults_never_share_a_band(width):
    ages = [0.0, 0.5, 1.0, 1.5, 9.0, 17.0, 18.0, 39.0, 64.0, 89.0, 90.0]
    rows = Way(width, "year", "kept").write(pl.DataFrame({"age_years": [*ages, None]}))
    written = rows["age_years"].to_list()
    assert written[-1] is None
    for age, value in zip(ages, written, strict=False):
        assert (age < 1) == (value < 1)
        assert (age < 18) == (value < 18)
        assert abs(age - value) <= width
        assert value <= 90


def test_a_written_file_with_a_small_cell_is_refused(cohort, tmp_path):
    cohort(3).write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(StageError, match="fewer than 2 patients"):
        require_k(tmp_path / "rows.parquet", 2)


def test_two_ways_at_once_are_refused(cohort, read_folder, tmp_path):
    both = CurateSettings(generalise_to_k=5, small_cells="reject")
    with pytest.raises(SettingsError, match="set one of them"):
        curate(read_folder(cohort(10)), tmp_path / "out", both)
