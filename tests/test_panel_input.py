"""One validated way to make a panel."""

from dataclasses import replace
from datetime import datetime

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
    ],
)
def test_what_is_impossible_is_one_sentence(change: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{sentence}") as caught:
        Panel.of(**{"results": [HB], **change})
    assert "\n" not in str(caught.value)


def test_what_a_reader_refused_can_be_stated_again() -> None:
    stated = {"reported_name": "K", "reported_value": 7.9, "reported_flag": "HH"}
    panel = Panel.of([HB], rejects=[stated], notices=["Two runs."])
    assert Panel.of([HB], rejects=panel.rejects, notices=panel.notices) == panel
    (refused,) = read_panel(panel).rejects
    assert (refused["code"], refused["reported_value"]) == ("unreadable", "7.9")
    assert refused["critical"]
    assert not read_panel(
        replace(panel, rejects=({**refused, "laboratory_flag": None},))
    ).unread_critical
