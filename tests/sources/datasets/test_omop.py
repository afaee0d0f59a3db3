"""OMOP measurements: the person, the operator's comparator, LOINC and units through concepts."""

import polars as pl
import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read
from hemoscribe.sources.datasets.omop_concepts import rules
from hemoscribe.sources.intake import read_all

COLUMNS = (
    "person_id,measurement_concept_id,measurement_date,measurement_datetime,measurement_time,"
    "operator_concept_id,value_as_number,value_as_concept_id,unit_concept_id,range_low,range_high,"
    "provider_id,visit_occurrence_id,measurement_source_value,unit_source_value,value_source_value"
)
CONCEPTS = (
    "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tconcept_code\n"
    "3023103\tPotassium [Moles/volume] in Serum or Plasma\tMeasurement\tLOINC\tLab Test\t2823-3\n"
    "3016723\tCreatinine [Mass/volume] in Serum or Plasma\tMeasurement\tLOINC\tLab Test\t2160-0\n"
    "3020399\tGlucose [Mass/volume] in Urine\tMeasurement\tLOINC\tLab Test\t2350-7\n"
    "3036277\tBody height\tMeasurement\tLOINC\tClinical Observation\t8302-2\n"
    "8753\tmillimole per liter\tUnit\tUCUM\tUnit\tmmol/L\n"
    "8749\tmicromole per liter\tUnit\tUCUM\tUnit\tumol/L\n"
)
PERSONS = (
    "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime,"
    "gender_source_value\n"
    "1,8532,1970,,,,F\n2,8507,1990,3,2,,M\n3,0,,,,2001-02-03 00:00:00,female\n"
)
POTASSIUM = {
    "person_id": "1", "measurement_concept_id": "3023103", "measurement_date": "2024-01-05",
    "measurement_datetime": "2024-01-05 08:00:00", "value_as_number": "4.1",
    "unit_concept_id": "8753", "visit_occurrence_id": "101", "measurement_source_value": "2823-3",
    "unit_source_value": "mmol/L", "value_source_value": "4.1",
}  # fmt: skip


def line(**stated: str) -> str:
    row = {**POTASSIUM, **stated}
    return ",".join(row.get(name, "") for name in COLUMNS.split(",")) + "\n"


@pytest.fixture
def measured(tables):
    """(rows, rejects, notices) of measurements beside the tables given."""

    def of(*lines: str, concepts: str | None = CONCEPTS, people: str | None = PERSONS):
        beside = {name: text for name, text in (("CONCEPT", concepts), ("person", people)) if text}
        folder = tables(measurement=f"{COLUMNS}\n" + "".join(lines), **beside)
        rows, rejects, notices = read_all([folder])
        assert rows.height + rejects["results"].sum() == len(lines)
        return rows, rejects, list(notices.sentences)

    return of


def test_the_example_of_the_issue(shared_data):
    rows, rejects = read(shared_data / "outside" / "readers" / "t01_omop_measurement.csv")
    assert rejects.is_empty()
    assert rows.height == 20
    assert rows["patient_id"].unique().sort().to_list() == ["1", "2"]
    assert rows["report_id"].n_unique() == 4
    crp = rows.filter(pl.col("analyte") == "crp")
    assert crp.select("comparator", "value", "reported_unit", "high").unique().rows() == [
        ("<", 0.5, "mg/L", 5.0)
    ]


OPERATORS = [
    ("4171756", "0.5", "0.5", ("<", 0.5)),
    ("4171754", "0.5", "0.5", ("<=", 0.5)),
    ("4172703", "4.1", "4.1", (None, 4.1)),
    ("4172704", "9", "9", (">", 9.0)),
    ("4171755", "9", "9", (">=", 9.0)),
    ("4171756.0", "0.5", "0.5", ("<", 0.5)),
    ("0", "4.1", "4.1", (None, 4.1)),
    ("", "4.1", "4.1", (None, 4.1)),
    ("", "0.5", "<0.5", ("<", 0.5)),  # the operator was lost, the source still says it
    ("0", "9", "> 9", (">", 9.0)),
    ("4172703", "9", ">9", (">", 9.0)),
    ("4171756", "0.5", "<0.5", ("<", 0.5)),
    ("4171756", "", "0.5", ("<", 0.5)),
    ("4171756", "", "<0.5", ("<", 0.5)),
    ("", "", "<=0.5", ("<=", 0.5)),
    ("", "", "4.2", (None, 4.2)),
    ("12345", "4.1", "4.1", (None, 4.1)),
]


