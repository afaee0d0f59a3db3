"""A unit that stands in the value is read where it is the unit beside it, or completes it."""

import polars as pl
import pytest

from hemoscribe.knowledge import recognise
from hemoscribe.knowledge.units_in_values import value_and_unit

TOGETHER = [
    ("22 UI/L", "U/L", ("22", "U/L")), ("250 K/uL", "10^9/L", ("250", "10^9/L")),
    ("2.1 µUI/mL", "mUI/L", ("2.1", "mUI/L")),
    ("22 U/L", None, ("22", "U/L")), ("7.4 mmol/L", "mmol/L", ("7.4", "mmol/L")),
    ("42%", None, ("42", "%")), ("42 %", "%", ("42", "%")),
    ("7.2 10^9/L", None, ("7.2", "10^9/L")), ("7.2 x10^9/L", "10*9/L", ("7.2", "10*9/L")),
    ("7.2 10^9", "/L", ("7.2", "10^9/L")), ("250 10*3", "/uL", ("250", "10*3/uL")),
    ("<0.5 mg/L", None, ("<0.5", "mg/L")), ("4 120 000 /mm3", None, ("4 120 000", "/mm3")),
    ("245 G/L", "G/L", ("245", "G/L")), ("11,2 g/dL", "g/dl", ("11,2", "g/dl")),
    ("140mmol/L", None, ("140", "mmol/L")), ("2,1 mUI/L", "mIU/L", ("2,1", "mIU/L")),
    ("> 90 mL/min", "mL/min", ("> 90", "mL/min")), ("1.5 µg/L", None, ("1.5", "µg/L")),
    ("9.8mg/L", "mg/L", ("9.8", "mg/L")), ("88 fL", None, ("88", "fL")),
    ("29 pg", "pg", ("29", "pg")), ("13.4 g/dL", "g/dL", ("13.4", "g/dL")),
]  # fmt: skip
APART = [
    ("7.4 mmol/L", "mg/dL"), ("12 H", "mmol/L"), ("5.4", None), ("POSITIVE", None),
    ("1/40", None), ("10-20", "/HPF"), ("3 croix", None), ("see comment 5", "mmol/L"),
    ("05/01/2024", None), ("HEMOLYZED", "mmol/L"), ("7.4 mmol/L 8", "mmol/L"), ("2+", None),
    ("5 to 10 /HPF", None), ("12 bananas", None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "unit", "expected"), TOGETHER)
def test_a_unit_in_the_value_is_taken_out_of_it(value, unit, expected):
    assert value_and_unit(value, unit) == expected


@pytest.mark.parametrize(("value", "unit"), APART)
def test_what_is_no_unit_or_another_one_stays(value, unit):
    assert value_and_unit(value, unit) == (value, unit)


def test_rows_are_read_by_it():
    values, units = (
        ["7.4 mmol/L", "7.4 mmol/L", "4.1 mmol/L", "4.2"],
        ["mmol/L", "mg/dL", None, "mmol/L"],
    )
    reported = pl.DataFrame(
        {
            "patient_id": "P1",
            "reported_name": "Potassium",
            "reported_value": values,
            "reported_unit": units,
        }
    )
    rows, rejects = recognise(reported)
    assert rows.select("value", "reported_value", "reported_unit", "unit_inferred").rows() == [
        (7.4, "7.4", "mmol/L", False),
        (4.1, "4.1", "mmol/L", False),
        (4.2, "4.2", "mmol/L", False),
    ]
    assert rejects["code"].to_list() == ["not_a_number"]
