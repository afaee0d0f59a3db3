"""Made-up public data sets of the published shape, with what is true of every row of theirs.

`make(folder, rows, seed)` writes a folder for each of OMOP, Synthea, eICU, MEDS and MIMIC-IV that
hold the same results, and the long CSV of them; `faults(...)` compares every row that is read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Item:
    """One analyte as each data set names it; ``analyte`` None: no result of blood."""

    analyte: str | None
    loinc: str
    name: str
    unit: str
    concept: int
    unit_concept: int
    itemid: int
    label: str
    mimic_unit: str
    eicu: str
    eicu_unit: str
    low: float
    high: float
    decimals: int
    to_canonical: float


URINE, HEIGHT = "Glucose [Mass/volume] in Urine by Test strip", "Body Height"
ITEMS = (
    Item("potassium", "2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 3023103,
         8753, 50971, "Potassium", "mEq/L", "potassium", "mmol/L", 3.5, 5.1, 1, 1.0),
    Item("sodium", "2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", 3019550,
         8753, 50983, "Sodium", "mEq/L", "sodium", "mmol/L", 135, 145, 0, 1.0),
    Item("creatinine", "2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 3016723,
         8840, 50912, "Creatinine", "mg/dL", "creatinine", "mg/dL", 0.5, 1.2, 2, 88.4017),
    Item("hemoglobin", "718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 3000963,
         8713, 51222, "Hemoglobin", "g/dL", "Hgb", "g/dL", 12, 16, 1, 1.0),
    Item("leukocytes", "6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL",
         3000905, 8848, 51301, "White Blood Cells", "K/uL", "WBC x 1000", "K/mcL", 4, 11, 1, 1.0),
    Item("platelets", "777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL",
         3024929, 8848, 51265, "Platelet Count", "K/uL", "platelets x 1000", "K/mcL", 150, 400, 0,
         1.0),
    Item("glucose", "2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 3004501,
         8840, 50931, "Glucose", "mg/dL", "glucose", "mg/dL", 70, 105, 0, 0.0555074),
    Item("alt", "1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma",
         "U/L", 3006923, 8645, 50861, "Alanine Aminotransferase (ALT)", "IU/L", "ALT (SGPT)",
         "Units/L", 5, 40, 0, 1.0),
    Item("crp", "1988-5", "C reactive protein [Mass/volume] in Serum or Plasma", "mg/L", 3020460,
         8751, 50889, "C-Reactive Protein", "mg/L", "CRP", "mg/L", 0.5, 5, 1, 1.0),
    Item(None, "5792-7", URINE, "mg/dL", 3020399, 8840, 51478, "Glucose", "mg/dL",
         "urinary creatinine", "mg/dL", 0, 15, 0, 1.0),
    Item(None, "8302-2", HEIGHT, "cm", 3036277, 8582, 52000, "Height", "cm", "PEEP", "cm H2O",
         150, 190, 1, 1.0),
)  # fmt: skip
FIRST = datetime(2019, 1, 1)
CENSORED_ONE_IN = 10


def truth(rows: int, seed: int) -> pl.DataFrame:
    """One row per result: whose, when, what (``item``), its printed value and comparator."""
    chance = np.random.default_rng(seed)
    patients = max(2, rows // 40)
    person = np.sort(chance.integers(1, patients + 1, rows))
    draw = chance.integers(0, 8, rows)  # several results of one time
    item = np.arange(rows) % len(ITEMS)
    low, high = (np.array([getattr(ITEMS[at], limit) for at in item]) for limit in ("low", "high"))
    value = low + chance.random(rows) * 1.4 * (high - low)
    minutes = (person * 7919 % 5000) + draw * 60 * 30 + 17
    frame = pl.DataFrame(
        {
            "person": person,
            "collected_at": pl.Series(minutes).cast(pl.Int64),
            "item": item,
            "value": [
                f"{number:.{ITEMS[at].decimals}f}" for number, at in zip(value, item, strict=True)
            ],
            "comparator": np.where(chance.integers(0, CENSORED_ONE_IN, rows) == 0, "<", ""),
            "sex": np.where(person % 2 == 0, "F", "M"),
            "birth_year": 1930 + person % 60,
        },
        strict=False,
    )
    return frame.sort("person", "collected_at", maintain_order=True).with_columns(
        minutes="collected_at",
        collected_at=pl.lit(FIRST) + pl.duration(minutes=pl.col("collected_at")),
    )


def _of_item(field: str) -> pl.Expr:
    values = {at: getattr(item, field) for at, item in enumerate(ITEMS)}
    kind = {str: pl.String, int: pl.Int64, float: pl.Float64}[type(values[0])]
    values = {at: kind and (float(v) if kind is pl.Float64 else v) for at, v in values.items()}
    return pl.col("item").replace_strict(values, return_dtype=kind)


def _printed() -> pl.Expr:
    return pl.col("comparator") + pl.col("value")


def _time(format_: str = "%Y-%m-%d %H:%M:%S") -> pl.Expr:
    return pl.col("collected_at").dt.strftime(format_)


def _items(**columns: Callable[[Item], Any]) -> pl.DataFrame:
    return pl.DataFrame({name: [of(item) for item in ITEMS] for name, of in columns.items()})


def _people(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.unique("person", maintain_order=True)


def write_omop(folder: Path, rows: pl.DataFrame) -> None:
    rows.select(
        measurement_id=pl.int_range(pl.len()),
        person_id="person",
        measurement_concept_id=_of_item("concept"),
        measurement_date=_time("%Y-%m-%d"),
        measurement_datetime=_time(),
        operator_concept_id=pl.when(pl.col("comparator") == "<").then(4171756),
        value_as_number="value",
        unit_concept_id=_of_item("unit_concept"),
        range_low=_of_item("low"),
        range_high=_of_item("high"),
        provider_id=pl.col("person") % 7,
        visit_occurrence_id="person",
        measurement_source_value=_of_item("itemid"),
        unit_source_value=_of_item("unit"),
        value_source_value=_printed(),
    ).write_csv(folder / "measurement.csv")
    class_ = _items(c=lambda i: "Clinical Observation" if i.name == HEIGHT else "Lab Test")["c"]
    _items(
        concept_id=lambda i: i.concept,
        concept_name=lambda i: i.name,
        domain_id=lambda i: "Measurement",
        vocabulary_id=lambda i: "LOINC",
    ).with_columns(
        concept_class_id=class_, concept_code=_items(c=lambda i: i.loinc)["c"]
    ).write_csv(folder / "CONCEPT.csv", separator="\t")
    _people(rows).select(
        person_id="person",
        gender_concept_id=pl.when(pl.col("sex") == "F").then(8532).otherwise(8507),
        year_of_birth="birth_year",
        month_of_birth=1,
        day_of_birth=1,
    ).write_csv(folder / "person.csv")


def write_synthea(folder: Path, rows: pl.DataFrame) -> None:
    vital = _of_item("name") == HEIGHT
    rows.select(
        DATE=_time("%Y-%m-%dT%H:%M:%SZ"),
        PATIENT=pl.format("p-{}", "person"),
        ENCOUNTER=pl.format("e-{}", "person"),
        CATEGORY=pl.when(vital).then(pl.lit("vital-signs")).otherwise(pl.lit("laboratory")),
        CODE=_of_item("loinc"),
        DESCRIPTION=_of_item("name"),
        VALUE=_printed(),
        UNITS=_of_item("unit"),
        TYPE=pl.lit("numeric"),
    ).write_csv(folder / "observations.csv")
    _people(rows).select(
        Id=pl.format("p-{}", "person"),
        BIRTHDATE=pl.format("{}-01-01", "birth_year"),
        DEATHDATE=pl.lit(None),
        GENDER="sex",
    ).write_csv(folder / "patients.csv")


def write_eicu(folder: Path, rows: pl.DataFrame) -> None:
    rows.select(
        labid=pl.int_range(pl.len()),
        patientunitstayid=pl.col("person") + 141_000,
        labresultoffset=pl.col("minutes") - 600,
        labtypeid=1,
        labname=_of_item("eicu"),
        labresult="value",
        labresulttext=_printed(),
        labmeasurenamesystem=_of_item("eicu_unit"),
        labmeasurenameinterface=_of_item("eicu_unit"),
        labresultrevisedoffset="minutes",
    ).write_csv(folder / "lab.csv")
    _people(rows).select(
        patientunitstayid=pl.col("person") + 141_000,
        patienthealthsystemstayid=pl.col("person") + 128_000,
        gender=pl.when(pl.col("sex") == "F").then(pl.lit("Female")).otherwise(pl.lit("Male")),
        age=(2019 - pl.col("birth_year")).cast(pl.String),
        hospitalid=59,
        wardid=91,
        hospitaladmitoffset=-120,
        hospitaldischargeyear=2015,
        unitvisitnumber=1,
        uniquepid=pl.format("002-{}", "person"),
    ).write_csv(folder / "patient.csv")


def write_meds(folder: Path, rows: pl.DataFrame) -> None:
    height = pl.lit("DIAGNOSIS//ICD//10//I10")
    code = pl.format("LAB//{}//{}", _of_item("itemid"), _of_item("unit"))
    events = rows.select(
        subject_id=pl.col("person").cast(pl.Int64),
        time=pl.col("collected_at").cast(pl.Datetime("us")),
        code=pl.when(_of_item("name") == HEIGHT).then(height).otherwise(code),
        numeric_value=pl.col("value").cast(pl.Float32),
        text_value=pl.when(pl.col("comparator") == "<").then(_printed()),
    )
    people = _people(rows).with_columns(subject_id=pl.col("person").cast(pl.Int64))
    sex = people.select("subject_id", time=pl.lit(None, pl.Datetime("us")),
                        code=pl.format("GENDER//{}", "sex"))  # fmt: skip
    born = people.select("subject_id", time=pl.datetime("birth_year", 1, 1, time_unit="us"),
                         code=pl.lit("MEDS_BIRTH"))  # fmt: skip
    whole = pl.concat([sex, born, events], how="diagonal")
    whole = whole.sort("subject_id", "time", nulls_last=False, maintain_order=True)
    (folder / "data" / "train").mkdir(parents=True)
    (folder / "metadata").mkdir()
    whole.write_parquet(folder / "data" / "train" / "0.parquet")
    _items(
        code=lambda i: f"LAB//{i.itemid}//{i.unit}",
        description=lambda i: f"{i.name}//{i.label}",
        parent_codes=lambda i: [f"LOINC/{i.loinc}"],
    ).write_parquet(folder / "metadata" / "codes.parquet")
    text = '{"dataset_name": "Made", "meds_version": "0.4.0"}'
    (folder / "metadata" / "dataset.json").write_text(text)


def write_mimic(folder: Path, rows: pl.DataFrame) -> None:
    rows.select(
        labevent_id=pl.int_range(pl.len()),
        subject_id=pl.col("person") + 10_000_000,
        hadm_id=pl.lit(None),
        specimen_id=pl.int_range(pl.len()) // 3,
        itemid=_of_item("itemid"),
        order_provider_id=pl.lit("P28Z0X"),
        charttime=_time(),
        storetime=_time(),
        value=_printed(),
        valuenum="value",
        valueuom=_of_item("mimic_unit"),
        ref_range_lower=_of_item("low"),
        ref_range_upper=_of_item("high"),
        flag=pl.lit(None),
        priority=pl.lit("ROUTINE"),
        comments=pl.lit(None),
    ).write_csv(folder / "labevents.csv")
    _items(
        itemid=lambda i: i.itemid,
        label=lambda i: i.label,
        fluid=lambda i: "Blood" if i.analyte else "Urine",
        category=lambda i: "Chemistry",
    ).write_csv(folder / "d_labitems.csv")
    _people(rows).select(
        subject_id=pl.col("person") + 10_000_000,
        gender="sex",
        anchor_age=2019 - pl.col("birth_year"),
        anchor_year=2019,
        anchor_year_group=pl.lit("2017 - 2019"),
        dod=pl.lit(None),
    ).write_csv(folder / "patients.csv")


def write_long(folder: Path, rows: pl.DataFrame) -> None:
    rows.select(
        patient_id="person",
        collected_at=_time(),
        sex="sex",
        birth_date=pl.format("{}-01-01", "birth_year"),
        analyte=_of_item("name"),
        loinc=_of_item("loinc"),
        value=_printed(),
        unit=_of_item("unit"),
        low=_of_item("low"),
        high=_of_item("high"),
    ).write_csv(folder / "long.csv")


@dataclass(frozen=True)
class DataSet:
    """How one set is written, and how a result of the truth is told in it."""

    write: Callable[[Path, pl.DataFrame], None]
    patient: str  # of a person's number
    unit: str  # the field of Item that names its unit
    offset_minutes: int = 0
    has_range: bool = True
    first: datetime = FIRST


SETS = {
    "omop": DataSet(write_omop, "{}", "unit"),
    "synthea": DataSet(write_synthea, "p-{}", "unit", has_range=False),
    "eicu": DataSet(write_eicu, "002-{}", "eicu_unit", -600, False, datetime(2014, 1, 1)),
    "meds": DataSet(write_meds, "{}", "unit", has_range=False),
    "mimic": DataSet(write_mimic, "1{}", "mimic_unit"),
}
_OWN_UNITS = {"Units/L": "U/L"}


def make(folder: Path, rows: pl.DataFrame) -> None:
    """A folder for each set, and ``long`` with the long CSV."""
    for name, write in {
        **{name: one.write for name, one in SETS.items()},
        "long": write_long,
    }.items():
        (folder / name).mkdir(parents=True)
        write(folder / name, rows)


def expected(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of blood as they must come out, in order."""
    one = SETS[name]
    blood = [at for at, item in enumerate(ITEMS) if item.analyte]
    patient = pl.format("1{}", pl.col("person").cast(pl.String).str.zfill(7)) if (
        name == "mimic"
    ) else pl.format(one.patient, "person")  # fmt: skip
    low, high, factor = (_of_item(field) for field in ("low", "high", "to_canonical"))
    return (
        rows.filter(pl.col("item").is_in(blood))
        .with_columns(
            patient_id=patient,
            analyte=_of_item("analyte"),
            unit=_of_item(one.unit).replace(_OWN_UNITS),
            number=pl.col("value").cast(pl.Float64) * factor,
            low=low * factor if one.has_range else pl.lit(None, pl.Float64),
            high=high * factor if one.has_range else pl.lit(None, pl.Float64),
            age=2019.0 - pl.col("birth_year"),
            at=pl.lit(one.first) + pl.duration(minutes=pl.col("minutes") + one.offset_minutes),
        )
        .select("patient_id", "analyte", "unit", "number", "comparator", "low", "high", "sex",
                "age", "at")
    )  # fmt: skip


