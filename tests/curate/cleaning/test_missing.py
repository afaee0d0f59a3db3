import pytest

from hemoscribe.curate.cleaning.missing import count_missing, settle_missing
from hemoscribe.settings import CurateSettings

NO_RANGE = {"low": None, "high": None, "range_source": None}


def test_everything_missing_is_counted(rows):
    frame = rows({"sex": None}, {"age_years": None, **NO_RANGE}, {"unit_inferred": True})
    assert count_missing(frame) == {
        "sex": 1,
        "age": 1,
        "unit": 1,
        "range": 1,
        "time": 0,
        "laboratory": 0,
        "range_filled": 0,
    }


@pytest.mark.parametrize(
    ("policy", "change"),
    [
        ("missing_sex", {"sex": None}),
        ("missing_age", {"age_years": None}),
        ("missing_unit", {"unit_inferred": True}),
        ("missing_range", NO_RANGE),
    ],
)
def test_each_policy_keeps_or_refuses_and_names_itself(rows, policy, change):
    frame = rows({}, change)
    kept, rejects = settle_missing(
        frame, CurateSettings(**{policy: "keep", "missing_range": "keep"})
    )
    assert kept.height == 2
    kept, rejects = settle_missing(
        frame, CurateSettings(**{"missing_range": "keep", policy: "reject"})
    )
    assert kept["row"].to_list() == [0]
    assert rejects["code"].to_list() == ["missing_policy"]
    assert f"curate.{policy}" in rejects["message"][0]


def test_our_range_fills_in_and_a_printed_one_wins(rows):
    frame = rows({"low": 11.0, "high": 15.0}, NO_RANGE, {**NO_RANGE, "sex": "M"})
    kept, rejects = settle_missing(frame, CurateSettings(missing_range="knowledge"))
    assert rejects.is_empty()
    assert kept["range_source"].to_list() == ["laboratory", "knowledge", "knowledge"]
    assert kept.row(0, named=True)["low"] == 11.0
    assert kept["low"][2] > kept["low"][1]  # men's hemoglobin starts higher than women's
    assert kept.columns == frame.columns


def test_no_result_is_invented(rows):
    frame = rows({}, NO_RANGE)
    kept, _ = settle_missing(frame, CurateSettings())
    assert kept["value"].to_list() == frame["value"].to_list()
