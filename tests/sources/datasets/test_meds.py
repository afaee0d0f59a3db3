"""MEDS: what its codes stand for, who the subjects are, numbers of 32 bits as they are printed."""

import json
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all

AT = datetime(2150, 3, 2, 8, 30)
CODES = {
    "LAB//50912//mg/dL": ("Creatinine [Mass/volume] in Serum or Plasma//Creatinine", "2160-0"),
    "LAB//50931//mg/dL": ("Glucose", None),
    "LAB//51478//mg/dL": ("Glucose [Mass/volume] in Urine//Glucose", "2350-7"),
    "LAB//51790//mg/dL": ("Glucose//Glucose, CSF", None),
    "LAB//99999//mg/dL": (None, None),
    "CHEM7:K": ("potassium", "2823-3"),
    "HR": ("Heart rate", "8867-4"),
}


@pytest.fixture
def events(tmp_path: Path):
    """(rows, rejects, notices) of (code, number, text) events of one subject."""

    def of(*coded: tuple[str | None, float | None, str | None], codes=CODES, **columns):
        data = tmp_path / "set" / "data" / "train"
        data.mkdir(parents=True, exist_ok=True)
        frame = pl.DataFrame(
            {
                "subject_id": [7] * len(coded),
                "time": pl.Series([AT] * len(coded), dtype=pl.Datetime("us")),
                "code": [code for code, _, _ in coded],
                "numeric_value": pl.Series([one[1] for one in coded], dtype=pl.Float32),
                "text_value": pl.Series([one[2] for one in coded], dtype=pl.String),
                **columns,
            },
            strict=False,
        )
        frame.write_parquet(data / "0.parquet")
        if codes is not None:
            write_codes(tmp_path / "set", codes)
        rows, rejects, notices = read_all([tmp_path / "set"])
        return rows, rejects, list(notices.sentences)

    return of


def write_codes(folder: Path, codes) -> None:
    (folder / "metadata").mkdir(exist_ok=True)
    table = pl.DataFrame(
        {
            "code": list(codes),
            "description": [text for text, _ in codes.values()],
            "parent_codes": [[f"LOINC/{loinc}"] if loinc else None for _, loinc in codes.values()],
        },
        schema_overrides={"parent_codes": pl.List(pl.String)},
    )
    table.write_parquet(folder / "metadata" / "codes.parquet")
    document = {"dataset_name": "MIMIC-IV-MEDS", "meds_version": "0.4.0"}
    (folder / "metadata" / "dataset.json").write_text(json.dumps(document))


READ = [
    ("LAB//50912//mg/dL", "creatinine", "mg/dL"),
    ("LAB//RESULT//50931//mg/dL", None, None),  # another code than the table describes
    ("LAB//50931//mg/dL", "glucose", "mg/dL"),
    ("LOINC/2823-3", "potassium", "mmol/L"),  # settled for its column
    ("LOINC//2823-3", "potassium", "mmol/L"),  # settled for its column
    ("LOINC:2823-3", "potassium", "mmol/L"),  # settled for its column
    ("LOINC//718-7//g/dL", "hemoglobin", "g/dL"),
    ("LOINC/718-7//g/dL", "hemoglobin", "g/dL"),
    ("loinc//718-7//g/dL", "hemoglobin", "g/dL"),
    ("LAB//LOINC//718-7//g/dL", "hemoglobin", "g/dL"),
    ("LAB//LOINC/718-7//g/dL", "hemoglobin", "g/dL"),
    ("LAB//Potassium//mmol/L", "potassium", "mmol/L"),
    ("Lab//potassium//mmol/L", "potassium", "mmol/L"),
    ("LAB//RESULT//Potassium//mmol/L", "potassium", "mmol/L"),
    ("LAB//WBC//10*3/uL", "leukocytes", "10*3/uL"),
    ("LAB//INR//UNK", "inr", None),
    ("LAB//INR", "inr", None),
    ("LABORATORY//Hemoglobin//g/dL", "hemoglobin", "g/dL"),
    ("CHEM7:K", "potassium", "mmol/L"),
    ("LAB//eGFR//mL/min/1.73 m2", "egfr", "mL/min/1.73 m2"),
]


@pytest.mark.parametrize(("code", "analyte", "unit"), READ)
def test_codes_of_a_laboratory(code, analyte, unit, events):
    value = {"creatinine": 1.1, "inr": 1.1, "hemoglobin": 13.2}.get(analyte or "", 4.5)
    rows, rejects, _ = events(("LAB//50912//mg/dL", 1.0, None), (code, value, None))
    assert rows.height + rejects["results"].sum() == 2
    if analyte is None:
        assert rejects["code"].to_list() == ["unknown_analyte"]
        return
    assert rows.select("analyte", "reported_unit").row(1) == (analyte, unit), rejects["message"]
    assert rows["laboratory"].to_list() == ["MIMIC-IV-MEDS"] * 2


REFUSED = [
    ("LAB//51478//mg/dL", "other_specimen"),
    ("LAB//51790//mg/dL", "other_specimen"),  # one of its descriptions says so
    ("LAB//99999//mg/dL", "unknown_analyte"),
    ("LAB//12345//mg/dL", "unknown_analyte"),
    ("LAB//Glucose, urine//mg/dL", "other_specimen"),
    ("LOINC//2350-7//mg/dL", "unknown_analyte"),
    ("LAB//SPECIMEN_COLLECTED//50912", "unknown_analyte"),
    ("HR", "unknown_analyte"),
    ("DIAGNOSIS//ICD//10//I10", "unknown_analyte"),
    ("MEDICATION//START//aspirin", "unknown_analyte"),
    ("ICU_ADMISSION//MICU", "unknown_analyte"),
    ("MEDS_DEATH", "unknown_analyte"),
    ("SNOMED/271649006", "unknown_analyte"),
    ("LAB", "unknown_analyte"),
    ("", "unknown_analyte"),
    (None, "unknown_analyte"),
]