def faults(name: str, rows: pl.DataFrame, read: pl.DataFrame, rejects: pl.DataFrame) -> list[str]:
    """What of the rows that were read is not as the truth has it; none: every row is right."""
    want = expected(name, rows)
    found = []
    total = read.height + int(rejects["results"].sum())
    if total != rows.height:
        found.append(f"{total} results of {rows.height}")
    if read.height != want.height:
        return [*found, f"{read.height} rows of {want.height}"]
    both = pl.concat([want, read.select(
        read_patient="patient_id", read_analyte="analyte", read_unit="reported_unit",
        read_number="value", read_comparator=pl.col("comparator").fill_null(""), read_low="low",
        read_high="high", read_sex="sex", read_age="age_years", read_at="collected_at",
        report_id="report_id",
    )], how="horizontal")  # fmt: skip
    same = {
        "patient_id": pl.col("patient_id") == pl.col("read_patient"),
        "analyte": pl.col("analyte") == pl.col("read_analyte"),
        "unit": pl.col("unit") == pl.col("read_unit"),
        "value": (pl.col("number") / pl.col("read_number") - 1).abs() < 1e-4,
        "comparator": pl.col("comparator") == pl.col("read_comparator"),
        "sex": pl.col("sex") == pl.col("read_sex"),
        "age": (pl.col("age") - pl.col("read_age")).abs() < 1.1,
        "time": pl.col("at") == pl.col("read_at"),
        **{
            limit: pl.col(limit).is_null() & pl.col(f"read_{limit}").is_null()
            | ((pl.col(limit) - pl.col(f"read_{limit}")).abs() < 0.01).fill_null(value=False)
            for limit in ("low", "high")
        },
    }  # fmt: skip
    for what, right in same.items():
        wrong = both.filter(~right.fill_null(value=False))
        if wrong.height:
            found.append(f"{wrong.height} of another {what}, first {wrong.row(0, named=True)}")
    reports = both.select(pl.struct("patient_id", "at").n_unique(), pl.col("report_id").n_unique())
    if reports.row(0)[0] != reports.row(0)[1]:
        found.append(f"{reports.row(0)[1]} reports of {reports.row(0)[0]}")
    return found
