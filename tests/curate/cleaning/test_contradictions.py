from datetime import datetime

import pytest

from hemoscribe.curate.cleaning.contradictions import settle_contradictions

MIDNIGHT = datetime(2023, 5, 4)


def codes(rejects):
    return rejects["code"].to_list()


@pytest.mark.parametrize(
    ("policy", "kept_values"), [("reject_all", []), ("keep_first", [13.0]), ("keep_last", [9.0])]
)
def test_two_values_of_one_specimen_go_by_policy(rows, policy, kept_values):
    frame = rows({"value": 13.0}, {"value": 9.0, "report_id": "R2"})
    kept, rejects = settle_contradictions(frame, policy=policy)
    assert kept["value"].to_list() == kept_values
    assert kept.height + rejects.height == 2
    assert set(codes(rejects)) == {"contradiction"}
    assert "Hemoglobin" in rejects["message"][0]


@pytest.mark.parametrize(
    "other",
    [
        {"patient_id": "P2"},
        {"laboratory": "South"},
        {"collected_at": datetime(2023, 5, 4, 9, 30)},
        {"analyte": "hematocrit"},
        {"reported_name": "Hemoglobin (blood gas)"},
    ],
)
def test_another_specimen_or_method_does_not_contradict(rows, other):
    kept, _ = settle_contradictions(
        rows({"value": 13.0}, {"value": 9.0, **other}), policy="reject_all"
    )
    assert kept.height == 2


def test_where_only_the_date_is_known_the_report_tells_specimens_apart(rows):
    dated = {"collected_at": MIDNIGHT}
    frame = rows({"value": 13.0, **dated}, {"value": 9.0, "report_id": "R2", **dated})
    assert settle_contradictions(frame, policy="reject_all")[0].height == 2
    frame = rows({"value": 13.0, **dated}, {"value": 9.0, **dated})
    assert settle_contradictions(frame, policy="reject_all")[0].height == 0


def test_a_value_printed_in_two_units_is_a_duplicate_not_a_contradiction(rows):
    glucose = {"analyte": "glucose", "reported_name": "Glycémie", "unit": "mmol/L"}
    frame = rows(
        {**glucose, "value": 5.2735, "reported_value": "0,95", "reported_unit": "g/L"},
        {**glucose, "value": 5.3, "reported_value": "5,3", "reported_unit": "mmol/L"},
    )
    kept, rejects = settle_contradictions(frame, policy="reject_all")
    assert kept["value"].to_list() == [5.2735]
    assert codes(rejects) == ["duplicate"]
    assert "another unit" in rejects["message"][0]


def test_two_units_do_not_excuse_two_different_results(rows):
    glucose = {"analyte": "glucose", "reported_name": "Glycémie", "unit": "mmol/L"}
    frame = rows(
        {**glucose, "value": 5.2735, "reported_value": "0,95", "reported_unit": "g/L"},
        {**glucose, "value": 6.1, "reported_value": "6,1", "reported_unit": "mmol/L"},
    )
    assert settle_contradictions(frame, policy="reject_all")[0].is_empty()


def test_a_correction_sent_in_another_report_supersedes(rows):
    frame = rows({"value": 13.0}, {"value": 9.0, "report_id": "R2", "status": "corrected"})
    kept, rejects = settle_contradictions(frame, policy="reject_all")
    assert kept["value"].to_list() == [9.0]
    assert codes(rejects) == ["superseded"]
