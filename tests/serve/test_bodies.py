"""What may be sent: bounded, finite, and printed back with the digits that were sent."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hemoscribe.errors import InputError
from hemoscribe.serve.bodies import InterpretationBody, earlier_of, panel_of


def body(value: object = 10.2, **result: object) -> InterpretationBody:
    return InterpretationBody.model_validate(
        {"results": [{"analyte": "Hb", "value": value, "unit": "g/dL", **result}]}
    )


def test_the_documented_body_becomes_a_panel():
    sent = json.loads(
        '{"patient": {"sex": "F", "age": 54}, "language": "fr", "context": "", "results": '
        '[{"analyte": "Hb", "value": 10.2, "unit": "g/dL", "low": 12.0, "high": 16.0}]}'
    )
    panel = panel_of(InterpretationBody.model_validate(sent), max_results=1)
    result = panel.results[0]
    assert (panel.sex, panel.age_years) == ("F", 54.0)
    assert (result.analyte, result.value, result.unit) == ("Hb", "10.2", "g/dL")
    assert (result.low, result.high) == ("12.0", "16.0")


@pytest.mark.parametrize("text", ["<0.5", "> 60", "12,3", "1 234.5", "HEMOLYZED", "≤ 3"])
def test_a_value_may_be_text(text: str):
    assert panel_of(body(text), max_results=1).results[0].value == text


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        "nan",
        "NaN",
        "-inf",
        "Infinity",
        "1e999",
        1e300,
        10**400,
        True,
        None,
        "",
        "9" * 65,
        [],
        {},
    ],
)
def test_what_is_no_result_is_refused(value: object):
    with pytest.raises(ValidationError):
        body(value)


@pytest.mark.parametrize("limit", ["low", "high"])
def test_a_limit_is_finite_too(limit: str):
    with pytest.raises(ValidationError):
        body(5, **{limit: math.nan})


@given(st.floats(-1e15, 1e15, allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_digits_and_has_no_exponent(value: float):
    text = panel_of(body(value), max_results=1).results[0].value
    assert "e" not in text.lower()
    assert float(text) == value


def test_too_many_results_are_refused_with_both_numbers():
    many = InterpretationBody.model_validate({"results": [{"analyte": "Hb", "value": 1}] * 3})
    with pytest.raises(InputError, match="it has 3 results and at most 2"):
        panel_of(many, max_results=2)


@pytest.mark.parametrize(
    "patient",
    [
        *({"sex": "X"}, {"age": -1}, {"age": 131}, {"age": math.nan}, {"name": "Ada"}),
        *({"age": True}, {"age": []}, {"age": "old"}, {"pregnant": "yes"}, {"pregnant": 1}),
    ],
)
def test_an_impossible_patient_is_refused(patient: dict):
    with pytest.raises(ValidationError):
        InterpretationBody.model_validate(
            {"patient": patient, "results": [{"analyte": "Hb", "value": 1}]}
        )


def test_no_result_is_no_report():
    nothing = InterpretationBody.model_validate({"results": []})
    with pytest.raises(InputError, match="results: send at least one"):
        panel_of(nothing, max_results=1)


def test_too_many_rejects_are_refused_as_too_many_results_are():
    refused = [{"reported_name": "K"}] * 2
    body = InterpretationBody.model_validate({"results": [], "rejects": refused})
    with pytest.raises(InputError, match="rejects: it has 2 rejects and at most 1"):
        panel_of(body, max_results=1)


@pytest.mark.parametrize("place", ["collected_at", "requested_at"])
@pytest.mark.parametrize("sent", [12, True, "12", "yesterday", "0026-03-02", []])
def test_what_is_no_time_is_refused_as_a_panel_refuses_it(place: str, sent: object):
    with pytest.raises(ValidationError, match=r"is no time|is not of the years"):
        InterpretationBody.model_validate({"results": [], place: sent})


def test_what_is_quoted_is_cut():
    with pytest.raises(ValidationError) as caught:
        InterpretationBody.model_validate({"results": [], "collected_at": "x" * 1000})
    assert caught.value.errors()[0]["msg"].count("x") == 58


def test_limits_that_cross_are_refused():
    with pytest.raises(InputError, match="Hb: the lower limit 20 is above the upper 1"):
        panel_of(body(5, low=20, high=1), max_results=1)


@pytest.mark.parametrize("time", ["2026-03-02T08:15:00Z", "2026-03-03"])
def test_an_earlier_report_that_is_not_before_is_refused_by_its_place(time: str):
    results = [{"analyte": "Hb", "value": 1}]
    earlier = [{"results": results, "collected_at": at} for at in ("2026-03-01", time)]
    sent = {"results": results, "collected_at": "2026-03-02T08:15:00+01:00", "earlier": earlier}
    with pytest.raises(
        InputError, match=r"^earlier, report 2: its `collected_at`, .* is not before"
    ):
        earlier_of(InterpretationBody.model_validate(sent), max_results=1)
    sent["earlier"] = earlier[:1]
    assert len(earlier_of(InterpretationBody.model_validate(sent), max_results=1)) == 1
