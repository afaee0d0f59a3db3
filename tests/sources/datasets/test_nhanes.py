import polars as pl
import pytest

from hemoscribe.errors import SourceError
from hemoscribe.knowledge import analytes, linear_conversion
from hemoscribe.sources import read, read_panels
from hemoscribe.sources.datasets.nhanes import survey

PERSON = {
    "SEQN": [2, 3], "CYCLE": ["1999-2000", "2001-2002"], "SEX": [1, 2], "AGE_Y": [77, 1],
    "AGE_MO": [None, 18.0], "PREGNANT": [None, 2.0], "HGB": [14.1, None], "PLT": [214.0, 250.0],
    "CHOL": [215.0, None], "CHOL_S": [203.0, 180.0], "GLU_F": [83.7, None], "GLU_S": [78.0, None],
    "CRP": [0.36, None], "HBSAG": [2.0, None],
}  # fmt: skip


@pytest.fixture
def two_people(tmp_path):
    path = tmp_path / "people.data"
    pl.DataFrame(PERSON).write_parquet(path)
    return path


def test_every_column_is_an_analyte_we_know_in_a_unit_we_convert():
    for column, entry in survey()["results"].items():
        assert entry["analyte"] in analytes(), column
        scale, _ = linear_conversion(entry["analyte"], entry["unit"])
        assert scale > 0


def test_the_dictionary_of_the_data_is_covered(shared_data):
    named = pl.read_csv(shared_data / "nhanes" / "dictionary.csv")
    known = {*survey()["results"], *survey()["coded"]}
    assert known == set(named.filter(pl.col("unit").is_not_null())["name"])
    for column, unit in named.filter(pl.col("name").is_in(list(survey()["results"])))[
        ["name", "unit"]
    ].rows():
        entry = survey()["results"][column]
        if unit not in ("/100WBC", "uU/mL"):
            assert linear_conversion(entry["analyte"], unit) == linear_conversion(
                entry["analyte"], entry["unit"]
            ), column


def test_a_person_is_a_report(two_people):
    rows, rejects = read(two_people)
    first = rows.filter(pl.col("patient_id") == "2")
    assert rows["report_id"].n_unique() == 2
    assert first.select("sex", "age_years", "pregnant", "laboratory").row(0) == (
        "M", 77.0, None, "NHANES 1999-2000",
    )  # fmt: skip
    assert first.filter(pl.col("analyte") == "crp")["value"].item() == pytest.approx(3.6)
    assert first.filter(pl.col("analyte") == "platelets")["reported_value"].item() == "214"
    assert rows.filter(pl.col("patient_id") == "3")["age_years"][0] == 1.5
    assert {"glucose", "glucose_fasting"} <= set(first["analyte"])
    assert rejects.select("place", "code", "results").rows() == [
        ("rows 1-2, column HBSAG", "not_a_number", 1),
        ("rows 1-2, column CHOL_S", "duplicate", 1),
    ]


def test_the_second_measurement_counts_where_the_first_is_missing(two_people):
    rows, _ = read(two_people)
    second = rows.filter(pl.col("patient_id") == "3", pl.col("analyte") == "cholesterol")
    assert second["reported_name"].to_list() == ["CHOL_S"]


def test_one_row_saved_as_csv_is_read_the_same(two_people, tmp_path):
    path = tmp_path / "row.csv"
    pl.read_parquet(two_people).head(1).write_csv(path)
    (panel,) = read_panels(path)
    assert (panel.sex, panel.age_years) == ("M", 77.0)
    assert ("HGB", "14.1", "g/dL") in [(r.analyte, r.value, r.unit) for r in panel.results]


def test_parquet_that_is_not_the_survey_is_refused_by_name(tmp_path):
    path = tmp_path / "other.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(SourceError, match="a Parquet file that is not NHANES"):
        read(path)
    path.write_bytes(b"PAR1 torn")
    with pytest.raises(SourceError, match="damaged"):
        read(path)


def test_every_value_of_the_real_survey_is_a_row_or_a_reject(shared_data, tmp_path):
    data = pl.read_parquet(shared_data / "nhanes" / "nhanes_labs.parquet").sample(2000, seed=1)
    columns = [*survey()["results"], *survey()["coded"]]
    expected = data.select(pl.sum_horizontal(pl.col(columns).count())).item()
    data.write_parquet(tmp_path / "sample.parquet")
    rows, rejects = read(tmp_path / "sample.parquet")
    assert rows["report_id"].n_unique() == 2000
    assert rows.height + rejects["results"].sum() == expected
    assert set(rejects["code"]) == {"not_a_number", "duplicate"}
