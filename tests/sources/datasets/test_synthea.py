"""Synthea's observations: blood is read, urine refused, other categories counted by kind."""

import gzip

import polars as pl
import pytest

from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all

HEAD = "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"
SODIUM = "2014-05-06T10:27:27Z,p1,e1,laboratory,2947-0,Sodium [Moles/volume] in Blood,140.2,mmol/L"
PATIENTS = "Id,BIRTHDATE,DEATHDATE,GENDER\np1,1970-03-02,,F\n"


def observed(category: str, code: str, name: str, value: str, unit: str) -> str:
    return f"2014-05-06T10:27:27Z,p1,e1,{category},{code},{name},{value},{unit},x\n"


def test_the_example_of_the_issue(shared_data):
    rows, rejects = read(shared_data / "outside" / "readers" / "t03_synthea_observations.csv")
    assert rows.height == 40
    assert rejects["results"].sum() == 28
    of_urine = rejects.filter(pl.col("reported_name").str.contains("Urine"))
    assert of_urine["code"].to_list() == ["other_specimen"] * 16
    others = rejects.filter(~pl.col("reported_name").str.contains("Urine"))
    assert others.select("reported_name", "results").sort("results").rows() == [
        ("survey", 4), ("vital-signs", 8),
    ]  # fmt: skip


SPECIMENS = [
    ("Glucose [Mass/volume] in Blood", "2339-0", "mg/dL", None),
    ("Potassium [Moles/volume] in Serum or Plasma", "2823-3", "mmol/L", None),
    ("Glucose [Mass/volume] in Urine by Test strip", "5792-7", "mg/dL", "other_specimen"),
    ("Bilirubin.total [Mass/volume] in Urine by Test strip", "20505-4", "mg/dL", "other_specimen"),
    ("pH of Urine by Test strip", "5803-2", "pH", "other_specimen"),
    ("Protein [Mass/volume] in Cerebral spinal fluid", "2880-3", "mg/dL", "other_specimen"),
    ("Glucose [Mass/volume] in Pleural fluid", "2347-3", "mg/dL", "other_specimen"),
    ("Glucose [Mass/volume] in Unspecified specimen", "x", "mg/dL", "unknown_specimen"),
    ("Glucose [Mass/volume] in Body fluid", "2344-0", "mg/dL", "other_specimen"),
    ("Microalbumin [Mass/volume] in Urine", "14957-5", "mg/L", "other_specimen"),
]


@pytest.mark.parametrize(("name", "code", "unit", "refusal"), SPECIMENS)
def test_only_names_of_blood_are_read(name, code, unit, refusal, tables):
    text = HEAD + SODIUM + ",numeric\n" + observed("laboratory", code, name, "5", unit)
    rows, rejects = read(tables(observations=text))
    assert rows.height + rejects["results"].sum() == 2
    assert rejects["code"].to_list() == ([refusal] if refusal else [])


def test_sex_and_age_come_from_patients_beside(tables):
    text = HEAD + SODIUM + ",numeric\n" + SODIUM.replace("p1", "p2") + ",numeric\n"
    rows, _, notices = read_all([tables(observations=text, patients=PATIENTS)])
    assert rows.select("patient_id", "sex", "age_years").rows() == [
        ("p1", "F", pytest.approx(44.18, abs=0.01)), ("p2", None, None),
    ]  # fmt: skip
    assert list(notices.sentences) == []


def test_a_million_vital_signs_are_one_reject(tables):
    text = HEAD + SODIUM + ",numeric\n" + observed("vital-signs", "1", "x", "1", "cm") * 3_000
    _, rejects = read(tables(observations=text))
    assert rejects.select("code", "place", "results").rows() == [
        ("unknown_analyte", "category vital-signs", 3_000)
    ]


def test_older_exports_without_a_category_are_looked_at_row_by_row(tables):
    text = HEAD + SODIUM + ",numeric\n" + observed("vital-signs", "8302-2", "Height", "1", "cm")
    frame = pl.read_csv(text.encode(), infer_schema=False, truncate_ragged_lines=True)
    rows, rejects = read(tables(observations=frame.drop("CATEGORY").write_csv()))
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["reported_name"].to_list() == ["Height"]


def test_a_row_without_a_category_is_looked_at(tables):
    text = HEAD + SODIUM.replace("laboratory", "") + ",numeric\n"
    assert read(tables(observations=text))[0].height == 1


def test_gzip_by_name_and_a_file_of_another_name(tmp_path):
    path = tmp_path / "whatever.gz"
    path.write_bytes(gzip.compress((HEAD + SODIUM + ",numeric\n").encode()))
    assert read(path)[0]["patient_id"].to_list() == ["p1"]
