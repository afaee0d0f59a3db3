"""A unit whose power of ten is split by its own sign is whole; what is no unit stays refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemoscribe.sources import read
from hemoscribe.sources.hl7.fields import STANDARD
from hemoscribe.sources.hl7.unit_components import unit_of
from hemoscribe.sources.stated_ranges import printed_limits

HEAD = "MSH|^~\\&|LIS|Lab|||20240304||ORU^R01|77|P|2.5.1\rPID|1||P1^^^LAB^MR\r"
OBR = "OBR|1|||58410-2^CBC^LN|||20240304081200\r"
PLATELETS = "OBX|1|NM|777-3^Platelets^LN||{value}|{unit}|{limits}||||F\r"

WHOLE = {
    "10^9/L": "10^9/L",
    "x10^9/L": "x10^9/L",
    "X10^9/L": "x10^9/L",
    "x 10^9/L": "x10^9/L",
    "×10^9/L": "x10^9/L",
    "*10^9/L": "*10^9/L",
    "10^9/l": "10^9/l",
    "10 ^ 9/L": "10^9/L",
    "10^9/L^^L": "10^9/L",
    "10^9/L^Giga per litre^L": "10^9/L",
    "^10^9/L": "10^9/L",
    "10^9/L^10*9/L^UCUM": "10^9/L",
    "G^^L^10*9/L^^UCUM": "10*9/L",
    "10^12/L": "10^12/L",
    "x10^12/L^^L": "x10^12/L",
    "10^3/uL": "10^3/uL",
    "10^3/µL": "10^3/µL",
    "10^3/mm3": "10^3/mm3",
    "10^3/mm^3": "10^3/mm^3",
    "x10^3/mm^3^^L": "x10^3/mm^3",
    "10^6/uL": "10^6/uL",
    "10^6/mm3": "10^6/mm3",
    "10^6/mm^3": "10^6/mm^3",
    "/mm^3": "/mm^3",
    "mL/min/1.73m^2": "mL/min/1.73m^2",
    "10\\S\\9/L": "10^9/L",
    "10*9/L": "10*9/L",
    "G/L^10^9/L": "G/L",
}
AS_IT_IS = {
    "10": "10",
    "x10": "x10",
    "10^9": "10",
    "10^9/field": "10",
    "10^ten/L": "10",
    "100^9/L": "100",
    "nl": "nl",
    "mg^2/dL": "mg",
    "mg\\T\\dL": "mg&dL",
    "mmol^millimole^L": "mmol",
    "10^L^UCUM": "10",
    "": None,
}


@pytest.mark.parametrize(("stated", "unit"), [*WHOLE.items(), *AS_IT_IS.items()])
def test_a_split_unit_is_joined_only_where_it_is_one(stated, unit):
    assert unit_of(stated, STANDARD) == unit


def test_another_component_sign_splits_no_power():
    assert unit_of("10^9/L$$L", r"|$~\&") == "10^9/L"
    assert unit_of("10$9/L", r"|$~\&") == "10"
    assert unit_of("10^9/L", r"|~^\&") == "10^9/L"  # HPRIM repeats by it


@given(st.lists(st.text(alphabet="10x9/L^mg *", max_size=6), max_size=6).map("^".join))
def test_no_unit_is_made_up(stated):
    unit = unit_of(stated, STANDARD)
    assert (
        unit is None
        or unit.replace(" ", "") in stated.replace(" ", "").replace("^^", "^")
        or (unit.replace(" ", "").replace("^", "") in stated.replace(" ", "").replace("^", ""))
    )


@pytest.mark.parametrize("unit", ["10^9/L", "x10^9/L", "10^3/uL", "10^9/L^^L", "10\\S\\9/L"])
def test_a_count_is_read_with_its_range(tmp_path, unit):
    path = tmp_path / "m"
    limits = f"150-400 {unit.split('^^')[0]}"
    line = PLATELETS.format(value=8, unit=unit, limits=limits)
    path.write_text(HEAD + OBR + line, newline="")
    rows, rejects = read(path)
    assert rows.select("value", "unit", "low", "high").rows() == [(8.0, "10*9/L", 150.0, 400.0)]
    assert rejects.is_empty()


@pytest.mark.parametrize("unit", ["10", "nl", "mg\\T\\dL"])
def test_what_is_no_unit_of_a_count_stays_refused(tmp_path, unit):
    path = tmp_path / "m"
    sound = "OBX|2|NM|2823-3^K^LN||4.1|mmol/L|||||F\r"
    path.write_text(HEAD + OBR + PLATELETS.format(value=8, unit=unit, limits="") + sound)
    rows, rejects = read(path)
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects["place"].to_list() == ["message 1, OBX 1"]


def test_the_unit_of_a_quantity_is_joined_too(tmp_path):
    path = tmp_path / "m"
    path.write_text(HEAD + OBR + "OBX|1|CQ|777-3^Platelets^LN||250^10^9/L||||||F\r")
    assert read(path)[0]["value"].to_list() == [250.0]


@pytest.mark.parametrize(
    ("printed", "unit", "limits"),
    [
        ("4.0-10.0 10^9/L", "10^9/L", ("4.0", "10.0")),
        ("4.0 - 10.0 x10^9/L", "10^9/L", ("4.0", "10.0")),
        ("150-400 10*9/L", "10^9/L", ("150", "400")),
        ("150 à 400 10E9/L", "x10^9/L", ("150", "400")),
        ("<5 10^9/L", "10^9/L", ("<5", None)),
        ("4.0-10.0 10^9/L", "g/L", (None, None)),
        ("5-10 10^12/L", "10^9/L", (None, None)),
    ],
)
def test_a_range_may_end_in_the_unit_of_a_count(printed, unit, limits):
    assert printed_limits(printed, unit) == limits