@pytest.mark.parametrize(("code", "refusal"), REFUSED)
def test_what_is_no_result_of_blood_is_refused(code, refusal, events):
    rows, rejects, _ = events(("LAB//50912//mg/dL", 1.0, None), (code, 5.0, None))
    assert rows.height == 1
    assert rejects.select("code", "results").rows() == [(refusal, 1)]


def test_other_events_are_one_reject_a_kind(events):
    others = [("DIAGNOSIS//ICD//10//I10", None, None)] * 30 + [("HR", 80.0, None)] * 20
    _, rejects, _ = events(("LAB//50912//mg/dL", 1.0, None), *others)
    assert rejects.select("place", "results").sort("results").rows() == [
        ("code HR", 20), ("code DIAGNOSIS", 30),
    ]  # fmt: skip


PRINTED = ["4.1", "0.05", "13.2", "140", "0.001", "1234567", "7.35", "99.99", "250", "0.3"]


@pytest.mark.parametrize("printed", PRINTED)
def test_a_number_of_32_bits_is_printed_as_it_was(printed, events):
    rows, _, _ = events(("LAB//50912//mg/dL", float(printed), None))
    assert rows["reported_value"].to_list() == [printed]


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        (0.5, "<0.5", ("<", "<0.5")), (None, ">=9", (">=", ">=9")), (1.2, "1.20", (None, "1.20")),
        (1.2, "___", (None, "1.2")), (1.2, None, (None, "1.2")), (None, "1.3", (None, "1.3")),
    ],
)  # fmt: skip
def test_the_text_says_what_the_number_cannot(number, text, expected, events):
    rows, _, _ = events(("LAB//50912//mg/dL", number, text))
    assert rows.select("comparator", "reported_value").row(0) == expected


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), None])
def test_no_number_is_a_reject(number, events):
    rows, rejects, _ = events(("LAB//50912//mg/dL", 1.0, None), ("LAB//50912//mg/dL", number, None))
    assert (rows.height, rejects["results"].sum()) == (1, 1)


SEXES = ["GENDER//F", "Gender/F", "SEX//F", "GENDER//FEMALE", "gender//female"]


@pytest.mark.parametrize("sex", SEXES)
def test_sex_and_birth_are_events_of_the_subject_and_no_results(sex, tmp_path):
    born = datetime(2100, 3, 2)
    pl.DataFrame(
        {
            "subject_id": [7, 7, 7, 8],
            "time": [None, born, AT, AT],
            "code": [sex, "MEDS_BIRTH", "LOINC//718-7//g/dL", "LOINC//718-7//g/dL"],
            "numeric_value": [None, None, 13.2, 12.0],
        },
        schema_overrides={"numeric_value": pl.Float32},
    ).write_parquet(tmp_path / "0.parquet")
    rows, rejects = read(tmp_path / "0.parquet")
    assert rejects.is_empty()
    assert rows.select("patient_id", "sex", "age_years").rows() == [
        ("7", "F", pytest.approx(50.0, abs=0.01)), ("8", None, None),
    ]  # fmt: skip
    assert rows["report_id"].to_list() == ["7@21500302T083000", "8@21500302T083000"]


def test_two_sexes_of_one_subject_are_none(events):
    rows, _, _ = events(
        ("GENDER//F", None, None), ("GENDER//M", None, None), ("LAB//50912//mg/dL", 1.0, None)
    )
    assert rows["sex"].to_list() == [None]


def test_without_a_table_of_codes_it_is_said(events):
    rows, _, notices = events(("LOINC//718-7//g/dL", 13.2, None), codes=None)
    assert rows.height == 1
    assert any("metadata/codes.parquet" in said for said in notices)


def test_a_column_of_units_and_the_names_of_the_earliest_versions(tmp_path):
    pl.DataFrame(
        {
            "patient_id": [7], "timestamp": [AT], "code": ["LOINC/718-7"],
            "numeric_value": [13.2], "unit": ["g/dL"],
        }
    ).write_parquet(tmp_path / "0.parquet")  # fmt: skip
    rows, _ = read(tmp_path / "0.parquet")
    assert rows.select("patient_id", "reported_unit", "value").row(0) == ("7", "g/dL", 13.2)


def test_splits_and_documents_of_the_standard_are_not_named_unread(events, tmp_path):
    metadata = tmp_path / "set" / "metadata"
    metadata.mkdir(parents=True)
    pl.DataFrame({"subject_id": [7], "split": ["train"]}).write_parquet(
        metadata / "subject_splits.parquet"
    )
    rows, rejects, notices = events(("LAB//50912//mg/dL", 1.0, None))
    assert (rows.height, rejects.height, notices) == (1, 0, [])


@pytest.mark.parametrize("cut", [8, 100, -9, -40])
def test_damaged_parquet_is_refused_in_one_sentence(cut, events, tmp_path):
    events(("LAB//50912//mg/dL", 1.0, None))
    path = tmp_path / "damaged"
    path.write_bytes((tmp_path / "set" / "data" / "train" / "0.parquet").read_bytes()[:cut])
    with pytest.raises(SourceError, match="damaged"):
        read(path)
