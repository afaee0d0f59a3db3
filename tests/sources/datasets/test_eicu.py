"""eICU's lab: persons and times through patient.csv, comparators from the text."""

from datetime import datetime, timedelta

import pytest

from hemoscribe.knowledge.names import by_name
from hemoscribe.knowledge.units import ucum_candidates
from hemoscribe.sources import read
from hemoscribe.sources.datasets.eicu import rules
from hemoscribe.sources.intake import read_all

LAB = (
    "labid,patientunitstayid,labresultoffset,labtypeid,labname,labresult,labresulttext,"
    "labmeasurenamesystem,labmeasurenameinterface,labresultrevisedoffset\n"
)
PATIENT = (
    "patientunitstayid,patienthealthsystemstayid,gender,age,hospitalid,wardid,hospitaladmitoffset,"
    "hospitaldischargeyear,unitvisitnumber,uniquepid\n"
    "11,100,Female,70,59,91,-60,2015,1,002-1\n"
    "12,100,Female,70,59,92,-3060,2015,2,002-1\n"  # the second unit, 3,000 minutes later
    "13,90,Female,69,59,91,0,2014,1,002-1\n"  # an earlier hospital stay of the same person
    "21,200,Male,> 89,60,93,-5,2014,1,002-2\n"
    "31,300,Unknown,,61,94,,,,002-3\n"
)
DAY = datetime(2014, 1, 1)


def lab(stay: int, offset: object, value: str = "140", text: str = "", **stated: str) -> str:
    name, unit = stated.get("name", "sodium"), stated.get("unit", "mmol/L")
    return f"1,{stay},{offset},1,{name},{value},{text},{unit},{stated.get('interface', unit)},0\n"


def test_a_patient_is_the_person_and_times_are_minutes_after_the_first_admission(tables):
    text = LAB + lab(21, 30) + lab(21, -90) + lab(21, 1_441)
    rows, _ = read(tables(lab=text, patient=PATIENT))
    assert rows["patient_id"].unique().to_list() == ["002-2"]
    minutes = [(at - DAY) / timedelta(minutes=1) for at in rows["collected_at"]]
    assert minutes == [30, -90, 1_441]
    assert rows.select("sex", "age_years", "laboratory", "ward").row(0) == (
        "M", 90.0, "eICU hospital 60", "93",
    )  # fmt: skip


def test_two_units_of_one_hospital_stay_stand_as_far_apart_as_they_were(tables):
    rows, _ = read(tables(lab=LAB + lab(13, 0) + lab(12, 10) + lab(11, 10), patient=PATIENT))
    earlier, second, first = rows["collected_at"]
    assert second - first == timedelta(minutes=3_000)
    assert earlier == DAY  # discharged in 2014
    assert first - earlier > timedelta(days=300)  # further than any rule looks back


def test_several_results_of_one_time_are_one_report_and_two_times_are_two(tables):
    text = LAB + lab(21, 5) + lab(21, 5, "4", name="potassium") + lab(21, 6)
    rows, _ = read(tables(lab=text, patient=PATIENT))
    assert rows["report_id"].n_unique() == 2


def test_without_patients_each_stay_is_one_and_it_is_said(tables):
    rows, _, notices = read_all([tables(lab=LAB + lab(11, 5) + lab(12, 5))])
    assert rows["patient_id"].to_list() == ["11", "12"]
    assert rows["collected_at"].to_list() == [DAY + timedelta(minutes=5)] * 2
    assert any("each stay in a unit is taken as a patient" in said for said in notices.sentences)
    assert any("2014-01-01" in said for said in notices.sentences)


OFFSETS = ["", "soon", "nan", "inf", "99999999999999999999", "1e300", "-1e9"]


@pytest.mark.parametrize("offset", OFFSETS)
def test_an_offset_that_is_no_time_of_a_stay_gives_none(offset, tables):
    rows, rejects = read(tables(lab=LAB + lab(11, 5) + lab(11, offset), patient=PATIENT))
    assert (rows.height, rejects.height) == (2, 0)
    assert rows["collected_at"][1] is None
    assert rows["report_id"][1] == f"stay 11 at {offset or '?'}"


VALUES = [
    ("0.01", "<0.01", ("<", 0.01)),
    ("", "<0.01", ("<", 0.01)),
    ("150", ">150", (">", 150.0)),
    ("150", ">=150", (">=", 150.0)),
    ("177.0000", "177", (None, 177.0)),
    ("177", "", (None, 177.0)),
    ("177", "177 H", (None, 177.0)),
]


