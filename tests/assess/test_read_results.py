"""Observations: every result keeps its own probability, whatever the report's length."""

import numpy as np
import pytest

from hemoscribe.assess.held_out import HeldOut
from hemoscribe.assess.read_results import age_band, describe, panel_size, read_all
from hemoscribe.engines.interpreter import MAX_READ_RESULTS
from hemoscribe.records import FlaggedResult, Panel, Reading


def reading(results, report="r", flags=None, laboratory=None):
    """A reading of so many sodium results, alternately normal and high."""
    made = tuple(
        FlaggedResult(
            analyte="sodium",
            reported_name="Sodium",
            loinc=None,
            value=140.0 + place,
            comparator=None,
            unit="mmol/L",
            low=135.0,
            high=145.0,
            range_source="laboratory",
            flag="H" if place % 2 else "N",
            critical=False,
            reported_value=str(140 + place),
            reported_unit="mmol/L",
            laboratory_flag=None if flags is None else flags[place],
        )
        for place in range(results)
    )
    panel = Panel(results=(), report_id=report, patient_id=report, laboratory=laboratory)
    return Reading(panel=panel, results=made, findings=(), indices=())


def test_a_long_report_is_read_in_parts_and_each_result_keeps_its_place(planted):
    long, short = reading(2 * MAX_READ_RESULTS + 5, "long"), reading(3, "short")
    held = HeldOut([long, short], ["en", "fr"], describe([], []), 2, "test")
    wrong = {("long", MAX_READ_RESULTS + 1): "low", ("short", 2): "low"}
    model = planted(held, reads=wrong)
    probabilities, seconds = read_all(model, held.readings, held.languages, "raw")
    read = np.array(["low", "normal", "high"])[probabilities.argmax(axis=1)]
    expected = [result.direction for one in (long, short) for result in one.results]
    expected[MAX_READ_RESULTS + 1] = expected[2 * MAX_READ_RESULTS + 5 + 2] = "low"
    assert read.tolist() == expected
    assert sum(map(len, model.batches)) == 4  # three parts and the short report
    assert seconds > 0


def test_no_flag_means_normal_only_where_the_laboratory_never_writes_normal():
    quiet = reading(3, "a", flags=[None, "H", None], laboratory="quiet")
    wordy = reading(3, "b", flags=["N", "H", None], laboratory="wordy")
    silent = reading(2, "c", flags=[None, None], laboratory="silent")
    table = describe([quiet, wordy, silent], ["en", "en", "en"])
    assert table["laboratory_says"].to_list() == [
        *["normal", "high", "normal"],
        *["normal", "high", None],
        *[None, None],
    ]


def test_a_flag_without_direction_stays_without_one():
    table = describe([reading(2, flags=["A", "LL"])], ["en"])
    assert table["laboratory_says"].to_list() == ["abnormal", "low"]


@pytest.mark.parametrize(
    ("years", "band"),
    [(0.5, "under 1"), (1, "1-17"), (17.9, "1-17"), (18, "18-39"), (75, "75 and over")],
)
def test_age_bands_have_no_gap(years, band):
    assert age_band(years) == band


def test_what_is_not_stated_is_a_slice_of_its_own():
    assert age_band(None) == "not stated"
    assert panel_size(1) == "1-5"
    assert panel_size(26) == "26 and over"
    table = describe([reading(2)], ["fr"])
    assert table["sex"].to_list() == ["not stated"] * 2
