"""Printed ranges of one side, of another line or of nobody; the laboratory's own critical flags."""

import polars as pl
import pytest

from hemoscribe.knowledge import analytes, flag, read_panel
from hemoscribe.knowledge.applicable import applicable
from hemoscribe.knowledge.printed_sides import _sides
from hemoscribe.knowledge.reading import reported_rows
from hemoscribe.knowledge.recognise import recognise
from hemoscribe.records import Panel, Reading, ReportedResult

WOMAN = {"sex": "F", "age_years": 40.0}


def read(*results: tuple, **patient) -> Reading:
    panel = Panel(tuple(ReportedResult(*one) for one in results), **{**WOMAN, **patient})
    reading = read_panel(panel)
    rows, _ = recognise(reported_rows([panel]))
    by_rows = flag(rows).select("analyte", "flag", "critical", "range_source", "range_refused")
    alone = pl.DataFrame(
        [
            (one.analyte, one.flag, one.critical, one.range_source, one.range_refused)
            for one in reading.results
        ],
        schema=by_rows.schema,
        orient="row",
    )
    order = ["analyte", "flag", "critical"]
    assert alone.sort(order).equals(by_rows.sort(order)) or reading.rejects
    return reading


def _sided() -> list[tuple[str, str, float, float, float]]:
    """(analyte, the side that is printed, the limit, our other limit, a value beyond that)."""
    found = []
    for place, one in enumerate(analytes().values()):
        ours = applicable(one, "F", 40.0, False).outer
        if None in ours or ours[0] == 0 or ours[0] >= ours[1]:
            continue
        width = ours[1] - ours[0]
        if _sides().low_means[place]:
            found.append((one.id, "high", ours[1], ours[0], ours[0] - width / 20))
        if _sides().high_means[place]:
            found.append((one.id, "low", ours[0], ours[1], ours[1] + width / 20))
    return found


def test_no_side_is_normal_because_the_other_one_is_printed() -> None:
    members = _sided()
    assert len(members) > 120
    for name, side, limit, other, value in members:
        one = analytes()[name]
        low, high = (f"{limit:.9f}", None) if side == "low" else (None, f"{limit:.9f}")
        reading = read((one.names["en"][0], f"{value:.9f}", one.unit, low, high))
        (result,) = reading.results
        assert result.flag in ("L", "LL") if side == "high" else result.flag in ("H", "HH"), name
        assert result.range_source == "completed", name
        assert not reading.whole or reading.abnormal, (name, other)


@pytest.mark.parametrize(
    ("name", "value", "unit", "low", "high"),
    [
        ("CRP", "3", "mg/L", None, "5"), ("Troponin T hs", "5", "ng/L", None, "14"),
        ("HDL", "2.4", "mmol/L", "1.1", None), ("eGFR", "120", "mL/min/{1.73_m2}", "60", None),
        ("ALT", "5", "U/L", None, "45"), ("GGT", "3", "U/L", None, "55"),
        ("LDL", "1.2", "mmol/L", None, "3.0"), ("INR", "0.75", "1", None, "1.2"),
        ("Lipase", "8", "U/L", None, "60"), ("Vitamin B12", "900", "pmol/L", "145", None),
    ],
)  # fmt: skip
def test_one_limit_is_enough_where_the_other_side_means_nothing(name, value, unit, low, high):
    (result,) = read((name, value, unit, low, high)).results
    assert (result.flag, result.range_source) == ("N", "laboratory")


@pytest.mark.parametrize(
    ("name", "value", "unit", "low", "high", "age", "expected"),
    [
        ("Sodium", "140", "mmol/L", "0", "0", 40.0, "N"),
        ("Hemoglobin", "14", "g/dL", "0", "0", 40.0, "N"),
        ("CRP", "2", "mg/L", "0", "0", 40.0, "N"),
        ("Potassium", "4.2", "mmol/L", "4.2", "4.2", 40.0, "N"),
        ("Potassium", "4.2", "mmol/L", "135", "145", 40.0, "N"),
        ("Sodium", "118", "mmol/L", "98", "107", 40.0, "LL"),
        ("Total bilirubin", "180", "umol/L", None, "200", 40.0, "H"),
        ("Lipase", "900", "U/L", None, "1000", 40.0, "H"),
        ("GGT", "600", "U/L", None, "700", 40.0, "H"),
        ("Creatinine", "90", "umol/L", "60", "110", 2.0, "H"),
        ("Hemoglobin", "13", "g/dL", "13", "17", 0.003, "L"),
        ("Lymphocytes", "1.2", "G/L", "1", "4", 0.5, "L"),
    ],
)
def test_a_range_that_cannot_be_is_refused_and_ours_counts(
    name, value, unit, low, high, age, expected
):
    reading = read((name, value, unit, low, high), age_years=age)
    (result,) = reading.results
    assert (result.flag, result.range_source, result.range_refused) == (expected, "knowledge", True)
    assert not reading.whole