@pytest.mark.parametrize(("number", "text", "expected"), VALUES)
def test_the_comparator_stands_in_the_text(number, text, expected, tables):
    rows, _ = read(tables(lab=LAB + lab(11, 5, number, text)))
    assert rows.select("comparator", "value").row(0) == expected


NAMES = [  # as eICU writes them -> analyte
    ("WBC x 1000", "K/mcL", "leukocytes"), ("platelets x 1000", "K/mcL", "platelets"),
    ("RBC", "M/mcL", "erythrocytes"), ("Hgb", "g/dL", "hemoglobin"), ("Hct", "%", "hematocrit"),
    ("-lymphs", "%", "lymphocytes_pct"), ("-polys", "%", "neutrophils_pct"),
    ("-eos", "%", "eosinophils_pct"), ("-basos", "%", "basophils_pct"),
    ("-monos", "%", "monocytes_pct"), ("BUN", "mg/dL", "urea"), ("PT - INR", "ratio", "inr"),
    ("alkaline phos.", "Units/L", "alp"), ("ALT (SGPT)", "Units/L", "alt"),
    ("AST (SGOT)", "Units/L", "ast"), ("total bilirubin", "mg/dL", "bilirubin_total"),
    ("TSH", "mcU/ml", "tsh"), ("troponin - I", "ng/mL", "troponin_i"), ("CPK", "Units/L", "ck"),
    ("paO2", "mm Hg", "po2_arterial"), ("ionized calcium", "mg/dL", "ionized_calcium"),
    ("Fe/TIBC Ratio", "%", "transferrin_saturation"), ("bedside glucose", "mg/dL", "glucose"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "unit", "analyte"), NAMES)
def test_the_names_and_units_of_eicu(name, unit, analyte, tables):
    rows, rejects = read(tables(lab=LAB + lab(11, 5) + lab(11, 5, "5", name=name, unit=unit)))
    assert rows["analyte"].to_list()[1:] == [analyte], rejects["message"].to_list()


OTHERS = [
    "urinary creatinine", "urinary sodium", "WBC's in urine", "WBC's in cerebrospinal fluid",
    "glucose - CSF", "protein - CSF", "WBC's in pleural fluid", "WBC's in peritoneal fluid",
    "24 h urine protein", "urinary osmolality",
]  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_fluids_are_refused(name, tables):
    _, rejects = read(tables(lab=LAB + lab(11, 5) + lab(11, 5, "5", name=name, unit="mg/dL")))
    assert rejects["code"].to_list() == ["other_specimen"]


def test_the_words_of_the_list_are_known():
    for own in rules()["names"].values():
        assert by_name(own), own
    for unit in rules()["units"].values():
        assert ucum_candidates(unit), unit


def test_the_unit_of_the_interface_stands_where_the_system_has_none(tables):
    rows, _ = read(tables(lab=LAB + lab(11, 5, unit="", interface="mmol/L")))
    assert rows["reported_unit"].to_list() == ["mmol/L"]


SCORES = {
    "apacheApsVar": "apacheapsvarid,patientunitstayid,wbc,sodium,glucose\n1,11,14.7,-1,95\n",
    "apachePredVar": "apachepredvarid,patientunitstayid,creatinine\n1,11,-1\n",
    "vitalPeriodic": "vitalperiodicid,patientunitstayid,temperature,sao2\n1,11,37.1,93\n",
}


@pytest.mark.parametrize("name", SCORES)
def test_tables_of_scores_are_named_unread(name, tables):
    rows, rejects = read(tables(lab=LAB + lab(11, 5), patient=PATIENT, **{name: SCORES[name]}))
    assert rows["reported_value"].to_list() == ["140"]
    assert rejects.select("source", "results").rows() == [(f"{name}.csv", 0)]


@pytest.mark.parametrize("offset", ["", "x", "9" * 18, "-" + "9" * 18, "9" * 30, "1e30"])
def test_an_admission_that_cannot_be_placed_is_a_stay_of_its_own(offset, tables):
    patient = PATIENT.replace(",-3060,", f",{offset},")
    rows, _ = read(tables(lab=LAB + lab(11, 10) + lab(12, 10), patient=patient))
    assert rows["patient_id"].to_list() == ["002-1"] * 2
    assert rows["report_id"].n_unique() == 2
    assert rows["collected_at"].null_count() == 0
