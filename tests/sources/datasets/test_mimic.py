import gzip

import polars as pl
import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read

EVENTS = """ROW_ID,SUBJECT_ID,HADM_ID,ITEMID,CHARTTIME,VALUE,VALUENUM,VALUEUOM,FLAG
1,10,,50912,2126-08-15 01:30:00,1.2,1.2,mg/dL,abnormal
2,10,,51491,2126-08-15 01:30:00,6.5,6.5,units,
3,11,,50912,2126-08-16 01:30:00,0.9,0.9,mg/dL,
4,11,,50998,2126-08-16 01:30:00,172,172,mg/dL,delta
"""
ITEMS = """itemid,label,fluid,category,loinc_code
50912,Creatinine,Blood,Chemistry,2160-0
51491,pH,Urine,Hematology,5803-2
50998,Transferrin,Blood,Chemistry,2500-7
"""
PEOPLE = """SUBJECT_ID,GENDER,DOB
10,F,2090-06-05 00:00:00
11,M,1826-01-01 00:00:00
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "LABEVENTS.csv.gz").write_bytes(gzip.compress(EVENTS.encode()))
    (tmp_path / "d_labitems.csv").write_text(ITEMS)
    (tmp_path / "Patients.csv").write_text(PEOPLE)
    return tmp_path


def test_the_three_tables_make_rows(folder):
    rows, rejects = read(folder)
    assert rows.select("patient_id", "analyte", "sex", "laboratory_flag").rows() == [
        ("10", "creatinine", "F", "A"),
        ("11", "creatinine", "M", None),
        ("11", "transferrin", "M", None),
    ]
    assert rows["age_years"].round(1).to_list() == [36.2, 90.0, 90.0]
    assert rows["report_id"].n_unique() == 2
    assert rejects.select("place", "message").rows() == [
        ("line 3", "A result of Urine; only blood is read.")
    ]


def test_the_events_alone_find_the_tables_beside_them(folder):
    assert read(folder / "LABEVENTS.csv.gz")[0].height == 3


def test_without_the_items_the_way_out_is_said(folder):
    (folder / "d_labitems.csv").unlink()
    with pytest.raises(SourceError, match=r"D_LABITEMS.*beside it"):
        read(folder)


def test_every_event_of_the_demo_is_a_row_or_a_reject(shared_data):
    folder = shared_data / "mimic3_demo"
    rows, rejects = read(folder, format="mimic")
    with gzip.open(folder / "labevents.csv.gz", "rt") as file:
        events = sum(1 for _ in file) - 1
    assert rows.height + rejects["results"].sum() == events
    assert rows.height > 26_000
    assert rows["age_years"].is_between(0, 90).all()
    assert not rows.select(pl.col("sex").null_count()).item()


def test_of_two_columns_with_one_name_the_first_counts(folder):
    path = folder / "LABEVENTS.csv.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    written = [lines[0] + ",VALUE", *(line + ",777" for line in lines[1:])]
    path.write_bytes(gzip.compress("\n".join(written).encode()))
    assert "777" not in read(folder)[0]["reported_value"].to_list()


AT = "2180-03-23 11:51:00,2180-03-23 15:15:00"
EVENTS_IV = f"""labevent_id,subject_id,hadm_id,specimen_id,itemid,order_provider_id,charttime,\
storetime,value,valuenum,valueuom,ref_range_lower,ref_range_upper,flag,priority,comments
1,10000032,,45421181,51237,P28Z0X,{AT},1.4,1.4,,0.9,1.1,abnormal,ROUTINE,
2,10000032,,52958335,50912,P28Z0X,{AT},___,0.5,mg/dL,0.4,1.1,,ROUTINE,___
3,10000032,,52958335,50971,P28Z0X,{AT},5.2,5.2,mEq/L,3.3,5.1,abnormal,ROUTINE,HEMOLYSIS.
4,10000032,,33900000,51478,P28Z0X,{AT},NEG,,mg/dL,,,,ROUTINE,
"""
ITEMS_IV = """itemid,label,fluid,category
51237,INR(PT),Blood,Hematology
50912,Creatinine,Blood,Chemistry
50971,Potassium,Blood,Chemistry
51478,Glucose,Urine,Hematology
"""
PEOPLE_IV = """subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod
10000032,F,52,2180,2014 - 2016,2180-09-09
"""


def test_mimic_iv_with_its_ranges_and_anchor_years(tmp_path):
    folder = tmp_path / "hosp"
    folder.mkdir()
    for name, text in (("labevents", EVENTS_IV), ("d_labitems", ITEMS_IV), ("patients", PEOPLE_IV)):
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    rows, rejects = read(folder)
    assert rows.select("analyte", "value", "low", "high", "laboratory_flag", "comment").rows() == [
        ("inr", 1.4, 0.9, 1.1, "A", None),
        ("creatinine", pytest.approx(44.2, abs=0.1), pytest.approx(35.4, abs=0.1),
         pytest.approx(97.2, abs=0.1), None, None),
        ("potassium", 5.2, 3.3, 5.1, "A", "HEMOLYSIS."),
    ]  # fmt: skip
    assert rows.select("patient_id", "sex", "age_years", "report_id").unique().rows() == [
        ("10000032", "F", 52.0, "10000032@21800323T115100")
    ]
    assert rejects["message"].to_list() == ["A result of Urine; only blood is read."]


def mimic_iv(folder, events=EVENTS_IV, people=PEOPLE_IV):
    for name, text in (("labevents", events), ("d_labitems", ITEMS_IV), ("patients", people)):
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_mimic_iv_carries_the_tube_its_fluid_and_who_asked(tmp_path):
    rows, rejects = read(mimic_iv(tmp_path))
    assert rows.select("specimen", "sample_id", "requester").rows() == [
        ("Blood", "45421181", "P28Z0X"), ("Blood", "52958335", "P28Z0X"),
        ("Blood", "52958335", "P28Z0X"),
    ]  # fmt: skip
    assert rejects["report_id"].to_list() == rows["report_id"].unique().to_list()


def test_charted_values_are_no_laboratory_events(tmp_path):
    folder = mimic_iv(tmp_path)
    (folder / "chartevents.csv").write_text(
        "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,"
        f"valueuom,warning\n10000032,1,2,3,{AT},50912,88,88,bpm,0\n"
    )
    rows, rejects = read(folder)
    assert rows.height == 3
    assert "chartevents.csv" in rejects.filter(rejects["code"] == "unreadable")["source"].to_list()


def test_a_table_of_results_that_names_subject_and_gender_is_not_taken_for_patients(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("subject_id,gender,Hemoglobin (g/dL)\n1,F,13.1\n")
    rows, _ = read(path)
    assert rows.select("patient_id", "analyte", "value").row(0) == ("1", "hemoglobin", 13.1)


@pytest.mark.parametrize("anchor", ["", "abc", "NaN", "1e400"])
def test_an_anchor_that_is_no_number_gives_no_age(anchor, tmp_path):
    people = PEOPLE_IV.replace("F,52,2180", f"F,{anchor},2180")
    rows, _ = read(mimic_iv(tmp_path, people=people))
    assert rows["age_years"].to_list() == [None] * 3
    assert rows["sex"].to_list() == ["F"] * 3
