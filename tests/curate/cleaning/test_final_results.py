import polars as pl

from hemoscribe.curate.cleaning.final_results import settle_statuses


def settle(frame, preliminary="reject"):
    kept, rejects = settle_statuses(frame, preliminary=preliminary)
    assert kept.height + rejects.height == frame.height
    return kept["value"].to_list(), dict(
        zip(rejects["place"], zip(rejects["code"], rejects["message"], strict=True), strict=True)
    )


def test_a_corrected_result_supersedes_the_final_one_of_its_report(rows):
    kept, refused = settle(
        rows(
            {"value": 10.0},
            {"value": 13.0, "status": "corrected"},
            {"analyte": "crp", "value": 3.0},
        )
    )
    assert kept == [13.0, 3.0]
    assert refused["row 1"][0] == "superseded"
    assert "corrected" in refused["row 1"][1]


def test_the_correction_may_come_first_in_the_file(rows):
    kept, _ = settle(rows({"value": 13.0, "status": "corrected"}, {"value": 10.0}))
    assert kept == [13.0]


def test_of_two_corrections_the_last_stands(rows):
    kept, refused = settle(
        rows(
            {"value": 9.0},
            {"value": 10.0, "status": "corrected"},
            {"value": 11.0, "status": "corrected"},
        )
    )
    assert kept == [11.0]
    assert refused["row 2"] == ("superseded", "The result was corrected again in row 3.")


def test_a_correction_leaves_another_time_report_and_analyte_alone(rows):
    from datetime import datetime

    kept, _ = settle(
        rows(
            {"value": 1.0, "collected_at": datetime(2023, 5, 4, 10, 30)},
            {"value": 2.0, "report_id": "R2"},
            {"value": 3.0, "patient_id": "P2"},
            {"value": 4.0, "status": "corrected"},
        )
    )
    assert kept == [1.0, 2.0, 3.0, 4.0]


def test_a_correction_of_an_undated_report_finds_its_result(rows):
    kept, _ = settle(
        rows(
            {"value": 10.0, "collected_at": None},
            {"value": 13.0, "collected_at": None, "status": "corrected"},
        )
    )
    assert kept == [13.0]


def test_a_cancelled_result_takes_with_it_what_it_cancels_and_not_what_follows(rows):
    kept, refused = settle(
        rows({"value": 9.0}, {"value": 9.0, "status": "cancelled"}, {"value": 12.0})
    )
    assert kept == [12.0]
    assert {code for code, _ in refused.values()} == {"cancelled"}
    assert "row 2" in refused["row 1"][1]


def test_preliminary_results_are_refused_or_kept_until_a_final_one(rows):
    frame = rows(
        {"value": 9.0, "status": "preliminary"},
        {"value": 10.0},
        {"analyte": "crp", "value": 3.0, "status": "preliminary"},
    )
    kept, refused = settle(frame)
    assert kept == [10.0]
    assert {code for code, _ in refused.values()} == {"preliminary"}
    kept, refused = settle(frame, preliminary="keep")
    assert kept == [10.0, 3.0]
    assert refused["row 1"][0] == "superseded"
    assert "final" in refused["row 1"][1]


def test_final_results_pass_untouched(rows):
    frame = rows({}, {"analyte": "crp"})
    kept, rejects = settle_statuses(frame, preliminary="reject")
    assert kept.equals(frame)
    assert isinstance(rejects, pl.DataFrame)
    assert rejects.is_empty()
