"""Conditions of clauses: three answers, and what is unknown holds neither way."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.prose.conditions import Circumstances, condition
from hemoscribe.prose.facts import Facts
from hemoscribe.records import Panel, ReportedResult

AT = datetime(2026, 3, 2, 8)


def panel(*results, **patient):
    stated = []
    for text in results:
        name, value, unit, low, high = text.split("|")
        stated.append(ReportedResult(name, value, unit, low or None, high or None))
    known = {"sex": "F", "age_years": 50.0, "collected_at": AT, **patient}
    return Panel(results=tuple(stated), **known)


def answer(words, *results, finding=None, earlier=(), **patient):
    now = panel(*results, **patient)
    old = [replace(one, collected_at=AT - timedelta(days=30), report_id="old") for one in earlier]
    reading = read_panel(now, earlier=old)
    own = next((one for one in reading.findings if one.id == finding), None)
    return condition(words)(Circumstances(Facts(reading), own))


K = "Potassium|6.6|mmol/L|3.5|5.1"
HB = "Hemoglobin|9.0|g/dL|12|16"


@pytest.mark.parametrize(
    ("words", "results", "expected"),
    [
        ("potassium >= 6.5", [K], True),
        ("potassium < 6.5", [K], False),
        ("not potassium >= 6.5", [K], False),
        ("potassium >= 6.5", [HB], False),  # nobody measured it
        ("not potassium >= 6.5", [HB], True),
        ("potassium >= 6.5", ["Potassium|>6.0|mmol/L|3.5|5.1"], None),
        ("not potassium >= 6.5", ["Potassium|>6.0|mmol/L|3.5|5.1"], None),
        ("potassium >= 6.0", ["Potassium|>6.0|mmol/L|3.5|5.1"], True),
        ("potassium < 6.0", ["Potassium|>6.0|mmol/L|3.5|5.1"], False),
        ("crp < 5", ["CRP|<1|mg/L||5"], True),
        ("crp >= 5", ["CRP|<1|mg/L||5"], False),
        ("potassium >= 1.2 x high", [K], True),
        ("potassium >= 1.4 x high", [K], False),
        ("hemoglobin < 0.9 x low", [HB], True),
        ("hemoglobin >= 0.97 x low", [HB], False),
        ("crp >= 2 x low", ["CRP|9|mg/L||5"], None),  # no lower limit
        ("low hemoglobin", [HB], True),
        ("normal hemoglobin", [HB], False),
        ("high potassium", [K], True),
        ("critical potassium", [K], True),
        ("critical hemoglobin", [HB], False),
        ("measured potassium", [K], True),
        ("measured potassium", [HB], False),
        ("finding hyperkalemia", [K], True),
        ("finding hyperkalemia mild", [K], False),
        ("finding hyperkalemia severe moderate", [K], True),
        ("finding hyperkalemia", [HB], False),
        ("low hemoglobin or high potassium", [K], True),
        ("low hemoglobin or high crp", [K], False),
        ("alone", [K], True),
    ],
)
def test_a_condition_on_results(words, results, expected):
    assert answer(words, *results) is expected


@pytest.mark.parametrize(
    ("words", "patient", "expected"),
    [
        ("child", {"age_years": 5.0}, True),
        ("adult", {"age_years": 5.0}, False),
        ("child", {"age_years": None}, None),
        ("not child", {"age_years": None}, None),
        ("adult", {"age_years": None}, True),  # read as an adult, and said so
        ("newborn", {"age_years": 0.02}, True),
        ("not newborn", {"age_years": None}, None),
        ("age >= 80", {"age_years": 81.0}, True),
        ("age < 1", {"age_years": None}, None),
        ("woman", {"sex": "M"}, False),
        ("woman", {"sex": None}, None),
        ("not man", {"sex": None}, None),
        ("pregnant", {"pregnant": True}, True),
        ("pregnant", {"pregnant": None}, False),
    ],
)
def test_a_condition_on_the_patient(words, patient, expected):
    assert answer(words, K, **patient) is expected


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        ("earlier hemoglobin", "12.0", True),
        ("fall hemoglobin 20", "12.0", True),
        ("fall hemoglobin 30", "12.0", False),
        ("rise hemoglobin 10", "12.0", False),
        ("rise hemoglobin 10", "8.0", True),
        ("fall hemoglobin 20", None, False),
        ("fall hemoglobin 30", ">12.0", None),
        ("fall hemoglobin 20", ">12.0", True),
        ("rise hemoglobin 10", "<8.0", True),
        ("rise hemoglobin 10", ">8.0", None),
        ("steady hemoglobin 20", "9.5", True),
        ("steady hemoglobin 20", "12.0", False),
        ("steady hemoglobin 20", "<9.5", None),
        ("steady hemoglobin 20", None, False),
        ("fall hemoglobin 20 to 31d", "12.0", True),
        ("fall hemoglobin 20 to 29d", "12.0", False),
        ("fall hemoglobin 20 from 31d", "12.0", False),
        ("fall hemoglobin 20 from 700h to 31d", "12.0", True),
        ("earlier hemoglobin from 29d to 31d", "12.0", True),
        ("earlier hemoglobin to 7d", "12.0", False),
        ("earlier hemoglobin >= 10", "12.0", True),
        ("earlier hemoglobin >= 10 to 7d", "12.0", False),
        ("earlier hemoglobin < 1 x low", "11.0", True),
        ("earlier hemoglobin >= 10", ">9", None),
        ("lasted hemoglobin 30d", "11.0", True),
        ("lasted hemoglobin 31d", "11.0", False),
        ("lasted hemoglobin 1d", "12.5", False),
        ("lasted hemoglobin 1d", "17.0", False),
        ("lasted hemoglobin 1d", None, False),
        ("not lasted hemoglobin 1d", None, True),
        ("new hemoglobin 30d", "12.5", True),
        ("new hemoglobin 29d", "12.5", False),
        ("new hemoglobin 90d", "11.0", False),
        ("new hemoglobin 90d", None, False),
    ],
)
def test_a_condition_on_the_course(words, value, expected):
    before = [panel(f"Hemoglobin|{value}|g/dL|12|16")] if value else []
    assert answer(words, HB, earlier=before) is expected


@pytest.mark.parametrize(
    ("words", "finding", "expected"),
    [
        ("grade severe", "hyperkalemia", True),
        ("grade mild moderate", "hyperkalemia", False),
        ("now", "hyperkalemia", True),
        ("today", "hyperkalemia", True),
        ("today", None, False),
        ("since", "hyperkalemia", False),
    ],
)
def test_a_condition_on_the_finding_itself(words, finding, expected):
    assert answer(words, K, finding=finding) is expected


@pytest.mark.parametrize(
    "words",
    ["", "potassium", "potassium > high", "potassium >= 6 x normal", "low", "low kalium",
     "rise crp", "finding", "finding hyperkalemia worst", "grade", "old", "not", "index:gap > 3",
     "earlier", "lasted hemoglobin", "lasted hemoglobin long", "new kalium 3d", "lasted 90d"],
)  # fmt: skip
def test_other_words_are_no_condition(words):
    with pytest.raises(ValueError):  # noqa: PT011 - the loader says where
        condition(words)
