"""OMOP, Synthea, eICU, MEDS and MIMIC-IV without a mapping: every row against its truth."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all

ROWS, SEED = 2_000, 17
NAMES = ("omop", "synthea", "eicu", "meds", "mimic")
MAIN = {
    "omop": "measurement.csv",
    "synthea": "observations.csv",
    "eicu": "lab.csv",
    "meds": "data/train/0.parquet",
    "mimic": "labevents.csv",
}


@pytest.fixture(scope="module")
def truth(made) -> pl.DataFrame:
    return made.truth(ROWS, SEED)


@pytest.fixture
def folder(made, truth, tmp_path) -> Path:
    made.make(tmp_path, truth)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_a_folder_is_right(name, made, truth, folder):
    rows, rejects, notices = read_all([folder / name])
    assert made.faults(name, truth, rows, rejects) == []
    assert not [said for said in notices.sentences if "Not read" in said]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_by_name_finds_what_stands_beside_it(name, made, truth, folder):
    assert made.faults(name, truth, *read(folder / name / MAIN[name])) == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "meds"])
def test_every_row_is_right_where_all_files_are_gzip(name, made, truth, folder):
    for path in sorted((folder / name).iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert made.faults(name, truth, *read(folder / name)) == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "meds"])
def test_every_row_is_right_where_the_tables_are_parquet(name, made, truth, folder):
    for path in sorted((folder / name).iterdir()):
        separator = "\t" if path.name == "CONCEPT.csv" else ","
        pl.read_csv(path, separator=separator).write_parquet(path.with_suffix(".parquet"))
        path.unlink()
    rows, rejects = read(folder / name)
    found = made.faults(name, truth, rows, rejects)
    assert found == []


def test_a_fault_in_what_is_read_would_be_seen(made, truth, folder):
    rows, rejects = read(folder / "omop")
    spoilt = {
        "patient_id": rows.with_columns(patient_id=pl.lit("1")),
        "value": rows.with_columns(value=pl.col("value") * 1.01),
        "unit": rows.with_columns(reported_unit=pl.lit("mg/dL")),
        "comparator": rows.with_columns(comparator=pl.lit(None, pl.String)),
        "time": rows.with_columns(collected_at=pl.col("collected_at").dt.offset_by("1m")),
        "reports": rows.with_columns(report_id=pl.col("patient_id")),
        "rows": rows.head(5),
    }
    for what, wrong in spoilt.items():
        assert any(what in fault for fault in made.faults("omop", truth, wrong, rejects)), what
