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
