"""Value and range that agree with each other, in another unit than the one beside them."""

from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemoscribe.knowledge import Range, analytes, linear_conversion, read_panel, recognise
from hemoscribe.knowledge.applicable import ADULT_YEARS, critical_limits
from hemoscribe.knowledge.impossible_ranges import NONE, critical_within
from hemoscribe.knowledge.name_index import siblings
from hemoscribe.knowledge.unassessed import WIDE_RANGE, assumed
from hemoscribe.records import Panel, RejectCode, ReportedResult

# Units that a range cannot tell apart, by analyte or by who lends its name, with the reason.
_NEAR = "they differ by less than laboratories' ranges do"
_ZERO = "none is expected: the range is 0 in every unit"
_ONE_LIMIT = "1.7, and there is one limit only"
_SHARE = "0.7 g/L are 1 % of the protein of most"
_CELLS = ("10*9/L", "10*3/uL", "/uL", "%", "/100{WBC}", "1")
_PER_NG = ("ng/mL", "ug/L", "nmol/L")
_PER_PG = ("pg/mL", "ng/L", "pmol/L")
TOO_NEAR = {
    "bilirubin_total": {("mg/L", "umol/L"): _ONE_LIMIT},
    "bilirubin_direct": {("mg/L", "umol/L"): _ONE_LIMIT},
    "bilirubin_indirect": {("mg/L", "umol/L"): _ONE_LIMIT},
    "ammonia": {("ug/dL", "umol/L"): "1.7, and from 9-33 to 18-72 umol/L by analyser"},
    "alpha1_globulins": {("g/L", "%"): _SHARE},
    "alpha2_globulins": {("g/L", "%"): _SHARE},
    "beta2_globulins": {("g/L", "%"): _SHARE},
    "gamma_globulins": {("g/L", "%"): _SHARE},
    "triglycerides": {("g/L", "mmol/L"): _NEAR},
    "vitamin_b12": {_PER_PG: _NEAR},
    "ft4": {_PER_PG: _NEAR},
    "ft3": {_PER_PG: _NEAR},
    "t4_total": {("ug/L", "nmol/L"): _NEAR},
    "t3_total": {_PER_NG: _NEAR},
    "cortisol": {_PER_NG: "2.8, and the evening's range is a third of the morning's"},
    "testosterone": dict.fromkeys(
        (_PER_NG, ("ng/dL", "nmol/L")), "a woman's range in one is a man's in the other"
    ),
    "digoxin": {_PER_NG: _NEAR},
    "vancomycin": {("mg/L", "ug/mL", "umol/L"): _NEAR},
    "tacrolimus": {_PER_NG: _NEAR},
    "metamyelocytes": {_CELLS: _ZERO},
    "myelocytes": {_CELLS: _ZERO},
    "promyelocytes": {_CELLS: _ZERO},
    "blasts": {_CELLS: _ZERO},
    "nrbc": {("10*9/L", "10*3/uL", "%", "/100{WBC}", "1"): "from 0.02 to 0.2 G/L by analyser"},
}


def _pairs() -> Iterator[tuple[str, str, str, str]]:
    """(analyte, stated unit, the analyte and unit that the range is truly in)."""
    for analyte in analytes().values():
        for stated in analyte.units:
            for other in (analyte, *siblings(analyte)):
                for true in other.units:
                    same = linear_conversion(analyte.id, stated)
                    if other is not analyte or linear_conversion(analyte.id, true) != same:
                        yield analyte.id, stated, other.id, true


def _is_too_near(analyte: str, stated: str, other: str, true: str) -> bool:
    if other == "nrbc_pct" == analyte or (analyte, other) == ("nrbc_pct", "nrbc"):
        return False  # whoever prints per 100 cells prints no 0.02
    groups = TOO_NEAR.get(analyte) or TOO_NEAR.get(analyte.removesuffix("_pct"), {})
    return any({stated, true} <= set(units) for units in groups)


def _adults(analyte: str) -> list[Range]:
    rows = analytes()[analyte].ranges
    return [row for row in rows if not row.pregnant and row.age_high_years > ADULT_YEARS]


def _knows_both_sexes(analyte: str) -> bool:
    sexes = {row.sex for row in _adults(analyte)}
    return None in sexes or len(sexes) > 1 or analytes()[analyte].of_sex in (sexes - {None})


def _printed(analyte: str, unit: str, limit: float | None) -> str | None:
    scale, offset = linear_conversion(analyte, unit)
    return None if limit is None else f"{(limit - offset) / scale:.6g}"


