"""Printed numbers tell the same story as the flag, in the laboratory's own unit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.knowledge import read_panel
from hemoscribe.prose.numbers import show
from hemoscribe.records import Panel, RejectCode, ReportedResult


def shown(*fields, language="en", **more):
    (result,) = read_panel(Panel(results=(ReportedResult(*fields, **more),))).results
    return show(result, language)


@pytest.mark.parametrize(
    ("fields", "value", "unit", "limits"),
    [
        (("Hb", "10.2", "g/dL", "12", "16"), "10.2", "g/dL", "12.0-16.0"),
        (("Hb", "102", "g/L", "120", "160"), "102", "g/L", "120-160"),
        (("Creatinine", "1.19", "mg/dL", "0.5", "1.1"), "1.19", "mg/dL", "0.50-1.10"),
        (("TSH", "<0.01", "mIU/L", "0.4", "4"), "<0.01", "mIU/L", "0.40-4.00"),
        (("CRP", "12", "mg/L", None, "5"), "12", "mg/L", "<5"),
        (("HDL", "0.9", "mmol/L", "1.0", None), "0.9", "mmol/L", ">1.0"),
    ],
)
def test_value_unit_and_range_are_the_laboratorys(fields, value, unit, limits) -> None:
    found = shown(*fields)
    assert (found.value, found.unit, found.range) == (value, unit, limits)


def test_our_limits_in_the_laboratorys_unit_take_no_more_decimals_than_they_are_worth() -> None:
    panel = Panel(sex="M", age_years=40, results=(ReportedResult("Creatinine", "1.4", "mg/dL"),))
    (result,) = read_panel(panel).results
    found = show(result, "en")
    assert result.range_source == "knowledge"
    assert found.value in ("1.4", "1.40")
    assert all(len(limit.partition(".")[2]) <= 2 for limit in found.range.split("-"))


def test_french_has_a_decimal_comma() -> None:
    found = shown("Hb", "10.2", "g/dL", "12", "16", language="fr")
    assert (found.value, found.range) == ("10,2", "12,0-16,0")


def test_a_value_just_above_its_limit_is_not_printed_as_equal() -> None:
    found = shown("Creatinine", "106", "umol/L", None, "105.6")
    assert (found.value, found.range) == ("106.0", "44.0-105.6")  # the lower limit is ours


@settings(max_examples=60, deadline=None)
@given(
    value=st.floats(2.0, 9.0).map(lambda number: f"{number:.3g}"),
    low=st.floats(2.0, 5.0).map(lambda number: f"{number:.2g}"),
    width=st.floats(0.3, 4.0),
)
def test_the_printed_numbers_compare_as_the_flag_says(value, low, width) -> None:
    high = f"{float(low) + width:.2g}"
    if float(low) >= float(high):
        return
    panel = Panel(results=(ReportedResult("Potassium", value, "mmol/L", low, high),))
    reading = read_panel(panel)
    if not reading.results:  # critical, and normal by a range that cannot be
        assert [one["code"] for one in reading.rejects] == [RejectCode.IMPOSSIBLE_RANGE]
        return
    (result,) = reading.results
    found = show(result, "en")
    first, last = map(float, found.range.split("-"))
    number = float(found.value)
    printed = "low" if number < first else "high" if number > last else "normal"
    assert printed == result.direction
