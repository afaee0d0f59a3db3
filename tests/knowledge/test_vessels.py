"""A blood gas is judged by the vessel it is of: a vein's oxygen is low in everybody."""

from __future__ import annotations

import pytest

from hemoscribe.knowledge import flag, read_panel
from hemoscribe.knowledge.reading import reported_rows
from hemoscribe.knowledge.recognise import recognise
from hemoscribe.records import Panel, Reading, ReportedResult

Stated = tuple[str, str, str | None, dict[str, str]]


def _panel(*stated: Stated) -> Panel:
    results = tuple(ReportedResult(name, value, unit, **more) for name, value, unit, more in stated)
    return Panel(results=results, sex="M", age_years=60)


def _read(*stated: Stated) -> Reading:
    return read_panel(_panel(*stated))


VENOUS: dict[str, list[Stated]] = {
    "by name": [("pO2 veineuse", "30", "mmHg", {}), ("SvO2", "55", "%", {})],
    "by a name in brackets": [("pO2 (venous)", "30", "mmHg", {})],
    "by the specimen in words": [("pO2", "30", "mmHg", {"specimen": "Sang veineux"})],
    "by the specimen in English": [("sO2", "40", "%", {"specimen": "Venous blood"})],
    "by the code of the specimen": [("pO2", "30", "mmHg", {"specimen": "BLDV"})],
    "by a coded specimen of HL7": [("pO2", "30", "mmHg", {"specimen": "BLDV^venous^HL70487"})],
    "by LOINC": [("pO2", "30", "mmHg", {"loinc": "2705-2"})],
    "by a remark": [("pO2", "30", "mmHg", {"comment": "Pr\u00e9l\u00e8vement veineux"})],
    "by another gas": [("pH veineux", "7.38", None, {}), ("pO2", "30", "mmHg", {})],
    "in kPa": [("pO2", "4.0", "kPa", {"specimen": "venous"})],
    "capillary": [("pO2 capillaire", "35", "mmHg", {}), ("sO2", "70", "%", {"specimen": "BLDC"})],
}


@pytest.mark.parametrize("stated", VENOUS.values(), ids=VENOUS)
def test_oxygen_of_a_vein_neither_rings_nor_is_low(stated: list[Stated]) -> None:
    reading = _read(*stated)
    assert not any(one.critical or one.flag in ("L", "LL") for one in reading.results)
    assert not reading.findings


ARTERIAL: dict[str, list[Stated]] = {
    "by name": [("PaO2", "30", "mmHg", {})],
    "by a word": [("pO2 art\u00e9rielle", "30", "mmHg", {})],
    "by the specimen": [("pO2", "30", "mmHg", {"specimen": "Arterial blood"})],
    "by the code of the specimen": [("pO2", "30", "mmHg", {"specimen": "BLDA"})],
    "by LOINC": [("pO2", "30", "mmHg", {"loinc": "2703-7"})],
    "by another gas": [("pH art\u00e9riel", "7.38", None, {}), ("pO2", "30", "mmHg", {})],
    "by its printed range": [("pO2", "30", "mmHg", {"low": "83", "high": "108"})],
    "beside a saturation of a vein": [("SvO2", "60", "%", {}), ("PaO2", "30", "mmHg", {})],
}


@pytest.mark.parametrize("stated", ARTERIAL.values(), ids=ARTERIAL)
def test_oxygen_of_an_artery_rings(stated: list[Stated]) -> None:
    reading = _read(*stated)
    assert any(one.critical and one.analyte == "po2_arterial" for one in reading.results)
    assert [(one.id, one.grade) for one in reading.findings] == [("arterial_hypoxemia", "severe")]


UNSTATED: dict[str, list[Stated]] = {
    "nothing stated": [("pO2", "30", "mmHg", {})],
    "a tube": [("pO2", "30", "mmHg", {"specimen": "Whole blood"})],
    "name and specimen contradict each other": [("PaO2", "30", "mmHg", {"specimen": "BLDV"})],
    "gases of two vessels": [
        ("pO2", "30", "mmHg", {}), ("pH veineux", "7.38", None, {}), ("PaO2", "90", "mmHg", {}),
    ],
    "only a saturation is venous": [("pO2", "30", "mmHg", {}), ("SvO2", "60", "%", {})],
    "a remark that asks": [
        ("pO2", "30", "mmHg", {"comment": "exclure un pr\u00e9l\u00e8vement veineux"}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("stated", UNSTATED.values(), ids=UNSTATED)
def test_oxygen_of_an_unstated_vessel_is_not_judged_and_asked_about(stated: list[Stated]) -> None:
    reading = _read(*stated)
    (oxygen,) = [one for one in reading.results if one.analyte == "po2"]
    assert oxygen.flag is None
    assert not oxygen.critical
    assert "low_oxygen_vessel_unknown" in [one.id for one in reading.findings]


def test_a_flag_of_the_laboratory_rings_whatever_the_vessel() -> None:
    reading = _read(("pO2", "30", "mmHg", {"flag": "LL"}))
    assert reading.results[0].stated_critical


def test_venous_acid_base_has_its_own_limits() -> None:
    venous = {"specimen": "venous blood"}
    reading = _read(("pH", "7.32", None, venous), ("pCO2", "52", "mmHg", venous))
    assert [(one.analyte, one.flag) for one in reading.results] == [
        ("ph_venous", "N"), ("pco2_venous", "N"),
    ]  # fmt: skip
    worse = _read(("pH", "7.15", None, venous), ("pCO2", "80", "mmHg", venous))
    assert all(one.critical for one in worse.results)


@pytest.mark.parametrize("stated", [*VENOUS.values(), *ARTERIAL.values(), *UNSTATED.values()])
def test_many_reports_are_read_as_one_is(stated: list[Stated]) -> None:
    rows = flag(recognise(reported_rows([_panel(*stated)]))[0])
    many = set(rows.select("analyte", "flag", "critical").iter_rows())
    assert many == {(one.analyte, one.flag, one.critical) for one in _read(*stated).results}


def test_an_implausible_temperature_is_refused() -> None:
    reading = _read(("Temperature", "20", "Cel", {}), ("pH", "7.40", None, {}))
    assert [reject["code"] for reject in reading.rejects] == ["implausible"]