def _row(analyte: str, row: Range, unit: str, stated: tuple[str, str] | None = None) -> dict:
    low, high = (_printed(analyte, unit, limit) for limit in (row.low, row.high))
    value = (
        high if low is None else low if high is None else f"{(float(low) + float(high)) / 2:.5g}"
    )
    name, said = stated or (analyte, unit)
    return {
        "patient_id": "P1", "reported_name": analytes()[name].names["en"][0], "reported_unit": said,
        "reported_low": low, "reported_high": high, "reported_value": value,
        "place": f"{name} {said} {low}-{high}",
    }  # fmt: skip


def _recognised(rows: list[dict]) -> tuple[pl.DataFrame, pl.DataFrame]:
    texts = dict.fromkeys(("reported_low", "reported_high"), pl.String)
    return recognise(pl.DataFrame(rows, schema_overrides=texts))


def test_a_usual_range_under_another_unit_is_refused_over_the_whole_catalogue():
    rows = [
        _row(other, row, true, (analyte, stated))
        for analyte, stated, other, true in _pairs()
        if not _is_too_near(analyte, stated, other, true) and _knows_both_sexes(other)
        for row in _adults(other)
    ]
    read, rejects = _recognised(rows)
    assert read.select("reported_name", "reported_unit", "low", "high").rows() == []
    assert len(rows) > 800
    assert set(rejects["code"]) <= {
        RejectCode.IMPOSSIBLE_UNIT, RejectCode.WRONG_DIMENSION, RejectCode.UNKNOWN_ANALYTE,
    }  # fmt: skip
    assert (rejects["code"] == RejectCode.IMPOSSIBLE_UNIT).mean() > 0.95


def test_what_is_called_too_near_is_read_and_no_more_than_that():
    for analyte, stated, other, true in _pairs():
        if _is_too_near(analyte, stated, other, true):
            rows = [_row(other, row, true, (analyte, stated)) for row in _adults(other)]
            told = [RejectCode.IMPOSSIBLE_UNIT in _recognised([row])[1]["code"] for row in rows]
            assert not all(told), (analyte, stated, true)


@pytest.mark.parametrize("age", [None, 40.0, 3.0])
def test_our_ranges_of_every_age_contradict_none_of_their_own_units(age):
    rows = [
        {**_row(analyte.id, row, unit), "age_years": age}
        for analyte in analytes().values()
        for unit in analyte.units
        for row in analyte.ranges
    ]
    texts = {"reported_low": pl.String, "reported_high": pl.String, "age_years": pl.Float64}
    rejects = recognise(pl.DataFrame(rows, schema_overrides=texts))[1]
    wrong = rejects.filter(pl.col("code") == RejectCode.IMPOSSIBLE_UNIT)
    assert wrong["place"].to_list() == []


@pytest.mark.parametrize(
    ("name", "value", "unit", "low", "high"),
    [
        ("HbA1c", "5.5", "mmol/mol", "4", "6"), ("HbA1c", "5.9", "mmol/mol", None, "<6.5"),
        ("Urea", "5.0", "mg/dL", "2.5", "7.8"), ("Urea", "6.1", "mg/dL", "2.8", "8.1"),
        ("BUN", "5.0", "mg/dL", "2.5", "7.8"), ("Magnesium", "2.0", "mmol/L", "1.7", "2.4"),
        ("Magnesium", "0.85", "mg/dL", "0.66", "1.07"), ("Ferritin", "100", "mg/L", "30", "300"),
        ("Ferritin", "0.1", "ug/L", "0.03", "0.3"), ("Hemoglobin", "9.0", "g/dL", "8", "10"),
        ("Hemoglobin", "9.6", "g/dL", "8.5", "11.0"), ("Hemoglobin", "14", "mmol/L", "12", "16"),
        ("MCHC", "20.5", "g/dL", "19.7", "22.2"), ("Neutrophils", "60", "G/L", "40", "75"),
        ("Neutrophils", "4.1", "%", "2.0", "7.5"), ("Lymphocytes", "30", "10^9/L", "20", "45"),
        ("Monocytes", "0.5", "%", "0.2", "1.0"), ("Eosinophils", "2", "G/L", "0", "6"),
        ("Prothrombin time", "95", "s", "70", "120"), ("TP", "12", "%", "10", "14"),
        ("APTT", "1.0", "s", "0.8", "1.2"), ("Phosphate", "3.5", "mmol/L", "2.5", "4.5"),
        ("Reticulocytes", "60", "%", "20", "100"), ("Folate", "8", "nmol/L", "4", "20"),
        ("BNP", "30", "pmol/L", None, "<100"), ("NT-proBNP", "90", "pmol/L", None, "<125"),
        ("LDL cholesterol", "1.1", "mmol/L", None, "<1.6"), ("HDL", "0.5", "mmol/L", ">0.4", None),
        ("Cholesterol", "1.8", "mmol/L", None, "<2.0"), ("Iron", "15", "ug/dL", "10", "30"),
        ("25-OH vitamin D", "80", "ng/mL", "75", "250"), ("PTH", "4", "ng/L", "1.6", "6.9"),
        ("Ionized calcium", "4.8", "mmol/L", "4.5", "5.3"),
        ("C-peptide", "2", "nmol/L", "0.9", "3.6"),
        ("RBC", "4.5", "G/L", "4.0", "5.5"), ("PaO2", "12", "mmHg", "10.6", "14"),
    ],
)  # fmt: skip
def test_an_agreement_in_another_unit_is_refused(name, value, unit, low, high):
    row = {"patient_id": "P1", "reported_name": name, "reported_value": value}
    row |= {"reported_unit": unit, "reported_low": low, "reported_high": high}
    rows, rejects = _recognised([row])
    assert rows.is_empty()
    assert rejects["code"].to_list() == [RejectCode.IMPOSSIBLE_UNIT]
    alone = read_panel(Panel(results=(ReportedResult(name, value, unit, low, high),)))
    assert [one["code"] for one in alone.rejects] == [RejectCode.IMPOSSIBLE_UNIT]