@pytest.mark.parametrize(("operator", "number", "text", "expected"), OPERATORS)
def test_the_comparator_is_the_operator_or_the_source(operator, number, text, expected, measured):
    rows, _, _ = measured(
        line(operator_concept_id=operator, value_as_number=number, value_source_value=text)
    )
    assert rows.select("comparator", "value").row(0) == expected


TIMES = [
    ("2024-01-05", "2024-01-05 08:00:00", "", "2024-01-05 08:00:00"),
    ("2024-01-05", "", "08:30:00", "2024-01-05 08:30:00"),
    ("2024-01-05", "2024-01-05 00:00:00", "08:30", "2024-01-05 08:30:00"),
    ("2024-01-05", "2024-01-05T00:00:00", "08:30:15", "2024-01-05 08:30:15"),
    ("2024-01-05", "2024-01-05 00:00:00", "", "2024-01-05 00:00:00"),
    ("2024-01-05", "2024-01-05 07:00:00", "08:30:00", "2024-01-05 07:00:00"),
    ("2024-01-05", "", "", "2024-01-05 00:00:00"),
    ("2024-01-05", "2024-01-05 08:00:00 UTC", "", "2024-01-05 08:00:00"),
    ("2024-01-05", "", "2024-01-05 08:30:00", "2024-01-05 08:30:00"),
    ("", "2024-01-05 08:00:00", "", "2024-01-05 08:00:00"),
]


@pytest.mark.parametrize(("day", "moment", "time", "expected"), TIMES)
def test_when_it_was_measured(day, moment, time, expected, measured):
    rows, _, _ = measured(
        line(measurement_date=day, measurement_datetime=moment, measurement_time=time)
    )
    assert str(rows["collected_at"][0]) == expected


UNITS = [  # source's unit, concept's, source's value -> value in mmol/L or umol/L, or the refusal
    ("2823-3", "mmol/L", "8753", "4.1", 4.1),
    ("2823-3", "", "8753", "4.1", 4.1),
    ("2823-3", "mmol/L", "0", "4.1", 4.1),
    ("2823-3", "mmol/L", "", "4.1", 4.1),
    ("2823-3", "MMOL/L", "8753", "4.1", 4.1),
    ("2823-3", "mEq/L", "8753", "4.1", 4.1),
    ("2823-3", "mmol per l", "8753", "4.1", 4.1),
    ("2823-3", "No matching concept", "8753", "4.1", 4.1),
    ("2823-3", "mmol/L", "99999999", "4.1", 4.1),
    ("2160-0", "mg/dL", "8840", "4.1", 362.447),
    ("2160-0", "umol/L", "8749", "4.1", 4.1),
    ("2160-0", "mg/dL", "8749", "0.0464", 4.1),  # converted: the number is in the concept's unit
    ("2160-0", "mg/dL", "8749", "4.1", "contradiction"),
    ("2160-0", "umol/L", "8840", "4.1", "contradiction"),
    ("2160-0", "mg/dL", "8749", "", "contradiction"),
    ("2160-0", "mg/L", "8840", "4.1", "contradiction"),
]


@pytest.mark.parametrize(("code", "source", "concept", "text", "expected"), UNITS)
@pytest.mark.parametrize("concepts", [CONCEPTS, None], ids=["concepts", "alone"])
def test_the_unit_is_the_source_or_the_concept(
    code, source, concept, text, expected, concepts, measured
):
    number = {"2823-3": "3023103", "2160-0": "3016723"}[code]
    sound = line(measurement_source_value="2823-3")
    stated = {
        "measurement_concept_id": number, "measurement_source_value": code,
        "unit_source_value": source, "unit_concept_id": concept, "value_source_value": text,
    }  # fmt: skip
    rows, rejects, _ = measured(sound, line(**stated), concepts=concepts)
    if isinstance(expected, str):
        assert rejects["code"].to_list() == [expected]
    else:
        assert rows["value"][1] == pytest.approx(expected, rel=1e-4)


def test_the_units_of_the_list_are_units_that_are_known():
    from hemoscribe.knowledge.units import ucum_candidates

    for concept, unit in rules()["units"].items():
        assert ucum_candidates(unit), (concept, unit)


