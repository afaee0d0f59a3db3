import polars as pl
import pytest

from hemoscribe.curate.split.leakage import find_same_panels, require_one_side
from hemoscribe.curate.stream.report_lines import list_reports
from hemoscribe.errors import InputError, StageError

SIDES = {"A": ("train", 0), "B": ("test", None), "C": ("train", 0), "D": ("validation", 3)}


@pytest.fixture
def reports(rows):
    """Reports that all hold the same panel, unless ``changed`` says otherwise; one per patient."""

    def make(patients, *, results=8, changed=()):
        frame = rows(
            *(
                {
                    "patient_id": patient,
                    "report_id": f"{patient}-1",
                    "analyte": f"analyte-{number}",
                    "value": 1.0 + number + (0.1 if patient in changed and number == 3 else 0.0),
                }
                for patient in patients
                for number in (range(results) if patient != "D" else reversed(range(results)))
            )
        )
        places = pl.DataFrame(
            [(name, split, fold) for name, (split, fold) in SIDES.items()],
            schema={"patient_id": pl.String, "split": pl.String, "fold": pl.Int8},
            orient="row",
        )
        year = pl.lit(2023).alias("true_year")
        return list_reports(frame.with_columns(year)).join(places, on="patient_id")

    return make


def test_the_same_panel_under_two_numbers_stays_on_the_side_that_measures(reports):
    found = find_same_panels(reports("AB"), policy="reject")
    assert (found.panels, found.across_sides) == (1, 1)
    assert found.refused["patient_id"].to_list() == ["A"]


def test_the_order_of_results_in_the_panel_does_not_matter(reports):
    found = find_same_panels(reports("AD"), policy="reject")
    assert found.refused["patient_id"].to_list() == ["A"]


def test_two_folds_are_two_sides(reports):
    assert find_same_panels(reports("CD"), policy="reject").refused.height == 1


def test_on_one_side_and_in_one_fold_the_copies_stay_and_are_counted(reports):
    found = find_same_panels(reports("AC"), policy="reject")
    assert (found.panels, found.across_sides, found.refused.height) == (1, 0, 0)


def test_one_different_value_is_another_panel(reports):
    assert find_same_panels(reports("AB", changed="B"), policy="reject").panels == 0


def test_short_reports_agree_by_chance(reports):
    assert find_same_panels(reports("AB", results=7), policy="reject").panels == 0


def test_by_policy_the_copies_are_kept_or_fail_the_build(reports):
    kept = find_same_panels(reports("AB"), policy="keep")
    assert (kept.across_sides, kept.refused.height) == (1, 0)
    with pytest.raises(InputError, match="1 identical full panels"):
        find_same_panels(reports("AB"), policy="fail")


def test_a_patient_on_two_sides_of_a_written_file_is_an_error(tmp_path):
    rows = pl.DataFrame(
        {"patient_id": ["P", "P", "Q"], "split": ["train", "test", "test"], "fold": [1, None, None]}
    )
    rows.write_parquet(tmp_path / "results.parquet")
    with pytest.raises(StageError, match="1 patients stand on two sides"):
        require_one_side(tmp_path / "results.parquet")
    rows[1:].write_parquet(tmp_path / "results.parquet")
    require_one_side(tmp_path / "results.parquet")