@pytest.mark.parametrize(
    ("name", "value", "unit", "low", "high"),
    [  # ranges that laboratories print, with the unit that is theirs
        ("HbA1c", "38", "mmol/mol", "20", "42"), ("HbA1c", "6.8", "%", None, "<7.0"),
        ("HbA1c", "50", "mmol/mol", None, "<53"), ("Urea", "32", "mg/dL", "17", "49"),
        ("BUN", "14", "mg/dL", "6", "20"), ("BUN", "14", "mg/dL", "8", "23"),
        ("Magnesium", "2.0", "mg/dL", "1.6", "2.6"), ("Magnesium", "0.9", "mmol/L", "0.75", "1.10"),
        ("Hemoglobin", "10.4", "g/dL", "9.5", "13.5"), ("Hemoglobin", "11", "g/dL", "10.5", "14.0"),
        ("Hemoglobin", "9.1", "mmol/L", "8.5", "11.0"), ("Hemoglobin", "11", "g/dL", "10", "12"),
        ("LDH", "300", "U/L", "230", "460"), ("LDH", "400", "U/L", "313", "618"),
        ("ALT", "20", "U/L", None, "<35"), ("ALP", "90", "U/L", "35", "104"),
        ("Amylase", "50", "U/L", "28", "100"), ("Lipase", "200", "U/L", "73", "393"),
        ("CK", "120", "U/L", None, "<170"), ("Ammonia", "40", "umol/L", "18", "72"),
        ("Ammonia", "20", "umol/L", "9", "33"), ("FT3", "4.2", "pmol/L", "2.6", "5.7"),
        ("FT4", "12", "pmol/L", "7.9", "14.4"), ("FT4", "1.1", "ng/dL", "0.7", "1.48"),
        ("LDL cholesterol", "1.2", "mmol/L", None, "<1.4"), ("LDL", "1.7", "mmol/L", None, "<1.8"),
        ("LDL cholesterol", "65", "mg/dL", None, "<70"), ("LDL", "0.5", "g/L", None, "<0.55"),
        ("25-OH vitamin D", "40", "ng/mL", "30", "100"), ("Vitamin D", "60", "nmol/L", ">50", None),
        ("25-OH vitamin D", "30", "ng/mL", "20", "50"), ("Estradiol", "60", "pg/mL", "30", "150"),
        ("Estradiol", "60", "pg/mL", "27", "122"), ("Progesterone", "9", "ng/mL", "1.7", "27"),
        ("Testosterone", "5", "ng/mL", "2.8", "8.0"), ("Cortisol", "150", "nmol/L", "64", "327"),
        ("Folate", "9", "nmol/L", ">7", None), ("Folate", "9", "ng/mL", "4.6", "18.7"),
        ("Ferritin", "20", "ug/L", "4.6", "204"), ("Iron", "60", "ug/dL", "33", "193"),
        ("Vitamin B12", "300", "pmol/L", "138", "652"), ("BNP", "80", "ng/L", None, "<100"),
        ("NT-proBNP", "300", "ng/L", None, "<450"), ("Troponin T", "20", "ng/L", None, "<50"),
        ("D-dimer", "600", "ng/mL", None, "<750"), ("CRP", "3", "mg/L", None, "<10"),
        ("Phosphate", "1.9", "mmol/L", "1.5", "2.3"), ("Creatinine", "30", "umol/L", "15", "37"),
        ("Basophils", "0.1", "G/L", "0", "0.2"), ("Basophils", "1", "%", "0", "1"),
        ("Immature granulocytes", "0.05", "G/L", "0", "0.1"),
        ("Reticulocytes", "60", "G/L", "25", "120"),
        ("C-peptide", "1.0", "nmol/L", "0.37", "1.47"), ("Bilirubin", "9", "mg/dL", "0.17", "16.5"),
        ("Neutrophils", "55", "%", "38", "80"), ("Prothrombin time", "90", "%", "70", "100"),
        ("Homocysteine", "9", "umol/L", None, "<15"), ("PTH", "30", "pg/mL", "12", "88"),
    ],
)  # fmt: skip
def test_a_range_of_its_own_unit_is_read(name, value, unit, low, high):
    row = {"patient_id": "P1", "reported_name": name, "reported_value": value}
    row |= {"reported_unit": unit, "reported_low": low, "reported_high": high}
    rows, rejects = _recognised([row])
    assert rejects["message"].to_list() == []
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("name", "value", "unit", "low", "high", "code"),
    [
        ("Potassium", "7.2", "mmol/L", "3.5", "51", "impossible_range"),
        ("Potassium", "7.2", "mmol/L", "3.5", "7.5", "impossible_range"),
        ("Potassium", "2.1", "mmol/L", "0.35", "5.1", "impossible_range"),
        ("Sodium", "115", "mmol/L", "13", "145", "impossible_range"),
        ("Sodium", "140", "mmol/L", "3.5", "5.1", None),
        ("Creatinine", "700", "umol/L", "45", "900", "impossible_range"),
        ("Platelets", "20", "G/L", "1.5", "400", "impossible_range"),
        ("Glucose", "30", "mmol/L", "3.9", "55", "impossible_range"),
        ("pH", "7.05", None, "7.0", "7.5", "impossible_range"),
        ("Lactate", "9", "mmol/L", "0.5", "20", "impossible_range"),
        ("Potassium", "6.6", "mmol/L", "3.5", "6.8", None),
        ("Creatinine", "380", "umol/L", "45", "400", None),
        ("Platelets", "30", "G/L", "25", "400", None), ("INR", "2.5", None, "2", "3", None),
        ("Potassium", "4.2", "mmol/L", "3.5", "51", None),
    ],
)  # fmt: skip
def test_no_value_is_normal_and_critical_but_by_a_wide_range_and_that_is_said(
    name, value, unit, low, high, code
):
    panel = Panel(results=(ReportedResult(name, value, unit, low, high),), age_years=50.0)
    reading = read_panel(panel)
    row = {"patient_id": "P1", "reported_name": name, "reported_value": value, "age_years": 50.0}
    row |= {"reported_unit": unit, "reported_low": low, "reported_high": high}
    assert _recognised([row])[1]["code"].to_list() == ([code] if code else [])
    if code:
        [refused] = reading.rejects
        assert (refused["code"], refused["critical"]) == (code, True)
        return
    for result in reading.results:
        both = result.flag == "N" and result.critical
        assert both == (WIDE_RANGE in assumed(result, panel))