@pytest.mark.parametrize(
    ("name", "value", "unit", "low", "high"),
    [
        ("Blasts", "0", "G/L", "0", "0"), ("Lipase", "200", "U/L", "73", "393"),
        ("LDH", "400", "U/L", "240", "480"), ("Ferritin", "250", "ug/L", "20", "300"),
        ("INR", "2.5", "1", "2", "3"), ("Potassium", "3.4", "mmol/L", "3.3", "5.5"),
        ("Sodium", "133", "mmol/L", "132", "148"), ("Creatinine", "120", "umol/L", "60", "125"),
        ("Reticulocytes", "30", "G/L", "20", "120"), ("Procalcitonin", "0.4", "ug/L", None, "0.5"),
        ("ALP", "200", "U/L", "60", "260"), ("Glucose", "9", "mmol/L", "3.9", "11"),
    ],
)  # fmt: skip
def test_the_laboratorys_own_range_still_wins(name, value, unit, low, high):
    (result,) = read((name, value, unit, low, high)).results
    assert (result.flag, result.range_refused) == ("N", False)


@pytest.mark.parametrize(
    ("stated", "value", "flag_", "rings"),
    [
        ("HH", "5.3", "HH", True), ("LL", "3.3", "LL", True), ("HH", "4.2", "N", True),
        ("LL", "5.6", "H", True), ("AA", "5.3", "HH", True), ("critical", "4.9", "N", True),
        ("CRIT", "4.9", "N", True), ("Panic", "4.9", "N", True), ("HHH", "5.5", "HH", True),
        ("!!", "4.9", "N", True), ("alerte", "4.9", "N", True), ("Critique", "3.2", "LL", True),
        ("C", "4.9", "N", False), ("xyz", "4.9", "N", False), ("pathologique", "4.9", "N", False),
        ("H", "4.9", "N", False), ("L", "5.6", "H", False),
    ],
)  # fmt: skip
def test_the_laboratorys_flag_on_a_result_that_was_read_is_not_lost(stated, value, flag_, rings):
    reading = read(("Potassium", value, "mmol/L", "3.5", "5.1", stated))
    (result,) = reading.results
    assert (result.flag, result.critical) == (flag_, rings)
    assert not reading.whole or (reading.abnormal and result.critical)


@pytest.mark.parametrize("stated", ["N", "normal", None, "0", "ok", "NEG"])
def test_a_flag_of_normal_leaves_the_report_whole(stated):
    assert read(("Potassium", "4.2", "mmol/L", "3.5", "5.1", stated)).whole


@pytest.mark.parametrize("value", ["15", "0.1"])
def test_an_implausible_value_keeps_its_critical_flag(value):
    reading = read_panel(
        Panel((ReportedResult("Potassium", value, "mmol/L", "3.5", "5.1", "HH"),), **WOMAN)
    )
    (reject,) = reading.unread_critical
    assert (reject["code"], reject["laboratory_flag"]) == ("implausible", "HH")


@pytest.mark.parametrize(
    ("first", "second", "worst"),
    [
        (("Potassium", "4.2", "mmol/L"), ("Potassium", "6.9", "mmol/L"), 6.9),
        (("Hemoglobin", "13.2", "g/dL"), ("Hemoglobin", "58", "g/L"), 5.8),
        (("Troponin T hs", "12", "ng/L"), ("Troponin T hs", "380", "ng/L"), 380),
        (("Creatinine", "80", "umol/L"), ("Creatinine", "340", "umol/L"), 340),
        (("Neutrophils", "4", "G/L"), ("Neutrophils", "0.6", "G/L"), 0.6),
        (("Glucose", "5", "mmol/L"), ("Glucose", "24", "mmol/L"), 24),
        (("D-dimer", "200", "ng/mL FEU"), ("D-dimer", "9000", "ng/mL FEU"), 9000),
    ],
)
def test_the_worst_of_two_results_counts_in_either_order(first, second, worst):
    for pair in ((first, second), (second, first)):
        reading = read(*pair)
        assert reading.counting[0].value == pytest.approx(worst)
        assert len(reading.differing) == 1
        assert not reading.whole


def test_one_value_in_two_units_differs_in_nothing():
    reading = read(("Hemoglobin", "13.2", "g/dL"), ("Hemoglobin", "132", "g/L"))
    assert reading.whole
    assert not reading.differing


@pytest.mark.parametrize(
    "specimen",
    ["urine", "CSF", "ascites", "pleural fluid", "urines de 24 h", "LCR", "liquide de drain", "UR"],
)
def test_a_result_of_another_fluid_is_refused_where_a_panel_states_it(specimen):
    stated = [{"analyte": "Potassium", "value": 7.0, "unit": "mmol/L", "specimen": specimen}]
    reading = read_panel(Panel.of(stated, sex="F", age=40))
    assert (reading.results, reading.findings) == ((), ())
    assert [one["code"] for one in reading.rejects] == ["other_specimen"]


@pytest.mark.parametrize(
    "specimen", ["serum", "venous blood", "plasma", "sang veineux", "S7", None]
)
def test_a_result_of_blood_is_read(specimen):
    stated = [{"analyte": "Potassium", "value": 7.0, "unit": "mmol/L", "specimen": specimen}]
    reading = read_panel(Panel.of(stated, sex="F", age=40))
    assert [one.critical for one in reading.results] == [True]