NAMES = [  # concept, source's value, concepts beside -> analyte or refusal
    ("3023103", "2823-3", True, "potassium"),
    ("3023103", "", True, "potassium"),
    ("3023103", "50971", True, "potassium"),
    ("3023103", "LAB_17", True, "potassium"),
    ("3023103", "K", True, "potassium"),
    ("3023103", "Sodium", True, "unknown_analyte"),  # the two say different things
    ("3023103", "Potassium in urine", True, "other_specimen"),
    ("3020399", "GLU", True, "other_specimen"),
    ("3020399", "", True, "other_specimen"),
    ("0", "2823-3", True, "potassium"),
    ("0", "Potassium", True, "potassium"),
    ("0", "", True, "unknown_analyte"),
    ("99", "2823-3", True, "potassium"),
    ("99", "", True, "unknown_analyte"),
    ("3023103.0", "", True, "potassium"),
    ("3023103", "LOINC:2823-3", False, "potassium"),
    ("3023103", "2823-3", False, "potassium"),
    ("3023103", "Potassium", False, "potassium"),
    ("3023103", "Urine potassium", False, "other_specimen"),
    ("3036277", "Body height", True, "unknown_analyte"),
    ("3036277", "", True, "unknown_analyte"),
]


@pytest.mark.parametrize(("concept", "source", "beside", "expected"), NAMES)
def test_what_was_measured(concept, source, beside, expected, measured):
    rows, rejects, _ = measured(
        line(), line(measurement_concept_id=concept, measurement_source_value=source),
        concepts=CONCEPTS if beside else None,
    )  # fmt: skip
    told = rows["analyte"].to_list()[1:] + rejects["code"].to_list()
    assert told == [expected]


def test_vital_signs_are_one_reject_of_their_class(measured):
    vital = line(measurement_concept_id="3036277", measurement_source_value="Body height")
    _, rejects, _ = measured(line(), *[vital] * 50)
    assert rejects.select("place", "results").rows() == [("concept class Clinical Observation", 50)]


def test_a_visit_of_months_is_a_report_per_time(measured):
    days = [line(measurement_datetime=f"2024-0{month}-05 08:00:00") for month in (1, 2, 3)]
    rows, _, _ = measured(*days)
    assert rows["report_id"].n_unique() == 3


def test_times_that_cannot_be_read_keep_reports_apart_and_are_said(measured):
    lines = [line(measurement_datetime=f"Tag {n}", measurement_date="") for n in (1, 2)]
    rows, _, notices = measured(*lines, line(measurement_datetime="", measurement_date=""))
    assert rows["report_id"].to_list() == ["1 Tag 1", "1 Tag 2", "1@undated"]
    assert any("'Tag 1' is not a date" in said for said in notices)
    assert any("state no time" in said for said in notices)


def test_sex_age_provider_and_specimen_are_carried(measured):
    rows, _, _ = measured(line(provider_id="9"), line(person_id="2"), line(person_id="3"))
    assert rows.select("sex", "age_years", "requester", "specimen").rows() == [
        ("F", 54.0, "9", "Serum or Plasma"),
        ("M", pytest.approx(33.8, abs=0.1), None, "Serum or Plasma"),
        ("F", pytest.approx(22.9, abs=0.1), None, "Serum or Plasma"),
    ]


def test_without_the_tables_beside_it_is_said(measured):
    rows, _, notices = measured(line(), concepts=None, people=None)
    assert rows.select("sex", "age_years").row(0) == (None, None)
    assert [said.split(" is not")[0] for said in notices] == [
        "measurement.csv: CONCEPT", "measurement.csv: PERSON",
    ]  # fmt: skip


@pytest.mark.parametrize("left_out", ["", "measurement_source_value,"])
def test_without_concepts_and_source_values_the_way_out_is_said(left_out, tables):
    text = f"{COLUMNS}\n" + line(measurement_source_value="")
    if left_out:
        frame = pl.read_csv(text.encode(), infer_schema=False).drop("measurement_source_value")
        text = frame.write_csv()
    folder = tables(measurement=text)
    with pytest.raises(SourceError, match=r"CONCEPT table.*Put CONCEPT\.csv"):
        read(folder)


def test_an_answer_that_is_a_concept_is_no_number(measured):
    _, rejects, _ = measured(
        line(), line(value_as_number="", value_source_value="", value_as_concept_id="9191")
    )
    assert rejects.select("code", "reported_value").rows() == [("not_a_number", "concept 9191")]