@given(st.data())
def test_no_analyte_is_normal_and_critical_by_an_impossible_range(data):
    name = data.draw(st.sampled_from([one.id for one in analytes().values() if any(one.critical)]))
    known = analytes()[name]
    age = data.draw(st.sampled_from([None, 0.01, 0.5, 8.0, 40.0]))
    low, high = sorted(
        data.draw(st.floats(known.plausible[0], known.plausible[1])) for _ in range(2)
    )
    value = data.draw(st.floats(known.plausible[0], known.plausible[1]))
    result = ReportedResult(known.names["en"][0], repr(value), known.unit, repr(low), repr(high))
    panel = Panel(results=(result,), age_years=age)
    child = age is not None and age < ADULT_YEARS
    for one in read_panel(panel).results:
        if one.flag == "N" and one.critical:
            assert WIDE_RANGE in assumed(one, panel)
            own = critical_limits(known, age) == known.critical
            assert not own or child or critical_within(name, one.low, one.high, False) == NONE or (
                # only the other limit is impossible
                not _beyond(critical_within(name, one.low, one.high, False), one.value)
            )  # fmt: skip


def _beyond(limits: tuple[float | None, float | None], value: float) -> bool:
    low, high = limits
    return (low is not None and value <= low) or (high is not None and value >= high)


@pytest.mark.parametrize("high", ["60", "100", "150", "205", "240"])
@pytest.mark.parametrize("age", [0.003, 0.005, 0.03, 5.0])
def test_a_newborns_limit_between_those_of_ours_is_no_other_unit(high, age):
    """The limit of a newborn's bilirubin is another each day: 150 umol/L was taken for mg/L."""
    panel = Panel(
        (ReportedResult("Total bilirubin", "338", "umol/L", None, high),), age_years=age, sex="M"
    )
    reading = read_panel(panel)
    assert [one.direction for one in reading.results] == ["high"]
    assert reading.rejects == ()
