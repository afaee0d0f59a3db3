"""Units that a file does not state are settled for a column, or not at all."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemoscribe.knowledge import (
    MissingUnits,
    analytes,
    linear_conversion,
    read_panel,
    recognise,
    with_units,
)
from hemoscribe.knowledge.missing_units import MIN_VALUES, unit_by_values
from hemoscribe.knowledge.unit_options import unit_options
from hemoscribe.knowledge.usual_limits import usual_limits
from hemoscribe.records import Panel, RejectCode, ReportedResult

# (name, unit, median of the column, the unit that is settled or None)
COLUMNS = [
    ("Glucose", "mmol/L", 5.6, "mmol/L"), ("Glucose", "mg/dL", 101, "mg/dL"),
    ("Creatinine", "mg/dL", 0.95, None), ("Platelets", "10*9/L", 240, "10*9/L"),
    ("WBC", "10*9/L", 7.2, "10*9/L"), ("WBC", "/uL", 7200, "/uL"), ("Albumin", "g/L", 41, "g/L"),
    ("Total protein", "g/dL", 7.1, "g/dL"), ("Hb", "g/L", 134, "g/L"),
    ("Hb", "g/dL", 13.4, "g/dL"), ("Hb", "g/dL", 8.6, None), ("Hb", "mmol/L", 8.6, None),
    ("CRP", "mg/L", 3.0, None), ("Urea", "mmol/L", 5.4, None),
    ("Cholesterol", "mg/dL", 190, "mg/dL"), ("Troponin I", "ng/mL", 0.02, None),
    ("25-OH vitamin D", "ng/mL", 24, None),
]  # fmt: skip


def _column(name: str, values: list[float], **more: object) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "patient_id": [f"P{n}" for n in range(len(values))],
            "reported_name": name,
            "reported_value": [f"{value:.4g}" for value in values],
            "source": "lab.csv",
            **more,
        }
    )


def _around(median: float, count: int = 60, spread: float = 0.18) -> list[float]:
    draw = np.random.default_rng(7)
    return [float(median * np.exp(spread * one)) for one in draw.standard_normal(count)]


@pytest.mark.parametrize(("name", "unit", "median", "settled"), COLUMNS)
def test_a_column_is_settled_where_no_other_unit_can_be_meant(name, unit, median, settled):
    rows, rejects = recognise(_column(name, _around(median)))
    if settled is None:
        assert rows.is_empty()
        assert set(rejects["code"]) == {RejectCode.AMBIGUOUS_UNIT}
        return
    assert rejects.is_empty()
    assert rows["unit_inferred"].all()
    [analyte] = rows["analyte"].unique()
    scale, offset = linear_conversion(analyte, unit)
    read = rows["reported_value"].cast(pl.Float64) * scale + offset
    assert rows["value"].to_numpy() == pytest.approx(read.to_numpy())


def test_fewer_values_than_a_column_needs_settle_nothing():
    values = _around(5.6, MIN_VALUES)
    assert recognise(_column("Glucose", values))[1].is_empty()
    assert recognise(_column("Glucose", values[1:]))[0].is_empty()


def test_a_column_of_two_units_is_refused():
    rows, rejects = recognise(_column("Glucose", [*_around(5.6, 30), *_around(101, 30)]))
    assert rows.is_empty()
    assert rejects.height == 60


def test_each_file_and_laboratory_is_a_column_of_its_own():
    one = _column("Glucose", _around(5.6), laboratory="A")
    other = _column("Glucose", _around(101), laboratory="B")
    rows, _ = recognise(pl.concat([one, other]))
    assert dict(rows.select("laboratory", "reported_unit").unique().iter_rows()) == {
        "A": "mmol/L",
        "B": "mg/dL",
    }


def test_ranges_of_a_column_settle_its_rows_without_one():
    column = _column("Hb", [13.1, 12.0, 9.9], reported_low=["12", "12", None])
    rows, rejects = recognise(column.with_columns(reported_high=pl.Series(["16", "16", None])))
    assert rows["reported_unit"].to_list() == ["g/dL"] * 3
    assert rejects.is_empty()


@pytest.mark.parametrize(
    ("name", "rows"),  # (value, low, high) of a column without a unit
    [
        ("Troponin T", [("0.02", None, "0.014"), ("12", None, "14"), ("0.9", None, None)]),
        ("Hb", [("75", "120", "160"), ("7.5", "12", "16"), ("7.5", "7.4", "9.9")]),
        ("Hb", [("7.5", "12", "16"), ("7.5", "7.4", "9.9")]),
        ("Hb", [("8.1", "7.4", "9.9"), ("13.1", "12", "16"), ("9", None, None)]),
        ("Glucose", [("5.5", "3.9", "5.5"), ("99", "70", "100")]),
        ("Glucose", [("0.95", "0.70", "1.10"), ("5.0", "3.9", "6.1")]),
        ("Creatinine", [("80", "45", "90"), ("0.9", "0.5", "1.1")]),
        ("Urea", [("5.0", "2.5", "7.8"), ("0.30", "0.15", "0.45")]),
        ("Calcium", [("2.3", "2.2", "2.6"), ("9.4", "8.5", "10.2")]),
        ("Cholesterol", [("4.5", None, "5.0"), ("1.9", None, "2.0"), ("190", None, "200")]),
        ("Platelets", [("250", "150", "400"), ("250000", "150000", "400000")]),
        ("WBC", [("7.2", "4", "10"), ("7200", "4000", "10000")]),
        ("Neutrophils", [("60", "40", "75"), ("4.1", "1.8", "7.5")]),
        ("HbA1c", [("5.5", "4", "6"), ("38", "20", "42")]),
        ("Albumin", [("42", "35", "50"), ("4.2", "3.5", "5.0")]),
        ("Iron", [("15", "10", "28"), ("80", "60", "160")]),
        ("CRP", [("3", None, "<5"), ("0.3", None, "<0.5")]),
        ("Ferritin", [("100", "30", "300"), ("0.1", "0.03", "0.3")]),
        ("Phosphate", [("1.1", "0.8", "1.5"), ("3.5", "2.5", "4.5")]),
        ("Uric acid", [("300", "200", "420"), ("5.1", "3.5", "7.2")]),
        ("Magnesium", [("0.8", "0.7", "1.0"), ("20", "17", "24")]),
        ("Bilirubin", [("9", "3", "21"), ("0.7", "0.2", "1.2")]),
    ],
)
def test_ranges_of_two_units_settle_nothing(name, rows):
    values, lows, highs = (list(texts) for texts in zip(*rows, strict=True))
    column = _column(name, [1.0] * len(rows)).with_columns(
        reported_value=pl.Series(values),
        reported_low=pl.Series(lows, dtype=pl.String),
        reported_high=pl.Series(highs, dtype=pl.String),
    )
    read, rejects = recognise(column)
    assert read.is_empty()
    assert set(rejects["code"]) == {RejectCode.AMBIGUOUS_UNIT}
    for place in range(len(rows)):  # each alone is what the reader of one report is given
        marked = with_units(column)[place : place + 1]
        assert recognise(marked)[0].is_empty()
    panel = Panel(
        results=tuple(ReportedResult(name, value, None, low, high) for value, low, high in rows)
    )
    assert read_panel(panel).results == ()


def test_a_row_whose_range_contradicts_its_column_is_refused_and_no_other():
    lows, highs = ["12"] * 29 + ["7.4"], ["16"] * 29 + ["9.9"]
    column = _column("Hb", [13.1] * 29 + [7.5], reported_low=lows, reported_high=highs)
    rows, rejects = recognise(column)
    assert set(rows["reported_unit"]) == {"g/dL"}
    assert rejects["patient_id"].to_list() == ["P29"]
    units = MissingUnits()
    recognise(column[:20], units=units)
    later = recognise(column[20:], units=units)[1]
    assert later["patient_id"].to_list() == ["P29"]


def test_a_range_that_tells_no_unit_goes_with_its_column():
    column = _column("Hb", [13.1, 12.2], reported_low=["12", "10"], reported_high=["16", "14"])
    assert recognise(column)[0]["reported_unit"].to_list() == ["g/dL"] * 2
    assert recognise(column[1:])[0].is_empty()


def test_a_plain_number_beside_ranges_is_asked_for_no_unit():
    column = _column("INR", [1.0, 2.5], reported_low=["0.8", "2"], reported_high=["1.2", "3"])
    assert recognise(column)[0]["unit_inferred"].to_list() == [False, False]


def test_what_is_settled_holds_for_the_later_parts_of_a_file():
    units = MissingUnits()
    recognise(_column("Glucose", _around(101)), units=units)
    rows, _ = recognise(_column("Glucose", [95.0]), units=units)
    assert rows["reported_unit"].to_list() == ["mg/dL"]
    mixed = MissingUnits()
    recognise(_column("Glucose", [*_around(5.6, 30), *_around(101, 30)]), units=mixed)
    assert recognise(_column("Glucose", _around(101)), units=mixed)[0].is_empty()


@given(st.sampled_from(sorted(analytes())), st.data())
def test_a_column_is_never_settled_as_another_unit_than_its_own(name, data):
    """Whatever the patients are like, short of a critical or a far median."""
    options = unit_options(name, None)
    if len(options) < 2:
        return
    own = data.draw(st.sampled_from(options))
    low, high = usual_limits(own.analyte.id)
    if low is None and high is None:
        return
    middle = data.draw(st.floats((low or (high or 0) / 20) / 3, (high or (low or 0) * 20) * 3))
    shares = (0.8, 0.9, 1, 1.1, 1.2)
    lowest, highest = own.analyte.plausible
    critical = own.analyte.critical
    if not lowest <= middle * 0.8 < middle * 1.2 <= highest or not _between(middle, *critical):
        return
    values = [(middle * share - own.offset) / own.scale for share in shares]
    settled = unit_by_values(options, values * 6)
    assert settled in (None, own.unit)


@pytest.mark.parametrize(
    ("name", "value", "unit", "low", "high"),
    [
        ("Platelets", "250", "/uL", "150", "400"), ("Glucose", "0.92", "mmol/L", "0.70", "1.10"),
        ("Hb", "135", "g/dL", "120", "160"), ("WBC", "7.2", "/uL", "4.0", "10.0"),
        ("Creatinine", "9.8", "mg/dL", "5", "11"), ("Creatinine", "80", "mg/dL", "45", "90"),
        ("Creatinine", "0.9", "umol/L", "0.5", "1.1"),
        ("Cholesterol", "190", "mmol/L", None, "<200"),
        ("Calcium", "9.5", "mmol/L", "8.5", "10.3"),
        ("HDL cholesterol", "52", "mmol/L", ">40", None),
        ("Bilirubin", "0.7", "umol/L", "0.2", "1.2"), ("Albumin", "42", "g/dL", "35", "50"),
        ("Total protein", "7.1", "g/L", "6.4", "8.3"),
        ("Uric acid", "5.1", "umol/L", "3.5", "7.2"), ("Iron", "80", "umol/L", "50", "170"),
        ("Urea", "32", "mmol/L", "15", "45"), ("Troponin I", "0.01", "ng/L", None, "<0.04"),
        ("Magnesium", "21", "mmol/L", "17", "24"),
        ("Triglycerides", "110", "mmol/L", None, "<150"), ("Hematocrit", "42", "L/L", "37", "47"),
    ],
)  # fmt: skip
def test_a_unit_that_its_range_makes_impossible_is_refused(name, value, unit, low, high):
    row = {"reported_value": [value], "reported_unit": [unit], "patient_id": ["P1"]}
    row |= {"reported_low": [low], "reported_high": [high], "reported_name": [name]}
    rows, rejects = recognise(pl.DataFrame(row, schema_overrides={"reported_low": pl.String}))
    assert rows.is_empty()
    assert rejects["code"].to_list() == [RejectCode.IMPOSSIBLE_UNIT]
    assert "usual in another one" in rejects["message"][0]


@pytest.mark.parametrize("analyte", sorted(analytes()))
def test_our_own_ranges_contradict_no_unit(analyte):
    """Those of children and of pregnancy neither, in any unit in which they may be printed."""
    known = analytes()[analyte]
    rows = [
        {
            "patient_id": "P1",
            "reported_name": analyte,
            "reported_value": "1",
            "reported_unit": option.unit,
            "reported_low": _shown(option, row.low),
            "reported_high": _shown(option, row.high),
        }
        for option in unit_options(analyte, None)
        if option.analyte.id == analyte
        for row in known.ranges
    ]
    if rows:
        rejects = recognise(pl.DataFrame(rows, infer_schema_length=None))[1]
        assert RejectCode.IMPOSSIBLE_UNIT not in rejects["code"].to_list()


def _between(value, low, high):
    return (low is None or value > low) and (high is None or value < high)


def _shown(option, limit):
    return None if limit is None else f"{(limit - option.offset) / option.scale:.6g}"
