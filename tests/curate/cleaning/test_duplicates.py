from datetime import datetime

import pytest

from hemoscribe.curate.cleaning.duplicates import drop_duplicates


def test_the_same_result_reprinted_in_a_later_report_stays_once(rows):
    frame = rows({"report_id": "R1"}, {"report_id": "R2"}, {"report_id": "R3", "value": 9.9})
    kept, rejects = drop_duplicates(frame, keep="keep_first")
    assert kept["report_id"].to_list() == ["R1", "R3"]
    assert rejects["code"].to_list() == ["duplicate"]
    assert rejects["message"].to_list() == ["The same result of the same time stands in row 1."]


def test_the_last_copy_may_be_the_one_that_stays(rows):
    kept, _ = drop_duplicates(rows({"report_id": "R1"}, {"report_id": "R2"}), keep="keep_last")
    assert kept["report_id"].to_list() == ["R2"]


@pytest.mark.parametrize(
    "other",
    [
        {"patient_id": "P2"},
        {"collected_at": datetime(2023, 5, 4, 8, 31)},
        {"analyte": "hematocrit"},
        {"value": 13.2},
        {"comparator": "<"},
    ],
)
def test_results_that_differ_in_anything_else_are_no_duplicates(rows, other):
    kept, rejects = drop_duplicates(rows({}, other), keep="keep_first")
    assert kept.height == 2
    assert rejects.is_empty()


def test_undated_results_are_duplicates_within_their_report_only(rows):
    undated = {"collected_at": None}
    kept, _ = drop_duplicates(
        rows(undated, {**undated, "report_id": "R2"}, undated), keep="keep_first"
    )
    assert kept["row"].to_list() == [0, 1]
