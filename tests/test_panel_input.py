"""One validated way to make a panel."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from hemoscribe import InputError, Panel
from hemoscribe.knowledge import read_panel

HB = {"analyte": "Hb", "value": 10.2, "unit": "g/dL", "low": 12, "high": "16"}


@pytest.mark.parametrize(
    ("stated", "sex"),
    [("F", "F"), ("femme", "F"), ("Féminin", "F"), ("male", "M"), ("H", "M")],
)
def test_words_for_a_sex_are_understood(stated: str, sex: str) -> None:
    assert Panel.of([HB], sex=stated).sex == sex
    assert Panel.of([HB], sex="unknown").sex is None


def test_numbers_are_kept_as_they_were_sent() -> None:
    (result,) = Panel.of([HB], age="54,5").results
    assert (result.value, result.low, result.high) == ("10.2", "12", "16")
    (tiny,) = Panel.of([("Tn", 1e-05, "ng/mL")]).results
    assert tiny.value == "0.00001"


def test_a_zone_is_left_off_as_the_readers_do() -> None:
    panel = Panel.of([HB], collected_at="2026-03-02T08:15:00+01:00")
    assert panel.collected_at == datetime(2026, 3, 2, 8, 15)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sex": "cat"}, "sex: 'cat'"),
        ({"age": -1}, "age: -1"),
        ({"age": "old"}, "age: 'old'"),
        ({"age": True}, "age: True"),
        ({"collected_at": "yesterday"}, "collected_at: 'yesterday'"),
        ({"results": [{"analyte": "Hb"}]}, "result 1: it has no value"),
        ({"results": [HB, {**HB, "colour": "red"}]}, "result 2: 'colour'"),
        ({"results": [{**HB, "value": float("nan")}]}, "Hb: nan"),
        ({"results": [{**HB, "value": "inf"}]}, "Hb: 'inf'"),
        ({"results": [{**HB, "value": True}]}, "Hb: True"),
        ({"rejects": [{"reported_value": "7"}]}, "reject 1: it needs a reported_name"),
        ({"rejects": [{"reported_name": "K", "why": "?"}]}, "reject 1: 'why' is no key"),
        ({"rejects": [{"reported_name": "K", "code": "x"}]}, "reject 1: 'x' is no code"),
        ({"rejects": ["K"]}, "reject 1: it is no mapping"),
        ({"rejects": [{"reported_name": True}]}, "reject 1, reported_name: True is no text"),
        ({"rejects": 5}, "rejects: 5 is no list"),
        ({"notices": 5}, "notices: 5 is no list"),
        ({"notices": "one"}, "notices: 'one' is no list"),
        ({"notices": [[]]}, "notices: .. is no text"),
        ({"results": []}, "results: state at least one"),
        ({"results": None}, "results: None is no list"),
        ({"results": 42}, "results: 42 is no list"),
        ({"results": "Hb"}, "results: 'Hb' is no list"),
        ({"results": HB}, "results: {'analyte': .*… is no list"),
        ({"results": [None]}, "result 1: None is no result"),
        ({"results": ["Hb"]}, "result 1: 'Hb' is no result"),
        ({"results": [{"Hb": 1}]}, "result 1: 'Hb' is no key"),
        ({"results": [("Hb", *range(20))]}, "result 1: it has too many parts"),
        ({"results": [{**HB, "analyte": " "}]}, "result 1: it has no analyte"),
        ({"results": [{**HB, "analyte": ["Hb"]}]}, "result 1, analyte: .'Hb'. is no text"),
        ({"results": [{**HB, "unit": True}]}, "Hb, unit: True is no text"),
        ({"results": [{**HB, "unit": float("nan")}]}, "Hb, unit: nan is no text"),
        (
            {"results": [{**HB, "low": 20, "high": 1}]},
            "Hb: the lower limit 20 is above the upper 1",
        ),
        ({"report_id": True}, "report_id: True is no text"),
        ({"patient_id": [1]}, "patient_id: .1. is no text"),
        ({"context": {}}, "context: {} is no text"),
        ({"context": "x" * 8001}, "context: the text has 8,001 characters; at most 8,000"),
        ({"pregnant": "yes"}, "pregnant: 'yes' is neither"),
        ({"pregnant": 1}, "pregnant: 1 is neither"),
        ({"collected_at": 12}, "collected_at: 12 is no time"),
        ({"collected_at": True}, "collected_at: True is no time"),
        ({"collected_at": b""}, "collected_at: b'' is no time"),
        ({"collected_at": "1899-12-31"}, "collected_at: '1899-12-31' is not of the years 1900"),
        ({"requested_at": date(2201, 1, 1)}, "requested_at: .* is not of the years"),
        ({"sex": []}, "sex: .. is not one"),
        ({"age": []}, "age: .. is no age"),
        ({"age": "y" * 100}, f"age: '{'y' * 58}… is no age"),
    ],
)
def test_what_is_impossible_is_one_sentence(change: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{sentence}") as caught:
        Panel.of(**{"results": [HB], **change})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        (Decimal("10.20"), "10.20"),
        (np.float32(10.2), "10.2"),
        (np.float64(10.2), "10.2"),
        (np.int64(10), "10"),
        (Fraction(1, 4), "0.25"),
    ],
)
def test_a_number_of_any_kind_is_one(stated: object, text: str) -> None:
    (result,) = Panel.of([("Hb", stated, "g/dL")]).results
    assert result.value == text


@pytest.mark.parametrize(
    "stated",
    [
        *(
            10**400,
            [],
            {},
            1j,
            b"5",
            np.bool_(True),
            np.float16("inf"),
            np.float32("nan"),
        ),
        *(Decimal("nan"), Decimal("sNaN"), Decimal("1e-100000000"), Fraction(10**400), object()),
    ],
)
def test_what_is_no_number_is_no_result(stated: object) -> None:
    with pytest.raises(InputError, match=r"^Hb: .{1,61} is no result; give a number"):
        Panel.of([("Hb", stated, "g/dL")])


def test_a_number_too_long_to_print_is_refused_as_any_other() -> None:
    with pytest.raises(InputError, match=r"^age: a int is no age"):
        Panel.of([HB], age=10**5000)
    with pytest.raises(InputError, match=r"^Hb: a int is no result"):
        Panel.of([("Hb", 10**5000)])


def test_a_day_is_its_midnight_and_numpys_truth_is_one() -> None:
    panel = Panel.of([HB], collected_at=date(2026, 1, 1), pregnant=np.bool_(True), report_id=17)
    assert (panel.collected_at, panel.report_id) == (datetime(2026, 1, 1), "17")
    assert panel.pregnant is True


def test_rejects_alone_are_a_panel() -> None:
    assert Panel.of([], rejects=[{"reported_name": "K"}]).results == ()


def test_what_a_reader_refused_can_be_stated_again() -> None:
    stated = {"reported_name": "K", "reported_value": 7.9, "reported_flag": "HH"}
    panel = Panel.of([HB], rejects=[stated], notices=["Two runs."])
    assert Panel.of([HB], rejects=panel.rejects, notices=panel.notices) == panel
    (refused,) = read_panel(panel).rejects
    assert (refused["code"], refused["reported_value"]) == ("unreadable", "7.9")
    assert refused["critical"]
    assert not read_panel(
        replace(panel, rejects=({**refused, "reported_flag": None, "laboratory_flag": None},))
    ).unread_critical
