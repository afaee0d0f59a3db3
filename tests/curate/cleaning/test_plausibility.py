import pytest

from hemoscribe.curate.cleaning.plausibility import fitting_unit, refuse_implausible
from hemoscribe.knowledge import analytes


def test_values_at_the_limits_stay_and_values_beyond_them_are_refused_with_the_limits(rows):
    low, high = analytes()["hemoglobin"].plausible
    frame = rows({"value": low}, {"value": high}, {"value": high * 1.01}, {"value": low - 0.01})
    kept, rejects = refuse_implausible(frame)
    assert kept["value"].to_list() == [low, high]
    assert rejects["place"].to_list() == ["row 3", "row 4"]
    assert all(f"({low:g} to {high:g} g/dL)" in message for message in rejects["message"])


def test_a_mistaken_unit_is_named(rows):
    frame = rows({"value": 131.0, "reported_value": "131", "reported_unit": "g/dL"})
    _, rejects = refuse_implausible(frame)
    assert "would fit in g/L: was the unit mistaken?" in rejects["message"][0]


def test_no_unit_is_proposed_when_none_fits():
    low, high = analytes()["hemoglobin"].plausible
    assert fitting_unit("hemoglobin", "1000000000", low, high) is None
    assert fitting_unit("hemoglobin", "nothing", low, high) is None


def test_an_analyte_of_another_version_is_refused_not_passed(rows):
    kept, rejects = refuse_implausible(rows({"analyte": "moonstone"}))
    assert kept.is_empty()
    assert rejects["code"].to_list() == ["unknown_analyte"]


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_no_infinite_or_missing_number_passes(rows, value):
    assert refuse_implausible(rows({"value": value}))[0].is_empty()
